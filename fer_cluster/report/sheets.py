"""Sheets of many faces, small enough to lie in a page."""

import base64
import io

import numpy as np

from fer_cluster.progress import bar

SIDE = 32  # faces along a sheet
_QUALITY = 30  # of WebP: some 280 bytes a face of 48 x 48, a fifth less than a JPEG that is worse


def sheets(images):
    """Yield the faces, in their order, as square sheets of 32 x 32, base64 of WebP.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width)
    """
    from PIL import Image

    starts = range(0, len(images), SIDE * SIDE)
    for start in bar(starts, "sheets of faces"):
        held = io.BytesIO()
        Image.fromarray(_sheet(np.asarray(images[start : start + SIDE * SIDE]))).save(
            held, "WEBP", quality=_QUALITY
        )
        yield base64.b64encode(held.getvalue()).decode("ascii")


def _sheet(images):
    """Return faces side by side, row by row; what is left of the last row is grey."""
    n, height, width = images.shape
    rows = -(-n // SIDE)
    full = np.full((rows * SIDE, height, width), 128, np.uint8)
    full[:n] = images
    return full.reshape(rows, SIDE, height, width).swapaxes(1, 2).reshape(rows * height, SIDE * width)
