"""A stem and three residual blocks with max-pooling and dropout: 62.49 % in Bolcas 2024."""

from dataclasses import dataclass

from fer_cluster.training.classifier import Classifier

__all__ = ["ResidualBlocks"]


@dataclass(eq=False, repr=False)
class ResidualBlocks(Classifier):
    """A stem of one convolution, then three times [residual block, max-pooling, dropout].

    Bolcas 2024, section 3.2 (Table 1), which leaves the sizes open. The hidden dense layer
    has batch normalisation: chosen on a tenth of the paper's training faces.

    Parameters
    ----------
    stem : int
        Channels of the stem.
    width : int
        Channels of the first residual block; each further block has twice as many.
    dense : int
        Units of the hidden dense layer, which is normalised.
    dropout : float
        Before the last layer.
    block_dropout : float
        After each block.
    """

    stem: int = 32
    width: int = 64
    dense: int = 512
    dropout: float = 0.5
    block_dropout: float = 0.25
    epochs: int = 30

    def net(self, height, width, n_classes):
        """Return the untrained module."""
        from fer_cluster.baselines._paper import built, residuals

        widths = (self.width, 2 * self.width, 4 * self.width)
        net = residuals(self.stem, widths, self.dense, self.dropout, n_classes, self.block_dropout)
        return built(net, height, width)
