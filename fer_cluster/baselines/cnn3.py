"""Three convolutions with max-pooling on raw pixels: 51.14 % in Bolcas 2024."""

from dataclasses import dataclass

from fer_cluster.training.classifier import Classifier

__all__ = ["Cnn3"]


@dataclass(eq=False, repr=False)
class Cnn3(Classifier):
    """Three times convolution and max-pooling, then a dense layer, on pixels of 0 to 255.

    Bolcas 2024, section 3.2, which leaves the sizes open: hidden units and dropout
    were chosen on a tenth of its training faces, for pixels of 0 to 1.

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
    pixels: str = "raw"

    def net(self, height, width, n_classes):
        """Return the untrained module."""
        from fer_cluster.baselines._paper import built, plain

        return built(plain((32, 64, 128), self.dense, self.dropout, n_classes), height, width)
