"""UMAP: neighbours stay neighbours."""

from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator

from fer_cluster.errors import InputError
from fer_cluster.manifold import reducer
from fer_cluster.projections._padded import padded
from fer_cluster.whole import check_seed, is_whole

__all__ = ["UMAP"]


class UMAP(BaseEstimator):
    """Uniform manifold approximation, of umap-learn, started from the principal components.

    umap-learn's own start, a spectral one, fails where more faces are the same than
    have neighbours, as in FER2013.

    Parameters
    ----------
    n_neighbors : int
        Fewer show more detail, more show more of the whole.
    min_dist : float
        Smallest distance of two points in the plane.
    random_state : int or None
        With a seed the points are the same in every run, on one core; None uses all.

    References
    ----------
    McInnes, Healy and Melville (2018).
    """

    def __init__(self, n_neighbors=15, min_dist=0.1, random_state=0):
        self.n_neighbors = n_neighbors
        self.min_dist = min_dist
        self.random_state = random_state

    def fit_transform(self, x, y=None):
        """Return the points of features, shape (n, 2), float32; all 0 where all rows are the same.

        Raises
        ------
        InputError
            Where a parameter cannot be used, or there are fewer than three faces, or no feature.
        """
        self.check()
        x = np.asarray(x, np.float32)
        if x.ndim != 2 or len(x) < 3 or not x.shape[1]:
            raise InputError(f"UMAP needs three faces and a feature, got shape {x.shape}.")
        if (x == x[0]).all():
            return np.zeros((len(x), 2), np.float32)
        umap = reducer(len(x), **self.get_params())
        return np.asarray(umap.fit_transform(padded(x)), dtype=np.float32)

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        check_seed(self)
        if not is_whole(self.n_neighbors, least=2):
            raise InputError(f"n_neighbors must be a whole number of 2 or more, got {self.n_neighbors!r}.")
        if not (isinstance(self.min_dist, Real) and 0 <= self.min_dist <= 1):
            raise InputError(f"min_dist must be a number from 0 to 1, got {self.min_dist!r}.")
