"""Four convolutions with max-pooling on pixels of 0 to 1: 55.98 % in Bolcas 2024."""

from dataclasses import dataclass

from fer_cluster.training.classifier import Classifier

__all__ = ["Cnn4Normalised"]


@dataclass(eq=False, repr=False)
class Cnn4Normalised(Classifier):
    """Four times convolution and max-pooling, then a dense layer, on pixels of 0 to 1.

    Bolcas 2024, section 3.2, which leaves the sizes open.

    Parameters
    ----------
    dense : int
        Units of the hidden dense layer.
    dropout : float
        Before the last layer.
    """

    dense: int = 256
    dropout: float = 0.5
    epochs: int = 10
    pixels: str = "unit"

    def net(self, height, width, n_classes):
        """Return the untrained module."""
        from fer_cluster.baselines._paper import built, plain

        return built(plain((32, 64, 128, 256), self.dense, self.dropout, n_classes, "same"), height, width)
