"""A net that turns images into features, as a transformer of scikit-learn; it never sees a label."""

from dataclasses import dataclass
from typing import ClassVar

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fer_cluster.errors import InputError
from fer_cluster.images import as_images
from fer_cluster.progress import bar
from fer_cluster.training.batches import cuts
from fer_cluster.training.recipe import Recipe

_AT_ONCE = 64  # images that go through the net together: few enough for the caches of a processor
_PATIENCE = 3  # seconds before a progress bar is shown


@dataclass(eq=False, repr=False)
class Encoder(Recipe, TransformerMixin, BaseEstimator):
    """Trains the torch module that a subclass builds in ``net``, on images alone.

    Attributes
    ----------
    shape_ : tuple of int
        Height and width of the images.
    steps_ : int
        Steps of the optimiser in the whole training, or in each where there are several.
    net_ : torch.nn.Module
    history_ : DataFrame
        See :func:`fer_cluster.training.loop.train`.
    """

    on: ClassVar[str] = "images"

    def net(self, height, width):
        """Return the untrained module, which is kept."""
        raise NotImplementedError

    def learner(self, net):
        """Return the module that is trained, of which the net is a part, and its objective.

        The objective is that of :func:`fer_cluster.training.loop.train`; no targets reach it.
        """
        raise NotImplementedError

    def features(self, images):
        """Return the features of a batch, shape (b, d), of uint8 images (b, 1, height, width)."""
        raise NotImplementedError

    def fit(self, images, y=None, checkpoint=None):
        """Train on images alone, shape (n, height, width), uint8.

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
        y : ignored
        checkpoint : path-like, optional
            Folder from which an interrupted training goes on.

        Raises
        ------
        InputError
            Where images or parameters cannot be used.
        """
        self.check(watched=False)
        images = self.check_images(images)
        self.history_ = self.learn(images, self.learner, checkpoint=checkpoint)
        self.finish(images)
        return self

    def learn(self, images, learner, *, targets=None, checkpoint=None, seed=None, title=None):
        """Build the net, train what ``learner(net)`` returns and give back the history.

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
        learner : callable
            See :meth:`learner`.
        targets : ndarray, shape (n, ...), optional
            What the objective is given beside the images.
        checkpoint : path-like, optional
        seed : int, optional
            Of the weights that training starts from; by default ``random_state``.
        title : str, optional
        """
        import torch

        from fer_cluster.training.device import own_random, pick
        from fer_cluster.training.loop import train
        from fer_cluster.training.parallel import world

        self.check(watched=False)
        self.shape_ = images.shape[1:]
        self.steps_ = self.epochs * len(cuts(len(images), self.batch_size, world()))
        with own_random(pick(self.device)):
            torch.manual_seed(self.random_state if seed is None else seed)
            self.net_ = self.net(*self.shape_)
            module, objective = learner(self.net_)
        options = {"recipe": self, "checkpoint": checkpoint, "title": title or type(self).__name__}
        return train(module, objective, images, targets, **options)

    def finish(self, images):
        """Learn what is left to learn when the net is trained."""

    def transform(self, images):
        """Return the features of images, shape (n, d), float32.

        Raises
        ------
        InputError
            Where the images are not like those of ``fit``.
        """
        check_is_fitted(self)
        images = self.check_images(images, self.shape_)
        return self.through(images, self.features)

    def through(self, images, work):
        """Return ``work(batch)`` of all images, float32, batch by batch.

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
        work : callable
            Tensor of uint8, shape (b, 1, height, width), to a tensor of b rows.
        """
        import torch

        from fer_cluster.training.batches import Batches
        from fer_cluster.training.device import pick

        device = pick(self.device)
        self.net_.to(device, memory_format=torch.channels_last).eval()
        with torch.inference_mode():
            batches = Batches(images, None, device, _AT_ONCE)
            shown = {"total": -(-len(images) // _AT_ONCE), "unit": " faces", "unit_scale": _AT_ONCE}
            seen = bar(batches.in_order(), type(self).__name__, leave=False, delay=_PATIENCE, **shown)
            found = [work(batch).float().cpu() for batch, _ in seen]
        return torch.cat(found).numpy()

    def check_images(self, images, shape=None):
        """Return images as an array; raise an InputError where they are no uint8 of that shape, or none."""
        who = type(self).__name__
        images = as_images(images, who, shape)
        if not len(images):
            raise InputError(f"{who} needs at least one image, got none.")
        return images

    def learnt(self):
        """Return what was learnt besides the weights, as JSON can hold it."""
        return {"shape": list(self.shape_)}

    def restore(self, learnt):
        """Build the untrained net of what :meth:`learnt` told; return it for its weights."""
        import torch

        from fer_cluster.training.device import own_random

        self.shape_ = tuple(learnt["shape"])
        with own_random(torch.device("cpu")):
            self.net_ = self.net(*self.shape_)
        return self.net_
