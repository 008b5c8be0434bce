"""Code of a convolutional autoencoder on its principal components (Figure 3 of Bolcas 2024)."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fer_cluster.errors import InputError
from fer_cluster.training.recipe import Recipe

__all__ = ["Autoencoder"]


@dataclass(eq=False, repr=False)
class Autoencoder(Recipe, TransformerMixin, BaseEstimator):
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

    def fit(self, images, y=None, checkpoint=None):
        """Train on images alone, shape (n, height, width), uint8.

        Raises
        ------
        InputError
            Where images or parameters cannot be used.
        """
        import torch

        from fer_cluster.training.device import own_random, pick
        from fer_cluster.training.loop import train

        self._check(images)
        self.shape_ = images.shape[1:]
        with own_random(pick(self.device)):
            torch.manual_seed(self.random_state)
            self.net_ = self._built()
        options = {"recipe": self, "checkpoint": checkpoint, "title": "Autoencoder"}
        self.history_ = train(self.net_, _objective, images, **options)
        self._fit_components(images)
        return self

    def transform(self, images):
        """Return the code on its components, shape (n, n_components), float32."""
        return self._through(images, "project")

    def reconstruct(self, images):
        """Return what the net makes of images, uint8 of the same shape."""
        grey = self._through(images, "forward").reshape(images.shape)
        return np.rint(grey * 255).astype(np.uint8)

    def learnt(self):
        """Return what was learnt besides the weights, as JSON can hold it."""
        return {"shape": list(self.shape_)}

    def restore(self, learnt):
        """Build the untrained net of what :meth:`learnt` told; return it for its weights."""
        self.shape_ = tuple(learnt["shape"])
        self.net_ = self._built()
        return self.net_

    def _built(self):
        from fer_cluster.features._autoencoder import Net

        return Net(*self.shape_, self.dense, self.code, self.n_components or self.code)

    def _fit_components(self, images):
        """Learn the principal axes of the code of the images, and keep them with the weights."""
        import torch
        from sklearn.decomposition import PCA

        pca = PCA(len(self.net_.components), svd_solver="covariance_eigh")
        pca.fit(self._through(images, "encode").astype(np.float64))
        for name in ("mean", "components"):
            getattr(self.net_, name).copy_(torch.from_numpy(getattr(pca, f"{name}_")))

    def _through(self, images, method):
        """Return one method of the net for all images, float32, batch by batch."""
        import torch

        from fer_cluster.training.batches import Batches
        from fer_cluster.training.device import pick

        check_is_fitted(self)
        device = pick(self.device)
        self.net_.to(device, memory_format=torch.channels_last).eval()
        with torch.inference_mode():
            batches = Batches(images, None, device, 512).in_order()
            found = [getattr(self.net_, method)(_unit(batch)).cpu() for batch, _ in batches]
        return torch.cat(found).numpy()

    def _check(self, images):
        if images.ndim != 3 or images.dtype != np.uint8:
            raise InputError(
                f"Autoencoder reads images (n, height, width) of uint8, got {images.dtype} of {images.shape}."
            )
        most = min(self.code, len(images))
        count = self.code if self.n_components is None else self.n_components
        if not 1 <= count <= most:
            raise InputError(f"n_components must be between 1 and {most} (code and faces), got {count}.")


def _objective(net, images, targets):
    """Return the mean squared error of the image that comes out."""
    from torch.nn.functional import mse_loss

    x = _unit(images)
    return mse_loss(net(x).float(), x), None


def _unit(images):
    import torch

    return (images.float() / 255).contiguous(memory_format=torch.channels_last)
