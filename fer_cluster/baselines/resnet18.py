"""A residual net of eighteen layers for small images (He et al. 2016)."""

from dataclasses import dataclass

from fer_cluster.training.classifier import Classifier

__all__ = ["ResNet18"]


@dataclass(eq=False, repr=False)
class ResNet18(Classifier):
    """ResNet-18 with a 3 x 3 stem, strongly augmented and trained for long.

    No published recipe: the net of WuJie1010 and LetheSec, whose 72.97 % and
    73.70 % on PrivateTest are those of the best epoch there. Here the last
    epoch counts, and what steadies it is a long cosine and averaged weights. A
    shortcut that halves the map takes means of 2 x 2 pixels, theirs every second pixel.

    Parameters
    ----------
    width : int
        Channels of the first stage; each of the three others has twice as many
        as the one before. 64 is ResNet-18; 16 is for two processor cores.

    References
    ----------
    He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, CVPR 2016; the shortcuts:
    He et al., Bag of Tricks for Image Classification with Convolutional Neural Networks, CVPR 2019.
    """

    width: int = 64
    epochs: int = 250
    optimiser: str = "sgd"
    learning_rate: float = 0.1
    weight_decay: float = 5e-4
    schedule: str = "cosine"
    warm_up: float = 5.0
    average: float = 0.999
    augment: str = "mirror+shift+rotate+scale+light+contrast+erase"
    crop: int = 44
    mixup: float = 0.2
    label_smoothing: float = 0.1
    views: str = "ten_crop"

    def net(self, height, width, n_classes):
        """Return the untrained net: (b, 1, height, width) -> (b, n_classes)."""
        from fer_cluster.baselines._resnet import resnet18

        return resnet18(self.width, n_classes)
