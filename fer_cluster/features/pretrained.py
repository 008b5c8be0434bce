"""The encoder that is shipped with the package: trained on FER2013 without a label, ready at once."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from fer_cluster.errors import InputError, unknown
from fer_cluster.features._encoders import home_of
from fer_cluster.features._views import check_stages
from fer_cluster.images import as_images, scaled
from fer_cluster.training.recipe import check_number

__all__ = ["Pretrained"]

SIDE = 48  # pixels of the images that it was trained on
CODES = ("subspace", "expressions", "body")
_LEAST = 16


class Pretrained(TransformerMixin, BaseEstimator):
    """Features of any faces by the net that ``fer_cluster/pretrained/README.md`` tells of.

    Nothing is learnt from your faces and nothing is downloaded. Faces should
    be upright and fill the image; of images of another size the square in the middle is scaled to 48 x 48.

    Parameters
    ----------
    code : str
        ``subspace``: the eight directions in which faces differ most for what other light and pose
        change, made for clustering. ``expressions``: how much more a face looks angry, disgusted, fearful,
        happy, sad and surprised than neutral, made for ``strongest:threshold=0``, which sees no label
        either. ``body``: all the net's numbers, made for a classifier.
    device : str
        ``auto``, ``cpu``, ``cuda``, ...
    folder : str
        Where another encoder lies that ``experiments/ship_encoder.py`` wrote, such as one of yours,
        ``~`` for your home; empty for the shipped one.
    rows, stages : int, optional
        Of ``body`` alone: how many parts of the face, one below the other, have numbers of their own, and how
        many of the net's last stages give them, other than it was trained with. A probe reads more off
        ``rows=3,stages=2`` than off the mean of the last stage.

    Attributes
    ----------
    encoder_ : SelfNamed
    weights_, level_ : ndarray, shape (d, codes) and (codes,)
        Of the code: what the net's numbers are multiplied by, and what is added.

    References
    ----------
    :class:`fer_cluster.features.self_named.SelfNamed`, then
    :class:`fer_cluster.steps.signal_to_nuisance.SignalToNuisance` or
    :class:`fer_cluster.steps.learnt_expressions.LearntExpressions`.
    """

    def __init__(self, code="subspace", device="auto", folder="", rows=None, stages=None):
        self.code = code
        self.device = device
        self.folder = folder
        self.rows = rows
        self.stages = stages

    def fit(self, images, y=None):
        """Read the weights; images, uint8 (n, height, width), are only looked at for their size.

        Raises
        ------
        InputError
            Where images cannot be used, the code is unknown, or the weights are not there or damaged.
        """
        from fer_cluster.training.models import load_model

        self.check()
        self.shape_ = as_images(images, "Pretrained").shape[1:]
        if min(self.shape_) < _LEAST:
            raise InputError(f"Pretrained needs images of {_LEAST} pixels or more, got {self.shape_}.")
        home = home_of(self.folder)
        self.encoder_ = self._read_anew(load_model(home).set_params(device=self.device))
        if self.code != "body":
            self.weights_, self.level_ = _read(home / "codes.safetensors", self.code)
        return self

    def check(self):
        """Raise an InputError where the code is unknown, or the encoder is not there."""
        if self.code not in CODES:
            raise unknown("code", self.code, CODES)
        read = {
            name: value for name, value in (("rows", self.rows), ("stages", self.stages)) if value is not None
        }
        if read and self.code != "body":
            raise InputError(f"{' and '.join(read)} can be told of code='body' alone, not of {self.code!r}.")
        for name, value in read.items():
            check_number(name, int, value, 1)
        check_stages(self.stages or 1)
        home_of(self.folder)

    def transform(self, images):
        """Return the features of images, shape (n, d), float32.

        Raises
        ------
        InputError
            Where the images are not like those of ``fit``.
        """
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        images = as_images(images, "Pretrained", self.shape_)
        x = self.encoder_.transform(scaled(images, (SIDE, SIDE)))
        return x if self.code == "body" else x @ self.weights_ + self.level_

    def _read_anew(self, encoder):
        """Return the encoder, its maps read in so many rows and stages."""
        for name in ("rows", "stages"):
            value = getattr(self, name)
            if value is not None:
                encoder.set_params(**{name: value})
                setattr(encoder.net_, name, value)
        return encoder


def _read(path, code):
    """Return the weights and the level of a code."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    names = [f"{code}.weights", f"{code}.level"]
    try:
        codes = load_file(path)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path} cannot be read as a whole .safetensors file ({error}).") from error
    for name in names:
        if name not in codes:
            raise InputError(f"{path} lacks {name}; it must have the weights and the level of each code.")
        if not np.isfinite(codes[name]).all():
            raise InputError(f"{name} in {path} has values that are not finite; all must be.")
    return [codes[name] for name in names]
