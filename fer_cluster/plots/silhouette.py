"""Silhouettes of the faces, cluster by cluster."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fer_cluster import catalog
from fer_cluster.colours import VERMILION, of_clusters
from fer_cluster.plots._faces import so_many, where
from fer_cluster.plots._panels import entitle, frame_rows, of_runs
from fer_cluster.whole import check_whole

__all__ = ["Silhouette"]


@dataclass(frozen=True)
class Silhouette:
    """Bars of the silhouettes in each cluster, the longest first; dashed, their mean.

    Parameters
    ----------
    n_faces : int
        How many faces, at random, are looked at.
    """

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    n_faces: int = 3000

    def __post_init__(self):
        check_whole(self)

    def data(self, runs):
        """Return the table of the analysis ``silhouette``.

        Raises
        ------
        InputError
            Where a run keeps no features, or all faces lie in one cluster.
        """
        return catalog.make("analysis", "silhouette", n_faces=self.n_faces).table(runs)

    def draw(self, data, ax=None):
        """Return the figure, a panel for each run.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: one for each run, or one that is divided.
        """
        runs, axes = of_runs(data, ax, (5.2, 4.6))
        for rows, panel in zip(runs, axes, strict=True):
            _draw_run(panel, rows)
        return axes[0].figure


def _draw_run(ax, rows):
    """Draw a block for each cluster, from top to bottom, and write its number and size beside it."""
    gap, top, places, labels = 0.02 * len(rows), 0.0, [], []
    for cluster, some in rows.groupby("cluster"):
        length = np.sort(some["silhouette"])[::-1]
        below = top + np.arange(len(length) + 1)
        ax.stairs(length, below, orientation="horizontal", fill=True, color=of_clusters([cluster])[0])
        places.append(top + len(length) / 2)
        labels.append(f"cluster {cluster}: {so_many(len(length))}")
        top = below[-1] + gap
    mean = rows["silhouette"].mean()
    ax.axvline(mean, color=VERMILION, ls="--", lw=1.5)
    ax.axvline(0, color="0.3", lw=0.8)
    ax.set_yticks(places, labels, fontsize=8.5)
    ax.set_ylim(top, -gap)
    ax.set_xlabel(f"silhouette of a face; dashed: mean, {mean:.2f}", fontsize=9)
    frame_rows(ax)
    first = rows.iloc[0]
    noise = first.get("noise", 0)
    left = f", {noise:,} of noise left out" if noise else ""
    entitle(ax, rows, f"{where(first)}, {so_many(first['n'])}{left}")
