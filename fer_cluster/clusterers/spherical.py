"""Spherical K-Means: clusters of directions, by the cosine."""

from fer_cluster.clusterers.kmeans import KMeans

__all__ = ["Spherical"]


class Spherical(KMeans):
    """Spherical K-Means: each face belongs to the centre at the smallest angle.

    Faces and centres are taken at unit length, whatever their length was.

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
        Unit vectors.
    labels_ : ndarray of int32, shape (n,)
    inertia_ : float
        Sum of 2 - 2 cos(angle) to the centre.
    n_iter_ : int
        Passes over the faces.

    References
    ----------
    Dhillon and Modha (2001).
    """

    _spherical = True
