"""A random cluster for each face: what a score is worth."""

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = ["Chance"]


class Chance(ClusterMixin, BaseEstimator):
    """Clusters drawn at random, whatever the faces are.

    Parameters
    ----------
    n_clusters : int
    random_state : int, RandomState or None
    """

    def __init__(self, n_clusters=7, random_state=0):
        self.n_clusters = n_clusters
        self.random_state = random_state

    def fit(self, x, y=None):
        """Learn nothing of features, shape (n, d), but how many there are."""
        x = validate_data(self, x)
        self.seed_ = int(check_random_state(self.random_state).randint(2**31))
        self.labels_ = self._draw(len(x))
        return self

    def predict(self, x):
        """Return a random cluster for each row, shape (n,); the same at each call."""
        check_is_fitted(self)
        return self._draw(len(validate_data(self, x, reset=False)))

    def _draw(self, count):
        return np.random.default_rng(self.seed_).integers(self.n_clusters, size=count, dtype=np.int32)
