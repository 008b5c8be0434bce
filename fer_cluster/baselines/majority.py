"""Always the commonest emotion: what a classifier must beat."""

from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = ["Majority"]


class Majority(ClassifierMixin, BaseEstimator):
    """The commonest emotion of the training faces, whatever the face.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
    share_ : ndarray, shape (n_classes,)
        Share of each emotion among the training faces.
    """

    on: ClassVar[str] = "images"

    def fit(self, x, y):
        """Count the emotions y, shape (n,); features or images x, shape (n, ...), are not looked at."""
        x, y = validate_data(self, x, y, allow_nd=True)
        check_classification_targets(y)
        self.classes_, count = np.unique(y, return_counts=True)
        self.share_ = count / len(y)
        return self

    def predict(self, x):
        """Return the commonest emotion for each row, shape (n,); of two as common, the first."""
        likeliest = self.predict_proba(x).argmax(1)
        return self.classes_[likeliest]

    def predict_proba(self, x):
        """Return the shares of the training faces for each row, shape (n, n_classes)."""
        check_is_fitted(self)
        x = validate_data(self, x, reset=False, allow_nd=True)
        return np.tile(self.share_, (len(x), 1))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags
