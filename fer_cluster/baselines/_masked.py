"""Learning without labels: hide most of a face and draw what is hidden."""

from pathlib import Path

import torch
from torch import nn

from fer_cluster.baselines._vit import Block, positions, start
from fer_cluster.training.loop import train


def pretrain(encoder, images, recipe, checkpoint):
    """Teach a VisionTransformer in place on images (n, height, width) alone; return the history."""
    if checkpoint is not None:  # beside that of the classifier, which takes its whole folder
        checkpoint = Path(checkpoint).with_name(f"{Path(checkpoint).name}-masked")
    return train(
        Masked(encoder), objective, images, recipe=recipe, checkpoint=checkpoint, title="masked patches"
    )


class Masked(nn.Module):
    """A transformer that sees a quarter of the patches, and a light decoder that draws the others.

    He et al., Masked autoencoders are scalable vision learners, CVPR 2022. After
    training, the encoder is what is kept.

    Parameters
    ----------
    encoder : VisionTransformer
        Its head is not used.
    share : float
        Of the patches that are hidden.
    width, depth, heads : int
        Of the decoder.
    """

    def __init__(self, encoder, share=0.75, width=96, depth=2, heads=3):
        super().__init__()
        grid = encoder.side // encoder.patch
        self.encoder, self.share = encoder, share
        encoder.head.requires_grad_(False)
        self.narrow = nn.Linear(encoder.norm.normalized_shape[0], width)
        self.blank = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.register_buffer("place", positions(grid, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.draw = nn.Linear(width, encoder.patch**2)
        for layer in (self.narrow, self.blocks, self.draw):
            start(layer)

    def forward(self, images):
        """Return the loss of images (b, 1, height, width) of 0..1, one number."""
        seen = self.encoder.seen(images)
        tokens = self.encoder.embed(seen)
        kept, restore, hidden = choose(*tokens.shape[:2], self.share, tokens.device)
        drawn = self.decode(self.encoder.encode(rows(tokens, kept)), restore)
        return masked_loss(drawn, normalised(patchify(seen, self.encoder.patch)), hidden)

    def decode(self, encoded, restore):
        """Return all patches as drawn, in their places, shape (b, patches, patch**2)."""
        x = self.narrow(encoded)
        blanks = self.blank.expand(len(x), restore.shape[1] + 1 - x.shape[1], -1)
        patches = rows(torch.cat([x[:, 1:], blanks], 1), restore)
        x = torch.cat([x[:, :1], patches], 1) + self.place
        for block in self.blocks:
            x = block(x)
        return self.draw(self.norm(x))[:, 1:]


def choose(n, patches, share, device):
    """Hide patches at random, exactly round(share * patches) of each image.

    Returns
    -------
    kept : tensor of int, shape (n, patches kept)
        Which are seen, in random order.
    restore : tensor of int, shape (n, patches)
        Where each patch stands among first the kept and then the hidden ones.
    hidden : tensor of bool, shape (n, patches)
    """
    order = torch.rand(n, patches, device=device).argsort(1)
    restore = order.argsort(1)
    seen = patches - round(share * patches)
    return order[:, :seen], restore, restore >= seen


def rows(tokens, which):
    """Return tokens[i, which[i, j]], shape (b, tokens chosen, width)."""
    return tokens.gather(1, which[:, :, None].expand(-1, -1, tokens.shape[2]))


def patchify(images, patch):
    """Return the pixels of each patch of images (b, 1, side, side), shape (b, patches, patch**2)."""
    return nn.functional.unfold(images, patch, stride=patch).mT


def normalised(patches):
    """Return patches of mean 0 and variance 1, so that light and contrast need not be guessed."""
    mean, variance = patches.mean(-1, keepdim=True), patches.var(-1, keepdim=True)
    return (patches - mean) / (variance + 1e-6).sqrt()


def masked_loss(drawn, wanted, hidden):
    """Return the mean squared error over the hidden patches."""
    error = (drawn.float() - wanted).square().mean(-1)
    return (error * hidden).sum() / hidden.sum()


def objective(masked, images, targets):
    """Return the loss of uint8 images, each mirrored or not by chance; there are no labels."""
    mirrored = torch.rand(len(images), 1, 1, 1, device=images.device) < 0.5
    return masked(torch.where(mirrored, images.flip(-1), images) / 255), None
