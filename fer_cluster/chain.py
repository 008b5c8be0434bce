"""A feature extractor and the steps after it, fitted and applied as one."""

import hashlib
import inspect

import numpy as np

from fer_cluster import catalog
from fer_cluster.errors import InputError, from_outside, is_ours


class Chain:
    """Images to features: an extractor, then steps.

    Parameters
    ----------
    extractor : object
        ``fit(images)`` and ``transform(images) -> (n, d)``. An estimator of
        scikit-learn itself is given the images as rows of pixels.
    steps : sequence of transformers
        Each has ``fit(x)`` and ``transform(x)``. A step whose ``fit`` or
        ``transform`` names ``images`` is given them; one whose ``fit`` names
        ``extractor`` is given the fitted chain before it.
    """

    def __init__(self, extractor, steps=()):
        self.extractor = extractor
        self.steps = list(steps)

    def check(self):
        """Raise an InputError where a parameter of a part of ours cannot be used, whatever the images."""
        catalog.check(self.extractor, *self.steps)

    def fit(self, images, checkpoint=None):
        """Fit the extractor and the steps on images alone, one after the other."""
        self.fit_transform(images, checkpoint=checkpoint)
        return self

    def fit_transform(self, images, rows=slice(None), checkpoint=None, neutral=None):
        """Fit on the images at ``rows`` and return the features of all, extracted only once.

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
        rows : slice or ndarray of int
        checkpoint : path-like, optional
            Folder from which an extractor that is trained goes on.
        neutral : ndarray of bool, shape (n,), optional
            Which faces are neutral, for an extractor whose ``fit`` names it: see :func:`supervision`.

        Returns
        -------
        ndarray of float32, shape (n, d)
        """
        fitted = images[rows]
        fit = self.extractor.fit
        weak = None if neutral is None else neutral[rows]
        with from_outside(self.extractor):
            fit(shaped(self.extractor, fitted), **wanted(fit, checkpoint=checkpoint, neutral=weak))
        return self.fit_steps(images, rows)

    def fit_steps(self, images, rows=slice(None), x=None):
        """Fit the steps after an extractor that is fitted already; return the features of all images.

        Where ``x`` is given, what the extractor makes of the images is not computed again.

        Raises
        ------
        InputError
            Where a step of ours is to be fitted on fewer than two faces, or features are not finite.
        """
        fitted = images[rows]
        x = self._extract(images) if x is None else x
        for place, step in enumerate(self.steps):
            before = Chain(self.extractor, self.steps[:place])
            if is_ours(step):
                _check_fittable(step, x, len(fitted))
            with from_outside(step):
                step.fit(x[rows], **wanted(step.fit, images=fitted, extractor=before))
            x = step.transform(x, **wanted(step.transform, images=images))
        return np.asarray(x, dtype=np.float32)

    def transform(self, images):
        """Return the features, shape (n, d), float32."""
        x = self._extract(images)
        for step in self.steps:
            x = step.transform(x, **wanted(step.transform, images=images))
        return np.asarray(x, dtype=np.float32)

    def _extract(self, images):
        return self.extractor.transform(shaped(self.extractor, images))


def chained(text, seed, extractor=None):
    """Return the unfitted chain of a text such as ``hog:mirror=True;cell=6 > whiten:64``.

    Parameters
    ----------
    text : str
        Features, then steps, parted by ``>``. Parameters of one part are parted by
        ``;``, since a comma would end the parameter that holds this text.
    seed : int
        ``random_state`` of every part that takes one and was not told.
    extractor : object, optional
        In place of the features; the text then names the steps alone.

    Raises
    ------
    InputError
        Where a part or a parameter is unknown.
    """
    if not isinstance(text, str) or not all(part.strip() for part in text.split(">")):
        raise InputError(f"Features and steps are told as 'hog > whiten:64', got {text!r}.")
    names = [part.strip().replace(";", ",") for part in text.split(">")]
    extractor = extractor or catalog.make_with("features", names.pop(0), random_state=seed)
    return Chain(extractor, [catalog.make_with("steps", name, random_state=seed) for name in names])


def spaces(text, seeds, extractor, images, x):
    """Fit several chains of steps after one extractor; yield each with the features that it gives.

    Parameters
    ----------
    text : str
        Chains such as ``whiten:64 > unit | signal_to_nuisance:8``, joined by ``|``.
    seeds : iterable of int
        Each chain is fitted with each.
    extractor : object
        What gave x; as a :class:`Remembering` it extracts the same images but once.
    images : ndarray of uint8, shape (n, height, width)
    x : ndarray, shape (n, d)
        What the extractor makes of the images.

    Yields
    ------
    Chain
    ndarray of float32, shape (n, m)

    Raises
    ------
    InputError
        Where a step or a parameter is unknown.
    """
    for seed in seeds:
        for steps in text.split("|"):
            chain = chained(steps, seed, extractor)
            yield chain, chain.fit_steps(images, x=x)


class Remembering:
    """An extractor that is fitted already, and extracts the same images but once."""

    def __init__(self, extractor):
        self.extractor, self._made = extractor, {}

    def transform(self, images):
        """Return the features of images, shape (n, d)."""
        key = hashlib.blake2b(np.ascontiguousarray(images), digest_size=16).digest()
        if key not in self._made:
            self._made[key] = self.extractor.transform(images)
        return self._made[key]


def _check_fittable(step, x, count):
    """Refuse what no step can be fitted on: one face alone, or features that are not finite numbers."""
    name, x = type(step).__name__, np.asarray(x)
    if count < 2:
        raise InputError(f"{name} is fitted on two faces or more, got {count}.")
    if x.ndim != 2 or not x.shape[1]:
        raise InputError(f"{name} reads features of shape (n, d), got shape {x.shape}.")
    bad = np.count_nonzero(~np.isfinite(x).all(1))
    if bad:
        raise InputError(f"{name} reads finite features only, but {bad} of the {len(x)} faces have others.")


def supervision(extractor):
    """Return which labels an extractor learns from, ``none`` but for the weakly supervised."""
    return "which faces are neutral" if wanted(extractor.fit, neutral=None) else "none"


def wanted(method, **offered):
    """Return those of the offered arguments that the method names."""
    names = inspect.signature(method).parameters
    return {name: value for name, value in offered.items() if name in names}


def shaped(estimator, images):
    """Return rows of pixels for scikit-learn's own estimators, images for all others.

    A pipeline is given what its first step reads.
    """
    while hasattr(estimator, "steps") and not isinstance(estimator, Chain):
        estimator = estimator.steps[0][1]
    if type(estimator).__module__.startswith("sklearn."):
        return images.reshape(len(images), -1)
    return images
