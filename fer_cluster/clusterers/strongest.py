"""Each face goes to its strongest feature, or, where none is strong, to the rest."""

import numpy as np

from fer_cluster.clusterers._estimator import Estimator
from fer_cluster.clusterers._rows import checked, enough

__all__ = ["Strongest"]


class Strongest(Estimator):
    """Clusters by the largest of the features, for features that mean something by themselves.

    With the seven numbers of ``expressions`` the seven clusters are the faces that
    express each emotion, and those that express none. Nothing is learnt.

    Parameters
    ----------
    n_clusters : int
        The first ``n_clusters`` columns are looked at, and a face goes to the cluster of the largest.
        There may be one column less; the last cluster then has none of its own.
    threshold : float
        What the largest must reach, else the face goes to the last cluster.

    Attributes
    ----------
    labels_ : ndarray of int32, shape (n,)
    """

    def __init__(self, n_clusters=7, threshold=0.5):
        self.n_clusters = n_clusters
        self.threshold = threshold

    def fit(self, x, y=None):
        """Learn nothing but the number of features, x of shape (n, d).

        Raises
        ------
        InputError
            Where there are fewer faces than clusters.
        """
        x = checked(self, x)
        enough(x, self)
        self.labels_ = self._assigned(x)
        return self

    def predict(self, x):
        """Return the strongest feature of each row, shape (n,)."""
        return self._assigned(checked(self, x, reset=False))

    def _assigned(self, x):
        last = min(self.n_clusters - 1, x.shape[1])
        rest = x[:, last : last + 1].max(1, initial=self.threshold)
        return np.column_stack([x[:, :last], rest]).argmax(1).astype(np.int32)
