"""The residual net that the self-supervised encoders have in common."""

import torch
from torch import nn

from fer_cluster.training.residual import Residual, start

FLAT = 8.0  # grey values; what an image of one grey is divided by


def body(width, fine=False, rows=1):
    """Return the untrained net: standardised images (b, 1, height, width) to features (b, 8 * width * rows).

    A stem of 5 x 5 at every second pixel, or a fine one of 3 x 3 at every pixel, then four residual
    blocks (He et al. 2016), of which all but the first halve the map, and the mean of each map, or of each
    of so many rows of it, from the forehead to the chin.
    """
    size, stride = (3, 1) if fine else (5, 2)
    stem = nn.Conv2d(1, width, size, stride, padding=size // 2, bias=False)
    layers = [stem, nn.BatchNorm2d(width), nn.ReLU()]
    inside = width
    for stage in range(4):
        outside = width * 2**stage
        layers.append(Residual(inside, outside, 1 if stage == 0 else 2))
        inside = outside
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d((rows, 1)), nn.Flatten())
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
