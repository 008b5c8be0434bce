"""Code of a convolutional autoencoder on its principal components (Figure 3 of Bolcas 2024)."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils.validation import check_is_fitted

from fer_cluster.errors import InputError
from fer_cluster.features._components import keep_components
from fer_cluster.training.encoder import Encoder
from fer_cluster.whole import is_whole

__all__ = ["Autoencoder"]

_LEAST = 15  # pixels that three convolutions and poolings leave something of


@dataclass(eq=False, repr=False)
class Autoencoder(Encoder):
    """Three convolutions with max-pooling, three dense layers: the second one's output, then PCA.

    Trained to give each image back (mean squared error, Adam, 10 epochs):
    Bolcas 2024, section 3.1, which leaves the sizes open.

    Parameters
    ----------
    n_components : int or None
        Principal components of the code; None keeps all.
    dense, code : int
        Units of the first and of the second dense layer.
    """

    epochs: int = 10
    n_components: int | None = 50
    dense: int = 512
    code: int = 128

    def net(self, height, width):
        """Return the untrained net, with room for the principal axes of its code."""
        from fer_cluster.features._autoencoder import Net

        return Net(height, width, self.dense, self.code, self.n_components or self.code)

    def learner(self, net):
        """Return the net itself and the mean squared error of the image that comes out."""
        return net, _objective

    def features(self, images):
        """Return the code on its components, shape (b, n_components)."""
        return self.net_.project(_unit(images))

    def finish(self, images):
        """Learn the principal axes of the code of the images, and keep them with the weights."""
        code = self.through(images, lambda batch: self.net_.encode(_unit(batch)))
        keep_components(self.net_, code.astype(np.float64))

    def reconstruct(self, images):
        """Return what the net makes of images like those of the fit, uint8 of the same shape."""
        check_is_fitted(self)
        images = self.check_images(images, self.shape_)
        grey = self.through(images, lambda batch: self.net_(_unit(batch))).reshape(images.shape)
        return np.rint(grey * 255).astype(np.uint8)

    def check_images(self, images, shape=None):
        """Return images; raise an InputError where they cannot be used, or are too few for the components."""
        images = super().check_images(images, shape)
        if min(images.shape[1:]) < _LEAST:
            raise InputError(f"Autoencoder needs images of {_LEAST} pixels or more, got {images.shape[1:]}.")
        count = self.code if self.n_components is None else self.n_components
        if shape is None and count > len(images):
            raise InputError(f"n_components must be at most the number of faces, {len(images)}, got {count}.")
        return images

    def check(self, watched=True):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        super().check(watched)
        count = self.n_components
        if count is not None and not (is_whole(count) and count <= self.code):
            raise InputError(
                f"n_components must be between 1 and {self.code} (the code), or None for all, got {count!r}."
            )


def _objective(net, images, targets):
    """Return the mean squared error of the image that comes out."""
    from torch.nn.functional import mse_loss

    x = _unit(images)
    return mse_loss(net(x).float(), x), None


def _unit(images):
    import torch

    return (images.float() / 255).contiguous(memory_format=torch.channels_last)
