"""The torch module and the loss of SimCLR."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize

from fer_cluster.training.body import projector, standardised


class Contrast(nn.Module):
    """A body and a projector that tell the two views of each face among all views."""

    def __init__(self, body, inside, outside, view, temperature):
        super().__init__()
        self.body, self.projector = body, projector(inside, inside, outside)
        self.view, self.temperature = view, temperature

    def forward(self, images):
        """Return the loss of uint8 images (b, 1, height, width)."""
        views = torch.cat([self.view(images), self.view(images)])
        z = self.projector(self.body(standardised(views)))
        with torch.autocast(z.device.type, enabled=False):  # a cosine of bfloat16 has two figures
            return nt_xent(z.float(), self.temperature)


def nt_xent(z, temperature):
    """Return the mean cross entropy of finding each row's other view among all others.

    Parameters
    ----------
    z : tensor, shape (2 * b, d)
        Rows i and i + b are views of one face.
    temperature : float
        Divides the cosines.
    """
    z = normalize(z, dim=1)
    cosine = z @ z.T / temperature
    cosine = cosine.masked_fill(torch.eye(len(z), dtype=torch.bool, device=z.device), float("-inf"))
    other = torch.arange(len(z), device=z.device).roll(len(z) // 2)
    return cross_entropy(cosine, other)
