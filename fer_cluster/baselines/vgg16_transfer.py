"""VGG16 as ImageNet taught it, frozen, with new last layers (Bolcas 2024, section 3.2)."""

from dataclasses import dataclass

from fer_cluster.errors import InputError, unknown
from fer_cluster.training.classifier import Classifier

__all__ = ["Vgg16Transfer"]


@dataclass(eq=False, repr=False)
class Vgg16Transfer(Classifier):
    """Frozen ImageNet VGG16 on grey copied to three channels, with new last layers.

    Bolcas 2024, section 3.2, after Simonyan and Zisserman 2015. The paper gives
    39 % after 10 epochs, about 41 % after 30. Where no augmentation is asked
    for, each image goes through the frozen convolutions only once in training.

    Parameters
    ----------
    weights : str
        ``hub``: ImageNet's, from the Hugging Face hub. A path: a .safetensors
        file with torchvision's names. ``random``: for tests only, worth nothing.
    repository : str
        Where the hub keeps the file ``model.safetensors``.
    normalise : str
        ``imagenet``: take off ImageNet's mean, divide by its standard
        deviation. ``none``: feed 0..1 as it is.
    first : int
        Channels of the first convolution; 64 is VGG16, less is for tests.
    dense : int
        Units of the hidden dense layer.
    dropout : float
        Share of these units that each step leaves out.
    """

    weights: str = "hub"
    repository: str = "timm/vgg16.tv_in1k"
    normalise: str = "imagenet"
    first: int = 64
    dense: int = 256
    dropout: float = 0.5
    epochs: int = 10

    def net(self, height, width, n_classes):
        """Return the module with random weights: images (b, 1, height, width) -> logits (b, n_classes).

        Raises
        ------
        InputError
            Where images are smaller than 32 pixels.
        """
        from fer_cluster.baselines._vgg16 import Vgg16

        if min(height, width) < 32:
            raise InputError(f"VGG16 halves an image five times; {height} x {width} is less than 32 x 32.")
        return Vgg16(
            height,
            width,
            n_classes,
            dense=self.dense,
            dropout=self.dropout,
            normalise=self.normalise == "imagenet",
            first=self.first,
            remember=not (self.augment or self.crop or self.mixup or self.cutmix),
        )

    def check(self, watched=True):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        super().check(watched)
        if self.pixels != "unit":
            raise InputError(f"vgg16_transfer takes pixels 'unit', not {self.pixels!r}.")
        if self.normalise not in ("imagenet", "none"):
            raise unknown("normalise", self.normalise, ["imagenet", "none"])

    def fit(self, images, emotion, watch=None, checkpoint=None, soft=None):
        """Train the last layers on labelled images; see :meth:`Classifier.fit`."""
        super().fit(images, emotion, watch, checkpoint, soft)
        self.net_.forget()
        return self

    def restore(self, learnt):
        """Build the untrained net of what ``learnt`` told, which remembers nothing."""
        net = super().restore(learnt)
        net.forget()
        return net

    def prepare(self, net, images, checkpoint):
        """Return the net with pre-trained convolutions; images and checkpoint are not looked at.

        Raises
        ------
        InputError
            Where the weights cannot be had or do not fit.
        """
        from fer_cluster.training.weights import find_weights, load_matching

        if self.weights != "random":
            path = find_weights(self.weights, self.repository, "model.safetensors")
            # The old head: `classifier.` in torchvision, `pre_logits.` and `head.` in timm.
            load_matching(net, path, skip=("classifier.", "pre_logits.", "head."))
        return net
