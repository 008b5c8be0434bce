"""Brightness alone, or other nuisances by name: what clusters owe to the photograph."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fer_cluster.errors import unknown
from fer_cluster.images import as_images
from fer_cluster.nuisances import NUISANCES, measure

__all__ = ["Brightness"]


class Brightness(TransformerMixin, BaseEstimator):
    """Measured nuisances as features: the control that knows nothing of the face.

    Parameters
    ----------
    names : str
        Any of :data:`fer_cluster.nuisances.NUISANCES`, joined by ``+``.
    """

    def __init__(self, names="brightness"):
        self.names = names

    def fit(self, images, y=None):
        """Learn the shape of the images, uint8 (n, height, width); there is nothing else to learn.

        Raises
        ------
        InputError
            Where images cannot be used, or a name is unknown.
        """
        images = as_images(images, "Brightness")
        self.check()
        self.shape_ = images.shape[1:]
        return self

    def check(self):
        """Raise an InputError where a name is unknown."""
        for name in str(self.names).split("+"):
            if name not in NUISANCES:
                raise unknown("names", name, NUISANCES)

    def transform(self, images):
        """Return the nuisances in the order of their names, shape (n, names), float32.

        Raises
        ------
        InputError
            Where the images have another shape than those of the fit.
        """
        check_is_fitted(self)
        images = as_images(images, "Brightness", self.shape_)
        return measure(images, self.names.split("+")).to_numpy(np.float32)
