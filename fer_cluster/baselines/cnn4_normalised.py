"""Four convolutions with max-pooling on pixels of 0 to 1: 55.98 % in Bolcas 2024."""

from dataclasses import dataclass

from fer_cluster.baselines.cnn4 import Cnn4

__all__ = ["Cnn4Normalised"]


@dataclass(eq=False, repr=False)
class Cnn4Normalised(Cnn4):
    """Four times convolution and max-pooling, then a dense layer, on pixels of 0 to 1.

    Bolcas 2024, section 3.2, which leaves the sizes open: hidden units and dropout
    were chosen on a tenth of its training faces.

    Parameters
    ----------
    dense : int
        Units of the hidden dense layer.
    dropout : float
        Before the last layer.
    """

    epochs: int = 10
    pixels: str = "unit"
