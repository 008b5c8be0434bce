"""N2D: a manifold of few dimensions, then a mixture of Gaussians on it."""

import numpy as np

from fer_cluster.clusterers._collapse import collapsed, effective
from fer_cluster.clusterers._estimator import Estimator
from fer_cluster.clusterers._rows import checked, enough
from fer_cluster.clusterers.gmm import GMM
from fer_cluster.errors import InputError
from fer_cluster.manifold import reducer

__all__ = ["N2D"]

_FEWEST = 4  # faces of which UMAP makes anything


class N2D(Estimator):
    """UMAP of the features to few dimensions, then a mixture of Gaussians.

    New faces are placed by UMAP's ``transform``, which moves all rows of a call
    together: a face may fall differently in other company.

    Parameters
    ----------
    n_clusters : int
    n_components : int
        Dimensions of the manifold; the paper takes as many as clusters.
    n_neighbors : int
        Fewer show more detail, more show more of the whole.
    min_dist : float
        Smallest distance of two faces on the manifold.
    random_state : int, RandomState or None
        With a seed the clusters are the same in every run, on one core.

    Attributes
    ----------
    umap_ : umap.UMAP
    mixture_ : GMM
    labels_ : ndarray of int32, shape (n,)
    effective_ : float
        Number of clusters of one size that would be as uneven.
    collapsed_ : bool
        Whether a cluster is empty or ``effective_`` below half of ``n_clusters``.

    References
    ----------
    McConville, Santos-Rodriguez, Piechocki and Craddock (2020), "N2D: (not too) deep clustering via
    clustering the local manifold of an autoencoded embedding".
    """

    def __init__(self, n_clusters=7, n_components=7, n_neighbors=20, min_dist=0.0, random_state=0):
        self.n_clusters = n_clusters
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.min_dist = min_dist
        self.random_state = random_state

    def fit(self, x, y=None):
        """Find manifold and mixture of features, shape (n, d).

        Raises
        ------
        InputError
            Where there are fewer faces than clusters, or fewer than four, or ``min_dist`` is not of 0 to 1.
        """
        x = checked(self, x)
        enough(x, self)
        if len(x) < _FEWEST:
            raise InputError(f"N2D needs at least {_FEWEST} faces, got n_samples={len(x)}.")
        self.umap_ = self._reducer(*x.shape)
        points = self._placed(self.umap_.fit_transform, x)
        self.mixture_ = GMM(
            self.n_clusters, n_init=5, max_iter=500, reg_covar=1e-3, random_state=self.random_state
        ).fit(points)
        self.labels_ = self.mixture_.labels_
        self.effective_ = effective(self.labels_)
        self.collapsed_ = collapsed(self.labels_, self.n_clusters, "N2D")
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        super().check()
        if not 0 <= self.min_dist <= 1:
            raise InputError(f"min_dist must be from 0 to 1, got {self.min_dist!r}.")

    def predict(self, x):
        """Return the likeliest cluster of each row on the manifold, shape (n,)."""
        x = checked(self, x, reset=False)
        return self.mixture_.predict(self._placed(self.umap_.transform, x))

    def _placed(self, umap, x):
        """Return where UMAP puts the rows; all of them at one place where they are all the same."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.nan_to_num(np.asarray(umap(np.array(x, dtype=np.float32))))

    def _reducer(self, n, d):
        return reducer(
            n,
            n_neighbors=self.n_neighbors,
            min_dist=self.min_dist,
            random_state=self.random_state,
            n_components=min(self.n_components, d, n - 2),
        )
