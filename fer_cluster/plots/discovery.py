"""How well clusters collect an emotion that they were not fitted on, and how far out it lies."""

from dataclasses import dataclass
from typing import ClassVar

from fer_cluster import catalog
from fer_cluster.colours import BLUE
from fer_cluster.plots._axes import axes_for
from fer_cluster.plots._faces import groups, so_many, where
from fer_cluster.plots._panels import entitle, frame
from fer_cluster.whole import check_whole

__all__ = ["Discovery"]

_LINE = 0.3  # inches, the height of a row
_BAND = "0.8"  # grey


@dataclass(frozen=True)
class Discovery:
    """Left the F1 of the cluster that collects an emotion best, right its AUROC as something new.

    Full dots: the emotion was held out of the fit; open ones: it was fitted on.

    Parameters
    ----------
    seeds : int
        How many of the run's seeds.
    """

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    seeds: int = 3

    def __post_init__(self):
        check_whole(self)

    def data(self, runs):
        """Return the table of the analysis ``discovery``.

        Raises
        ------
        InputError
            Where a run keeps no features or too few labels, or its clusterer cannot be refitted.
        """
        return catalog.make("analysis", "discovery", seeds=self.seeds).table(runs)

    def draw(self, data, ax=None):
        """Return the figure, two panels for each run.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: two for each run, or one that is divided.
        """
        runs = groups(data)
        height = sum(_LINE * len(rows) + 1.5 for rows in runs) + 0.4
        axes = axes_for(ax, (len(runs), 2), (7.4, height))
        for place, rows in enumerate(runs):
            rows = rows.sort_values("f1_held_out", ascending=False, kind="stable", ignore_index=True)
            left, right = axes[2 * place : 2 * place + 2]
            _draw_f1(left, rows)
            _draw_auroc(right, rows)
        _legend(axes, alone=ax is None)
        return axes[0].figure


def _draw_f1(ax, rows):
    for place, row in rows.iterrows():
        band = [row["null_low"], row["null_high"]]
        ax.plot(band, [place, place], lw=9, color=_BAND, solid_capstyle="butt", zorder=1)
        _dots(ax, place, row["f1_held_out"], row["f1"])
    ax.set_yticks(range(len(rows)), [f"{row['emotion']} ({row['faces']:,})" for _, row in rows.iterrows()])
    top = rows[["f1", "f1_held_out", "null_high"]].max(axis=None)
    _finish(ax, len(rows), (0, min(1.12 * top + 0.02, 1.03)))
    ax.set_xlabel("F1 of the cluster that collects it best", fontsize=9)
    first = rows.iloc[0]
    entitle(ax, rows, f"{where(first)}, {so_many(first['n'])}", (60, 60))


def _draw_auroc(ax, rows):
    ax.axvline(0.5, lw=1, color="0.6", zorder=0)
    known = rows.dropna(subset=["auroc_held_out"])
    for place, row in known.iterrows():
        ends = [row["low"], row["high"]]
        ax.plot(ends, [place, place], lw=2, color=BLUE, solid_capstyle="butt", zorder=2)
        _dots(ax, place, row["auroc_held_out"], row["auroc"])
    if not len(known):
        ax.text(0.55, len(rows) / 2 - 0.5, "the clusterer\nhas no centres", fontsize=9, va="center")
    ax.set_yticks(range(len(rows)), [""] * len(rows))
    lowest, highest = (known[["low", "high", "auroc"]].agg(end).agg(end) for end in ("min", "max"))
    span = (min(lowest, 0.4), max(highest, 0.6)) if len(known) else (0.4, 0.8)
    _finish(ax, len(rows), (span[0] - 0.03, span[1] + 0.03))
    ax.set_xlabel("AUROC of the distance to the nearest\ncentre, 95 % interval (0.5 is chance)", fontsize=9)


def _dots(ax, place, held_out, fitted):
    ax.plot(fitted, place, "o", ms=7.5, mfc="none", mec="black", mew=1.2, zorder=4, clip_on=False)
    ax.plot(held_out, place, "o", ms=5, color=BLUE, zorder=3, clip_on=False)


def _finish(ax, count, span):
    ax.set_ylim(count - 0.5, -0.5)
    ax.set_xlim(*span)
    ax.locator_params(axis="x", nbins=5)
    ax.tick_params(axis="x", labelsize=8.5)
    ax.tick_params(axis="y", labelsize=9, length=0)
    frame(ax, values="x")


def _legend(axes, alone):
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], ls="", marker="o", ms=5, color=BLUE, label="held out of the fit"),
        Line2D([], [], ls="", marker="o", ms=7.5, mfc="none", mec="black", label="fitted on"),
        Line2D([], [], lw=8, color=_BAND, label="held out, by chance, 95 %"),
    ]
    style = {"handles": handles, "frameon": False, "fontsize": 8.5}
    if alone:
        axes[0].figure.legend(loc="outside lower left", ncols=3, **style)
    else:
        axes[-1].legend(loc="lower right", **style)
