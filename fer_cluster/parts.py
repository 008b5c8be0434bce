"""Parts as a run names and makes them."""

import re
from hashlib import sha256
from numbers import Integral

import numpy as np

from fer_cluster import catalog
from fer_cluster.errors import InputError

KIND_OF = {  # of the parts that a run names
    "baseline": "baselines",
    "features": "features",
    "clusterer": "clusterers",
    "projection": "projections",
}
_LONGEST = 120  # characters of a name, to which figures and folders add theirs; systems allow 255


def made(kind, part, seed, epochs=None, **params):
    """Make a part with those parameters that it takes; an object is cloned and given the seed.

    ``epochs`` take the place of its own, also of those that its text tells, and are the most of a
    pre-training.
    """
    if isinstance(part, str):
        one = catalog.make_with(kind, part, **_as_called(kind, part, params), random_state=seed)
    else:
        one = _cloned(part, seed)
    if epochs is not None and hasattr(one, "epochs"):
        one.epochs = epochs = plain(epochs)
        if hasattr(one, "pretrain_epochs"):
            own = one.pretrain_epochs
            one.pretrain_epochs = epochs if own is None else min(own, epochs)
    return one


def _as_called(kind, part, params):
    """Return parameters by the names that a part has for them: mixtures of scikit-learn have components."""
    other = {"n_components" if name == "n_clusters" else name: value for name, value in params.items()}
    if catalog.takes(kind, part, "n_clusters") or not catalog.takes(kind, part, "n_components"):
        return params
    return other


def made_each(kind, part, seeds, epochs=None, **params):
    """Make a part with each of the seeds.

    Raises
    ------
    InputError
        Where its text tells a ``random_state``, so that several seeds would be one.
    """
    each = [made(kind, part, seed, epochs, **params) for seed in seeds]
    pairs = zip(each, seeds, strict=True)
    if len(seeds) > 1 and any(getattr(one, "random_state", seed) != seed for one, seed in pairs):
        raise InputError(
            f"{text(part)} has a random_state of its own, which overrules all of the {len(seeds)} seeds; "
            "leave it out, or ask for one seed."
        )
    return each


def _cloned(part, seed):
    from sklearn.base import clone

    try:
        part = clone(part)
    except TypeError as error:
        raise InputError(f"{part!r} is no part; give a name, or an estimator of scikit-learn.") from error
    seeded = [key for key in part.get_params() if key.split("__")[-1] == "random_state"]
    return part.set_params(**dict.fromkeys(seeded, seed))


def check_epochs(epochs, *parts):
    """Raise an InputError where epochs are given and none of the made parts has any."""
    if epochs is not None and not any(hasattr(part, "epochs") for part in parts):
        names = " on ".join(text(part) for part in parts)
        raise InputError(f"{names} is not trained in epochs; leave epochs out.")


def text(part):
    """Return a part as text: its own, the name of an object of ours, or the class of another."""
    if hasattr(part, "steps"):
        return "+".join(text(step) for _, step in part.steps)
    if part is None or isinstance(part, str):
        return part or "none"
    package, _, module = type(part).__module__.rpartition(".")
    return module if package.startswith("fer_cluster.") else type(part).__name__.lower()


def file_name(*words):
    """Return words as one name that a folder may have: ``hog-whiten_64-unit-kmeans``."""
    name = "-".join(re.sub(r"[^\w.+=]+", "_", word) for word in words)
    if len(name) <= _LONGEST:
        return name
    return f"{name[:_LONGEST]}-{sha256(name.encode()).hexdigest()[:8]}"


def plain(number):
    """Return a number of numpy as Python, and JSON, has it; anything else as it is."""
    return number.item() if isinstance(number, np.generic) else number


def as_seeds(seeds):
    """Return a number of seeds, or seeds, as a list of seeds; raise an InputError where they are none."""
    try:
        found = list(range(seeds) if isinstance(seeds, Integral) else seeds)
    except TypeError:
        found = []
    whole = all(isinstance(seed, Integral) and 0 <= seed < 2**32 for seed in found)
    if not found or not whole or len(set(found)) < len(found):
        raise InputError(
            "seeds must name at least one seed: how many, or different whole numbers of 0 or more, "
            f"got {seeds!r}."
        )
    return [int(seed) for seed in found]
