"""The encoder that is shipped with the package: trained on FER2013 without a label, ready at once."""

from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from fer_cluster.errors import InputError, unknown
from fer_cluster.images import as_images

__all__ = ["Pretrained"]

HOME = Path(__file__).parent.parent / "pretrained"
SIDE = 48  # pixels of the images that it was trained on
_LEAST = 16


class Pretrained(TransformerMixin, BaseEstimator):
    """Features of any faces by the net that ``fer_cluster/pretrained/README.md`` tells of.

    Nothing is learnt from your faces and nothing is downloaded. Faces should
    be upright and fill the image; images of another size are scaled to 48 x 48.

    Parameters
    ----------
    code : str
        ``subspace``: the eight directions in which faces differ most for what other light and pose
        change, made for clustering. ``body``: all the net's numbers, made for a classifier.
    device : str
        ``auto``, ``cpu``, ``cuda``, ...

    Attributes
    ----------
    encoder_ : SelfNamed
    mean_, weights_ : ndarray, shape (d,) and (d, 8)
        Of the subspace.

    References
    ----------
    :class:`fer_cluster.features.self_named.SelfNamed`, then
    :class:`fer_cluster.steps.signal_to_nuisance.SignalToNuisance`.
    """

    def __init__(self, code="subspace", device="auto"):
        self.code = code
        self.device = device

    def fit(self, images, y=None):
        """Read the weights; images, uint8 (n, height, width), are only looked at for their size.

        Raises
        ------
        InputError
            Where images cannot be used, the code is unknown, or the weights are not there.
        """
        from safetensors.numpy import load_file

        from fer_cluster.training.models import load_model

        if self.code not in ("subspace", "body"):
            raise unknown("code", self.code, ("subspace", "body"))
        self.shape_ = as_images(images, "Pretrained").shape[1:]
        if min(self.shape_) < _LEAST:
            raise InputError(f"Pretrained needs images of {_LEAST} pixels or more, got {self.shape_}.")
        self.encoder_ = load_model(HOME).set_params(device=self.device)
        subspace = load_file(HOME / "subspace.safetensors")
        self.mean_, self.weights_ = subspace["mean"], subspace["weights"]
        return self

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
        x = self.encoder_.transform(scaled(images))
        return x if self.code == "body" else (x - self.mean_) @ self.weights_


def scaled(images):
    """Return images at 48 x 48, uint8, by linear interpolation over all that a new pixel covers."""
    if images.shape[1:] == (SIDE, SIDE) or not len(images):
        return images
    from PIL import Image

    sized = [Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BILINEAR) for image in images]
    return np.stack([np.asarray(image) for image in sized])


def ship(encoder, subspace, folder=HOME):
    """Write what is shipped: a trained encoder, and a fitted subspace of its features.

    Parameters
    ----------
    encoder : SelfNamed
    subspace : SignalToNuisance
    folder : path-like
    """
    from safetensors.numpy import save  # which takes the memory of an array as it lies

    from fer_cluster.atomic import writing
    from fer_cluster.training.models import save_model

    save_model(encoder, folder)
    learnt = {"mean": subspace.mean_, "weights": subspace.weights_}
    tensors = {name: np.ascontiguousarray(array, np.float32) for name, array in learnt.items()}
    with writing(Path(folder) / "subspace.safetensors") as path:
        path.write_bytes(save(tensors))
