"""The faces nearest to the mean of each cluster, beside the emotions it holds."""

from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.emotions import COLOURS, EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.plots._axes import settle
from fer_cluster.plots._faces import (
    agreement,
    ami_of,
    caption,
    count,
    faces_of,
    n_clusters_of,
    named,
    so_many,
)
from fer_cluster.plots._panels import of_runs
from fer_cluster.plots._pixels import as_image, as_text, mosaic

__all__ = ["Montage"]

_TILE = 0.64  # inches; 48 pixels are twice as many at 150 dots per inch
_BAR = 3  # tiles, the length of the bar of emotions


@dataclass(frozen=True)
class Montage:
    """Medoids of each cluster, a row each, with the emotions of the whole cluster.

    Parameters
    ----------
    parts : str or sequence of str, optional
        Parts of the split whose emotions are counted, ``"Training+PrivateTest"``;
        by default the part reported on. The medoids come from all faces.
    """

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    parts: str | list | None = None

    def data(self, runs):
        """Return one row a face: run, part, cluster, its counts, rank, and pixels in hexadecimal.

        Raises
        ------
        InputError
            Where a run has no medoids, or no such part.
        """
        return pd.concat([self._faces(keys, run) for keys, run in named(runs)], ignore_index=True)

    def _faces(self, keys, run):
        k, m, height, width = run.medoids.shape
        if not k * m:
            raise InputError(f"{run.name!r} has no medoids to draw.")
        faces, about = faces_of(run, self.parts)
        clusters = max(k, n_clusters_of(run))
        table = count(faces, clusters)
        size = np.bincount(faces["cluster"], minlength=clusters)
        counts = {"size": size[:k], **dict(zip(EMOTIONS, table[:, :k].astype(int), strict=True))}
        columns = {
            "cluster": np.repeat(np.arange(k), m),
            **{name: np.repeat(values, m) for name, values in counts.items()},
            "rank": np.tile(np.arange(m), k),
            "height": height,
            "width": width,
            "pixels": [_text(image) for image in run.medoids.reshape(k * m, height, width)],
        }
        return pd.DataFrame(keys | about | {"ami": agreement(table)} | columns)

    def draw(self, data, ax=None):
        """Return the figure, a panel for each run.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: one for each run, or one that is divided.
        """
        k, m = int(data["cluster"].max()) + 1, max(int(data["rank"].max()) + 1, 5)
        panel = ((m + _BAR + 0.5) * _TILE + 2.2, (k + 1) * _TILE + 1.3)
        runs, axes = of_runs(data, ax, panel, room=(0.0, 0.0))
        for faces, panel in zip(runs, axes, strict=True):
            _draw_run(panel, faces, m + 0.25)
            shown = "counts and bars" if faces[list(EMOTIONS)].to_numpy().any() else "counts"
            title = f"nearest to the mean, of all parts; {shown} of this part, {ami_of(faces)}"
            title = "\n".join([caption(faces, 7 * (m + _BAR)), *wrap(title, 7 * (m + _BAR))])
            panel.set_title(title, loc="left", fontsize=10)
        if ax is None:
            settle(axes[0].figure)
        return axes[0].figure


def _text(image):
    """Return pixels as text, none where the face is missing."""
    return as_text(image) if image.any() else None


def _image(pixels, height, width):
    if pd.isna(pixels):
        return np.full((height, width), 255, np.uint8)
    return as_image(pixels, height, width)


def _draw_run(ax, faces, bars):
    """Draw faces from the left and, from ``bars`` on, shares; a tile is the unit."""
    k, m = faces["cluster"].nunique(), faces["rank"].nunique()
    ax.imshow(mosaic(_tiles(faces, k, m)), cmap="gray", vmin=0, vmax=255, extent=(0, m, k, 0))
    clusters = faces.drop_duplicates("cluster").sort_values("cluster")
    counts = np.vstack([clusters[list(EMOTIONS)], clusters[list(EMOTIONS)].sum()])
    sizes = [*clusters["size"], clusters["size"].sum()]
    _draw_bars(ax, counts, bars)
    ax.set(xlim=(0, bars + _BAR), ylim=(k + 1, 0), xticks=[])
    names = [*(f"cluster {cluster}" for cluster in clusters["cluster"]), "all clusters"]
    labels = [_label(*row) for row in zip(names, sizes, counts, strict=True)]
    ax.set_yticks(np.arange(k + 1) + 0.5, labels, fontsize=8.5)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_anchor("NW")


def _tiles(faces, k, m):
    """Return the faces of each cluster, the nearest first: (k, m, height, width)."""
    height, width = faces[["height", "width"]].iloc[0]
    ordered = faces.sort_values(["cluster", "rank"])["pixels"]
    tiles = np.stack([_image(pixels, height, width) for pixels in ordered])
    return tiles.reshape(k, m, height, width)


def _draw_bars(ax, counts, left):
    """Draw the shares of the emotions in each row as a stacked bar, and a legend, where there are labels."""
    if not counts.any():
        return
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1) * _BAR  # (rows, emotions), tiles
    start = left + share.cumsum(1) - share
    for emotion, width, begin in zip(EMOTIONS, share.T, start.T, strict=True):
        rows = np.arange(len(counts)) + 0.5
        ax.barh(rows, width, 0.5, begin, color=COLOURS[emotion], ec="white", lw=0.5, label=emotion)
    style = {"frameon": False, "fontsize": 8, "handlelength": 1, "columnspacing": 1.2}
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=len(EMOTIONS), **style)


def _label(name, size, counts):
    """Return the size and the two commonest emotions of a cluster."""
    if not size:
        return f"{name}\nempty"
    first = np.argsort(-counts, kind="stable")[:2]
    shares = [f"{counts[code] / counts.sum():.0%} {EMOTIONS[code]}" for code in first if counts[code]]
    return f"{name}: {so_many(size)}\n{', '.join(shares).replace('%', ' %') or 'no labels'}"
