"""Directions in which a face is like those that look like it from afar, taken out of the features."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from fer_cluster.blocks import blocks
from fer_cluster.errors import InputError
from fer_cluster.steps._subspace import leading, matched, mean_square

__all__ = ["RemoveIdentity"]

_SIDE = 4  # fields of a face from afar, along each side


class RemoveIdentity(TransformerMixin, BaseEstimator):
    """Takes out the directions in which a face is most like its neighbours in a blurred copy of the images.

    From afar, as 4 x 4 fields of even brightness and contrast, faces are alike in who
    they are, in hair, pose and light; what they feel is in the detail. The directions are
    the leading generalised eigenvectors of the covariance over faces and of that of the
    differences between neighbours.

    Parameters
    ----------
    n_components : int
        How many directions are taken out; what is left does not correlate with them.
    n_neighbours : int
        Neighbours of each face.
    n_faces : int
        Among how many of the faces, at random, neighbours are sought.
    ridge : float
        Share of the mean variance that is added to the variance of every difference.
    random_state : int

    Attributes
    ----------
    mean_ : ndarray, shape (d,)
    weights_ : ndarray, shape (d, n_components)
        What reads the directions, at unit variance.
    patterns_ : ndarray, shape (n_components, d)
        What they add to the features, which is taken away.
    ratio_ : ndarray, shape (n_components,)
        Variance between faces drawn at random over that between neighbours, the largest first.

    References
    ----------
    Subspace and reference are ours; within-pair scatter as in relevant component analysis (Bar-Hillel,
    Hertz, Shental and Weinshall, JMLR 2005), with neighbours in place of known pairs.
    """

    def __init__(self, n_components=4, n_neighbours=5, n_faces=8000, ridge=0.1, random_state=0):
        self.n_components = n_components
        self.n_neighbours = n_neighbours
        self.n_faces = n_faces
        self.ridge = ridge
        self.random_state = random_state

    def fit(self, x, y=None, *, images):
        """Learn the directions of x, shape (n, d), by their images, uint8 (n, height, width).

        Raises
        ------
        InputError
            Where x and images do not match, or a parameter is below 1.
        """
        x = validate_data(self, x, dtype=(np.float64, np.float32), ensure_min_samples=2)
        matched(x, images, self.n_components)
        if self.n_neighbours < 1:
            raise InputError(f"n_neighbours must be 1 or more, got {self.n_neighbours!r}.")
        random = np.random.default_rng(self.random_state)
        rows = np.sort(random.permutation(len(x))[: self.n_faces])
        near = _neighbours(from_afar(images[rows]), min(self.n_neighbours, len(rows) - 1))
        self.mean_ = x.mean(0, dtype=np.float64)
        total = np.cov(x, rowvar=False, dtype=np.float64).reshape(x.shape[1], -1)
        within = np.mean([mean_square(x[rows] - x[rows[others]]) for others in near.T], axis=0) / 2
        self.ratio_, self.weights_ = leading(total, within, self.n_components, self.ridge)
        self.patterns_ = (total @ self.weights_).T
        return self

    def transform(self, x):
        """Return x less what it shares with those directions, shape (n, d)."""
        check_is_fitted(self)
        x = validate_data(self, x, reset=False, dtype=(np.float64, np.float32))
        mean, weights, patterns = (
            part.astype(x.dtype) for part in (self.mean_, self.weights_, self.patterns_)
        )
        return x - ((x - mean) @ weights) @ patterns


def from_afar(images):
    """Return faces as 4 x 4 mean grey values (fewer of smaller ones), each face of mean 0 and length 1.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width)

    Returns
    -------
    ndarray of float32, shape (n, fields)
    """
    edges = [np.linspace(0, side, min(_SIDE, side) + 1).round().astype(int) for side in images.shape[1:]]
    (rows, columns), (tall, wide) = [edge[:-1] for edge in edges], [np.diff(edge) for edge in edges]
    afar = np.empty((len(images), len(rows) * len(columns)), np.float32)
    for block_rows, block in blocks(images):
        sums = np.add.reduceat(np.add.reduceat(block, rows, axis=1, dtype=np.float32), columns, axis=2)
        afar[block_rows] = (sums / (tall[:, None] * wide)).reshape(len(block), -1)
    afar -= afar.mean(1, keepdims=True)
    length = np.linalg.norm(afar, axis=1, keepdims=True)
    return afar / np.where(length > 1e-3, length, 1)


def _neighbours(afar, count):
    """Return the nearest others of each row, shape (n, count)."""
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=count, algorithm="brute").fit(afar).kneighbors(return_distance=False)
