"""Faces and, below each, what an autoencoder made of it."""

from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.errors import InputError
from fer_cluster.plots._axes import axes_for, settle
from fer_cluster.plots._faces import groups, named
from fer_cluster.plots._pixels import as_image, as_text, mosaic

__all__ = ["Reconstruction"]

_ROWS = ("original", "reconstruction")
_TILE = 0.72  # inches


@dataclass(frozen=True)
class Reconstruction:
    """Original faces over their reconstructions, with the mean squared error of each.

    References
    ----------
    The autoencoder of Bolcas 2024, section 3.1, whose reconstructions the paper does not show.
    """

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer", "classifier")

    def data(self, runs):
        """Return one row a face: run, its error, and the pixels of both images in hexadecimal.

        ``error`` is the mean squared difference of two pixels, black 0 and white 1.

        Raises
        ------
        InputError
            Where a run has no pictures: nothing in it reconstructs faces.
        """
        return pd.concat([_pairs(keys, run) for keys, run in named(runs)], ignore_index=True)

    def draw(self, data, ax=None):
        """Return the figure, a panel for each run.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: one for each run, or one that is divided.
        """
        runs = groups(data)
        m = max(int(data["face"].max()) + 1, 7)
        axes = axes_for(ax, (len(runs), 1), (m * _TILE + 1.3, len(runs) * (2 * _TILE + 1.0)))
        for faces, panel in zip(runs, axes, strict=True):
            _draw_run(panel, faces, m)
        if ax is None:
            settle(axes[0].figure)
        return axes[0].figure


def _pairs(keys, run):
    if len(run.pictures) < len(_ROWS):
        raise InputError(f"{run.name!r} has no pictures to draw: nothing in it reconstructs faces.")
    pairs = run.pictures[: len(_ROWS)]
    _, m, height, width = pairs.shape
    difference = (pairs[0].astype(float) - pairs[1]) / 255
    columns = {
        "face": np.arange(m),
        "error": (difference**2).mean((1, 2)).round(6),
        "height": height,
        "width": width,
    }
    for name, row in zip(_ROWS, pairs, strict=True):
        columns[name] = [as_text(image) for image in row]
    return pd.DataFrame(keys | columns)


def _draw_run(ax, faces, m):
    """Draw both rows of faces, a tile the unit, and the error below each pair."""
    ax.imshow(mosaic(_tiles(faces)), cmap="gray", vmin=0, vmax=255, extent=(0, len(faces), 2, 0))
    ax.set(xlim=(0, m), ylim=(2, 0))
    ax.set_xticks(np.arange(len(faces)) + 0.5, [f"{error:.4f}" for error in faces["error"]], fontsize=8.5)
    ax.set_yticks([0.5, 1.5], _ROWS, fontsize=9)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_anchor("NW")
    ax.set_xlabel("mean squared error of each face (black 0, white 1)", fontsize=9, loc="left")
    first, mean = faces.iloc[0], faces["error"].mean()
    of = f"{first['dataset']}, split {first['split']}; mean squared error {mean:.4f}"
    ax.set_title("\n".join([*wrap(first["run"], 9 * m), *wrap(of, 9 * m)]), loc="left", fontsize=10)


def _tiles(faces):
    """Return both rows of faces: (2, m, height, width)."""
    shape = faces[["height", "width"]].iloc[0]
    return np.array([[as_image(text, *shape) for text in faces[name]] for name in _ROWS])
