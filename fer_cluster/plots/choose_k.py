"""Criteria of the number of clusters side by side, each with the number that it chooses."""

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from fer_cluster import catalog
from fer_cluster.colours import BLUE, VERMILION
from fer_cluster.plots._axes import axes_for
from fer_cluster.plots._faces import groups, so_many, where
from fer_cluster.plots._panels import entitle, frame

__all__ = ["ChooseK"]

_NAMES = {  # and how each chooses
    "silhouette": ("silhouette", "highest"),
    "calinski_harabasz": ("Calinski-Harabasz", "highest"),
    "davies_bouldin": ("Davies-Bouldin", "lowest"),
    "bic": ("BIC", "lowest"),
    "aic": ("AIC", "lowest"),
    "bic_spherical": ("BIC (spherical)", "lowest"),
    "aic_spherical": ("AIC (spherical)", "lowest"),
    "gap": ("gap statistic", "first not below next"),
    "prediction_strength": ("prediction strength", "last of .8 or more"),
    "stability": ("stability (ARI)", "highest"),
}
_BANDS = {  # what they hold, of the criteria that have one
    "gap": "band: ± a standard error",
    "prediction_strength": "band: ± sd over halvings",
    "stability": "band: ± sd over halvings",
}
_STRONG = 0.8
_LINE, _CHOSEN = BLUE, VERMILION
_COLUMNS = 4
_PANEL = (2.7, 2.4)  # inches


@dataclass(frozen=True)
class ChooseK:
    """A panel for each criterion over the number of clusters, its choice marked.

    Parameters
    ----------
    ks : sequence of int, optional
        Numbers of clusters; by default those of the analysis.
    """

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    ks: tuple[int, ...] | None = None

    def data(self, runs):
        """Return the table of the analysis ``choose_k``.

        Raises
        ------
        InputError
            Where a run keeps no features, or its clusterer cannot be refitted so.
        """
        given = {} if self.ks is None else {"ks": self.ks}
        return catalog.make("analysis", "choose_k", **given).table(runs)

    def draw(self, data, ax=None):
        """Return the figure: two rows of panels for each run.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: one for each criterion of each run, or one that is divided.
        """
        runs = [(rows, rows["criterion"].unique()) for rows in groups(data)]
        columns = min(_COLUMNS, max(len(criteria) for _, criteria in runs))
        lines = sum(-(-len(criteria) // columns) for _, criteria in runs)
        size = (columns * _PANEL[0] + 0.4 * (columns == 1), lines * _PANEL[1] + 0.5 * len(runs))
        panels = iter(axes_for(ax, (lines, columns), size))
        for rows, criteria in runs:
            row = [next(panels) for _ in criteria]
            for panel, criterion in zip(row, criteria, strict=True):
                _draw_criterion(panel, rows[rows["criterion"] == criterion].sort_values("k"))
            first = rows.iloc[0]
            of = f"{where(first)}, {so_many(first['n'])}"
            entitle(row[0], rows, of, (90, 90))
        return row[0].figure


def _draw_criterion(ax, rows):
    """Draw the line of a criterion and, dashed, the number of clusters that it chooses."""
    criterion = rows["criterion"].iloc[0]
    name, rule = _NAMES[criterion]
    ax.plot(rows["k"], rows["value"], color=_LINE, marker="o", ms=4, lw=1.6)
    if name == "prediction strength":
        ax.axhline(_STRONG, color="0.5", ls=":", lw=1.2)
    chosen = rows["chosen"].iloc[0]
    if pd.notna(chosen):
        ax.axvline(chosen, color=_CHOSEN, ls="--", lw=1.5, zorder=0)
    told = "none" if pd.isna(chosen) else f"k = {int(chosen)}"
    ax.set_xlabel(f"k; {rule}: {told}{_draw_band(ax, rows, criterion)}", fontsize=8.5)
    ax.set_ylabel(name, fontsize=9)
    _tick(ax)
    frame(ax)


def _draw_band(ax, rows, criterion):
    """Shade the spread of a criterion, if it has one, and return a line of text that tells what it is."""
    if rows["value_sd"].isna().all():
        return ""
    low, high = rows["value"] - rows["value_sd"], rows["value"] + rows["value_sd"]
    ax.fill_between(rows["k"], low, high, color=_LINE, alpha=0.2, lw=0)
    return f"\n{_BANDS[criterion]}"


def _tick(ax):
    """Set the ticks of a panel: whole numbers of clusters, few values."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True, min_n_ticks=1, steps=(1, 2, 5, 10)))
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.ticklabel_format(axis="y", scilimits=(-3, 4))
    ax.yaxis.get_offset_text().set_fontsize(8)
    ax.tick_params(labelsize=8)
