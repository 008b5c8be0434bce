"""Faces of which brows, eyes, nose wings or mouth have moved a little, as an expression moves them."""

import numpy as np

from fer_cluster.errors import InputError, unknown
from fer_cluster.training.disturb import _bilinear

# The half of each band that lies left in the picture, shares of the frame: (top, bottom, left, right).
# Read off the mean face of FER2013's Training images, whose faces are roughly registered.
BANDS = {
    "brows": (0.20, 0.31, 0.18, 0.44),
    "eyes": (0.32, 0.42, 0.20, 0.42),
    "nose": (0.55, 0.67, 0.38, 0.46),
    "mouth": (0.70, 0.88, 0.30, 0.50),
}
ALL = "+".join(BANDS)
_AT_ONCE = 256  # images whose float copies stay in the processor's cache
_CENTRES = 3  # at most
_LEAST = 0.4  # displacement and width are drawn from two fifths of the largest to the largest


def local(images, random, bands=ALL, amplitude=4.0, spread=6.0):
    """Return each image once more, warped where expression is, each in its own way.

    One to three centres are drawn in the bands. About each a Gaussian bump moves the
    grey values in a random direction; in half of the images the other side moves likewise.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width)
    random : numpy.random.Generator
    bands : str
        Any of :data:`BANDS` joined by ``+``.
    amplitude : float
        Largest displacement, in pixels of a frame of 48. It is never above the width of
        its bump, so that no bump folds the image over.
    spread : float
        Largest standard deviation of a bump, likewise.

    Returns
    -------
    ndarray of uint8, shape (n, height, width)
        What moves in from outside repeats the edge.

    Raises
    ------
    InputError
        Where a band is unknown, or amplitude or spread is not above 0.

    References
    ----------
    That local warps change an expression and global ones do not: Xue, Sun and Yang 2023.
    Shape, bands and constants are ours.
    """
    for name in bands.split("+"):
        if name not in BANDS:
            raise unknown("bands", name, BANDS)
    if not (amplitude > 0 and spread > 0):
        told = f"{amplitude!r} and {spread!r}"
        raise InputError(f"amplitude and spread of a warp must be above 0 pixels, got {told}.")
    boxes = np.array([BANDS[name] for name in bands.split("+")])
    changed = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), _AT_ONCE):
        few = images[start : start + _AT_ONCE]
        changed[start : start + _AT_ONCE] = _warped(few, random, boxes, amplitude, spread)
    return changed


def _warped(images, random, boxes, amplitude, spread):
    centre, push, width, here = _bumps(len(images), random, boxes, amplitude, spread, images.shape[1:])
    down, right = displacement(centre, push, width, here, images.shape[1:])
    height, wide = images.shape[1:]
    row = np.arange(height, dtype=np.float32)[:, None] - down
    column = np.arange(wide, dtype=np.float32) - right
    return np.rint(_bilinear(images, row, column)).astype(np.uint8)


def _bumps(n, random, boxes, amplitude, spread, shape):
    """Return centres and pushes (n, 6, 2), widths and presences (n, 6): three bumps and their twins."""
    height, wide = shape
    unit, size = min(shape) / 48, (n, _CENTRES)
    top, bottom, left, right = np.moveaxis(boxes[random.integers(len(boxes), size=size)], -1, 0)
    row = (top + (bottom - top) * random.random(size)) * height - 0.5
    column = (left + (right - left) * random.random(size)) * wide - 0.5
    width = unit * spread * random.uniform(_LEAST, 1, size)
    length = np.minimum(unit * amplitude * random.uniform(_LEAST, 1, size), width)
    angle = random.uniform(-np.pi, np.pi, size)
    down, across = length * np.sin(angle), length * np.cos(angle)
    present = np.arange(_CENTRES) < random.integers(1, _CENTRES + 1, (n, 1))
    both, on_left = random.random((n, 1)) < 0.5, random.random(size) < 0.5
    centre = np.stack([np.hstack([row, row]), np.hstack([column, wide - 1 - column])], -1)
    push = np.stack([np.hstack([down, down]), np.hstack([across, -across])], -1)
    here = np.hstack([present & (on_left | both), present & (~on_left | both)])
    return centre, push, np.hstack([width, width]), here


def displacement(centre, push, width, here, shape):
    """Return how far bumps move each pixel down and right, each (n, height, width), float32.

    Where bumps add up to more than a whole one they are averaged, so that nothing moves
    farther than the longest push.

    Parameters
    ----------
    centre, push : ndarray, shape (n, m, 2)
        Row and column of the bumps, and their displacement down and right, pixels.
    width : ndarray, shape (n, m)
        Standard deviations, pixels.
    here : ndarray of bool, shape (n, m)
        Which bumps are there.
    shape : tuple of int
        Height and width.
    """
    narrow = -0.5 / np.square(width)[..., None]
    rows, columns = (np.arange(side) for side in shape)
    down = np.exp(narrow * np.square(rows - centre[..., :1])) * here[..., None]  # (n, m, height)
    across = np.exp(narrow * np.square(columns - centre[..., 1:]))  # (n, m, width)
    down, across, push = (values.astype(np.float32) for values in (down, across, push))
    whole = np.maximum(np.einsum("nmh,nmw->nhw", down, across), 1)
    moved = (np.einsum("nmh,nmw->nhw", down * push[..., axis, None], across) / whole for axis in (0, 1))
    return tuple(moved)
