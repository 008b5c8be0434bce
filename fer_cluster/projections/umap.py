"""UMAP: neighbours stay neighbours."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator

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
        """Return the points of features, shape (n, 2), float32."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ImportWarning)  # it would like TensorFlow, for what is not used
            from umap import UMAP as Reducer

        reducer = Reducer(
            n_neighbors=max(2, min(self.n_neighbors, len(x) - 1)),
            min_dist=self.min_dist,
            init="pca",
            random_state=self.random_state,
            n_jobs=-1 if self.random_state is None else 1,
        )
        return np.asarray(reducer.fit_transform(x), dtype=np.float32)
