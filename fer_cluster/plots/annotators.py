"""Accuracy of named clusters over how far annotators disagree, below the ceiling that this sets."""

from dataclasses import dataclass
from typing import ClassVar

from fer_cluster import catalog
from fer_cluster.plots._faces import where
from fer_cluster.plots._panels import entitle, frame, of_runs

__all__ = ["Annotators"]

_PANEL = (4.6, 4.1)  # inches
# Of Okabe and Ito; ceilings are broken lines without marks.
_STYLES = {
    "one_voter": ("ceiling: one voter, by most of the others", {"color": "#D55E00", "ls": (0, (5, 1.5))}),
    "best_answer": ("ceiling: best answer, by one voter", {"color": "#009E73", "ls": ":"}),
    "accuracy_majority": ("clusters, by what most voters saw", {"color": "#0072B2", "marker": "o"}),
    "accuracy": ("clusters, by the label", {"color": "black", "marker": "s", "mfc": "white"}),
}


@dataclass(frozen=True)
class Annotators:
    """Accuracy of named clusters on faces by the entropy of their votes, with ceilings; a panel a run."""

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()

    def data(self, runs, faces=None):
        """Return the table of the analysis of the same name; ``faces`` have the votes where runs do not."""
        return catalog.make("analysis", "annotators").table(runs, faces)

    def draw(self, data, ax=None):
        """Return the figure, a panel for each run.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: one for each run, or one that is divided.
        """
        runs, axes = of_runs(data, ax, _PANEL, legend=0.8)
        for table, panel in zip(runs, axes, strict=True):
            _draw_run(panel, table)
        legend = {"loc": "upper left", "bbox_to_anchor": (0, -0.3), "fontsize": 8.5, "frameon": False}
        axes[-1].legend(borderaxespad=0, **legend)
        return axes[0].figure


def _draw_run(ax, table):
    rows = table[table["disagreement"] != "all"].reset_index(drop=True)
    for column, (label, style) in _STYLES.items():
        ax.plot(rows.index, 100 * rows[column], lw=1.8, ms=5, label=label, **style)
    ticks = [f"{row['entropy'] + 0.0:.2f}\n{row['n']:,}" for _, row in rows.iterrows()]
    ax.set_xticks(rows.index, ticks, fontsize=8.5)
    ax.set_xlim(-0.3, len(rows) - 0.7)
    ax.set_ylim(0, 104)
    ax.set_xlabel("entropy of the votes on a face (mean, nats); below: faces", fontsize=9)
    ax.set_ylabel("accuracy (%)", fontsize=9)
    ax.tick_params(labelsize=8.5)
    frame(ax)
    entitle(ax, table, where(table.iloc[0]))
