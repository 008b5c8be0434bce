"""The two directions of largest variance."""

import numpy as np

from fer_cluster.axes import largest, signed
from fer_cluster.blocks import blocks
from fer_cluster.errors import InputError

__all__ = ["PCA"]


# Not a BaseEstimator: importing that takes half a second.
class PCA:
    """Principal components: features on the two directions of largest variance.

    The sign of a direction is such that its largest entry is positive, so that
    points are the same in every run. A single feature lies along the first, the second is 0.

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
            Where there are fewer than two faces, or no feature.
        """
        if x.ndim != 2 or len(x) < 2 or not x.shape[1]:
            raise InputError(f"PCA in two dimensions needs two faces and a feature, got shape {x.shape}.")
        self.mean_ = sum(block.sum(0, dtype=np.float64) for _, block in blocks(x)) / len(x)
        cross = sum(_products(block - self.mean_.astype(x.dtype)) for _, block in blocks(x))
        variance, vectors = largest(cross, 2)
        missing = 2 - len(variance)  # directions
        self.components_ = np.pad(signed(vectors).T, [(0, missing), (0, 0)])
        self.explained_variance_ratio_ = np.pad(variance / (np.trace(cross) or 1.0), (0, missing))
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

    def get_params(self, deep=True):
        """Return the parameters by name, of which there are none."""
        return {}

    def set_params(self):
        """Set none of the parameters that there are not."""
        return self

    def __repr__(self):
        return "PCA()"


def _products(block):
    return (block.T @ block).astype(np.float64)
