"""How many faces each change of the image puts into another cluster, against dealing them anew."""

from dataclasses import dataclass
from typing import ClassVar

from fer_cluster import catalog
from fer_cluster.colours import BLUE, VERMILION
from fer_cluster.plots._axes import axes_for
from fer_cluster.plots._faces import groups, so_many, where
from fer_cluster.plots._panels import entitle, frame_rows
from fer_cluster.whole import check_whole

__all__ = ["Moved"]

_LINE = 0.3  # inches, the height of a row


@dataclass(frozen=True)
class Moved:
    """Dots with 95 % intervals, a row for each change; a panel for each run.

    Parameters
    ----------
    n_faces : int
        How many faces of the part reported on, at random.
    seeds : int
        How many of the run's seeds.
    """

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    n_faces: int = 2000
    seeds: int = 3

    def __post_init__(self):
        check_whole(self)

    def data(self, runs, faces):
        """Return the table of the analysis ``moved``.

        Raises
        ------
        InputError
            Where a run is of other faces, or cannot be made anew.
        """
        analysis = catalog.make("analysis", "moved", n_faces=self.n_faces, seeds=self.seeds)
        return analysis.table(runs, faces)

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
        height = sum(_LINE * len(rows) + 1.5 for rows in runs)
        axes = axes_for(ax, (len(runs), 1), (6.6, height))
        for rows, panel in zip(runs, axes, strict=True):
            _draw_run(panel, rows.reset_index(drop=True))
        return axes[0].figure


def _draw_run(ax, rows):
    expected = 100 * rows["expected"].iloc[0]
    ax.axvline(expected, ls="--", lw=1.2, color=VERMILION, zorder=0)
    for place, row in rows.iterrows():
        ends = [100 * row["low"], 100 * row["high"]]
        ax.plot(ends, [place, place], lw=2, color=BLUE, solid_capstyle="butt", clip_on=False)
        ax.plot(100 * row["changed"], place, "o", ms=6, color=BLUE, clip_on=False)
        text = {"textcoords": "offset points", "va": "center", "fontsize": 8.5}
        paper = {"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none"}  # over the dashed line
        ax.annotate(f"{100 * row['changed']:.1f}", (ends[1], place), (8, 0), bbox=paper, zorder=2, **text)
    ax.set_yticks(range(len(rows)), rows["change"], fontsize=9)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    right = max(100 * rows["high"].max() + 10, expected + 5, 20)
    ax.set_xlim(-0.02 * right, right)
    below = f"faces in another cluster (%), 95 % interval\ndashed: where faces are dealt anew, {expected:.1f}"
    ax.set_xlabel(below, fontsize=8.5, x=0, ha="left")
    frame_rows(ax)
    entitle(ax, rows, _of(rows.iloc[0]), (60, 60))


def _of(first):
    """Return which faces are seen, and how far the clusters are not those of the run."""
    anew = "" if first["refit_ari"] >= 0.9 else f", made anew (ARI {first['refit_ari']:.2f} with the run)"
    return f"{where(first)}, {so_many(first['n'])}{anew}"
