"""The one loop of everything that learns by gradient: fit -> epoch -> step -> loss."""

import contextlib
import copy
import hashlib
import json
import math
import time

from fer_cluster.errors import InputError
from fer_cluster.progress import bar
from fer_cluster.training import checkpoint as checkpoints
from fer_cluster.training.average import Average
from fer_cluster.training.batches import Batches, cuts
from fer_cluster.training.device import autocast, own_random, pick, used, widest
from fer_cluster.training.memory import keep_freed
from fer_cluster.training.parallel import Processes
from fer_cluster.training.schedule import rate

_SAVE_AFTER = 20.0  # seconds; an epoch on an accelerator takes less than writing its state
_FUSED = {"sgd": ("cuda",), "adam": ("cpu", "cuda"), "adamw": ("cpu", "cuda")}  # one kernel for all weights


def train(
    net,
    objective,
    images,
    targets=None,
    *,
    recipe,
    watch=None,
    checkpoint=None,
    title="training",
    alone=False,
    settled=None,
):
    """Fit a net in place and return its history.

    Parameters
    ----------
    net : torch.nn.Module
    objective : callable
        ``objective(net, images, targets)`` with uint8 images (b, 1, height,
        width) -> loss, and the number of right answers or None. It augments
        where ``net.training``.
    images : ndarray of uint8, shape (n, height, width), or of int, shape (n,)
        Faces, or the numbers of rows that the objective, given (b, 1) of them, looks up itself.
    targets : ndarray of int, bool or float, shape (n,) or (n, m), optional
    recipe : Recipe
    watch : tuple of (images, targets), optional
        Faces that are looked at after each epoch and never learnt from.
    checkpoint : path-like, optional
        Folder of the state after the last epochs; a training that was cut off
        goes on from there to the weights it would have had (to the bit on a
        processor; an accelerator adds in an order of its own).
    title : str
        Shown before the progress bar.
    alone : bool
        Whether each process, where there are several, does all of it by itself.
    settled : callable, optional
        Called before each epoch; training ends where it returns True.

    Returns
    -------
    pandas.DataFrame
        ``epoch``, ``loss``, ``accuracy``, ``watch_loss``, ``watch_accuracy``,
        ``learning_rate``, ``seconds``; without those that nothing was known of.

    Raises
    ------
    InputError
        Where the recipe cannot be used, or the loss is no longer a number.
    """
    import pandas as pd

    recipe.check(watched=watch is not None and len(watch[0]) > 0)
    if not len(images):
        raise InputError(f"{title} needs at least one image, got none.")
    keep_freed()
    device = pick(recipe.device)
    with own_random(device), _quickest(device):
        loop = Loop(net, objective, images, targets, recipe, watch, Processes(device, alone), title)
        loop.fit(checkpoint, settled)
    return pd.DataFrame(loop.history)


class Loop:
    """One training: the net, the optimiser and the averaged net, and how far they are."""

    def __init__(self, net, objective, images, targets, recipe, watch, processes, title):
        import torch

        self.recipe, self.objective, self.title = recipe, objective, title
        self.processes, self.device = processes, processes.device
        self.net = net.to(self.device, memory_format=torch.channels_last)
        self.wrapped = processes.wrap(self.net)
        self.faces = Batches(images, targets, self.device, recipe.batch_size)
        self.watched = Batches(*watch, self.device, 512) if watch and len(watch[0]) else None
        self.optimiser = _optimiser(self.net, recipe)
        self.average = Average(self.net, recipe.average) if recipe.average else None
        self.best = {}
        self.history = []

    @property
    def shown(self):
        """The net that predicts: the averaged one where weights are averaged."""
        return self.average.module if self.average else self.net

    def fit(self, checkpoint, settled=None):
        """Train the epochs that are left and leave the final weights in the net."""
        key = None if checkpoint is None else self._key()
        self._resume(None if checkpoint is None else checkpoints.load(checkpoint, key))
        saved = time.perf_counter()
        with self._bar() as progress:
            for epoch in range(len(self.history), self.recipe.epochs):
                if settled is not None and settled():
                    break
                self.history.append(self._epoch(epoch, progress))
                self._keep_best()
                due = time.perf_counter() - saved > _SAVE_AFTER or epoch + 1 == self.recipe.epochs
                if checkpoint is not None and due and self.processes.first:
                    checkpoints.save(checkpoint, key, self._state())
                    saved = time.perf_counter()
        self.processes.wait()
        self.net.load_state_dict(self.best["net"] if self.best else self.shown.state_dict())
        self.processes.agree(self.net.buffers())
        if not all(parameter.isfinite().all() for parameter in self.net.parameters()):
            raise self._diverged(len(self.history))

    def _epoch(self, epoch, progress):
        """Return a row of the history: every training face once, then the watched ones."""
        import torch

        started = time.perf_counter()
        torch.manual_seed(self._seed(epoch, self.processes.rank))
        self.wrapped.train()
        total = self._nothing()
        batches = self.faces.shuffled(self._seed(epoch), self.processes.rank, self.processes.world)
        steps = len(cuts(len(self.faces.images), self.recipe.batch_size, self.processes.world))
        for place, (images, targets) in enumerate(batches):
            total += self._step(images, targets, epoch + (place + 0.5) / steps)  # the rate of its middle
            progress.update(len(images) * self.processes.world)
            if place % 20 == 0 and not progress.disable:
                progress.set_postfix_str(_figures(_means(total)))
        row = {"epoch": epoch + 1, **_means(self.processes.total(total))}
        if not math.isfinite(row["loss"]):
            raise self._diverged(epoch + 1)
        row |= {f"watch_{name}": value for name, value in self._watch().items()}
        seconds = round(time.perf_counter() - started, 3)
        return row | {"learning_rate": self._rate(epoch + 1), "seconds": seconds}

    def _step(self, images, targets, progress):
        """Change the weights once; return loss, right answers and faces, summed over the batch."""
        import torch

        for group in self.optimiser.param_groups:
            group["lr"] = self._rate(progress)
        with autocast(self.device, self.recipe.precision):
            loss, right = self.objective(self.wrapped, images, targets)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if self.recipe.clip:
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.recipe.clip)
        self.optimiser.step()
        if self.average:
            self.average.update(self.net)
        return self._counted(loss, right, len(images))

    def _watch(self):
        """Return loss and accuracy of the watched faces, or nothing."""
        import torch

        if not self.watched:
            return {}
        total = self._nothing()
        self.processes.agree(self.shown.buffers())  # each has normalised by its own faces
        self.shown.eval()
        with torch.no_grad(), autocast(self.device, self.recipe.precision):
            for images, targets in self.watched.in_order():
                total += self._counted(*self.objective(self.shown, images, targets), len(images))
        self.processes.agree([total])  # what is kept, and the learning rate, hang on it
        return _means(total)

    def _nothing(self):
        """Return the sums of loss, right answers and faces before the first face."""
        import torch

        return torch.zeros(3, dtype=widest(self.device), device=self.device)

    def _counted(self, loss, right, count):
        """Return loss, right answers (not a number where nobody knows) and faces of one batch."""
        import torch

        loss = loss.detach().to(widest(self.device))
        right = torch.full_like(loss, math.nan) if right is None else right.to(loss.dtype)
        return torch.stack([loss * count, right, torch.full_like(loss, count)])

    def _diverged(self, epoch):
        told = f"{self.title}: after epoch {epoch} loss or weights are no longer numbers"
        return InputError(f"{told}; use a lower learning_rate.")

    def _rate(self, epoch):
        return rate(
            self.recipe, epoch, [row["watch_accuracy"] for row in self.history if "watch_accuracy" in row]
        )

    def _seed(self, epoch, rank=0):
        """Random state is a function of seed, epoch and process: nothing else has to be kept."""
        return ((self.recipe.random_state * 1_000_003 + epoch) * 1_009 + rank) % 2**63

    def _keep_best(self):
        accuracy = self.history[-1].get("watch_accuracy")
        if self.recipe.keep == "best" and (not self.best or accuracy > self.best["accuracy"]):
            self.best = {"accuracy": accuracy, "net": copy.deepcopy(self.shown.state_dict())}

    def _state(self):
        average = self.average.state() if self.average else {}
        parts = {"net": self.net.state_dict(), "optimiser": self.optimiser.state_dict(), "average": average}
        return parts | {"best": self.best, "history": self.history}

    def _resume(self, state):
        if not state:
            return
        self.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])
        for parameter, kept in self.optimiser.state.items():
            for name, value in kept.items():
                if value.shape == parameter.shape:  # the memory format of the weights is lost on disk
                    kept[name] = parameter.detach().clone().copy_(value)
        if self.average:
            self.average.resume(state["average"])
        self.best, self.history = state.get("best", {}), state["history"]

    def _key(self):
        """Return a hash of all that decides the final weights."""
        import torch

        settings = {name: value for name, value in vars(self.recipe).items() if not name.endswith("_")}
        settings |= {"world": self.processes.world, "precision": used(self.device, self.recipe.precision)}
        key = hashlib.sha256(json.dumps([settings, str(self.net)], default=str, sort_keys=True).encode())
        for tensor in self.net.state_dict().values():  # as training starts from it
            key.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
        for batches in filter(None, (self.faces, self.watched)):
            key.update(batches.fingerprint())
        return key.hexdigest()

    def _bar(self):
        done, n = len(self.history), len(self.faces.images)
        options = {"initial": done * n, "unit": " faces", "unit_scale": True, "leave": False}
        options |= {} if self.processes.first else {"disable": True}
        return bar(None, self.title, total=self.recipe.epochs * n, **options)


def _optimiser(net, recipe):
    """Return the optimiser of the parameters that are trained; only matrices decay."""
    import torch

    trained = [parameter for parameter in net.parameters() if parameter.requires_grad]
    if not trained:
        raise InputError("The net has no parameter that is trained.")
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    options = {"momentum": 0.9, "nesterov": True} if recipe.optimiser == "sgd" else {}
    if trained[0].device.type in _FUSED.get(recipe.optimiser, ()):
        options["fused"] = True
    return kinds.get(recipe.optimiser, torch.optim.RAdam)(groups, recipe.learning_rate, **options)


def _means(total):
    """Return loss and, where it is known, accuracy from the sums."""
    loss, right, count = total.tolist()
    means = {"loss": loss / count, "accuracy": right / count}
    return {name: mean for name, mean in means.items() if name == "loss" or not math.isnan(mean)}


def _figures(means):
    return ", ".join(f"{name} {value:.3f}" for name, value in means.items())


@contextlib.contextmanager
def _quickest(device):
    """Let an accelerator look for the quickest convolution, as all images have one size.

    Not where the caller asked for the same one each time.
    """
    from torch.backends import cudnn

    before = cudnn.benchmark
    cudnn.benchmark = before or (device.type == "cuda" and not cudnn.deterministic)
    try:
        yield
    finally:
        cudnn.benchmark = before
