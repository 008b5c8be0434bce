"""The small training loop of nets on features: float rows in memory, shuffled in even batches."""

import contextlib
import math

from fer_cluster.errors import InputError
from fer_cluster.progress import bar
from fer_cluster.training.device import own_random
from fer_cluster.training.memory import keep_freed

_SMALLEST, _BATCHES = 32, 8  # few rows still make several steps an epoch


@contextlib.contextmanager
def torch_random(random):
    """Seed torch from a RandomState; the caller's own random state comes back at the end."""
    import torch

    with own_random(torch.device("cpu")):
        torch.manual_seed(random.randint(2**31 - 1))
        yield


def learn(parameters, objective, count, *, epochs, batch_size, learning_rate, title, settled=None):
    """Minimise an objective over ``count`` rows by Adam and return its mean in the last epoch.

    Parameters
    ----------
    parameters : iterable of torch.nn.Parameter
    objective : callable
        ``objective(rows)`` with a tensor of row numbers -> loss, or a loss for each
        of several nets that share nothing.
    count, epochs, batch_size : int
        A batch has at most an eighth of the rows, but 32.
    learning_rate : float
    title : str
    settled : callable, optional
        Called before each epoch; training ends where it returns True.

    Raises
    ------
    InputError
        Where there is no epoch, or the loss is no longer a number.
    """
    import torch

    if epochs < 1:
        raise InputError(f"{title}: epochs must be at least 1, got {epochs}.")
    keep_freed()
    optimiser = torch.optim.Adam(parameters, lr=learning_rate)
    size = min(batch_size, max(_SMALLEST, count // _BATCHES))
    for _ in bar(range(epochs), title, leave=False):
        if settled is not None and settled():
            break
        total = 0
        for rows in torch.randperm(count).tensor_split(math.ceil(count / size)):
            loss = objective(rows)
            optimiser.zero_grad(set_to_none=True)
            loss.sum().backward()
            optimiser.step()
            total = total + loss.detach() * len(rows)
        mean = total / count
        if not mean.isfinite().all():
            raise InputError(f"{title}: the loss is no longer a number; use a lower learning_rate.")
    return mean
