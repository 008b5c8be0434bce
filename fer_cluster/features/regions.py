"""Mouth, eyes and brows, each described on its own."""

from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fer_cluster.chain import chained
from fer_cluster.errors import unknown
from fer_cluster.features._registration import aligner, check_aligned
from fer_cluster.images import as_images
from fer_cluster.whole import check_numbers

__all__ = ["Regions"]

# Windows of an upright face that fills the image, shares of the frame: (top, bottom, left, right).
# Each lies evenly about the middle, so that its mirror image shows the other side of the same part.
_WINDOWS = {
    "mouth": (0.62, 0.96, 0.20, 0.80),
    "eyes": (0.25, 0.58, 0.10, 0.90),
    "brows": (0.125, 0.46, 0.10, 0.90),
}


class Regions(TransformerMixin, BaseEstimator):
    """Windows of the face, described one by one and put side by side.

    Each window has a description of its own, which is fitted on it alone and
    averaged with that of its mirror image.

    Parameters
    ----------
    region : str
        Any of ``mouth``, ``eyes`` and ``brows``, joined by ``+``.
    feature : str
        Features that describe a window, with steps after them joined by ``>``;
        parameters are joined by ``;``: ``regions:feature=hog:cell=4;block=3>whiten:32``.
    random_state : int
        Of every part that takes one and was not told.
    aligned : bool
        Whether each face is first brought into register with the mean of the faces fitted on,
        without a label: shifted by 4 pixels of 48, turned by 15 degrees and enlarged by 15 % at most.

    Attributes
    ----------
    registration_ : Registration or None
        What aligns the faces.
    described_ : list of Chain
        One for each window.
    place_ : ndarray, shape (d, 2)
        Row and column of the centre of each feature's window, as shares of height and width.

    References
    ----------
    That a face is described region by region: Ahonen, Hadid and Pietikäinen, PAMI 2006.
    """

    def __init__(self, region="mouth+eyes+brows", feature="hog:cell=4", random_state=0, aligned=False):
        self.region = region
        self.feature = feature
        self.random_state = random_state
        self.aligned = aligned

    def fit(self, images, y=None, checkpoint=None):
        """Fit the description of each window of images, uint8 (n, height, width).

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
        y : ignored
        checkpoint : path-like, optional
            Folder from whose ``mouth``, ``eyes``, ... descriptions that are trained go on.

        Raises
        ------
        InputError
            Where a region is unknown, ``aligned`` is neither True nor False, or the
            description cannot use the images.
        """
        images = as_images(images, "Regions")
        self.check()
        names = self.region.split("+")
        self.shape_, self.windows_ = images.shape[1:], [_WINDOWS[name] for name in names]
        self.registration_ = aligner(self.aligned, images)
        images = self._in_register(images)
        self.described_, places = [], []
        for name, window in zip(names, self.windows_, strict=True):
            described = chained(self.feature, self.random_state)
            folder = None if checkpoint is None else Path(checkpoint) / name
            x = described.fit_transform(cut(images, window), checkpoint=folder)
            top, bottom, left, right = window
            places.append(np.tile([(top + bottom) / 2, (left + right) / 2], (x.shape[1], 1)))
            self.described_.append(described)
        self.place_ = np.concatenate(places)
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        for name in str(self.region).split("+"):
            if name not in _WINDOWS:
                raise unknown("region", name, _WINDOWS)
        check_numbers(self)
        check_aligned(self.aligned)
        chained(self.feature, self.random_state).check()

    def transform(self, images):
        """Return the descriptions side by side, shape (n, d), float32.

        Raises
        ------
        InputError
            Where the images have another shape than those of the fit.
        """
        check_is_fitted(self)
        images = as_images(images, "Regions", self.shape_)
        images, features = self._in_register(images), []
        for window, described in zip(self.windows_, self.described_, strict=True):
            crops = cut(images, window)
            mirrored = np.ascontiguousarray(crops[:, :, ::-1])
            features.append((described.transform(crops) + described.transform(mirrored)) / 2)
        return np.hstack(features)

    def _in_register(self, images):
        return images if self.registration_ is None else self.registration_.transform(images)


def cut(images, window):
    """Return a window of images, its edges rounded alike on both sides.

    Parameters
    ----------
    images : ndarray, shape (n, height, width)
    window : tuple of float
        Top, bottom, left and right as shares of the frame; left and right lie evenly about its middle.
    """
    height, width = images.shape[1:]
    top, bottom, left, _ = window
    margin = round(left * width)
    return np.ascontiguousarray(
        images[:, round(top * height) : round(bottom * height), margin : width - margin]
    )
