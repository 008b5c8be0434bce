"""Clusters drawn by lot: the control that every score is compared with."""

import numpy as np

from fer_cluster.clusterers._estimator import Estimator, random_of
from fer_cluster.clusterers._rows import checked, enough

__all__ = ["Chance"]


class Chance(Estimator):
    """A cluster for each face by lot, all equally likely.

    The lot depends on the seed and the place of the row, never on what is in it:
    the same seed gives the first row of any features the same cluster.

    Parameters
    ----------
    n_clusters : int
    random_state : int, RandomState or None

    Attributes
    ----------
    labels_ : ndarray of int32, shape (n,)
    """

    def __init__(self, n_clusters=7, random_state=0):
        self.n_clusters = n_clusters
        self.random_state = random_state

    def fit(self, x, y=None):
        """Learn nothing but the number of features.

        Raises
        ------
        InputError
            Where there are fewer faces than clusters.
        """
        x = checked(self, x)
        enough(x, self)
        self.seed_ = int(random_of(self.random_state).randint(2**31 - 1))
        self.labels_ = self._drawn(x)
        return self

    def predict(self, x):
        """Return a cluster by lot for each row, shape (n,)."""
        return self._drawn(checked(self, x, reset=False))

    def _drawn(self, x):
        return np.random.default_rng(self.seed_).integers(self.n_clusters, size=len(x), dtype=np.int32)
