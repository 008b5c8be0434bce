"""Principal components of the features, each scaled to unit variance."""

import numpy as np
from sklearn.utils.validation import validate_data

from fer_cluster.axes import covariance, largest, signed
from fer_cluster.errors import InputError
from fer_cluster.steps._subspace import Directions

__all__ = ["Whiten"]

_ROUNDING = 1e-24  # of the square of the largest mean: what arithmetic leaves where nothing varies
_TINY = 1e-7  # components with less of the largest variance than this are noise of arithmetic


class Whiten(Directions):
    """Whitened principal components, so that no direction outweighs another.

    Parameters
    ----------
    n_components : int
        Number of components at most; fewer where the features have fewer that vary.

    Attributes
    ----------
    mean_ : ndarray, shape (d,)
    weights_ : ndarray, shape (d, n_components)
        Components divided by their standard deviation, largest variance first; the
        entry that is largest in absolute value is positive.
    """

    def __init__(self, n_components=64):
        self.n_components = n_components

    def fit(self, x, y=None):
        """Learn mean and components of x, shape (n, d).

        Raises
        ------
        InputError
            Where ``n_components`` is below 1, or no feature varies.
        """
        x = validate_data(self, x, ensure_min_samples=2)
        self.check()
        self.mean_ = x.mean(0, dtype=np.float64)
        variance, vectors = largest(covariance(x), self.n_components)
        if not variance[0] > _ROUNDING * max(np.square(self.mean_).max(), np.finfo(float).tiny):
            raise InputError("Whiten found no feature that varies between faces.")
        kept = variance > _TINY * variance[0]
        self.weights_ = signed(vectors)[:, kept] / np.sqrt(variance[kept])
        return self
