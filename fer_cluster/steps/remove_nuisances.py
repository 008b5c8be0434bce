"""Light, sharpness, tilt and other measured nuisances, regressed out of the features."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from fer_cluster.errors import unknown
from fer_cluster.nuisances import IN_FEATURES, NUISANCES, measure
from fer_cluster.steps._subspace import matched
from fer_cluster.whole import check_numbers

__all__ = ["RemoveNuisances"]


class RemoveNuisances(TransformerMixin, BaseEstimator):
    """What is left of the features when the measured nuisances have explained what they can.

    Parameters
    ----------
    names : str or sequence of str
        Which columns of :func:`fer_cluster.nuisances.measure`: names, as text
        joined by ``+`` (``"brightness+tilt"``), or ``"all"``, which are those of
        :data:`fer_cluster.nuisances.IN_FEATURES`: all but ``scale`` and ``watermark``.
    degree : int
        1 for a linear regression, 2 with the squares of the nuisances.

    Attributes
    ----------
    coef_ : ndarray, shape (degree * nuisances + 1, d)
        Of the standardised nuisances, their squares and the constant.
    """

    def __init__(self, names="all", degree=2):
        self.names = names
        self.degree = degree

    def fit(self, x, y=None, *, images):
        """Regress x, shape (n, d), on the nuisances of the images, (n, height, width).

        Raises
        ------
        InputError
            Where a parameter cannot be used, or x and images do not match.
        """
        x = validate_data(self, x, dtype=(np.float64, np.float32))
        self.check()
        self.names_ = _names(self.names)
        nuisances = self._measure(x, images)
        self.mean_, spread = nuisances.mean(0), nuisances.std(0)
        self.scale_ = np.where(spread > 1e-9, spread, 1.0)
        design = self._design(nuisances)
        penalty = 1e-6 * len(x) * np.eye(design.shape[1])  # keeps what does not vary solvable
        self.coef_ = np.linalg.solve(design.T @ design + penalty, design.T @ x)
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        check_numbers(self)
        _names(self.names)

    def transform(self, x, *, images):
        """Return x less what the nuisances of the images explain, shape (n, d)."""
        check_is_fitted(self)
        x = validate_data(self, x, reset=False, dtype=(np.float64, np.float32))
        return x - (self._design(self._measure(x, images)) @ self.coef_).astype(x.dtype)

    def _measure(self, x, images):
        matched(x, images)
        return measure(images, self.names_).to_numpy()

    def _design(self, nuisances):
        """Return standardised nuisances, clipped so that no odd face reaches far, and their powers."""
        z = np.clip((nuisances - self.mean_) / self.scale_, -4, 4)
        powers = [z**power for power in range(1, self.degree + 1)]
        return np.hstack([*powers, np.ones((len(z), 1))])


def _names(names):
    if isinstance(names, str):
        names = IN_FEATURES if names == "all" else names.split("+")
    chosen = list(names) if hasattr(names, "__iter__") else [names]
    for name in chosen:
        if name not in NUISANCES:
            raise unknown("names", name, ["all", *NUISANCES])
    return chosen
