"""Masked autoencoding: the body sees a part of the face, and what is hidden is drawn from that."""

import math
from dataclasses import dataclass

import numpy as np

from fer_cluster.errors import InputError
from fer_cluster.features._views import ViewEncoder, ask
from fer_cluster.training.changes import crop_side

__all__ = ["Masked"]

_MEASURED = 4096  # faces that batch normalisation is measured on, at most
_AT_ONCE = 512


@dataclass(eq=False, repr=False)
class Masked(ViewEncoder):
    """Drawing hidden squares of a face: the control that learns to draw, not to tell faces apart.

    After He et al., Masked autoencoders are scalable vision learners, CVPR
    2022, with a convolutional body, to which hidden pixels are the mean grey.
    There is one view of each face. On a GPU: ``width=64,epochs=200,batch_size=512``.

    Parameters
    ----------
    hidden : float
        Share of the squares that the body does not see, between 0 and 1.
    patch : int
        Side of a square in pixels.
    """

    augment: str = "mirror+shift+rotate+scale"
    crop: int = 0
    hidden: float = 0.6
    patch: int = 8

    def learner(self, net):
        """Return the body with what hides and what draws, and what it is asked."""
        from fer_cluster.features._masked import Drawing

        frame = (crop_side(self.crop, self.shape_),) if self.crop else self.shape_
        if max(frame) <= self.patch:
            raise InputError(f"patch must be less than {max(frame)} pixels, got {self.patch}.")
        return Drawing(net, 8 * self.width, self.view(), self.hidden, self.patch), ask

    def finish(self, images):
        """Measure the means and variances of batch normalisation on faces of which nothing is hidden."""
        from fer_cluster.features._masked import measure
        from fer_cluster.training.batches import Batches
        from fer_cluster.training.device import pick

        rows = np.linspace(0, len(images) - 1, min(len(images), _MEASURED)).astype(int)
        batches = math.ceil(len(rows) / _AT_ONCE)
        size = math.ceil(len(rows) / batches)  # the same for all, as each batch weighs the same
        measure(self.net_, Batches(images[rows], None, pick(self.device), size).in_order())

    def check(self, watched=True):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        super().check(watched)
        if not 0 < self.hidden < 1:
            raise InputError(f"hidden must be between 0 and 1, got {self.hidden!r}.")
