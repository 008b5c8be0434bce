"""Directions that are strong in the signal and weak in the noise."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from fer_cluster.axes import signed
from fer_cluster.errors import InputError
from fer_cluster.training.disturb import disturb
from fer_cluster.whole import check_numbers


class Directions(TransformerMixin, BaseEstimator):
    """A step whose ``fit`` learns ``mean_``, shape (d,), and ``weights_``, shape (d, n_components)."""

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        check_numbers(self)

    def transform(self, x):
        """Return x in the subspace, shape (n, n_components), in the precision of x."""
        check_is_fitted(self)
        x = validate_data(self, x, reset=False, dtype=(np.float64, np.float32))
        return (x - self.mean_.astype(x.dtype)) @ self.weights_.astype(x.dtype)


def matched(x, images):
    """Raise an InputError where features and images do not go together."""
    if len(x) != len(images):
        raise InputError(f"There are {len(x)} rows of features but {len(images)} images.")


def augmented(x, images, extractor, random, n_faces):
    """Return how the features of faces drawn at random change when the faces are augmented."""
    rows = np.sort(random.permutation(len(x))[:n_faces])
    return extractor.transform(disturb(images[rows], random=random)) - x[rows]


def mean_square(change):
    """Return the mean outer product of the rows of change, shape (d, d), float64."""
    return (change.T @ change).astype(np.float64) / len(change)


def leading(total, nuisance, count, ridge):
    """Return ratios and directions of unit total variance, the largest ratio first.

    Parameters
    ----------
    total, nuisance : ndarray, shape (d, d)
        Covariance of the faces, and of what is no signal.
    count : int
        Number of directions at most.
    ridge : float
        Share of the mean total variance that is added to every nuisance variance.

    Raises
    ------
    InputError
        Where nothing varies, or the ridge is too small for the nuisance to be divided by.
    """
    from scipy.linalg import eigh

    size, varies = len(total), np.trace(total)
    if not varies > 0:
        raise InputError("No feature varies between the faces.")
    floor = max(ridge * varies / size, 1e-12)
    chosen = [max(size - count, 0), size - 1]
    try:
        ratio, vectors = eigh(total, nuisance + floor * np.eye(size), subset_by_index=chosen)
    except np.linalg.LinAlgError as error:
        raise InputError(
            f"A ridge of {ridge!r} is too small for these features; use a larger one."
        ) from error
    ratio, vectors = ratio[::-1], vectors[:, ::-1]
    spread = np.sqrt(np.maximum((vectors * (total @ vectors)).sum(0), 1e-12))
    return ratio, signed(vectors) / spread
