"""t-SNE: neighbours stay together, distances between groups mean little."""

from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator

from fer_cluster.errors import InputError
from fer_cluster.projections._padded import padded
from fer_cluster.whole import check_seed

__all__ = ["TSNE"]

_MANY = 10_000  # points; for fewer, threads wait for each other more than they work


class TSNE(BaseEstimator):
    """Stochastic neighbour embedding, of openTSNE, started from the principal components.

    Parameters
    ----------
    perplexity : float
        About how many neighbours a point has.
    random_state : int or None

    References
    ----------
    Van der Maaten and Hinton (2008); Linderman et al. (2019), FIt-SNE; Kobak and Berens (2019).
    """

    def __init__(self, perplexity=30, random_state=0):
        self.perplexity = perplexity
        self.random_state = random_state

    def fit_transform(self, x, y=None):
        """Return the points of features, shape (n, 2), float32; all 0 where all rows are the same.

        Raises
        ------
        InputError
            Where a parameter cannot be used, or there are fewer than two faces, or no feature.
        """
        self.check()
        x = np.asarray(x)
        if x.ndim != 2 or len(x) < 2 or not x.shape[1]:
            raise InputError(f"TSNE needs two faces and a feature, got shape {x.shape}.")
        if (x == x[0]).all():
            return np.zeros((len(x), 2), np.float32)
        from openTSNE import TSNE as Embedder

        embedder = Embedder(
            perplexity=min(self.perplexity, (len(x) - 1) / 3),
            initialization="pca",
            n_jobs=-1 if len(x) >= _MANY else 1,
            random_state=self.random_state,
        )
        return np.asarray(embedder.fit(padded(x)), dtype=np.float32)

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        check_seed(self)
        if not (isinstance(self.perplexity, Real) and self.perplexity > 0):
            raise InputError(f"perplexity must be a number above 0, got {self.perplexity!r}.")
