"""Nets on features in the one training loop: what it shuffles are the numbers of their rows."""

import contextlib
import math

import numpy as np

from fer_cluster.training.device import own_random
from fer_cluster.training.loop import train
from fer_cluster.training.recipe import Recipe

_SMALLEST, _BATCHES = 32, 8  # few rows still make several steps an epoch


@contextlib.contextmanager
def torch_random(random):
    """Seed torch from a RandomState; the caller's own random state comes back at the end."""
    import torch

    with own_random(torch.device("cpu")):
        torch.manual_seed(random.randint(2**31 - 1))
        yield


def learn(net, objective, count, *, random, title, settled=None, **recipe):
    """Minimise an objective over ``count`` rows by Adam and return its mean in the last epoch.

    Parameters
    ----------
    net : torch.nn.Module
    objective : callable
        ``objective(rows)`` with a tensor of row numbers -> loss, or a loss for each
        of several nets that share nothing.
    count : int
    random : RandomState
    title : str
    settled : callable, optional
        Called before each epoch; training ends where it returns True.
    **recipe
        Of :class:`~fer_cluster.training.recipe.Recipe`. A batch has at most an eighth
        of the rows, never cut below 32; all are of one size, give or take a row.

    Returns
    -------
    tensor, of the shape of the loss

    Raises
    ------
    InputError
        Where the recipe cannot be used, or the loss is no longer a number.
    """
    seen = []

    def ask(_, rows, __):
        loss = objective(rows[:, 0])
        seen.append(loss.detach() * len(rows))
        return loss.sum(), None

    def begin():
        seen.clear()
        return settled is not None and settled()

    chosen = Recipe(**recipe, random_state=random.randint(2**31 - 1), device="cpu", precision="float32")
    chosen.check()
    chosen.batch_size = _even(count, chosen.batch_size)
    train(net, ask, np.arange(count), recipe=chosen, title=title, alone=True, settled=begin)
    return sum(seen) / count


def _even(count, size):
    """Return the size of batches that are all alike: at most an eighth of the rows, never cut below 32."""
    size = min(size, max(_SMALLEST, count // _BATCHES))
    return max(2, math.ceil(count / math.ceil(count / size)))
