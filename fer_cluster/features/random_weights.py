"""The untrained body: what the shape of the net gives before it has learnt anything."""

from sklearn.base import BaseEstimator, TransformerMixin

from fer_cluster.features._views import ViewEncoder, check_stages
from fer_cluster.whole import check_numbers

__all__ = ["RandomWeights"]


class RandomWeights(TransformerMixin, BaseEstimator):
    """Features of the residual body that simclr, byol, vicreg and masked train, with random weights.

    The control that says how much of their scores was learnt; each of its residual branches has a say,
    which in a training all begin without. Its width is to be that of the net it is compared with, on a GPU
    ``width=64``.

    Parameters
    ----------
    width : int
        Channels of the first stage; there are eight times as many features in each row of the last stage.
    fine : bool
        Whether the first stage sees every pixel, not every second.
    rows : int
        Parts of the face, one below the other, that have features of their own.
    stages : int
        How many of the last stages, of four, give features.
    random_state : int
        Draws the weights (He et al. 2015).
    device : str
        ``auto``, ``cpu``, ``cuda``, ...

    Attributes
    ----------
    shape_ : tuple of int
        Height and width of the images.
    net_ : torch.nn.Module
    """

    def __init__(self, width=24, fine=False, rows=1, stages=1, random_state=0, device="auto"):
        self.width = width
        self.fine = fine
        self.rows = rows
        self.stages = stages
        self.random_state = random_state
        self.device = device

    def fit(self, images, y=None):
        """Remember the shape of images, uint8 (n, height, width), and draw the weights.

        Raises
        ------
        InputError
            Where images, width or device cannot be used.
        """
        import torch

        from fer_cluster.training.device import own_random, pick
        from fer_cluster.training.residual import Residual

        self.check()
        self.shape_ = self.check_images(images).shape[1:]
        with own_random(pick(self.device)):
            torch.manual_seed(self.random_state)
            self.net_ = self.net(*self.shape_)
        for module in self.net_.modules():
            if isinstance(module, Residual):  # a training begins with its branches at zero
                torch.nn.init.ones_(module.branch[-1].weight)
        return self

    def check(self):
        """Raise an InputError where a number cannot be used, whatever the images."""
        check_numbers(self)
        check_stages(self.stages)

    # A trained encoder's methods without its recipe, of which nothing else would have an effect.
    precision = ViewEncoder.precision
    net = ViewEncoder.net
    features = ViewEncoder.features
    through = ViewEncoder.through
    transform = ViewEncoder.transform
    check_images = ViewEncoder.check_images
    learnt = ViewEncoder.learnt
    restore = ViewEncoder.restore
