"""The nets of Bolcas 2024 as torch modules: plain convolutions, blocks of two, residual blocks."""

from torch import nn

from fer_cluster.errors import InputError
from fer_cluster.training.initial import as_keras


def plain(widths, dense, dropout, n_classes, padding="valid"):
    """Return convolutions of 3 x 3, each with ReLU and max-pooling, then two dense layers."""
    layers = []
    for width in widths:
        layers += [nn.LazyConv2d(width, 3, padding=padding), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, *head(dense, dropout, n_classes))


def blocks(widths, dense, dropout, n_classes, block_dropout):
    """Return blocks of two convolutions, batch normalisation, max-pooling and dropout."""
    layers = []
    for width in widths:
        for _ in range(2):
            layers += [nn.LazyConv2d(width, 3, padding=1), nn.ReLU()]
        layers += [nn.BatchNorm2d(width), nn.MaxPool2d(2), nn.Dropout(block_dropout)]
    return nn.Sequential(*layers, *head(dense, dropout, n_classes, normalised=True))


def residuals(stem, widths, dense, dropout, n_classes, block_dropout):
    """Return a stem, then residual blocks, each with max-pooling and dropout."""
    layers = [nn.LazyConv2d(stem, 3, padding=1), nn.BatchNorm2d(stem), nn.ReLU()]
    before = stem
    for width in widths:
        layers += [Residual(before, width), nn.MaxPool2d(2), nn.Dropout(block_dropout)]
        before = width
    return nn.Sequential(*layers, *head(dense, dropout, n_classes, normalised=True))


def head(dense, dropout, n_classes, normalised=False):
    """Return the layers after the convolutions, the hidden ones with batch normalisation where asked."""
    hidden = [nn.LazyLinear(dense), *([nn.BatchNorm1d(dense)] if normalised else []), nn.ReLU()]
    return nn.Flatten(), *hidden, nn.Dropout(dropout), nn.Linear(dense, n_classes)


def built(net, height, width):
    """Return the net with the sizes that images of one channel give it, started as Keras does.

    Raises
    ------
    InputError
        Where the images are too small for its convolutions.
    """
    import torch

    net.eval()
    try:
        with torch.no_grad():
            net(torch.zeros(1, 1, height, width))
    except RuntimeError as error:
        raise InputError(f"Images of {height} x {width} are too small for this net; use 48 x 48.") from error
    return as_keras(net.train())


class Residual(nn.Module):
    """Two convolutions with batch normalisation, added to the input (He et al. 2016)."""

    def __init__(self, before, width):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(before, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )
        self.skip = nn.Identity() if before == width else nn.Conv2d(before, width, 1)

    def forward(self, x):
        """Return (b, width, h, w)."""
        return nn.functional.relu(self.branch(x) + self.skip(x))
