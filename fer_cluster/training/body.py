"""The residual net that the self-supervised encoders have in common."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d

from fer_cluster.training.residual import Residual, start

FLAT = 8.0  # grey values; what an image of one grey is divided by


STAGES = 4


class Body(nn.Sequential):
    """Layers whose last maps give the features: their means, or those of so many rows from forehead to chin.

    Parameters
    ----------
    layers : torch.nn.Module
    channels : list of int
        Of the maps of the last layers.
    rows : int
    stages : int
        How many of the last layers give features, the earliest first.
    """

    def __init__(self, *layers, channels, rows, stages):
        super().__init__(*layers)
        self.channels, self.rows, self.stages = channels, rows, stages

    @property
    def count(self):
        """Number of features."""
        return self.rows * sum(self.channels[-self.stages :])

    def maps(self, x):
        """Return what each layer makes of standardised images (b, 1, height, width), the first first."""
        return [x := layer(x) for layer in self]

    def forward(self, x):
        """Return the features, shape (b, d)."""
        means = [adaptive_avg_pool2d(each, (self.rows, 1)) for each in self.maps(x)[-self.stages :]]
        return torch.cat([mean.flatten(1) for mean in means], 1)


def body(width, fine=False, rows=1, stages=1):
    """Return the untrained net: standardised images (b, 1, height, width) to features.

    A stem of 5 x 5 at every second pixel, or a fine one of 3 x 3 at every pixel, then four residual
    blocks (He et al. 2016), of which all but the first halve the map; see :class:`Body`.
    """
    size, stride = (3, 1) if fine else (5, 2)
    stem = nn.Conv2d(1, width, size, stride, padding=size // 2, bias=False)
    layers = [stem, nn.BatchNorm2d(width), nn.ReLU(), Residual(width, width)]
    channels = [width * 2**stage for stage in range(STAGES)]
    layers += [Residual(inside, outside, 2) for inside, outside in pairwise(channels)]
    net = Body(*layers, channels=channels, rows=rows, stages=stages)
    start(net)
    return net


def standardised(images):
    """Return images (b, 1, height, width) of mean 0 and deviation near 1 each, float32, channels-last."""
    x = images.float()
    mean = x.mean((2, 3), keepdim=True)
    spread = (x - mean).square().mean((2, 3), keepdim=True).sqrt()
    return ((x - mean) / (spread + FLAT)).contiguous(memory_format=torch.channels_last)


def projector(inside, hidden, outside):
    """Return two dense layers with batch normalisation between them."""
    first = [nn.Linear(inside, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU()]
    return nn.Sequential(*first, nn.Linear(hidden, outside))
