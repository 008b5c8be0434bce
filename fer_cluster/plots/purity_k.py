"""Purity and AMI over the number of clusters, with the band that chance gives."""

from dataclasses import dataclass
from typing import ClassVar

from fer_cluster import catalog
from fer_cluster.colours import BLUE, VERMILION
from fer_cluster.plots._axes import axes_for
from fer_cluster.plots._faces import groups, so_many, where
from fer_cluster.plots._panels import entitle, frame

__all__ = ["PurityK"]

_METRICS = {"purity": "purity (grows with k by itself)", "ami": "AMI (does not)"}
_COLOUR, _NULL = BLUE, VERMILION
_PANEL = (3.9, 2.7)  # inches


@dataclass(frozen=True)
class PurityK:
    """Purity left, AMI right, against the number of clusters, a row a run.

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
        """Return the table of the analysis ``purity_k``.

        Raises
        ------
        InputError
            Where a run has no labels, no features, or a clusterer that cannot be refitted so.
        """
        given = {} if self.ks is None else {"ks": self.ks}
        return catalog.make("analysis", "purity_k", **given).table(runs)

    def draw(self, data, ax=None):
        """Return the figure: a row of two panels for each run.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: two for each run, or one that is divided.
        """
        runs = groups(data)
        size = (2 * _PANEL[0] + 0.3, len(runs) * (_PANEL[1] + 0.9))
        panels = iter(axes_for(ax, (len(runs), 2), size))
        for rows in runs:
            row = [next(panels) for _ in _METRICS]
            for panel, metric in zip(row, _METRICS, strict=True):
                _draw_metric(panel, rows[rows["metric"] == metric].sort_values("k"), metric)
            first = rows.iloc[0]
            of = f"{where(first)}, {so_many(first['n'], 'labelled face')}"
            entitle(row[0], rows, of, (46, 64))
            row[0].legend(loc="best", frameon=False, fontsize=8.5)
        return row[0].figure


def _draw_metric(ax, rows, metric):
    """Draw the line of a metric and the band of chance; mark where it lies farthest above chance."""
    from matplotlib.ticker import MaxNLocator

    ax.fill_between(rows["k"], rows["low"], rows["high"], color=_NULL, alpha=0.3, lw=0)
    ax.plot(rows["k"], rows["null"], color=_NULL, ls=(0, (4, 1.5)), lw=1.5, label="chance, 95 % band")
    ax.plot(rows["k"], rows["value"], color=_COLOUR, marker="o", ms=4, lw=1.8, label="clusters")
    best = rows.loc[rows["effect"].fillna(-1).idxmax()]
    ax.axvline(best["k"], color="0.5", ls=":", lw=1.2, zorder=0)
    told = f"farthest above chance: k = {best['k']}, {best['value']:.3f} (chance {best['null'] + 0.0:.3f})"
    ax.set_xlabel(f"number of clusters k\n{told}".replace("-0.000", "0.000"), fontsize=9)
    ax.set_ylabel(_METRICS[metric], fontsize=9)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.tick_params(labelsize=8.5)
    frame(ax)
