"""Encoders that learn from changed views of the same face: what they have in common."""

from dataclasses import dataclass
from typing import ClassVar

from fer_cluster.errors import InputError
from fer_cluster.training.changes import check_changes, check_crop, crop_side
from fer_cluster.training.encoder import Encoder

_STAGES = 4
AUGMENT = "mirror+shift+rotate+scale+light+contrast+erase"


@dataclass(eq=False, repr=False)
class ViewEncoder(Encoder):
    """Trains a residual body by what a subclass asks of views of the same face.

    A subclass gives ``learner(body)``: a module around the body whose
    ``forward(images)``, uint8 (b, 1, height, width), returns the loss, and
    :func:`ask`. Its features are those of the body, of which a face and its
    mirror image have the mean.
    """

    from_zero: ClassVar[tuple[str, ...]] = ("random_state", "crop")
    shared: ClassVar[str] = """
    width : int
        Channels of the first stage; each of the three others has twice as many
        as the one before, and there are eight times as many features in each row of the last stage. 24 is for
        two processor cores, 64 or more for a GPU.
    fine : bool
        Whether the first stage sees every pixel, not every second: four times the work at the same width.
    augment : str
        Changes of each view, joined by ``+``: see :mod:`fer_cluster.training.augment`.
    rows : int
        Parts of the face, one below the other, that have features of their own, as brows and mouth move each
        for itself; 1 the whole face at once.
    stages : int
        How many of the last stages, of four, give features: those of earlier ones are of smaller parts.
    crop : int
        Side of the square that is cut at random out of each view, in pixels of a frame of 48; 0 the whole
        frame.
"""

    width: int = 24
    fine: bool = False
    rows: int = 1
    stages: int = 1
    augment: str = AUGMENT
    crop: int = 44
    epochs: int = 40
    batch_size: int = 256
    optimiser: str = "adamw"
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    schedule: str = "cosine"
    warm_up: float = 2.0

    def check(self, watched=True):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        super().check(watched)
        check_changes(self.augment)
        check_crop(self.crop)
        check_stages(self.stages)

    def net(self, height, width):
        """Return the untrained body, whatever the size of the images."""
        from fer_cluster.training.body import body

        return body(self.width, self.fine, self.rows, self.stages)

    def features(self, images):
        """Return the mean features of faces and their mirror images, shape (b, d)."""
        from fer_cluster.training.body import standardised
        from fer_cluster.training.device import autocast

        with autocast(images.device, self.precision):
            views = [self.net_(standardised(view)).float() for view in (images, images.flip(3))]
        return sum(views) / 2

    def view(self):
        """Return what changes a batch of uint8 images at random: see :class:`Augment`."""
        from fer_cluster.training.augment import Augment

        return Augment(self.augment, crop_side(self.crop, self.shape_))


def check_stages(stages):
    """Raise an InputError where a body has fewer stages than are to give features."""
    if stages > _STAGES:
        raise InputError(f"stages must be 1 to {_STAGES}, got {stages}.")


def ask(net, images, targets):
    """Return the loss that a learner finds itself, and that nobody knows what is right."""
    return net(images), None
