"""The torch module and the loss of contrastive local warping."""

import torch
from torch import nn
from torch.nn.functional import normalize

from fer_cluster.training.body import projector, standardised
from fer_cluster.training.warps import nudge, warped

SWAPPED = 0.5  # share of the faces of which, under guard, the pair is warped and the negative is not


class WarpContrast(nn.Module):
    """A body and a projector that tell a face from its warped self, and from all other faces."""

    def __init__(self, body, inside, outside, view, *, field, guard, temperature, hard):
        super().__init__()
        self.body, self.projector = body, projector(inside, inside, outside)
        self.view, self.field, self.guard = view, field, guard
        self.temperature, self.hard = temperature, hard

    def forward(self, images):
        """Return the loss of uint8 images (b, 1, height, width)."""
        faces = triplets(images, self.field(images), self.guard)
        views = torch.cat([self.view(x) for x in faces])
        z = self.projector(self.body(standardised(views))).float()
        with torch.autocast(z.device.type, enabled=False):  # a cosine of bfloat16 has two figures
            return hard_nt_xent(z[: 2 * len(images)], z[2 * len(images) :], self.temperature, self.hard)


def triplets(images, field, guard):
    """Return what the views of anchor, positive and hard negative are taken of.

    Without guard these are the face twice and the warped face. With guard all
    three are interpolated alike, and for every second face, at random, anchor and
    positive are warped by the same field and the negative is the face as it was:
    nothing that warping does to the pixels tells which is the negative.

    Parameters
    ----------
    images : tensor, shape (b, 1, height, width)
    field : tensor, shape (b, height, width, 2)
        See :class:`fer_cluster.training.warps.LocalField`.
    guard : bool
    """
    if not guard:
        return images, images, warped(images, field)
    swapped = torch.rand(len(images), 1, 1, 1, device=images.device) < SWAPPED
    pair, negative = field * swapped, field * ~swapped
    return tuple(warped(images, moved + nudge(images)) for moved in (pair, pair, negative))


def hard_nt_xent(z, warped, temperature, hard):
    """Return the mean cross entropy of finding each row's other view, warped selves among the others.

    Parameters
    ----------
    z : tensor, shape (2 * b, d)
        Rows i and i + b are views of one face.
    warped : tensor, shape (m * b, d)
        Rows i, i + b, ... are of that face warped; only its own views see them.
    temperature : float
        Divides the cosines.
    hard : float
        How many negatives a warped self counts as; 0 is the loss of SimCLR.
    """
    z, warped = normalize(z, dim=1), normalize(warped, dim=1)
    b = len(z) // 2
    cosine = z @ z.T / temperature
    positive = cosine.diagonal(b).repeat(2)
    others = cosine.masked_fill(torch.eye(len(z), dtype=torch.bool, device=z.device), float("-inf"))
    own = torch.einsum("vbd,mbd->vbm", z.unflatten(0, (2, b)), warped.unflatten(0, (-1, b))) / temperature
    own = own.flatten(0, 1) + torch.tensor(hard, dtype=z.dtype, device=z.device).log()
    return (torch.cat([others, own], 1).logsumexp(1) - positive).mean()
