"""Mixture of Gaussians, by expectation and maximisation."""

import warnings

import numpy as np

from fer_cluster.clusterers._estimator import Estimator, random_of
from fer_cluster.clusterers._lloyd import best_centres
from fer_cluster.clusterers._mixture import Mixture, expected, fitted
from fer_cluster.clusterers._rows import checked, enough, one_thread
from fer_cluster.errors import InputError, unknown

__all__ = ["GMM"]

_SHAPES = ("full", "tied", "diag", "spherical")


class GMM(Estimator):
    """Mixture of Gaussians; each face belongs to the likeliest.

    Parameters
    ----------
    n_clusters : int
    covariance_type : {"full", "tied", "diag", "spherical"}
        A covariance for each cluster, one for all, variances alone, one variance.
    n_init : int
        Starts, each from a K-Means of its own; the likeliest is kept.
    max_iter : int
        Largest number of passes over the faces.
    tol : float
        Gain of the mean log-likelihood in a pass that is rest.
    reg_covar : float
        Added to the variances.
    random_state : int, RandomState or None

    Attributes
    ----------
    weights_ : ndarray, shape (n_clusters,)
    means_ : ndarray, shape (n_clusters, d)
    covariances_ : ndarray
        Full (n_clusters, d, d), tied (d, d), diag (n_clusters, d), spherical (n_clusters,).
    labels_ : ndarray of int32, shape (n,)
    lower_bound_ : float
        Mean log-likelihood in the last pass.
    n_iter_ : int
    converged_ : bool

    References
    ----------
    Dempster, Laird and Rubin (1977); Neal and Hinton (1998), incremental EM.
    """

    def __init__(
        self,
        n_clusters=7,
        covariance_type="full",
        n_init=1,
        max_iter=100,
        tol=1e-3,
        reg_covar=1e-6,
        random_state=0,
    ):
        self.n_clusters = n_clusters
        self.covariance_type = covariance_type
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.reg_covar = reg_covar
        self.random_state = random_state

    def fit(self, x, y=None):
        """Find the mixture of features, shape (n, d).

        Raises
        ------
        InputError
            Where there are fewer faces than clusters, no such ``covariance_type``, or ``reg_covar`` is not
            above 0.
        """
        x = checked(self, x)
        enough(x, self)
        random = random_of(self.random_state)
        results = [self._fitted(x, random) for _ in range(self.n_init)]
        mixture, self.lower_bound_, self.n_iter_, self.converged_ = max(results, key=lambda r: r[1])
        self.weights_, self.means_ = mixture.weights, mixture.means
        self.covariances_ = self._packed(mixture.covariances)
        self.labels_ = expected(x, mixture)[0].argmax(1).astype(np.int32)
        if not self.converged_:
            from sklearn.exceptions import ConvergenceWarning

            message = f"GMM is not at rest after {self.max_iter} passes; raise max_iter, tol or reg_covar."
            warnings.warn(message, ConvergenceWarning, stacklevel=2)
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        super().check()
        if self.covariance_type not in _SHAPES:
            raise unknown("covariance_type", self.covariance_type, _SHAPES)
        if not self.reg_covar > 0:
            raise InputError(f"reg_covar must be above 0, got {self.reg_covar!r}.")

    def predict(self, x):
        """Return the likeliest cluster of each row, shape (n,)."""
        return self.predict_proba(x).argmax(1).astype(np.int32)

    def predict_proba(self, x):
        """Return the probability of each cluster for each row, shape (n, n_clusters)."""
        return self._expected(x)[0]

    def score_samples(self, x):
        """Return the log-likelihood of each row, shape (n,)."""
        return self._expected(x)[1]

    def score(self, x, y=None):
        """Return the mean log-likelihood of a row."""
        return float(self.score_samples(x).mean())

    def bic(self, x):
        """Return the Bayesian information criterion on x; lower is better."""
        return -2 * self.score(x) * len(x) + self._parameters() * np.log(len(x))

    def aic(self, x):
        """Return Akaike's information criterion on x; lower is better."""
        return -2 * self.score(x) * len(x) + 2 * self._parameters()

    def _fitted(self, x, random):
        settings = {"max_iter": self.max_iter, "tol": self.tol, "reg_covar": self.reg_covar}
        with one_thread():
            centres, _ = best_centres(x, self.n_clusters, random)
            return fitted(x, centres, shape=self.covariance_type, **settings)

    def _expected(self, x):
        x = checked(self, x, reset=False)
        return expected(x, Mixture(self.weights_, self.means_, self._unpacked()))

    def _packed(self, covariances):
        """Return the covariances in the shape that scikit-learn gives them."""
        pick = {"tied": np.s_[0], "spherical": np.s_[:, 0]}
        return covariances[pick.get(self.covariance_type, np.s_[:])].copy()

    def _unpacked(self):
        k, d = self.means_.shape
        if self.covariance_type == "tied":
            return np.broadcast_to(self.covariances_, (k, d, d))
        if self.covariance_type == "spherical":
            return np.repeat(self.covariances_[:, None], d, 1)
        return self.covariances_

    def _parameters(self):
        """Return the number of free parameters."""
        k, d = self.means_.shape
        each = {"full": k * d * (d + 1) // 2, "tied": d * (d + 1) // 2, "diag": k * d, "spherical": k}
        return each[self.covariance_type] + k * d + k - 1
