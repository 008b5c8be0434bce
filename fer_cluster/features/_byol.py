"""The torch module and the loss of BYOL."""

import copy
import math
from itertools import chain

import torch
from torch import nn
from torch.nn.functional import cosine_similarity

from fer_cluster.training.average import follow
from fer_cluster.training.body import projector, standardised


class Bootstrap(nn.Module):
    """A body, projector and predictor, and a target that follows the first two.

    The target's weights have no gradient; they and the steps done are part of
    the state, so that a training that was cut off goes on as it would have.
    """

    def __init__(self, body, inside, outside, view, momentum, steps):
        super().__init__()
        self.body, self.projector = body, projector(inside, 2 * inside, outside)
        self.predictor = projector(outside, 2 * inside, outside)
        self.target = copy.deepcopy(nn.Sequential(body, self.projector)).requires_grad_(False)
        self.view, self.momentum, self.steps = view, momentum, steps
        self.register_buffer("done", torch.zeros((), dtype=torch.long))

    def forward(self, images):
        """Return the loss of uint8 images (b, 1, height, width); the target follows first."""
        if self.training:
            self.follow()
        views = standardised(torch.cat([self.view(images), self.view(images)]))
        with torch.no_grad():
            wanted = self.target(views)
        predicted = self.predictor(self.projector(self.body(views)))
        return disagreement(predicted.float(), wanted.float())

    def follow(self):
        """Move the target toward body and projector, the less the more steps are done."""
        moved = (1 - self.momentum) * (1 + torch.cos(math.pi * self.done / self.steps)) / 2
        online = chain(self.body.parameters(), self.projector.parameters())
        follow(self.target.parameters(), online, moved)
        self.done += 1


def disagreement(predicted, wanted):
    """Return the squared distance at unit length, 2 - 2 cosine, both ways added, mean over faces.

    Parameters
    ----------
    predicted, wanted : tensor, shape (2 * b, d)
        Rows i and i + b are views of one face; each predicts what is wanted of the other.
    """
    cosine = cosine_similarity(predicted, wanted.roll(len(wanted) // 2, 0))
    return 2 * (2 - 2 * cosine).mean()
