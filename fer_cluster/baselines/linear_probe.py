"""Logistic regression on the features: how much of the emotion they hold in plain sight."""

from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from fer_cluster.errors import InputError
from fer_cluster.whole import is_whole

__all__ = ["LinearProbe"]

_FLOATS = ("float64", "float32")
_WEIGHTS = (
    "class_weight must be balanced, none or weights by the labels that it is fitted on "
    "(codes 0 to 6 in classify)"
)


class LinearProbe(ClassifierMixin, BaseEstimator):
    """Multinomial logistic regression on standardised features.

    Fitted by L-BFGS, in float32 where the features are; nothing is drawn at random.

    Parameters
    ----------
    C : float
        Inverse strength of the penalty on the squared weights, which is summed with the loss of all
        faces. On 900 correlated features 1.0 already overfits 10,000 faces.
    max_iter : int
        Largest number of passes.
    class_weight : "balanced", dict or None
        ``balanced`` lets every emotion weigh the same, however rare; a dict has weights by the labels
        that it is fitted on, in ``classify`` the codes 0 to 6; others weigh 1.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
    n_iter_ : int
        Passes over the faces.
    model_ : Pipeline
        Scaler and regression, fitted.

    References
    ----------
    Alain and Bengio, Understanding intermediate layers using linear classifier probes, 2016.
    """

    on: ClassVar[str] = "features"

    def __init__(self, C=0.01, max_iter=1000, class_weight=None):
        self.C = C
        self.max_iter = max_iter
        self.class_weight = class_weight

    def fit(self, x, y):
        """Fit on features x, shape (n, d), and emotions y, shape (n,).

        Raises
        ------
        InputError
            Where a parameter cannot be used, or ``class_weight`` is by other labels than y has.
        """
        self.check()
        x, y = validate_data(self, x, y, dtype=_FLOATS)
        check_classification_targets(y)
        self._check_weights(y)
        regression = LogisticRegression(C=self.C, max_iter=self.max_iter, class_weight=self.class_weight)
        self.model_ = make_pipeline(StandardScaler(), regression).fit(x, y)
        self.classes_ = regression.classes_
        self.n_iter_ = int(regression.n_iter_.max())
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        if not isinstance(self.C, Real) or not self.C > 0:
            raise InputError(f"C must be a number above 0, got {self.C!r}.")
        if not is_whole(self.max_iter):
            raise InputError(f"max_iter must be a whole number of 1 or more, got {self.max_iter!r}.")
        if not (self.class_weight in (None, "balanced") or isinstance(self.class_weight, dict)):
            raise InputError(f"{_WEIGHTS}, got {self.class_weight!r}.")

    def _check_weights(self, y):
        classes = np.unique(y)
        try:
            compute_class_weight(self.class_weight, classes=classes, y=y)
        except ValueError as error:
            here = ", ".join(map(str, classes))
            raise InputError(f"{_WEIGHTS}, here {here}, got {self.class_weight!r}.") from error

    def predict(self, x):
        """Return the likeliest emotion of each row, shape (n,)."""
        x = self._checked(x)
        return self.model_.predict(x)

    def predict_proba(self, x):
        """Return the probability of each emotion, shape (n, n_classes)."""
        x = self._checked(x)
        return self.model_.predict_proba(x)

    def _checked(self, x):
        check_is_fitted(self)
        return validate_data(self, x, reset=False, dtype=_FLOATS)
