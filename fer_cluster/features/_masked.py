"""The torch module and the loss of masked autoencoding with a convolutional body."""

import torch
from torch import nn
from torch.optim.swa_utils import update_bn

from fer_cluster.training.body import standardised

HALVED = 8  # what the three last stages of the body make each side smaller by


class Drawing(nn.Module):
    """A body that sees a part of each face, and a small decoder that draws the rest from its map."""

    def __init__(self, body, inside, view, share, patch):
        super().__init__()
        self.body, self.view, self.share, self.patch = body, view, share, patch
        stride = HALVED * body[0].stride[0]  # pixels between neighbours in the map that the body ends in
        self.decoder = nn.Sequential(
            nn.Conv2d(inside, inside, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(inside, stride**2, 1),
            nn.PixelShuffle(stride),
        )

    def forward(self, images):
        """Return the loss of uint8 images (b, 1, height, width)."""
        x = standardised(self.view(images))
        hidden = hide(x, self.share, self.patch)
        return masked_loss(self.draw(x.masked_fill(hidden, 0)), x, hidden)

    def draw(self, x):
        """Return whole images as the body's map, before its mean, has them."""
        drawn = self.decoder(self.body.maps(x)[-1])
        return drawn[:, :, : x.shape[2], : x.shape[3]]


def hide(x, share, patch):
    """Return which pixels are hidden, shape (b, 1, height, width): whole squares, as many in each image.

    Parameters
    ----------
    x : tensor, shape (b, 1, height, width)
        Squares at the lower and right edge are cut where the sides are no multiple of the patch.
    share : float
    patch : int
    """
    height, width = x.shape[2:]
    rows, columns = -(-height // patch), -(-width // patch)
    count = min(max(round(share * rows * columns), 1), rows * columns - 1)
    place = torch.rand(len(x), rows * columns, device=x.device).argsort(1)
    hidden = (place < count).view(len(x), 1, rows, columns)
    hidden = hidden.repeat_interleave(patch, 2).repeat_interleave(patch, 3)
    return hidden[:, :, :height, :width]


def masked_loss(drawn, wanted, hidden):
    """Return the mean squared error over the hidden pixels."""
    error = (drawn.float() - wanted).square()
    return (error * hidden).sum() / hidden.sum()


def measure(body, batches):
    """Set the means and variances of batch normalisation to those of whole images, in place.

    Those found in training are of images that were largely hidden.
    """
    update_bn((standardised(images) for images, _ in batches), body)  # the plain mean over the batches
    body.eval()
