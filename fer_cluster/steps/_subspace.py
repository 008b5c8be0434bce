"""Directions that are strong in the signal and weak in the noise."""

import numpy as np

from fer_cluster.errors import InputError
from fer_cluster.training.disturb import disturb


def matched(x, images, count):
    """Raise an InputError where features, images and the number of directions do not go together."""
    if len(x) != len(images):
        raise InputError(f"There are {len(x)} rows of features but {len(images)} images.")
    if count < 1:
        raise InputError(f"n_components must be 1 or more, got {count!r}.")


def augmented(x, images, extractor, random, n_faces):
    """Return how the features of faces drawn at random change when the faces are augmented."""
    rows = np.sort(random.permutation(len(x))[:n_faces])
    return extractor.transform(disturb(images[rows], random=random)) - x[rows]


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
    """
    from scipy.linalg import eigh

    size = len(total)
    floor = max(ridge * np.trace(total) / size, 1e-12)
    chosen = [max(size - count, 0), size - 1]
    ratio, vectors = eigh(total, nuisance + floor * np.eye(size), subset_by_index=chosen)
    ratio, vectors = ratio[::-1], vectors[:, ::-1]
    peak = np.take_along_axis(vectors, np.abs(vectors).argmax(0)[None], 0)
    spread = np.sqrt(np.maximum((vectors * (total @ vectors)).sum(0), 1e-12))
    return ratio, vectors * np.sign(peak) / spread
