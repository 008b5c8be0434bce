"""How many of the labels doubted most are outvoted by annotators, for each order of them."""

from dataclasses import dataclass
from typing import ClassVar

from fer_cluster import catalog
from fer_cluster.colours import BLUE, PURPLE, SKY, VERMILION
from fer_cluster.errors import InputError
from fer_cluster.plots._faces import so_many
from fer_cluster.plots._panels import entitle, frame, of_runs

__all__ = ["LabelAudit"]

_PANEL = (4.8, 4.1)  # inches
_FIRST = 20  # the rank from which on a share says something
_SHOWN = "precision"
_STYLES = {  # lines differ without colour as well
    "precision": ("neighbours within the cluster and anywhere", {"color": "black", "lw": 2.4}),
    "precision_clusters": ("within the cluster alone", {"color": BLUE, "lw": 1.5, "ls": (0, (6, 1.5))}),
    "precision_neighbours": ("anywhere alone", {"color": SKY, "lw": 1.5}),
    "precision_self_confidence": ("self-confidence of a classifier", {"color": VERMILION, "lw": 1.5}),
    "precision_cleanlab": ("cleanlab", {"color": PURPLE, "lw": 1.5, "ls": (0, (4, 1.5, 1, 1.5))}),
    "base_rate_of_emotions": ("base rate of the same labels", {"color": "0.4", "lw": 1.2, "ls": ":"}),
    "base_rate": ("base rate of all labels", {"color": "0.4", "lw": 1.2, "ls": (0, (3, 2))}),
}


@dataclass(frozen=True)
class LabelAudit:
    """Share of outvoted labels among the first n, for each way to order faces; a panel for each run."""

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()

    def data(self, runs, faces=None):
        """Return the table of the analysis of the same name; ``faces`` have the votes where runs do not.

        Raises
        ------
        InputError
            Where there are no votes.
        """
        table = catalog.make("analysis", "label_audit").table(runs, faces)
        if _SHOWN not in table:
            names = ", ".join(repr(run.name) for run in runs)
            raise InputError(
                f"{names}: no FER+ votes; load the faces with votes=, the path of fer2013new.csv."
            )
        return table

    def draw(self, data, ax=None):
        """Return the figure, a panel for each run.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: one for each run, or one that is divided.
        """
        runs, axes = of_runs(data, ax, _PANEL, room=(0.3, 1.0))
        for table, panel in zip(runs, axes, strict=True):
            _draw_run(panel, table)
        legend = {"loc": "upper left", "bbox_to_anchor": (0, -0.2), "fontsize": 8.5, "frameon": False}
        axes[-1].legend(borderaxespad=0, **legend)
        return axes[0].figure


def _draw_run(ax, table):
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    rows = table[table["rank"] >= min(_FIRST, len(table))]
    for column, (label, style) in _STYLES.items():
        if column in rows and rows[column].notna().any():
            ax.plot(rows["rank"], 100 * rows[column], label=label, **style)
    ax.set_xlim(0, 1.01 * rows["rank"].max())
    ax.set_ylim(0, 104)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.set_xlabel("faces whose label is doubted most", fontsize=9)
    ax.set_ylabel("outvoted by FER+ voters (%)", fontsize=9)
    ax.tick_params(labelsize=8.5)
    frame(ax)
    first = table.iloc[0]
    where = f"{first['dataset']}, {so_many(first['of'], 'labelled face')}, split {first['split']}"
    entitle(ax, table, where)
