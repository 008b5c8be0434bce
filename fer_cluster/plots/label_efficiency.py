"""Accuracy over the number of labels given by hand: of clusters and of a classifier."""

from dataclasses import dataclass
from typing import ClassVar

from fer_cluster import catalog
from fer_cluster.colours import BLUE, VERMILION
from fer_cluster.plots._faces import so_many
from fer_cluster.plots._panels import entitle, frame, of_runs
from fer_cluster.whole import check_whole

__all__ = ["LabelEfficiency"]

_PANEL = (4.6, 4.0)  # inches
# Marks and dashes tell them apart without colour.
_STYLES = {
    "clusters": ("clusters, each by its commonest label", {"color": BLUE, "marker": "o", "ls": "-"}),
    "classifier": (
        "classifier, trained on as many",
        {"color": VERMILION, "marker": "s", "ls": (0, (4, 1.5))},
    ),
}


@dataclass(frozen=True)
class LabelEfficiency:
    """Accuracy of clusters and of a classifier over the number of labels, a panel for each run.

    The line is the mean over draws, the band holds 95 % of them; the last point has all labels, and
    the band there 95 % of the seeds.

    Parameters
    ----------
    draws : int
        How many times the labelled faces are drawn.
    random_state : int
    """

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    draws: int = 20
    random_state: int = 0

    def __post_init__(self):
        check_whole(self)

    def data(self, runs):
        """Return the table of the analysis of the same name."""
        given = {"draws": self.draws, "random_state": self.random_state}
        return catalog.make("analysis", "label_efficiency", **given).table(runs)

    def draw(self, data, ax=None):
        """Return the figure, a panel for each run.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: one for each run, or one that is divided.
        """
        runs, axes = of_runs(data, ax, _PANEL)
        top = 108 * data["high"].max()
        for table, panel in zip(runs, axes, strict=True):
            _draw_run(panel, table)
            panel.set_ylim(0, top)  # one scale, so that runs can be compared
        axes[0].legend(loc="lower right", fontsize=8.5, frameon=False)
        return axes[0].figure


def _draw_run(ax, table):
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for method, (label, style) in _STYLES.items():
        rows = table[table["method"] == method].sort_values("labels")
        ax.fill_between(
            rows["labels"], 100 * rows["low"], 100 * rows["high"], alpha=0.2, color=style["color"]
        )
        ax.plot(rows["labels"], 100 * rows["accuracy"], lw=1.8, ms=4.5, label=label, **style)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(numticks=7))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    bands = "bands: 95 % of draws; at the last point, of seeds"
    ax.set_xlabel(f"faces labelled by hand (the last point: all)\n{bands}", fontsize=9)
    ax.set_ylabel("accuracy (%)", fontsize=9)
    ax.tick_params(labelsize=8.5)
    frame(ax)
    first = table.iloc[0]
    where = f"{first['dataset']}, {so_many(first['n'])} of {first['part']}, split {first['split']}"
    entitle(ax, table, where)
