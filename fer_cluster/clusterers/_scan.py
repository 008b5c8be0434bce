"""The loss of SCAN."""

import torch


class Scan:
    """Objective of several heads: neighbours agree, and all clusters are used.

    Parameters
    ----------
    heads : Heads
    z : tensor, shape (n, d)
    near : tensor of int, shape (n, neighbours)
    entropy_weight : float
    """

    def __init__(self, heads, z, near, *, entropy_weight):
        self.heads, self.z, self.near, self.entropy_weight = heads, z, near, entropy_weight

    def __call__(self, rows):
        """Return the loss of each head, shape (heads,)."""
        pair = self.near[rows, torch.randint(self.near.shape[1], rows.shape)]
        one, other = self.heads(self.z[torch.cat([rows, pair])]).chunk(2, dim=1)
        return adoption(one, other, self.entropy_weight)


def adoption(one, other, entropy_weight):
    """Return -mean log <p, p'> - weight * H(mean of p), for each head.

    Parameters
    ----------
    one, other : tensor, shape (heads, b, clusters)
        Logarithms of the shares of faces and of a neighbour of each.
    entropy_weight : float
    """
    agreement = (one + other).logsumexp(-1).mean(1)
    mean = one.exp().mean(1)
    entropy = -torch.xlogy(mean, mean).sum(-1)
    return -agreement - entropy_weight * entropy
