"""Scores of clusterings beside the band that chance clusters of the same sizes give."""

from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

import numpy as np

from fer_cluster import catalog
from fer_cluster.colours import VERMILION
from fer_cluster.plots._axes import axes_for
from fer_cluster.plots._faces import so_many
from fer_cluster.plots._panels import explain, frame
from fer_cluster.whole import check_whole
from fer_cluster.written import three

__all__ = ["Chance"]

_METRICS = {
    "ami": "AMI",
    "ari": "ARI",
    "purity": "purity",
    "hungarian_accuracy": "Hungarian accuracy\n(named on these labels)",
    "named_accuracy": "named accuracy\n(named on the fit part)",
}
_KEYS = ["run", "dataset", "split", "part"]
_NULL = VERMILION
_LINE = 0.17  # inches, the height of a line of text


@dataclass(frozen=True)
class Chance:
    """Dots and null bands, best AMI on top, a panel for each metric.

    Parameters
    ----------
    permutations : int
        How many times the emotions of the faces are permuted.
    """

    compares: ClassVar[bool] = True  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    permutations: int = 999

    def __post_init__(self):
        check_whole(self)

    def data(self, runs):
        """Return the table of the analysis ``chance``.

        Raises
        ------
        InputError
            Where a run has no labelled faces on the part reported on.
        """
        return catalog.make("analysis", "chance", permutations=self.permutations).table(runs)

    def draw(self, data, ax=None):
        """Return the figure, a panel for each metric.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: as many metrics as there are Axes, AMI first.
        """
        shown = [metric for metric in _METRICS if metric in set(data["metric"])]
        shown = shown[: None if ax is None else np.size(ax)]
        order = data[data["metric"] == "ami"].sort_values("value", ascending=False, kind="stable")
        labels = [_label(row) for _, row in order.iterrows()]
        height = np.array([_LINE * (label.count("\n") + 1) + 0.14 for label in labels])
        places = order[_KEYS].assign(place=height.cumsum() - height / 2)
        width = 0.075 * max(len(line) for label in labels for line in label.split("\n"))
        axes = axes_for(ax, (1, len(shown)), (width + 1.9 * len(shown) + 0.4, height.sum() + 1.1))
        for panel, metric in zip(axes, shown, strict=True):
            _draw_metric(panel, data[data["metric"] == metric].merge(places, on=_KEYS))
            panel.set_title(_METRICS[metric], fontsize=9)
            panel.set_ylim(height.sum(), 0)
            panel.set_yticks(places["place"], labels=[""] * len(places))
        axes[0].set_yticklabels(labels, fontsize=9)
        _legend(axes, alone=ax is None)
        return axes[0].figure


def _label(row):
    of = "split all" if row["part"] == row["split"] else f"{row['part']} ({row['split']})"
    return "\n".join([*wrap(row["run"], 44), f"{row['dataset']}, {of}, {so_many(row['n'])}"])


def _draw_metric(ax, rows):
    """Draw the null and the value of each run, and write the value."""
    from matplotlib.ticker import MaxNLocator

    band = {"color": _NULL, "lw": 6, "alpha": 0.45, "solid_capstyle": "butt"}
    for _, row in rows.iterrows():
        place, above = row["place"], row["p"] < 0.05
        ax.plot([row["low"], row["high"]], [place, place], **band)
        ax.plot(row["null"], place, "|", ms=10, mew=1.5, color=_NULL)
        ax.plot(row["value"], place, "o", ms=6, mec="black", mfc="black" if above else "white", clip_on=False)
        end = (max(row["value"], row["high"]), place)
        ax.annotate(three(row["value"]), end, (6, 0), textcoords="offset points", va="center", fontsize=8)
    lowest, highest = rows[["low", "value"]].min(axis=None), rows[["high", "value"]].max(axis=None)
    spread = max(highest - lowest, 0.01)
    ax.set_xlim(lowest - 0.08 * spread, highest + 0.4 * spread)  # room for the values
    ax.xaxis.set_major_locator(MaxNLocator(3))
    ax.tick_params(axis="x", labelsize=8)
    ax.tick_params(axis="y", length=0, pad=8)
    frame(ax, values="x")


def _legend(axes, alone):
    """Explain the marks below the panels."""
    from matplotlib.lines import Line2D

    dot = {"ls": "", "marker": "o", "ms": 6, "mec": "black"}
    handles = [
        Line2D([], [], mfc="black", **dot, label="above chance (p < .05)"),
        Line2D([], [], mfc="white", **dot, label="not above chance"),
        Line2D([], [], color=_NULL, lw=6, alpha=0.45, label="95 % of permutations; bar: their mean"),
    ]
    explain(axes, handles, 3, alone)
