"""The two directions of largest variance."""

import numpy as np
from sklearn.base import BaseEstimator

from fer_cluster.blocks import blocks
from fer_cluster.errors import InputError

__all__ = ["PCA"]


class PCA(BaseEstimator):
    """Principal components: features on the two directions of largest variance.

    The sign of a direction is such that its largest entry is positive, so that
    points are the same in every run.

    Attributes
    ----------
    mean_ : ndarray, shape (d,)
    components_ : ndarray, shape (2, d)
    explained_variance_ratio_ : ndarray, shape (2,)
    """

    def fit(self, x, y=None):
        """Find the two directions of features, shape (n, d).

        Raises
        ------
        InputError
            Where there are fewer than two features or faces.
        """
        from scipy.linalg import eigh

        if x.ndim != 2 or min(x.shape) < 2:
            raise InputError(f"PCA in two dimensions needs two faces and two features, got shape {x.shape}.")
        n, d = x.shape
        self.mean_ = sum(block.sum(0, dtype=np.float64) for _, block in blocks(x)) / n
        cross = sum(_products(block - self.mean_.astype(x.dtype)) for _, block in blocks(x))
        variance, vectors = eigh(cross, subset_by_index=[d - 2, d - 1])
        vectors = vectors[:, ::-1]
        peak = np.take_along_axis(vectors, np.abs(vectors).argmax(0)[None], 0)
        self.components_ = (vectors * np.sign(peak)).T
        self.explained_variance_ratio_ = variance[::-1] / (np.trace(cross) or 1.0)
        return self

    def transform(self, x):
        """Return the points of features, shape (n, 2), float32."""
        points = np.empty((len(x), 2), np.float32)
        for rows, block in blocks(x):
            points[rows] = (block - self.mean_.astype(x.dtype)) @ self.components_.T
        return points

    def fit_transform(self, x, y=None):
        """Return the points of the features it was fitted on, shape (n, 2), float32."""
        return self.fit(x).transform(x)


def _products(block):
    return (block.T @ block).astype(np.float64)
