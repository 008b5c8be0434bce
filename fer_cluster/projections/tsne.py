"""t-SNE: neighbours stay together, distances between groups mean little."""

from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator

from fer_cluster.errors import InputError
from fer_cluster.projections._padded import padded

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
        """Return the points of features, shape (n, 2), float32.

        Raises
        ------
        InputError
            Where a parameter cannot be used.
        """
        self.check()
        from openTSNE import TSNE as Embedder

        x = padded(x)
        embedder = Embedder(
            perplexity=min(self.perplexity, (len(x) - 1) / 3),
            initialization="pca",
            n_jobs=-1 if len(x) >= _MANY else 1,
            random_state=self.random_state,
        )
        return np.asarray(embedder.fit(x), dtype=np.float32)

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        if not (isinstance(self.perplexity, Real) and self.perplexity > 0):
            raise InputError(f"perplexity must be a number above 0, got {self.perplexity!r}.")
