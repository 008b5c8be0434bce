"""Spectral clustering: parts of the graph of nearest neighbours that hang together, of any shape."""

import numpy as np

from fer_cluster.clusterers._collapse import collapsed, effective
from fer_cluster.clusterers._estimator import Estimator, random_of
from fer_cluster.clusterers._graph import embedded, mutual
from fer_cluster.clusterers._lloyd import best_centres, nearest
from fer_cluster.clusterers._rows import checked, enough, sampled, spans
from fer_cluster.errors import InputError

__all__ = ["Spectral"]


class Spectral(Estimator):
    """K-Means on the eigenvectors of a graph of landmark faces, carried over to all by their nearest.

    Parameters
    ----------
    n_clusters : int
    neighbours : int
        Two landmarks are tied where each is among so many nearest of the other, and
        slightly where only one is.
    landmarks : int
        Faces at most, drawn at random, of which the graph is made.
    carriers : int
        Nearest landmarks whose mean eigenvectors place a face.
    random_state : int, RandomState or None

    Attributes
    ----------
    landmarks_ : ndarray of float32, shape (m, d)
    embedding_ : ndarray, shape (m, n_clusters)
        Eigenvectors of the landmarks, rows at unit length.
    cluster_centers_ : ndarray, shape (n_clusters, n_clusters)
        Among the eigenvectors.
    labels_ : ndarray of int32, shape (n,)
    effective_ : float
        Number of clusters of one size that would be as uneven.
    collapsed_ : bool
        Whether a cluster is empty or ``effective_`` below half of ``n_clusters``.

    References
    ----------
    Ng, Jordan and Weiss (2002); von Luxburg (2007), mutual neighbours.
    """

    def __init__(self, n_clusters=7, neighbours=20, landmarks=5000, carriers=5, random_state=0):
        self.n_clusters = n_clusters
        self.neighbours = neighbours
        self.landmarks = landmarks
        self.carriers = carriers
        self.random_state = random_state

    def fit(self, x, y=None):
        """Find the clusters of features, shape (n, d).

        Raises
        ------
        InputError
            Where there are fewer faces, or landmarks, than clusters.
        """
        x = checked(self, x)
        enough(x, self)
        random = random_of(self.random_state)
        self.mean_ = x.mean(0, dtype=np.float64)
        self.landmarks_ = (sampled(x, self.landmarks, random) - self.mean_).astype(np.float32)
        if len(x) == 1:
            self.embedding_ = np.ones((1, 1))
        else:
            self.embedding_ = embedded(mutual(self.landmarks_, self.neighbours), self.n_clusters, random)
        self.cluster_centers_, _ = best_centres(self.embedding_, self.n_clusters, random, n_init=20)
        self.labels_ = self._placed(x)
        self.effective_ = effective(self.labels_)
        self.collapsed_ = collapsed(self.labels_, self.n_clusters, "Spectral")
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        super().check()
        if self.n_clusters > self.landmarks:
            told = f"n_clusters={self.n_clusters} must be between 1 and the number of landmarks"
            raise InputError(f"{told}, {self.landmarks}.")

    def predict(self, x):
        """Return the cluster that the nearest landmarks of each row tell, shape (n,)."""
        return self._placed(checked(self, x, reset=False))

    def _placed(self, x):
        from sklearn.neighbors import NearestNeighbors

        carriers = NearestNeighbors(n_neighbors=min(self.carriers, len(self.landmarks_)))
        carriers.fit(self.landmarks_)
        labels = np.empty(len(x), np.int32)
        for rows in spans(x):
            near = carriers.kneighbors((x[rows] - self.mean_).astype(np.float32), return_distance=False)
            labels[rows] = nearest(self.embedding_[near].mean(1), self.cluster_centers_)[0]
        return labels
