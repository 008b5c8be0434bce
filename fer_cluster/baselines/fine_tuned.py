"""An encoder that saw no label, all of whose weights then learn from labels."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_cluster.chain import chained, wanted
from fer_cluster.errors import InputError, unknown
from fer_cluster.training.classifier import Classifier
from fer_cluster.training.recipe import check_number

__all__ = ["FineTuned"]

_WEIGHTS = ("encoder", "random")


@dataclass(eq=False, repr=False)
class FineTuned(Classifier):
    """The net of a self-supervised encoder with a linear head, trained whole.

    Beside the linear probe and the neighbours the third way in which such encoders are compared: what does
    a net gain from having seen the faces without a label? ``weights="random"`` is its control, the same
    net and recipe from nothing.

    Parameters
    ----------
    encoder : str
        Features of a net, told as ``simclr:epochs=40;width=24``, which are first trained on the same faces,
        without their labels; ``pretrained`` is the shipped encoder, ``pretrained:folder=MINE`` one of yours.
    weights : str
        What training starts from: those of the ``encoder``, or ``random`` ones in their place.
    pretrain_epochs : int, optional
        Epochs of an encoder that is trained here, at most; by default as many as it has.

    Attributes
    ----------
    sizes_ : dict
        ``width`` and ``fine`` of the encoder.
    pretraining_history_ : DataFrame
        Loss per epoch of an encoder that is trained here.

    References
    ----------
    Chen, Kornblith, Norouzi and Hinton, A simple framework for contrastive learning of visual
    representations, ICML 2020, section 4.2 and appendix B.8.
    """

    encoder: str = "pretrained"
    weights: str = "encoder"
    pretrain_epochs: int | None = None
    epochs: int = 40
    optimiser: str = "sgd"
    learning_rate: float = 0.05
    weight_decay: float = 5e-4
    schedule: str = "cosine"
    warm_up: float = 2.0
    average: float = 0.999
    augment: str = "mirror+rotate+scale+erase"
    crop: int = 44
    label_smoothing: float = 0.1
    views: str = "ten_crop"
    pixels: str = "raw"

    def check(self, watched=True):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        super().check(watched)
        if self.weights not in _WEIGHTS:
            raise unknown("weights", self.weights, _WEIGHTS)
        if self.pixels != "raw":
            raise InputError(f"fine_tuned takes pixels 'raw', as the encoder does, not {self.pixels!r}.")
        if self.pretrain_epochs is not None:
            check_number("pretrain_epochs", int, self.pretrain_epochs, 1)
        self._part().check()

    def fit(self, images, emotion, watch=None, checkpoint=None, soft=None):
        """Train on labelled images; see :meth:`Classifier.fit`."""
        for name in ("sizes_", "pretraining_history_"):
            vars(self).pop(name, None)  # of an earlier fit
        return super().fit(images, emotion, watch, checkpoint, soft)

    def net(self, height, width, n_classes):
        """Return the untrained net: (b, 1, height, width) -> (b, n_classes)."""
        from fer_cluster.baselines._fine_tuned import Headed

        if not hasattr(self, "sizes_"):
            self.sizes_ = _sizes(self._part())
        return Headed(**self.sizes_, n_classes=n_classes)

    def prepare(self, net, images, checkpoint):
        """Return the net with what the encoder learnt from images alone."""
        if self.weights == "encoder":
            part, folder = self._part(), None
            if checkpoint is not None:  # beside that of the classifier, which takes its whole folder
                folder = Path(checkpoint).with_name(f"{Path(checkpoint).name}-encoder")
            part.fit(images, **wanted(part.fit, checkpoint=folder))
            if hasattr(part, "history_"):
                self.pretraining_history_ = part.history_
            net.body.load_state_dict(_encoder(part).net_.state_dict())
        return net

    def learnt(self):
        """Return what was learnt besides the weights, as JSON can hold it, and the sizes of the net."""
        return super().learnt() | {"sizes": self.sizes_}

    def restore(self, learnt):
        """Build the untrained net of what :meth:`learnt` told; return it for its weights."""
        self.sizes_ = learnt["sizes"]
        return super().restore(learnt)

    def _part(self):
        """Return the unfitted encoder.

        Raises
        ------
        InputError
            Where there is no such part, or it is none of a net with a body.
        """
        chain = chained(self.encoder, self.random_state)
        part = chain.extractor
        if chain.steps or not (hasattr(part, "fine") or hasattr(part, "folder")):
            raise InputError(
                "encoder must be an encoder without steps, such as pretrained, simclr or self_named, "
                f"got {self.encoder!r}."
            )
        if self.pretrain_epochs is not None and hasattr(part, "epochs"):
            part.epochs = min(part.epochs, self.pretrain_epochs)
        return part


def _encoder(part):
    """Return the trained encoder of a fitted part: that which lay in its folder, or itself."""
    return getattr(part, "encoder_", part)


def _sizes(part):
    """Return what decides the shape of an encoder's body; of one from a folder as it lies there."""
    if hasattr(part, "folder"):
        part = part.fit(np.zeros((1, 48, 48), np.uint8)).encoder_
    return {name: getattr(part, name) for name in ("width", "fine", "rows", "stages")}
