"""Three convolutions with max-pooling on pixels of 0 to 1: 53.94 % in Bolcas 2024."""

from dataclasses import dataclass

from fer_cluster.baselines.cnn3 import Cnn3

__all__ = ["Cnn3Normalised"]


@dataclass(eq=False, repr=False)
class Cnn3Normalised(Cnn3):
    """Three times convolution and max-pooling, then a dense layer, on pixels of 0 to 1.

    Bolcas 2024, section 3.2, which leaves the sizes open: hidden units and dropout
    were chosen on a tenth of its training faces.

    Parameters
    ----------
    dense : int
        Units of the hidden dense layer.
    dropout : float
        Before the last layer.
    """

    pixels: str = "unit"
