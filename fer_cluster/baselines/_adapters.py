"""Small things that learn inside a frozen transformer: low-rank updates, prompts, a head."""

import math

import torch
from torch import nn
from torch.nn import functional


def adapt(net, adaptation, *, rank, alpha, prompts):
    """Freeze a VisionTransformer but for what ``adaptation`` trains, in place, and return it."""
    net.requires_grad_(adaptation == "all")
    net.head.requires_grad_(True)
    for block in net.blocks:
        if adaptation == "lora":
            block.attn.qkv = LowRank(block.attn.qkv, rank, alpha)
        if adaptation == "prompts":
            block.prompts = learnt_prompts(prompts, net.patch, block.norm1.normalized_shape[0])
    return net


# Ours and not peft's: that needs transformers and accelerate for these few lines.
class LowRank(nn.Linear):
    """Frozen query, key and value with a low-rank update of query and value that learns.

    Hu et al., LoRA, ICLR 2022: W + alpha / rank * up @ down, where up starts at 0.

    Parameters
    ----------
    linear : torch.nn.Linear
        Width in, three widths out. Names and values of its tensors are kept.
    rank : int
    alpha : float
    """

    def __init__(self, linear, rank, alpha):
        width = linear.in_features
        super().__init__(width, 3 * width)
        self.weight, self.bias = linear.weight, linear.bias
        self.down = nn.Parameter(torch.empty(2, rank, width).uniform_(-1, 1) / math.sqrt(width))
        self.up = nn.Parameter(torch.zeros(2, width, rank))
        self.scale = alpha / rank

    def forward(self, x):
        """Return query, key and value, shape (b, tokens, 3 * width): thin products while learning."""
        if not self.training:
            return functional.linear(x, self.merged(), self.bias)
        query, value = (x @ down.T @ up.T * self.scale for down, up in zip(self.down, self.up, strict=True))
        return super().forward(x) + torch.cat([query, torch.zeros_like(query), value], -1)

    def merged(self):
        """Return one matrix that does the same, shape (3 * width, width)."""
        query, value = self.scale * self.up @ self.down
        return self.weight + torch.cat([query, torch.zeros_like(query), value])


def learnt_prompts(number, patch, width):
    """Return tokens that one block attends to, (1, number, width).

    Jia et al., Visual prompt tuning, ECCV 2022 (deep): new ones at every block,
    started as their code starts them, uniformly within Glorot's bound of a colour patch.
    """
    bound = math.sqrt(6 / (3 * patch**2 + width))
    return nn.Parameter(torch.empty(1, number, width).uniform_(-bound, bound))


def trained_share(net):
    """Return the share of a net's parameters that is trained, 0..1."""
    trained = sum(part.numel() for part in net.parameters() if part.requires_grad)
    return trained / sum(part.numel() for part in net.parameters())
