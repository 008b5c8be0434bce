"""The net of Khaireddin and Chen: four stages of two convolutions, three dense layers."""

from torch import nn

from fer_cluster.errors import InputError

STAGES = 4
SMALLEST = 2**STAGES  # pixels that are left one by one after the last pool


def vgg(height, width, n_classes, *, channels, dense, dropout):
    """Return the net for grey images; a crop of 40 x 40 leaves maps of 2 x 2.

    Raises
    ------
    InputError
        Where the images are too small for four halvings.
    """
    if min(height, width) < SMALLEST:
        raise InputError(
            f"vgg_khaireddin halves its images four times, which needs {SMALLEST} x {SMALLEST} pixels "
            f"or more, not {height} x {width}."
        )
    layers, inside = [], 1
    for wide in (channels * 2**stage for stage in range(STAGES)):
        layers += [*convolution(inside, wide), *convolution(wide, wide), nn.MaxPool2d(2)]
        inside = wide
    flat = inside * (height // SMALLEST) * (width // SMALLEST)
    return nn.Sequential(
        *layers,
        nn.Flatten(),
        *_dense(flat, dense, dropout),
        *_dense(dense, dense, dropout),
        nn.Linear(dense, n_classes),
    )


def convolution(inside, outside):
    """Return a 3 x 3 convolution, batch normalisation and rectifier."""
    return nn.Conv2d(inside, outside, 3, padding=1), nn.BatchNorm2d(outside), nn.ReLU()


def _dense(inside, outside, dropout):
    return nn.Linear(inside, outside), nn.Dropout(dropout), nn.ReLU()
