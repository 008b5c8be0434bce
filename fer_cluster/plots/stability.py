"""Which clusters come out again on faces drawn anew, beside the agreement of whole clusterings."""

from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

import numpy as np

from fer_cluster import catalog
from fer_cluster.colours import BLUE, VERMILION
from fer_cluster.plots._axes import axes_for
from fer_cluster.plots._faces import groups, so_many, where
from fer_cluster.plots._panels import frame_rows
from fer_cluster.whole import check_whole

__all__ = ["Stability"]

_WHOLE = {"seeds": "all, other seeds (ARI)", "bootstrap": "all, faces drawn anew (ARI)"}
_COLOUR = {"seeds": "0.45", "bootstrap": "0.45", "jaccard": BLUE}
_STABLE = 0.75
_LINE = 0.27  # inches, the height of a row


@dataclass(frozen=True)
class Stability:
    """Dots with standard deviations: whole clusterings on top, then each cluster, the stablest first.

    Parameters
    ----------
    refits : int
        Number of bootstrap samples.
    """

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    refits: int = 20

    def __post_init__(self):
        check_whole(self)

    def data(self, runs):
        """Return the table of the analysis ``stability``.

        Raises
        ------
        InputError
            Where a run keeps no features, or its clusterer cannot be refitted.
        """
        return catalog.make("analysis", "stability", refits=self.refits).table(runs)

    def draw(self, data, ax=None):
        """Return the figure, a panel for each run, one below the other.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: one for each run, or one that is divided.
        """
        runs = groups(data)
        rows = max(len(rows) for rows in runs)
        axes = axes_for(ax, (len(runs), 1), (6.4, len(runs) * (rows * _LINE + 1.3)))
        for rows, panel in zip(runs, axes, strict=True):
            _draw_run(panel, rows)
        return axes[0].figure


def _draw_run(ax, rows):
    """Draw a dot a row, and write its value."""
    whole = rows[rows["measure"] != "jaccard"].dropna(subset=["value"])
    each = rows[rows["measure"] == "jaccard"].sort_values("value", ascending=False, kind="stable")
    labels = [_WHOLE[measure] for measure in whole["measure"]]
    labels += [f"cluster {int(row['cluster'])}: {so_many(row['n'])}" for _, row in each.iterrows()]
    bottom = len(labels) - 0.5
    ax.plot([_STABLE, _STABLE], [len(whole) - 0.5, bottom], ls="--", lw=1.2, color=VERMILION, zorder=1)
    for place, row in enumerate([*whole.to_dict("records"), *each.to_dict("records")]):
        _draw_value(ax, place, row)
    ax.set_yticks(range(len(labels)), labels, fontsize=9)
    ax.set_ylim(bottom, -0.5)
    ax.set_xlim(min(0, each["value"].min(), whole["value"].min()), 1.12)
    _explain(ax, rows.iloc[0], int(each["repeats"].iloc[0]))


def _explain(ax, first, refits):
    """Write what is seen above and below, and leave out what says nothing."""
    ax.set_xticks(np.linspace(0, 1, 5))
    frame_rows(ax)
    below = f"clusters: largest Jaccard similarity, mean ± sd over {refits} refits"
    beside = "right of the dashed line: stable; grey: mean ± sd over pairs of fits"
    ax.set_xlabel(f"{below}\n{beside}", fontsize=8.5, x=0, ha="left")
    of = f"{where(first)}, {so_many(first['n'])}"
    ax.set_title("\n".join([*wrap(first["run"], 50), of]), loc="left", fontsize=9.5)


def _draw_value(ax, place, row):
    colour, value = _COLOUR[row["measure"]], row["value"]
    spread = np.nan_to_num(row["value_sd"])
    ax.plot(
        [value - spread, min(value + spread, 1)], [place, place], color=colour, lw=2, solid_capstyle="butt"
    )
    ax.plot(value, place, "o", ms=6, color=colour, clip_on=False)
    end = (max(value, min(value + spread, 1)), place)
    ax.annotate(f"{value:.2f}", end, (7, 0), textcoords="offset points", va="center", fontsize=8.5)
