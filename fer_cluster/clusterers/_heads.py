"""The torch module of several clustering heads side by side."""

import torch
from torch import nn

_TEMPERATURE = 0.1


class Heads(nn.Module):
    """Heads that start as centres of directions and learn to bend.

    Each gives a row z the logits (z C + relu(z A + a) B) / temperature; C starts as
    the given centres, B as zeros.

    Parameters
    ----------
    centres : tensor, shape (heads, clusters, d)
    hidden : int
        Width of the hidden layer A.
    """

    def __init__(self, centres, hidden):
        super().__init__()
        heads, clusters, d = centres.shape
        self.linear = nn.Parameter(centres.transpose(1, 2).contiguous())
        self.hidden = nn.Parameter(torch.randn(heads, d, hidden))
        self.bias = nn.Parameter(torch.zeros(heads, 1, hidden))
        self.bend = nn.Parameter(torch.zeros(heads, hidden, clusters))

    def forward(self, z):
        """Return the logarithms of the shares of the clusters in rows z, (heads, b, clusters)."""
        logits = z @ self.linear + (z @ self.hidden + self.bias).relu() @ self.bend
        return (logits / _TEMPERATURE).log_softmax(-1)

    def arrays(self, head):
        """Return C, A, a and B of one head as arrays."""
        parts = (self.linear, self.hidden, self.bias, self.bend)
        return tuple(part[head].detach().numpy().copy() for part in parts)
