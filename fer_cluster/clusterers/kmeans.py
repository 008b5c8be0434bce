"""K-Means."""

from fer_cluster.clusterers._estimator import Estimator, random_of
from fer_cluster.clusterers._lloyd import best_centres, nearest
from fer_cluster.clusterers._rows import checked, enough

__all__ = ["KMeans"]


# Not scikit-learn's: memory stays flat on memory-mapped rows, and restarts share their products.
class KMeans(Estimator):
    """K-Means: each face belongs to the nearest of a few centres.

    Parameters
    ----------
    n_clusters : int
    n_init : int
        Restarts with k-means++. All run on a sample of the faces, the best three
        go on with all faces.
    max_iter : int
        Largest number of passes.
    tol : float
        Squared shift of the centres, relative to the mean variance of a feature,
        at which they are at rest.
    random_state : int, RandomState or None

    Attributes
    ----------
    cluster_centers_ : ndarray, shape (n_clusters, d)
    labels_ : ndarray of int32, shape (n,)
    inertia_ : float
        Sum of the squared distances to the nearest centre.
    n_iter_ : int
        Passes over the faces.

    References
    ----------
    Lloyd (1982); Arthur and Vassilvitskii (2007), k-means++.
    """

    _spherical = False  # whether directions are clustered

    def __init__(self, n_clusters=7, n_init=10, max_iter=300, tol=1e-4, random_state=0):
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(self, x, y=None):
        """Find the centres of features, shape (n, d).

        Raises
        ------
        InputError
            Where there are fewer faces than clusters.
        """
        x = checked(self, x)
        enough(x, self)
        self.cluster_centers_, self.n_iter_ = best_centres(
            x,
            self.n_clusters,
            random_of(self.random_state),
            n_init=self.n_init,
            max_iter=self.max_iter,
            tol=self.tol,
            spherical=self._spherical,
        )
        self.labels_, self.inertia_ = nearest(x, self.cluster_centers_, spherical=self._spherical)
        return self

    def predict(self, x):
        """Return the nearest centre of each row, shape (n,)."""
        x = checked(self, x, reset=False)
        return nearest(x, self.cluster_centers_, spherical=self._spherical)[0]
