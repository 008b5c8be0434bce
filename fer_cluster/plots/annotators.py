"""Accuracy of named clusters over how far annotators disagree, each beside what people reach by it."""

from dataclasses import dataclass
from typing import ClassVar

from fer_cluster import catalog
from fer_cluster.colours import BLUE, VERMILION
from fer_cluster.plots._axes import axes_for
from fer_cluster.plots._faces import groups, so_many, where
from fer_cluster.plots._panels import entitle, frame
from fer_cluster.written import percent

__all__ = ["Annotators"]

_PANEL = (2.9, 4.1)  # inches
_CLUSTERS = {"color": "black", "marker": "o", "mfc": "white"}
_PEOPLE = {"color": VERMILION, "ls": (0, (5, 1.5))}
_CEILING = {"color": BLUE, "ls": ":"}
_YARDSTICKS = (  # what clusters are right by, their column; the column beside them, its name and style
    ("most voters", "accuracy_majority", "one_voter", "one voter, by the others", _PEOPLE),
    ("the label", "accuracy", "label_majority", "most voters", _PEOPLE),
    ("single voters", "accuracy_voters", "best_answer", "ceiling: best answer", _CEILING),
)


@dataclass(frozen=True)
class Annotators:
    """Accuracy of named clusters on faces by the entropy of their votes; three panels for each run.

    A panel for each yardstick: agreement with most voters, with the label, with single voters.
    Beside the clusters stands what people reach by the same yardstick: one voter by most of the
    others, and most voters by the label. Clusters could do better than either. Only the best
    answer to each face is a ceiling: no answers agree with more single votes. The legend gives
    the means over all faces.
    """

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()

    def data(self, runs, faces=None):
        """Return the table of the analysis of the same name; ``faces`` have the votes where runs do not."""
        return catalog.make("analysis", "annotators").table(runs, faces)

    def draw(self, data, ax=None):
        """Return the figure, three panels for each run.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: three for each run, or one that is divided.
        """
        runs, beside = groups(data), len(_YARDSTICKS)
        axes = axes_for(ax, (len(runs), beside), (beside * _PANEL[0] + 0.3, len(runs) * _PANEL[1]))
        for place, rows in enumerate(runs):
            panels = axes[beside * place : beside * (place + 1)]
            for panel, yardstick in zip(panels, _YARDSTICKS, strict=True):
                _draw_yardstick(panel, rows, *yardstick)
            first = rows.iloc[0]
            entitle(panels[0], rows, f"{where(first)}, {so_many(first['n'])} with votes", (75, 75))
        return axes[0].figure


def _draw_yardstick(ax, table, right_by, clusters, people, name, style):
    whole = table[table["disagreement"] == "all"].iloc[0]
    rows = table[table["disagreement"] != "all"].reset_index(drop=True)
    for column, words, how in ((people, name, style), (clusters, "names of clusters", _CLUSTERS)):
        label = f"{words}: {percent(whole[column])}"
        ax.plot(rows.index, 100 * rows[column], lw=1.8, ms=5, label=label, **how)
    ticks = [f"{row['entropy'] + 0.0:.2f}\n{row['n']:,}" for _, row in rows.iterrows()]
    ax.set_xticks(rows.index, ticks, fontsize=8)
    ax.set_xlim(-0.3, len(rows) - 0.7)
    ax.set_ylim(0, 104)
    ax.set_xlabel("entropy of the votes on a face\n(mean, nats); below: faces", fontsize=9)
    ax.set_ylabel(f"agreement with {right_by} (%)", fontsize=9)
    ax.tick_params(axis="y", labelsize=8.5)
    frame(ax)
    _explain(ax)


def _explain(ax):
    """Write the legend below Axes, at so many inches however high they are."""
    from matplotlib.transforms import ScaledTranslation

    below = ax.transAxes + ScaledTranslation(-0.4, -0.85, ax.figure.dpi_scale_trans)
    legend = {"loc": "upper left", "bbox_to_anchor": (0, 0), "bbox_transform": below, "frameon": False}
    small = {"fontsize": 8.5, "title_fontsize": 8.5, "alignment": "left", "borderaxespad": 0}
    ax.legend(title="over all faces", **small, **legend)
