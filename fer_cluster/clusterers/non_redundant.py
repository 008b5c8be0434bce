"""Several partitions of the same faces that have little in common, and the one to go by."""

import numpy as np

from fer_cluster.clusterers._estimator import Estimator, random_of
from fer_cluster.clusterers._lloyd import nearest
from fer_cluster.clusterers._rows import checked, enough
from fer_cluster.clusterers.kmeans import KMeans
from fer_cluster.errors import unknown
from fer_cluster.metrics import ari, contingency

__all__ = ["NonRedundant"]

_CHOICES = ("stable", "first")
_PAIRS = 10  # pairs of random halves, whose agreement is averaged
_TINY = 1e-9  # share of the variance below which nothing is left to cluster


class NonRedundant(Estimator):
    """Orthogonal clustering: K-Means, then again on what its centres do not span.

    Faces may be alike in light, in pose, in who they are and in what they feel: one partition
    cannot be all of these. Each round of K-Means leaves the features projected
    onto the complement of the space of its centres, in which the next finds other clusters.

    Parameters
    ----------
    n_clusters : int
    n_partitions : int
        At most: fewer where the centres span all features.
    choose : str
        Which partition the clusters are, chosen without labels: ``first``, which is
        K-Means, or ``stable``: the one that K-Means on random halves of the
        faces agree on best (see ``stability_``).
    n_init : int
        Restarts of each K-Means.
    random_state : int, RandomState or None

    Attributes
    ----------
    partitions_ : ndarray of int32, shape (n_partitions, n)
    centres_ : ndarray, shape (n_partitions, n_clusters, d)
        Centres among the features given, each partition's orthogonal to those before.
    stability_ : ndarray, shape (n_partitions,)
        Adjusted Rand index, over all faces, of K-Means fitted on one random half of the
        faces and on the other, mean of ten pairs of halves.
    chosen_ : int
    labels_ : ndarray of int32, shape (n,)
        The chosen partition.

    References
    ----------
    Cui, Fern and Dy, Non-redundant multi-view clustering via orthogonalization, ICDM 2007; stable
    halves: Ben-Hur, Elisseeff and Guyon, PSB 2002. Going by stability among them is ours.
    """

    def __init__(self, n_clusters=7, n_partitions=3, choose="stable", n_init=10, random_state=0):
        self.n_clusters = n_clusters
        self.n_partitions = n_partitions
        self.choose = choose
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, x, y=None):
        """Find the partitions of features, shape (n, d).

        Raises
        ------
        InputError
            Where there are fewer faces than clusters, or a parameter cannot be used.
        """
        x = checked(self, x)
        enough(x, self)
        random = random_of(self.random_state)
        mean = x.mean(0, dtype=np.float64)
        left = x - mean.astype(x.dtype)
        total, centres, self.stability_ = _variance(left), [], []
        while len(centres) < self.n_partitions and (not centres or _variance(left) > _TINY * total):
            found = self._kmeans(random).fit(left).cluster_centers_
            centres.append(found + mean)
            self.stability_.append(self._stability(left, random))
            left = left - _within(left, found)
        self.centres_, self.stability_ = np.stack(centres), np.array(self.stability_)
        self.partitions_ = np.stack([nearest(x, one)[0] for one in self.centres_])
        self.chosen_ = int(self.stability_.argmax()) if self.choose == "stable" else 0
        self.labels_ = self.partitions_[self.chosen_]
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        super().check()
        if self.choose not in _CHOICES:
            raise unknown("choose", self.choose, _CHOICES)

    def predict(self, x):
        """Return the cluster of each row in the chosen partition, shape (n,).

        The centres of a partition lie in the complement, so that what was
        projected away adds the same to the distance to each of them.
        """
        x = checked(self, x, reset=False)
        return nearest(x, self.centres_[self.chosen_])[0]

    def _kmeans(self, random):
        return KMeans(self.n_clusters, n_init=self.n_init, random_state=random.randint(2**31 - 1))

    def _stability(self, x, random):
        """Return how much K-Means on two random halves agree, as adjusted Rand index over all rows."""
        half = max(len(x) // 2, self.n_clusters)
        agreement = []
        for _ in range(_PAIRS):
            order = random.permutation(len(x))
            halves = np.sort(order[:half]), np.sort(order[-half:])
            one, other = (self._kmeans(random).fit(x[rows]).predict(x) for rows in halves)
            agreement.append(ari(contingency(one, other, self.n_clusters, self.n_clusters)))
        return float(np.mean(agreement))


def _variance(x):
    return x.var(0, dtype=np.float64).sum()


def _within(x, centres):
    """Return the part of x, shape (n, d), that lies in the space of the centres."""
    _, strength, basis = np.linalg.svd(centres, full_matrices=False)
    basis = basis[strength > 1e-6 * max(strength.max(), 1e-12)].astype(x.dtype)
    return (x @ basis.T) @ basis
