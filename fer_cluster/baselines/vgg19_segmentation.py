"""VGG19 with blocks that weigh its maps before the pools (Vignesh et al. 2023)."""

import os
from dataclasses import dataclass
from typing import ClassVar

from fer_cluster.errors import InputError, unknown
from fer_cluster.training.classifier import Classifier

__all__ = ["Vgg19Segmentation"]

_ALLOWED = {"variant": ("code", "figure", "none"), "gate": ("softmax", "sigmoid"), "channels": (1, 3)}
_HALVED = 32  # times by which five pools make the maps smaller


@dataclass(eq=False, repr=False)
class Vgg19Segmentation(Classifier):
    """VGG19 with batch normalisation and segmentation blocks between its stages.

    The source reports 75.97 % on PrivateTest from ImageNet weights, images of
    224 x 224, two rounds of fine-tuning and ten random views. What is set here
    learns from nothing at 48 x 48; the source's own start is written down in
    ``experiments/gpu.toml``.

    Parameters
    ----------
    variant : str
        ``code``: what was released, four blocks that halve nothing, after
        convolutions 2, 4, 8 and 16. ``figure``: what the paper draws, five U-Nets
        of three levels, after convolutions 2, 4, 8, 12 and 16. ``none``: plain
        VGG19, the control.
    gate : str
        What makes a block's maps a mask: ``softmax`` over the channels, or
        ``sigmoid`` of each.
    width : int
        Channels of the first stage; the others have 2, 4, 8 and 8 times as many.
    dense : int
        Units of the two hidden dense layers.
    dropout : float
        Share of these units that is left out in training.
    channels : int
        1, or 3 for copies of the grey image, which published weights need.
    side : int
        Pixels to which the net enlarges the images first; 0 leaves them as they are.
    weights : path-like, optional
        What to start from: ``hub``, ImageNet's from the Hugging Face hub, or a
        .safetensors file of VGG19 with batch normalisation with torchvision's or
        timm's names. Its last layer is left out, and all its dense layers where
        ``dense`` and ``side`` are not 4096 and 224.
    repository : str
        Where the hub keeps the file ``model.safetensors``.

    References
    ----------
    Vignesh, Savithadevi, Sridevi and Sridhar, A novel facial emotion recognition
    model using segmentation VGG-19 architecture, Int. J. Inf. Technol. 15 (2023).
    """

    from_zero: ClassVar[tuple[str, ...]] = ("random_state", "crop", "side")

    variant: str = "code"
    gate: str = "softmax"
    width: int = 64
    dense: int = 512
    dropout: float = 0.5
    channels: int = 1
    side: int = 0
    weights: str | None = None
    repository: str = "timm/vgg19_bn.tv_in1k"
    epochs: int = 250
    optimiser: str = "sgd"
    learning_rate: float = 0.05
    weight_decay: float = 5e-4
    schedule: str = "cosine"
    warm_up: float = 5.0
    average: float = 0.999
    augment: str = "mirror+shift+rotate+scale+light+contrast+erase"
    crop: int = 44
    label_smoothing: float = 0.1
    views: str = "ten_crop"

    def net(self, height, width, n_classes):
        """Return the untrained net: (b, 1, height, width) -> (b, n_classes).

        Raises
        ------
        InputError
            Where the images are too small for five halvings.
        """
        from fer_cluster.baselines._segmentation import Segmentation

        return Segmentation(
            n_classes,
            variant=self.variant,
            gate=self.gate,
            width=self.width,
            dense=self.dense,
            dropout=self.dropout,
            channels=self.channels,
            side=self.side,
            pool=self._pool(height, width),
        )

    def check(self, watched=True):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        super().check(watched)
        for name, allowed in _ALLOWED.items():
            if getattr(self, name) not in allowed:
                raise unknown(f"vgg19_segmentation: {name}", getattr(self, name), allowed)
        if self.weights is not None and not isinstance(self.weights, str | os.PathLike):
            raise InputError(f"weights must be a file or 'hub', got {self.weights!r}.")
        if self.weights is not None and self.channels != 3:
            raise InputError("vgg19_segmentation: weights are of colour images; give channels=3 too.")

    def prepare(self, net, images, checkpoint):
        """Return the net, from published weights where there are any; images are not looked at.

        Raises
        ------
        InputError
            Where the weights cannot be had or do not fit.
        """
        from fer_cluster.baselines._segmentation import published
        from fer_cluster.training.weights import find_weights, load_matching

        if self.weights is None:
            return net
        whole = (self.dense, net.pool.output_size) == (4096, 7)
        head = ("classifier.6", "head.") if whole else ("classifier.", "pre_logits.", "head.")
        path = find_weights(self.weights, self.repository, "model.safetensors")
        load_matching(net, path, skip=("masks.", *head), change=published)
        return net

    def _pool(self, height, width):
        """Return the side of the maps that the dense layers see: 7 as in VGG19, or what there is."""
        smallest = self.side or min(height, width)
        if smallest < _HALVED:
            raise InputError(
                f"vgg19_segmentation halves its images five times, which needs {_HALVED} pixels a side "
                f"or more, not {smallest}; give side={_HALVED}."
            )
        return min(7, smallest // _HALVED)
