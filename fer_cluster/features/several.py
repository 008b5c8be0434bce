"""Several feature sets of the same faces side by side, each of the same weight."""

from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fer_cluster.chain import chained
from fer_cluster.whole import check_numbers

__all__ = ["Several"]

_TINY = 1e-12  # a total variance below it is that of a view that does not vary


class Several(TransformerMixin, BaseEstimator):
    """Views of a face, centred, scaled to a total variance of 1 each, and put side by side.

    Parameters
    ----------
    parts : str
        The views, joined by ``|``. Each is a feature extractor with steps after it, joined
        by ``>``; its parameters are joined by ``;``: ``several:hog>whiten:64|pixels:32``, or, where a
        parameter is named, ``several:parts=hog:mirror=True;cell=6|pixels:32``.
    random_state : int
        Of every part that takes one and was not told.

    Attributes
    ----------
    views_ : list of Chain
    mean_ : list of ndarray, a view's of shape (d_view,)
    scale_ : list of float
        Root of the total variance of each view; 1 where it does not vary.
    place_ : ndarray, shape (d, 2)
        Where a view without steps tells places (see :class:`fer_cluster.features.patches.Patches`),
        those of its features; not a number elsewhere.

    References
    ----------
    Views of equal total variance: the first step of multiple factor analysis in its plainest
    form (Escofier and Pagès 1994 divide by the first singular value instead).
    """

    def __init__(self, parts="hog:mirror=True|patches", random_state=0):
        self.parts = parts
        self.random_state = random_state

    def fit(self, images, y=None, checkpoint=None):
        """Fit every view on images alone, shape (n, height, width), uint8.

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
        y : ignored
        checkpoint : path-like, optional
            Folder from whose ``view_0``, ``view_1``, ... views that are trained go on.

        Raises
        ------
        InputError
            Where a view is unknown, or cannot use the images.
        """
        self.check()
        self.views_ = self._views()
        self.mean_, self.scale_, places = [], [], []
        for number, view in enumerate(self.views_):
            folder = None if checkpoint is None else Path(checkpoint) / f"view_{number}"
            x = view.fit_transform(images, checkpoint=folder)
            self.mean_.append(x.mean(0, dtype=np.float64).astype(np.float32))
            total = x.var(0, dtype=np.float64).sum()
            self.scale_.append(float(np.sqrt(total)) if total > _TINY else 1.0)
            places.append(_places(view, x.shape[1]))
        self.place_ = np.concatenate(places)
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        check_numbers(self)
        for view in self._views():
            view.check()

    def _views(self):
        """Return the unfitted chain of each view."""
        return [chained(part, self.random_state) for part in str(self.parts).split("|")]

    def transform(self, images):
        """Return the views side by side, shape (n, d), float32."""
        check_is_fitted(self)
        features = np.empty((len(images), len(self.place_)), np.float32)
        start = 0
        for view, mean, scale in zip(self.views_, self.mean_, self.scale_, strict=True):
            end = start + len(mean)
            features[:, start:end] = (view.transform(images) - mean) / np.float32(scale)
            start = end
        return features


def _places(view, count):
    place = getattr(view.extractor, "place_", ())
    return place if len(place) == count and not view.steps else np.full((count, 2), np.nan)
