"""A net that names the emotion of images, as a classifier of scikit-learn."""

import functools
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from fer_cluster.errors import InputError, unknown
from fer_cluster.images import as_images
from fer_cluster.training.changes import VIEWS, check_changes, check_crop, crop_side
from fer_cluster.training.recipe import Recipe

PIXELS = ("raw", "unit", "standard")


@dataclass(eq=False, repr=False)
class Classifier(Recipe, ClassifierMixin, BaseEstimator):
    """Trains the torch module that a subclass builds in ``net``.

    Attributes
    ----------
    classes_ : ndarray
        The labels, sorted.
    shape_ : tuple of int
        Height and width of the images.
    net_ : torch.nn.Module
    history_ : DataFrame
        See :func:`fer_cluster.training.loop.train`.
    """

    on: ClassVar[str] = "images"
    from_zero: ClassVar[tuple[str, ...]] = ("random_state", "crop")
    shared: ClassVar[str] = """
    augment : str
        Changes of each training image, joined by ``+``: see
        :mod:`fer_cluster.training.augment`.
    crop : int
        Side of the square that the net sees, at random in training, in pixels of a frame of 48; 0 the
        whole frame.
    mixup, cutmix : float
        Parameter of the beta distribution of the mixing; 0 for none.
    label_smoothing : float
        Share of the target that is spread over all classes, 0 to 1.
    class_weight : str, optional
        ``balanced``: each emotion weighs the same.
    views : str
        What is averaged when predicting: ``one`` view, its ``mirror`` image
        too, or ``ten_crop``.
    pixels : str
        ``raw`` (0 to 255), ``unit`` (0 to 1) or ``standard`` (each image of
        mean 0 and standard deviation 1).
"""

    augment: str = ""
    crop: int = 0
    mixup: float = 0.0
    cutmix: float = 0.0
    label_smoothing: float = 0.0
    class_weight: str | None = None
    views: str = "one"
    pixels: str = "unit"

    def net(self, height, width, n_classes):
        """Return the untrained module: float images (b, 1, height, width) -> logits (b, n_classes)."""
        raise NotImplementedError

    def prepare(self, net, images, checkpoint):
        """Return the net as training starts from it; a subclass may load or pre-train it."""
        return net

    def fit(self, images, emotion, watch=None, checkpoint=None, soft=None):
        """Train on labelled images.

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
        emotion : array-like, shape (n,)
        watch : tuple of (images, emotion), optional
            Faces that are looked at after each epoch and never learnt from.
        checkpoint : path-like, optional
            Folder from which an interrupted training goes on.
        soft : array-like, shape (n, n_classes), optional
            What is learnt in place of the labels, which are then only counted: the
            probability of each label, in sorted order; each row sums to one.

        Raises
        ------
        InputError
            Where images, labels or parameters cannot be used.
        """
        import torch

        from fer_cluster.training.device import own_random, pick
        from fer_cluster.training.loop import train

        self.check(watched=watch is not None and len(watch[0]) > 0)
        images, emotion = _labelled(images, emotion)
        self._check_views(images.shape[1:])
        self.shape_ = images.shape[1:]
        self.classes_, targets = np.unique(emotion, return_inverse=True)
        if watch is not None:
            seen, named = _labelled(*watch, self.shape_)
            watch = (seen, _codes(named, self.classes_))
        objective = self._objective(targets, watch and watch[1])
        learnt = targets if soft is None else _beside(targets, soft, len(self.classes_))
        with own_random(pick(self.device)):
            torch.manual_seed(self.random_state)
            self.net_ = self.prepare(self._built(), images, checkpoint)
        options = {"recipe": self, "watch": watch, "checkpoint": checkpoint, "title": type(self).__name__}
        self.history_ = train(self.net_, objective, images, learnt, **options)
        return self

    def predict_proba(self, images):
        """Return the probability of each class, shape (n, n_classes), float32.

        Raises
        ------
        InputError
            Where the images are not like those of ``fit``, or the training had diverged.
        """
        import torch

        from fer_cluster.training.batches import Batches
        from fer_cluster.training.device import autocast, pick
        from fer_cluster.training.views import views

        check_is_fitted(self)
        images = as_images(images, "A net", self.shape_)
        device = pick(self.device)
        self.net_.to(device, memory_format=torch.channels_last).eval()
        found, side = [], crop_side(self.crop, self.shape_)
        with torch.inference_mode(), autocast(device, self.precision):
            for batch, _ in Batches(images, None, device, 256).in_order():
                seen = [self._logits(self.net_, view) for view in views(batch, self.views, side)]
                found.append(torch.stack(seen).mean(0).softmax(1).cpu())
        found = torch.cat(found).numpy() if found else np.zeros((0, len(self.classes_)), np.float32)
        if not np.isfinite(found).all():
            raise InputError("The net's answers are no numbers; train it with a lower learning_rate.")
        return found

    def predict(self, images):
        """Return the most probable class of each image, shape (n,)."""
        likeliest = self.predict_proba(images).argmax(1)
        return self.classes_[likeliest]

    def learnt(self):
        """Return what was learnt besides the weights, as JSON can hold it."""
        return {"classes": self.classes_.tolist(), "shape": list(self.shape_)}

    def restore(self, learnt):
        """Build the untrained net of what :meth:`learnt` told; return it for its weights."""
        import torch

        from fer_cluster.training.device import own_random

        self.classes_, self.shape_ = np.asarray(learnt["classes"]), tuple(learnt["shape"])
        with own_random(torch.device("cpu")):
            self.net_ = self._built()
        return self.net_

    def _built(self):
        side = crop_side(self.crop, self.shape_)
        height, width = (side, side) if side else self.shape_
        return self.net(height, width, len(self.classes_))

    def _weight(self, targets):
        """Return what a face of each class counts."""
        import torch

        count = np.bincount(targets)
        weight = torch.tensor(count.sum() / (len(count) * count), dtype=torch.float32)
        return weight if self.class_weight == "balanced" else torch.ones_like(weight)

    def _objective(self, targets, named=None):
        """Return the loss function: cross-entropy, of mixed images and soft targets in training.

        Its targets in training are labels, (b,), or labels beside what is learnt in their place; of mixed
        images the label of the larger share is counted.
        Watched faces whose emotion was never learnt (-1 among ``named``) count as errors, and have no loss.
        """
        import torch
        from torch.nn.functional import cross_entropy, one_hot

        from fer_cluster.training.augment import Augment
        from fer_cluster.training.mixing import mixed
        from fer_cluster.training.views import views

        side, n = crop_side(self.crop, self.shape_), int(targets.max()) + 1
        changed = Augment(self.augment, side)
        on = functools.cache(self._weight(targets).to)  # once a device: copying each step would wait for it
        known = np.nan if named is None or not (named >= 0).any() else (named >= 0).mean()

        def objective(net, images, targets):
            if not net.training:
                logits = self._logits(net, views(images, "one", side)[0])
                loss = cross_entropy(logits, targets, ignore_index=-1, reduction="sum") / len(targets)
                return loss / known, (logits.argmax(1) == targets).sum()
            labels = targets if targets.ndim == 1 else targets[:, 0]
            hot = one_hot(labels.long(), n).float()
            told = hot if targets.ndim == 1 else torch.cat([hot, targets[:, 1:]], 1)
            images, told = mixed(changed(images), told, mixup=self.mixup, cutmix=self.cutmix)
            logits = self._logits(net, images)
            loss = cross_entropy(
                logits, told[:, -n:], on(logits.device), label_smoothing=self.label_smoothing
            )
            return loss, (logits.argmax(1) == told[:, :n].argmax(1)).sum()

        return objective

    def _logits(self, net, images):
        """Return the net's answers to images of 0 to 255, float32 (b, n_classes)."""
        import torch

        images = images.float()
        if self.pixels == "unit":
            images = images / 255
        elif self.pixels == "standard":
            spread, mean = torch.std_mean(images, dim=(2, 3), keepdim=True, correction=0)
            images = (images - mean) / spread.clamp(min=1)  # a blank image stays blank
        return net(images.contiguous(memory_format=torch.channels_last)).float()

    def check(self, watched=True):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        super().check(watched)
        for name, allowed in (("pixels", PIXELS), ("views", VIEWS), ("class_weight", (None, "balanced"))):
            if getattr(self, name) not in allowed:
                raise unknown(name, getattr(self, name), allowed)
        check_changes(self.augment)
        check_crop(self.crop)

    def _check_views(self, shape):
        """Raise an InputError where ten crops of images of that shape would be one."""
        if self.views == "ten_crop" and not 0 < crop_side(self.crop, shape) < min(shape):
            raise InputError(
                f"views='ten_crop' needs a crop smaller than the frame, 1 to 47 pixels of 48, and less for "
                f"images as small as {shape[0]} x {shape[1]}; got crop={self.crop!r}."
            )


def _labelled(images, emotion, shape=None):
    """Return images and their labels as arrays of one length; at least two of each to learn from."""
    images, emotion = as_images(images, "A net", shape), np.asarray(emotion)
    if emotion.shape != (len(images),):
        raise InputError(f"{len(images):,} images need as many labels, got some of shape {emotion.shape}.")
    if shape is None and len(images) < 2:
        raise InputError(f"A net learns from at least two images, got {len(images)}.")
    if missing := int(pd.isna(emotion).sum()):
        raise InputError(f"{missing:,} of {len(emotion):,} images have no label; leave them out.")
    if emotion.dtype.kind == "f" and (emotion != np.floor(emotion)).any():
        raise InputError("Labels must be classes, got fractions.")
    return images, emotion


def _beside(targets, soft, n_classes):
    """Return labels and, in the columns after them, what is learnt in their place, float32."""
    soft = np.asarray(soft, np.float32)
    if soft.shape != (len(targets), n_classes):
        wanted = f"shape ({len(targets)}, {n_classes}), a row a face and a column a label"
        raise InputError(f"soft must be of {wanted}, got one of shape {soft.shape}.")
    if not (soft >= 0).all() or not np.allclose(soft.sum(1), 1, atol=1e-3):
        raise InputError("Each row of soft must hold probabilities that sum to one.")
    return np.column_stack([targets.astype(np.float32), soft])


def _codes(emotion, classes):
    """Return the place of each label among the classes, -1 where it is none of them."""
    emotion = np.asarray(emotion)
    place = np.searchsorted(classes, emotion).clip(max=len(classes) - 1)
    return np.where(classes[place] == emotion, place, -1)
