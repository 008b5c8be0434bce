"""The two principal components."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import validate_data

from fer_cluster.blocks import blocks

__all__ = ["PCA"]


class PCA(TransformerMixin, BaseEstimator):
    """Principal components of features (Pearson 1901).

    Parameters
    ----------
    n_components : int
    """

    def __init__(self, n_components=2):
        self.n_components = n_components

    def fit(self, x, y=None):
        """Learn the components of features, shape (n, d)."""
        x = validate_data(self, x, dtype=[np.float32, np.float64])
        self.mean_ = x.mean(0, dtype=np.float64)
        cross = np.zeros((x.shape[1], x.shape[1]))
        for _, block in blocks(x):
            centred = block - self.mean_
            cross += centred.T @ centred
        vectors = np.linalg.eigh(cross)[1][:, ::-1][:, : self.n_components].T
        largest = np.abs(vectors).argmax(1)
        self.components_ = vectors * np.sign(vectors[np.arange(len(vectors)), largest])[:, None]
        return self

    def transform(self, x):
        """Return features on the components, shape (n, n_components)."""
        x = validate_data(self, x, reset=False, dtype=[np.float32, np.float64])
        weights = self.components_.T
        return np.concatenate([(block - self.mean_) @ weights for _, block in blocks(x)])
