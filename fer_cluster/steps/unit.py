"""Each face's features scaled to unit length, so that K-Means compares directions."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import validate_data

__all__ = ["Unit"]


class Unit(TransformerMixin, BaseEstimator):
    """Rows of unit length; a row of zeros stays as it is."""

    def fit(self, x, y=None):
        """Learn the number of features, x of shape (n, d)."""
        validate_data(self, x)
        return self

    def transform(self, x):
        """Return the rows of x, shape (n, d), each divided by its length."""
        x = validate_data(self, x, reset=False, dtype=(np.float64, np.float32))
        length = np.linalg.norm(x, axis=1, keepdims=True)
        return x / np.where(length > 0, length, 1)

    def __sklearn_tags__(self):
        """Tell that nothing is learnt from the rows."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags
