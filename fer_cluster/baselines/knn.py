"""The nearest training faces vote, the nearer the more."""

import warnings
from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from fer_cluster.errors import InputError
from fer_cluster.whole import is_whole

__all__ = ["KNN"]

_AT_ONCE = 2**22  # similarities held at a time: 16 MB of float32
_FLOATS = ("float64", "float32")


class KNN(ClassifierMixin, BaseEstimator):
    """Weighted vote of the nearest training faces by cosine similarity.

    A neighbour of similarity s weighs ``exp(s / temperature)``.

    Parameters
    ----------
    n_neighbors : int
        Faces that vote; all of them where there are fewer.
    temperature : float
        The smaller, the more the nearest of them decide.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
    rows_ : ndarray, shape (n, d)
        Training features, of unit length; a row of zeros stays one.
    code_ : ndarray of int, shape (n,)
        Index in ``classes_`` of each training face.

    References
    ----------
    Wu, Xiong, Yu and Lin, Unsupervised feature learning via non-parametric instance
    discrimination, CVPR 2018.
    """

    on: ClassVar[str] = "features"

    def __init__(self, n_neighbors=20, temperature=0.07):
        self.n_neighbors = n_neighbors
        self.temperature = temperature

    def fit(self, x, y):
        """Keep features x, shape (n, d), and emotions y, shape (n,).

        Warns
        -----
        UserWarning
            Where there is one feature, whose direction is but its sign.

        Raises
        ------
        InputError
            Where ``n_neighbors`` is no whole number of 1 or more, or ``temperature`` not above 0.
        """
        self.check()
        x, y = validate_data(self, x, y, dtype=_FLOATS)
        check_classification_targets(y)
        if x.shape[1] == 1:
            warnings.warn("knn goes by direction, of which one feature has but its sign.", stacklevel=2)
        self.classes_, self.code_ = np.unique(y, return_inverse=True)
        self.rows_ = _unit(x)
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        if not is_whole(self.n_neighbors):
            raise InputError(f"n_neighbors must be a whole number of 1 or more, got {self.n_neighbors!r}.")
        if not isinstance(self.temperature, Real) or not self.temperature > 0:
            raise InputError(f"temperature must be a number above 0, got {self.temperature!r}.")

    def predict(self, x):
        """Return the emotion with the heaviest vote for each row, shape (n,)."""
        likeliest = self.predict_proba(x).argmax(1)
        return self.classes_[likeliest]

    def predict_proba(self, x):
        """Return each emotion's share of the vote, shape (n, n_classes)."""
        check_is_fitted(self)
        x = _unit(validate_data(self, x, reset=False, dtype=_FLOATS).astype(self.rows_.dtype, copy=False))
        size = max(_AT_ONCE // len(self.rows_), 1)
        return np.concatenate([self._vote(x[start : start + size]) for start in range(0, len(x), size)])

    def _vote(self, x):
        similarity = x @ self.rows_.T  # (rows, n)
        count = min(self.n_neighbors, len(self.rows_))
        nearest = np.argpartition(similarity, -count, axis=1)[:, -count:]
        near = np.take_along_axis(similarity, nearest, axis=1)
        weight = np.exp((near - near.max(1, keepdims=True)) / self.temperature)  # the largest is 1
        n_classes = len(self.classes_)
        place = np.arange(len(x))[:, None] * n_classes + self.code_[nearest]
        vote = np.bincount(place.ravel(), weight.ravel(), minlength=len(x) * n_classes)
        vote = vote.reshape(len(x), n_classes)
        return vote / vote.sum(1, keepdims=True)


def _unit(x):
    length = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(length > 0, length, 1)
