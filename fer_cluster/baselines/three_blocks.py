"""Three blocks of two convolutions, batch normalisation and dropout: 60.08 % in Bolcas 2024."""

from dataclasses import dataclass

from fer_cluster.training.classifier import Classifier

__all__ = ["ThreeBlocks"]


@dataclass(eq=False, repr=False)
class ThreeBlocks(Classifier):
    """Three times [convolution, convolution, batch normalisation, max-pooling, dropout].

    Bolcas 2024, section 3.2 (Table 2, Figures 4 and 5), which leaves the sizes open. The hidden
    dense layer has batch normalisation: chosen on a tenth of the paper's training faces.

    Parameters
    ----------
    width : int
        Channels of the first block; each further block has twice as many.
    dense : int
        Units of the hidden dense layer, which is normalised.
    dropout : float
        Before the last layer.
    block_dropout : float
        After each block.
    """

    width: int = 32
    dense: int = 512
    dropout: float = 0.5
    block_dropout: float = 0.25

    def net(self, height, width, n_classes):
        """Return the untrained module."""
        from fer_cluster.baselines._paper import blocks, built

        widths = (self.width, 2 * self.width, 4 * self.width)
        return built(blocks(widths, self.dense, self.dropout, n_classes, self.block_dropout), height, width)
