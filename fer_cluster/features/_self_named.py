"""The torch module and the objective of self-named features."""

import copy
from itertools import chain

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from fer_cluster.features._body import standardised

MOMENTUM = 0.995  # share of itself that the following net keeps at each step


class Named(nn.Module):
    """A body with one head for each number of names: logits side by side, (b, sum of the numbers).

    Where it is ``followed``, a net of the same shape without a gradient follows it step by step; its
    weights are part of the state, so that a training that was cut off goes on as it would have.
    """

    def __init__(self, body, inside, numbers, view, followed=False):
        super().__init__()
        self.body, self.heads, self.view = body, nn.Linear(inside, sum(numbers)), view
        net = nn.Sequential(body, self.heads)
        self.following = copy.deepcopy(net).requires_grad_(False) if followed else None

    def forward(self, images):
        """Return the logits of changed views of uint8 images (b, 1, height, width).

        In training, where it is followed, those of the following net for the faces as they are stand
        beside them, (b, 2 * sum of the numbers); that net follows first.
        """
        logits = self.heads(self.body(standardised(self.view(images)))).float()
        if self.following is None or not self.training:
            return logits
        with torch.no_grad():
            self._follow()
            heard = self.following(standardised(images)).float()
        return torch.cat([logits, heard], 1)

    def _follow(self):
        """Move the following net a step toward body and heads."""
        online = chain(self.body.parameters(), self.heads.parameters())
        for followed, following in zip(online, self.following.parameters(), strict=True):
            following.lerp_(followed, 1 - MOMENTUM)


def naming(numbers, label_smoothing, heard=0.0):
    """Return the objective: the mean cross entropy of the heads, and how often the first is right.

    Parameters
    ----------
    numbers : sequence of int
        Names of each head.
    label_smoothing : float
    heard : float
        Share of the target that is what the following net says, whose logits stand beside the net's.

    References
    ----------
    Tarvainen and Valpola, Mean teachers are better role models, NeurIPS 2017.
    """

    def objective(net, images, targets):
        parts = net(images).split(list(numbers) * (2 if heard else 1), 1)
        told = zip(parts, targets.long().T, strict=False)
        losses = [cross_entropy(part, target, label_smoothing=label_smoothing) for part, target in told]
        loss = sum(losses) / len(losses)
        if heard:
            pairs = zip(parts, parts[len(numbers) :], strict=False)
            said = [cross_entropy(part, other.softmax(1)) for part, other in pairs]
            loss = (1 - heard) * loss + heard * sum(said) / len(said)
        return loss, (parts[0].argmax(1) == targets[:, 0]).sum()

    return objective
