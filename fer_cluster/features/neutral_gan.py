"""What a net takes away from a face to make it neutral; it is told which faces are neutral."""

from dataclasses import dataclass

import numpy as np

from fer_cluster.errors import InputError
from fer_cluster.features._components import keep_components
from fer_cluster.training.encoder import Encoder

__all__ = ["NeutralGan"]


@dataclass(eq=False, repr=False)
class NeutralGan(Encoder):
    """A face less the neutral face that a CycleGAN makes of it, on principal components.

    The residual of a generated neutral face is the idea of Yu, Sun and Yang 2022; nets
    and constants are ours, the losses those of Zhu, Park, Isola and Efros, Unpaired
    image-to-image translation using cycle-consistent adversarial networks, ICCV 2017.
    It is weakly supervised: ``fit`` has to be told which faces are neutral.

    Parameters
    ----------
    n_components : int
        Principal components of the residual, which is averaged with that of the mirrored face.
    width : int
        Channels at full size, twice and four times as many below. 8 is for two
        processor cores, 32 for a GPU.
    cycle : float
        Weight of how far a face is from itself, there and back again.
    identity : float
        Weight of how far a neutral face is from itself made neutral, and the other way round.
    """

    epochs: int = 10
    batch_size: int = 64
    learning_rate: float = 2e-4
    schedule: str = "cosine"
    n_components: int = 64
    width: int = 8
    cycle: float = 2.0
    identity: float = 1.0

    def fit(self, images, y=None, checkpoint=None, *, neutral=None):
        """Train on images, shape (n, height, width), uint8.

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
        y : ignored
        checkpoint : path-like, optional
            Folder from which an interrupted training goes on.
        neutral : ndarray of bool, shape (n,)
            Which faces are neutral: the only labels it is told.

        Raises
        ------
        InputError
            Where images or parameters cannot be used, or ``neutral`` is missing.
        """
        self.check(watched=False)
        images = self.check_images(images)
        self._check(images, neutral)
        told = {"targets": np.asarray(neutral), "checkpoint": checkpoint}
        self.history_ = self.learn(images, self.learner, **told)
        self.finish(images)
        return self

    def net(self, height, width):
        """Return the untrained generator, with room for the principal axes of its residuals."""
        from fer_cluster.features._neutral_gan import Generator, Neutraliser

        return Neutraliser(Generator(self.width), height * width, self.n_components)

    def learner(self, net):
        """Return all four nets, and the sum of their losses."""
        from fer_cluster.features._neutral_gan import Cycle

        return Cycle(net.generator, self.width, self.cycle, self.identity), _objective

    def features(self, images):
        """Return the residuals on their components, shape (b, n_components)."""
        return self.net_.project(images)

    def finish(self, images):
        """Learn the principal axes of the residuals, and keep them with the weights."""
        keep_components(self.net_, self.through(images, self.net_.residual))

    def neutral(self, images):
        """Return the neutral selves of faces, as standardised images, float32, (n, height, width)."""
        from sklearn.utils.validation import check_is_fitted

        from fer_cluster.training.body import standardised

        check_is_fitted(self)
        images = self.check_images(images, self.shape_)
        return self.through(images, lambda few: self.net_.generator(standardised(few))[:, 0])

    def _check(self, images, neutral):
        if neutral is None:
            raise InputError("NeutralGan has to be told which faces are neutral: fit(images, neutral=...).")
        neutral = np.asarray(neutral)
        if neutral.dtype != bool or neutral.shape != (len(images),) or neutral.all() or not neutral.any():
            told = f"{neutral.dtype} of shape {neutral.shape} with {np.count_nonzero(neutral)} true"
            raise InputError(
                f"neutral must be bool of shape ({len(images)},) with faces of both kinds, got {told}."
            )
        most = min(len(images), images[0].size)
        if not 1 <= self.n_components <= most:
            count = f"{most} (faces and pixels), got {self.n_components}"
            raise InputError(f"n_components must be between 1 and {count}.")


def _objective(net, images, neutral):
    """Return the sum of the losses, and that nobody counts what is right."""
    return net(images, neutral), None
