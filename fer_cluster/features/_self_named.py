"""The torch module and the objective of self-named features."""

import copy
from itertools import chain

import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from fer_cluster.training.average import follow
from fer_cluster.training.body import standardised

MOMENTUM = 0.995  # share of itself that the following net keeps at each step


class Named(nn.Module):
    """A body and a linear layer of all heads: logits side by side, then numbers told, (b, outside).

    Where it is ``followed``, a net of the same shape without a gradient follows it step by step; its
    weights are part of the state, so that a training that was cut off goes on as it would have.

    Parameters
    ----------
    body : torch.nn.Module
    inside, outside : int
    view : callable
        What changes a batch of images at random.
    followed : bool
    acting : callable, optional
        What lets some of the faces act: see :class:`fer_cluster.training.acting.Acting`.
    changes : tensor, shape (units, told), optional
        What each action changes in the numbers told.
    """

    def __init__(self, body, inside, outside, view, followed=False, acting=None, changes=None):
        super().__init__()
        self.acting = acting
        self.register_buffer("changes", changes)
        self.body, self.heads, self.view = body, nn.Linear(inside, outside), view
        net = nn.Sequential(body, self.heads)
        self.following = copy.deepcopy(net).requires_grad_(False) if followed else None

    def forward(self, images):
        """Return what the heads say of changed views of uint8 images (b, 1, height, width).

        In training, where it is followed, what the following net says of the faces as they are stands
        beside it, (b, 2 * outside); that net follows first. Where faces act, what the action changes is
        taken off the numbers told, and a last column is 1 for those that act.
        """
        if self.acting is None or not self.training:
            return self._said(images, images)
        acting, amounts = self.acting(images)
        said = self._said(acting, images)
        told = self.heads.out_features - self.changes.shape[1]
        said[:, told : told + self.changes.shape[1]] -= (amounts[..., None] * self.changes).sum(1)
        return torch.cat([said, amounts.any(1, keepdim=True).to(said)], 1)

    def _said(self, seen, images):
        """Return what the heads say of changed views of the faces seen, and what the following net says."""
        logits = self.heads(self.body(standardised(self.view(seen)))).float()
        if self.following is None or not self.training:
            return logits
        with torch.no_grad():
            online = chain(self.body.parameters(), self.heads.parameters())
            follow(self.following.parameters(), online, 1 - MOMENTUM)
            heard = self.following(standardised(images)).float()
        return torch.cat([logits, heard], 1)


def naming(numbers, label_smoothing, heard=0.0, told=0, acting=False):
    """Return the objective: the mean cross entropy of the heads, and how often the first is right.

    Parameters
    ----------
    numbers : sequence of int
        Names of each head.
    label_smoothing : float
    heard : float
        Share of the target that is what the following net says, which stands beside what the net says.
    told : int
        How many numbers the net tells after the logits; their mean squared error is added.
    acting : bool
        Whether the last column of what the net says is 1 for faces that act, whose names are not learnt.

    References
    ----------
    Tarvainen and Valpola, Mean teachers are better role models, NeurIPS 2017.
    """
    widths, copies = [*numbers, told], 2 if heard else 1

    def objective(net, images, targets):
        says = net(images)
        named = says[:, -1] == 0 if acting else slice(None)
        says = says[:, : sum(widths) * copies].split(widths * copies, 1)
        parts, others = ([x[named] for x in some] for some in (says[: len(numbers)], says[len(widths) : -1]))
        names = targets[named, : len(numbers)].long()
        loss = _mean(cross_entropy, parts, names.T, label_smoothing=label_smoothing)
        if heard:
            loss = (1 - heard) * loss + heard * _mean(cross_entropy, parts, [x.softmax(1) for x in others])
        if told:
            loss = loss + mse_loss(says[len(numbers)], targets[:, len(numbers) :].float())
        return loss, (parts[0].argmax(1) == names[:, 0]).sum()

    return objective


def _mean(loss, parts, targets, **options):
    """Return the mean loss of several parts, each against its target."""
    losses = [loss(part, target, **options) for part, target in zip(parts, targets, strict=True)]
    return sum(losses) / len(losses)
