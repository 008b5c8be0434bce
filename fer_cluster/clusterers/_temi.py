"""The loss of TEMI and its slow teacher."""

import copy

import torch

from fer_cluster.training.average import follow

_MEAN = 0.9  # momentum of the clusters' mean shares


class Temi:
    """Objective of several heads: a face and a neighbour of it share a cluster.

    Parameters
    ----------
    heads : Heads
        The students.
    z : tensor, shape (n, d)
    near : tensor of int, shape (n, neighbours)
    beta, momentum : float
    """

    def __init__(self, heads, z, near, *, beta, momentum):
        self.student, self.teacher = heads, copy.deepcopy(heads).requires_grad_(False)
        self.z, self.near, self.beta, self.momentum = z, near, beta, momentum
        with torch.no_grad():
            self.mean = self.teacher(z[torch.randperm(len(z))[:8192]]).exp().mean(1)

    def __call__(self, rows):
        """Return the loss of each head, shape (heads,), and let the teachers follow the students."""
        pair = self.near[rows, torch.randint(self.near.shape[1], rows.shape)]
        both = self.z[torch.cat([rows, pair])]
        student = self.student(both)
        with torch.no_grad():
            follow(self.teacher.parameters(), self.student.parameters(), 1 - self.momentum)
            teacher = self.teacher(both)
            self.mean = _MEAN * self.mean + (1 - _MEAN) * teacher.exp().mean(1)
        one, other = teacher.chunk(2, dim=1)
        weight = agreement(one, other)
        crossed = torch.cat([other, one], dim=1)
        losses = information(student, crossed, self.mean, self.beta)
        return (losses * torch.cat([weight, weight])).mean(1)


def information(student, teacher, mean, beta):
    """Return -log sum_k (p_s p_t)^beta / p_k: minus the pointwise mutual information of two views.

    A beta below 1 draws less toward clusters of one size.

    Parameters
    ----------
    student, teacher : tensor, shape (heads, b, clusters)
        Logarithms of p_s of one view and p_t of the other.
    mean : tensor, shape (heads, clusters)
        p_k, the mean share of each cluster.
    beta : float

    Returns
    -------
    tensor, shape (heads, b)
    """
    prior = mean.clamp_min(1e-8).log()[:, None]
    return -(beta * (student + teacher) - prior).logsumexp(-1)


def agreement(one, other):
    """Return how likely teachers hold two faces for one cluster, mean over heads, shape (b,).

    Parameters
    ----------
    one, other : tensor, shape (heads, b, clusters)
        Logarithms of the teachers' shares.
    """
    return (one + other).exp().sum(-1).mean(0)
