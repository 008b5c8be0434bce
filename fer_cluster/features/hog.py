"""Histograms of oriented gradients (HOG): where edges run which way, whatever the light."""

import functools

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fer_cluster.blocks import blocks
from fer_cluster.errors import InputError, unknown
from fer_cluster.images import as_images
from fer_cluster.whole import check_whole

__all__ = ["Hog"]

_AT_ONCE = 128  # images whose gradients stay in the processor's cache
_TINY = 1e-5  # length that a histogram of nothing is divided by

# Rows and columns of a block's centre, as shares of height and width: (top, bottom, left, right).
_REGIONS = {
    "face": [(0.0, 1.0, 0.0, 1.0)],
    "eyes": [(0.25, 0.45, 0.3, 0.7)],
    "mouth": [(0.6, 0.9, 0.3, 0.7)],
}
_REGIONS["eyes_mouth"] = _REGIONS["eyes"] + _REGIONS["mouth"]


class Hog(TransformerMixin, BaseEstimator):
    """Histograms of oriented gradients.

    The same as ``skimage.feature.hog`` with ``block_norm="L2-Hys"`` to float32
    accuracy, for many images at once.

    Parameters
    ----------
    orientations : int
        Number of directions that half a turn is parted into.
    cell : int
        Side of a cell in pixels.
    block : int
        Side, in cells, of the blocks within which histograms are normalised.
    mirror : bool
        Whether to average with the features of the mirrored image, so that
        the side a face turns to, or is lit from, counts for nothing.
    region : str
        ``face``, or only the blocks centred on ``eyes``, ``mouth`` or
        ``eyes_mouth`` of an upright face that fills the image.

    Attributes
    ----------
    place_ : ndarray, shape (features, 2)
        Row and column of the centre of each feature's block, as shares of height and width.

    References
    ----------
    Dalal and Triggs, Histograms of oriented gradients for human detection, CVPR 2005.
    """

    def __init__(self, orientations=9, cell=8, block=2, mirror=False, region="face"):
        self.orientations = orientations
        self.cell = cell
        self.block = block
        self.mirror = mirror
        self.region = region

    def fit(self, images, y=None):
        """Learn the shape of the images, uint8 (n, height, width); there is nothing else to learn.

        Raises
        ------
        InputError
            Where the images are too small for one block, or a parameter is unknown.
        """
        images = as_images(images, "Hog")
        self.check()
        self.shape_ = images.shape[1:]
        self.blocks_ = _kept(self.shape_, self.cell, self.block, self.region)  # (block rows, block columns)
        if not self.blocks_.any():
            height, width = self.shape_
            raise InputError(
                f"Images of {height} x {width} have no block of {self.block} x {self.block} cells "
                f"of {self.cell} pixels in region {self.region!r}."
            )
        size = self.block**2 * self.orientations
        self.place_ = np.repeat(_places(self.blocks_, self.shape_, self.cell, self.block), size, axis=0)
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        if self.region not in _REGIONS:
            raise unknown("region", self.region, _REGIONS)
        check_whole(self)

    def transform(self, images):
        """Return the histograms, shape (n, blocks kept * block**2 * orientations), float32.

        Raises
        ------
        InputError
            Where the images have another shape than those of the fit.
        """
        check_is_fitted(self)
        images = as_images(images, "Hog", self.shape_)
        features = np.empty((len(images), len(self.place_)), np.float32)
        for rows, few in blocks(images, _AT_ONCE):
            features[rows] = self._describe(few)
        return features

    def _describe(self, images):
        x = self._normalised(images)
        if not self.mirror:
            return x
        return (x + self._normalised(np.ascontiguousarray(images[:, :, ::-1]))) / 2

    def _normalised(self, images):
        histograms = cell_histograms(images, self.orientations, self.cell)
        window = (self.block, self.block)
        x = np.lib.stride_tricks.sliding_window_view(histograms, window, axis=(1, 2))
        x = np.moveaxis(x[:, self.blocks_], 2, -1)  # (n, blocks, block, block, orientations)
        x = np.ascontiguousarray(x).reshape(len(images), -1, self.block**2 * self.orientations)
        x = np.minimum(_unit(x), 0.2)
        return _unit(x).reshape(len(images), -1)


def cell_histograms(images, orientations, cell):
    """Return the mean gradient in each direction in each cell, (n, rows, columns, orientations)."""
    n, height, width = images.shape
    rows, columns = height // cell, width // cell
    down, right = np.zeros((2, *images.shape), np.intp)
    np.subtract(images[:, 2:], images[:, :-2], out=down[:, 1:-1], dtype=np.intp)
    np.subtract(images[:, :, 2:], images[:, :, :-2], out=right[:, :, 1:-1], dtype=np.intp)
    down += 255
    down *= 511
    down += right
    down += 255
    gradient = down[:, : rows * cell, : columns * cell]
    direction, magnitude = _polar(orientations)
    place = np.arange(n)[:, None, None] * rows + np.arange(rows * cell)[:, None] // cell
    place = place * columns + np.arange(columns * cell) // cell
    place *= orientations
    place += direction.take(gradient)
    counts = np.bincount(
        place.ravel(), magnitude.take(gradient).ravel(), minlength=n * rows * columns * orientations
    )
    counts /= cell**2
    return counts.reshape(n, rows, columns, orientations).astype(np.float32)


@functools.cache
def _polar(orientations):
    """Return direction and magnitude of each of the 511 x 511 gradients of grey values."""
    step = np.arange(-255.0, 256.0)
    down, right = step[:, None], step[None, :]
    degrees = np.rad2deg(np.arctan2(down, right)) % 180
    edges = 180.0 / orientations * np.arange(1, orientations)
    direction = np.searchsorted(edges, degrees.ravel(), side="right")
    return direction.astype(np.intp), np.hypot(down, right).ravel()


def _kept(shape, cell, block, region):
    """Return which blocks of the grid lie in the region, (block rows, block columns)."""
    down, across = _centres(shape, cell, block)
    kept = np.zeros((len(down), len(across)), bool)
    for top, bottom, left, right in _REGIONS[region]:
        kept |= ((down >= top) & (down <= bottom))[:, None] & ((across >= left) & (across <= right))
    return kept


def _places(kept, shape, cell, block):
    """Return row and column of the centres of the blocks that are kept."""
    down, across = _centres(shape, cell, block)
    row, column = np.nonzero(kept)
    return np.stack([down[row], across[column]], axis=1)


def _centres(shape, cell, block):
    """Return rows and columns of the centres of blocks, as shares of height and width."""
    return [(np.arange(max(side // cell - block + 1, 0)) + block / 2) * cell / side for side in shape]


def _unit(x):
    return x / np.sqrt((x * x).sum(-1, keepdims=True) + _TINY**2)
