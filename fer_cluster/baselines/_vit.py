"""A plain vision transformer for grey images; its tensors are named as timm names them."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional


class VisionTransformer(nn.Module):
    """Grey images (b, 1, height, width) of 0..1 -> logits (b, n_classes).

    Dosovitskiy et al., An image is worth 16 x 16 words, ICLR 2021: norms before
    attention and before the two dense layers, a class token, learnt positions.

    Parameters
    ----------
    side : int
        What images are resampled to, in pixels; a multiple of ``patch``.
    patch : int
        Side of a patch.
    width : int
        Of a token; a multiple of 4 and of ``heads``.
    depth, heads : int
    n_classes : int
    pool : str
        The head reads the ``class`` token, or the ``mean`` of the patches.
    """

    def __init__(self, *, side, patch, width, depth, heads, n_classes, pool):
        super().__init__()
        self.side, self.patch, self.pool = side, patch, pool
        self.patch_embed = nn.Sequential(OrderedDict(proj=nn.Conv2d(1, width, patch, patch)))
        self.cls_token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.pos_embed = nn.Parameter(positions(side // patch, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, n_classes)
        start(self)

    def forward(self, images):
        """Return the logits, shape (b, n_classes)."""
        x = self.encode(self.embed(self.seen(images)))
        return self.head(x[:, 0] if self.pool == "class" else x[:, 1:].mean(1))

    def seen(self, images):
        """Return images as the patches are cut from: ``side`` pixels wide and high, -1..1."""
        if images.shape[-2:] != (self.side, self.side):
            images = functional.interpolate(images, (self.side, self.side), mode="bilinear", antialias=True)
        return images * 2 - 1

    def embed(self, seen):
        """Return one token a patch, told where it lies, shape (b, patches, width)."""
        return self.patch_embed(seen).flatten(2).mT + self.pos_embed[:, 1:]

    def encode(self, tokens):
        """Return the class token and the given tokens after all blocks, shape (b, 1 + tokens, width)."""
        first = (self.cls_token + self.pos_embed[:, :1]).expand(len(tokens), -1, -1)
        x = torch.cat([first, tokens], 1)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class Block(nn.Module):
    """Attention and two dense layers, each added to what came in; prompts, if any, are only attended to."""

    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        wide, narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.mlp = nn.Sequential(OrderedDict(fc1=wide, act=nn.GELU(), fc2=narrow))
        self.prompts = None

    def forward(self, tokens):
        """Return tokens of the same shape, (b, tokens, width)."""
        x = tokens
        if self.prompts is not None:
            x = torch.cat([x, self.prompts.expand(len(x), -1, -1)], 1)
        x = x + self.attn(self.norm1(x))
        x = x[:, : tokens.shape[1]]
        return x + self.mlp(self.norm2(x))


class Attention(nn.Module):
    """Attention of tokens to each other, in several heads."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        """Return tokens of the same shape, (b, tokens, width)."""
        b, n, width = x.shape
        qkv = self.qkv(x).reshape(b, n, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        # Not torch's fused form: its bfloat16 gradient on processors took 8 times as long for 37 tokens.
        weights = (query * query.shape[-1] ** -0.5 @ key.mT).softmax(-1)
        x = weights.to(value.dtype) @ value
        return self.proj(x.transpose(1, 2).reshape(b, n, width))


def positions(grid, width):
    """Return sines and cosines of row and column, (1, 1 + grid**2, width); zero for the class token.

    Half of the width tells the row, half the column (He et al. 2022).
    """
    pace = 10_000 ** -(torch.arange(width // 4) / (width // 4))
    angle = torch.arange(grid)[:, None] * pace
    one = torch.cat([angle.sin(), angle.cos()], 1)  # (grid, width / 2)
    rows, columns = one[:, None].expand(-1, grid, -1), one[None].expand(grid, -1, -1)
    both = torch.cat([rows, columns], 2).reshape(grid * grid, width)
    return torch.cat([torch.zeros(1, width), both])[None]


def start(module):
    """Start dense layers as He et al. (2022) do: Glorot's uniform weights, no bias."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)


def from_timm(tensors, grid):
    """Return timm's tensors for grey images and a grid of other size.

    Three equal channels and one that has the sum of their weights give the
    same; positions are interpolated.
    """
    tensors = dict(tensors)
    kernel, place = tensors.get("patch_embed.proj.weight"), tensors.get("pos_embed")
    if kernel is not None and kernel.ndim == 4:
        tensors["patch_embed.proj.weight"] = kernel.sum(1, keepdim=True)
    if place is not None and place.ndim == 3:
        tensors["pos_embed"] = resized(place, grid)
    return tensors


def resized(place, grid):
    """Return positions (1, 1 + n, width) of a square grid for one of ``grid`` x ``grid``, or as they are."""
    old = round((place.shape[1] - 1) ** 0.5)
    if old == grid or old * old != place.shape[1] - 1:  # what is not square is told by its shape later
        return place
    table = place[:, 1:].float().mT.unflatten(2, (old, old))
    table = functional.interpolate(table, (grid, grid), mode="bicubic", antialias=True, align_corners=False)
    return torch.cat([place[:, :1], table.flatten(2).mT], 1)
