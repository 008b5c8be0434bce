"""Nets that follow another slowly: an average that forgets how the net began, or a share at each step."""

import copy
from itertools import chain


class Average:
    """Keeps a copy of a net whose weights follow it slowly.

    The decay rises with the steps, (1 + t) / (10 + t) up to ``decay``, so that a short training
    is not told by the weights that it began with (as TensorFlow's moving averages do).
    Counts, such as those of batch normalisation, are copied.

    Parameters
    ----------
    net : torch.nn.Module
    decay : float
        Share of the average that each step keeps in the end, 0 to below 1.

    Attributes
    ----------
    module : torch.nn.Module
        The averaged net.
    """

    def __init__(self, net, decay):
        self.module = copy.deepcopy(net).requires_grad_(False)
        self.decay, self.steps = decay, 0
        self._mine = list(_tensors(self.module))

    def update(self, net):
        """Follow the net by one step, on its device and without waiting for it."""
        import torch

        self.steps += 1
        share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        weights, counts = [], []
        for pair in zip(self._mine, _tensors(net), strict=True):
            (weights if pair[0].is_floating_point() else counts).append(pair)
        with torch.no_grad():
            torch._foreach_lerp_(*zip(*weights, strict=True), share)
            if counts:
                torch._foreach_copy_(*zip(*counts, strict=True))

    def state(self):
        """Return all that is needed to go on."""
        return {"module": self.module.state_dict(), "steps": self.steps}

    def resume(self, state):
        """Go on from what :meth:`state` returned."""
        self.module.load_state_dict(state["module"])
        self.steps = state["steps"]


def follow(slow, fast, share):
    """Move tensors, in place, a share of the way toward others.

    Parameters
    ----------
    slow, fast : iterable of tensor
    share : float or tensor of one number
    """
    import torch

    with torch.no_grad():
        for following, followed in zip(slow, fast, strict=True):
            following.lerp_(followed, share)


def _tensors(net):
    return chain(net.parameters(), net.buffers())
