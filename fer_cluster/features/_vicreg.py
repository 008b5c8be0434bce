"""The torch module and the loss of VICReg."""

import torch
from torch import nn
from torch.nn.functional import mse_loss

from fer_cluster.training.body import standardised

TINY = 1e-4  # added to variances, whose root has no slope at zero


class Regularised(nn.Module):
    """A body and an expander whose numbers agree between two views, vary and are uncorrelated."""

    def __init__(self, body, inside, outside, view, weights):
        super().__init__()
        self.body, self.expander = body, expander(inside, outside)
        self.view, self.weights = view, weights

    def forward(self, images):
        """Return the loss of uint8 images (b, 1, height, width)."""
        views = torch.cat([self.view(images), self.view(images)])
        z = self.expander(self.body(standardised(views)))
        with torch.autocast(z.device.type, enabled=False):  # a covariance of bfloat16 has two figures
            parts = terms(*z.float().chunk(2))
        return sum(weight * part for weight, part in zip(self.weights, parts, strict=True))


def expander(inside, outside):
    """Return three dense layers with batch normalisation between them."""
    layers = []
    for before in (inside, outside):
        layers += [nn.Linear(before, outside, bias=False), nn.BatchNorm1d(outside), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(outside, outside))


def terms(one, other):
    """Return how little the numbers vary, how far the views differ, and how correlated the numbers are.

    Parameters
    ----------
    one, other : tensor, shape (b, d)
        The same faces in two views.
    """
    variance = covariance = 0.0
    for z in (one, other):
        centred = z - z.mean(0)
        product = centred.T @ centred / max(len(z) - 1, 1)  # a last batch may be of one face
        own = product.diagonal()
        variance = variance + (1 - (own + TINY).sqrt()).relu().mean() / 2
        covariance = covariance + (product.square().sum() - own.square().sum()) / len(own)
    return variance, mse_loss(one, other), covariance
