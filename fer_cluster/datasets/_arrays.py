"""Arrays of pixels in any usual shape to grey bytes."""

from math import isqrt

import numpy as np

from fer_cluster.errors import InputError


def grey(pixels, source):
    """Return images as grey bytes, and what is wrong with others.

    Parameters
    ----------
    pixels : ndarray of numbers
        Shape (n, side * side), (n, h, w), (n, h, w, 1), (n, 1, h, w) or, in
        colour, (n, h, w, 3); whole numbers from 0 to 255.
    source : path-like
        Named in errors.

    Returns
    -------
    images : ndarray of uint8, shape (n, h, w)
    faults : dict of int to str
        The reason for each place with a value that is none.

    Raises
    ------
    InputError
        Where the shape or the kind of numbers is another.
    """
    if pixels.dtype.kind not in "uif":
        raise InputError(f"{source}: pixels are {pixels.dtype}, not whole numbers from 0 to 255.")
    pixels = _shaped(pixels, source)
    if pixels.dtype == np.uint8:
        return _uncoloured(pixels), {}
    if pixels.dtype.kind == "f" and not (np.isfinite(pixels) & (pixels % 1 == 0)).all():
        raise InputError(f"{source}: pixels are fractions; save them as whole numbers from 0 to 255 (uint8).")
    flat = pixels.reshape(len(pixels), -1)
    low, high = flat.min(axis=1, initial=0), flat.max(axis=1, initial=0)
    faults = {}
    for place in np.flatnonzero((low < 0) | (high > 255)).tolist():
        value = low[place] if low[place] < 0 else high[place]
        faults[place] = f"has the pixel value {value:g}; pixels are whole numbers from 0 to 255"
    return _uncoloured(pixels.clip(0, 255).astype(np.uint8)), faults


def _shaped(pixels, source):
    """Return pixels of shape (n, h, w) or (n, h, w, 3)."""
    if pixels.ndim == 2 and pixels.shape[1] and isqrt(pixels.shape[1]) ** 2 == pixels.shape[1]:
        side = isqrt(pixels.shape[1])
        return pixels.reshape(-1, side, side)
    if pixels.ndim == 4 and pixels.shape[3] == 1:
        return pixels[..., 0]
    if pixels.ndim == 4 and pixels.shape[1] == 1:
        return pixels[:, 0]
    if (pixels.ndim == 3 or (pixels.ndim == 4 and pixels.shape[3] == 3)) and pixels.size:
        return pixels
    raise InputError(f"{source}: pixels of shape {pixels.shape} are no images of shape (n, height, width).")


def _uncoloured(pixels):
    if pixels.ndim == 3:
        return pixels
    # ITU-R 601 luma in 16-bit fixed point, as Pillow rounds it.
    weights = np.array([19595, 38470, 7471], np.uint32)
    return ((pixels @ weights + 0x8000) >> 16).astype(np.uint8)
