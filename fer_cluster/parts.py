"""Parts as a run names, makes and records them."""

import re
import warnings
from hashlib import sha256
from numbers import Integral

from fer_cluster import catalog, provenance
from fer_cluster.duplicates import copied
from fer_cluster.errors import InputError

_SPLIT = re.compile(r"part|duplicate")  # columns that a run adds
_FOUND = re.compile(r"cluster(_\d+)?|predicted(_\d+)?|confidence|x|y")
_LONGEST = 120  # characters of a name, to which figures and folders add theirs; systems allow 255


def made(kind, part, seed, epochs=None, **params):
    """Make a part with those parameters that it takes; an object is cloned and given the seed.

    ``epochs`` take the place of its own, also of those that its text tells.
    """
    params["random_state"] = seed
    if isinstance(part, str):
        one = catalog.make(kind, part, **{k: v for k, v in params.items() if catalog.takes(kind, part, k)})
    else:
        one = _cloned(part, seed)
    if epochs is not None and hasattr(one, "epochs"):
        one.epochs = epochs
    return one


def _cloned(part, seed):
    from sklearn.base import clone

    try:
        part = clone(part)
    except TypeError as error:
        raise InputError(f"{part!r} is no part; give a name, or an estimator of scikit-learn.") from error
    seeded = [key for key in part.get_params() if key.split("__")[-1] == "random_state"]
    return part.set_params(**dict.fromkeys(seeded, seed))


def given(epochs):
    """Return the number of epochs as a spec keeps it, or nothing where a part's own is meant."""
    return {} if epochs is None else {"epochs": epochs}


def check_epochs(epochs, *parts):
    """Raise an InputError where epochs are given and none of the made parts has any."""
    if epochs is not None and not any(hasattr(part, "epochs") for part in parts):
        names = " on ".join(text(part) for part in parts)
        raise InputError(f"{names} is not trained in epochs; leave epochs out.")


def check_parameters(*parts):
    """Refuse a parameter of ours that cannot be used before anything is extracted or trained."""
    for part in parts:
        if hasattr(part, "check"):
            part.check()


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


def as_seeds(seeds):
    """Return a number of seeds, or seeds, as a list of seeds; raise an InputError where they are none."""
    try:
        found = list(range(seeds) if isinstance(seeds, Integral) else seeds)
    except TypeError:
        found = []
    if not found or not all(isinstance(seed, Integral) and seed >= 0 for seed in found):
        raise InputError(
            f"seeds must name at least one seed: how many, or whole numbers of 0 or more, got {seeds!r}."
        )
    return [int(seed) for seed in found]


def parameters(chain, **others):
    """Return the parameters of the parts of a chain, and of others by their name.

    Where the shipped encoder is among them, or begins one, its weights are told by their digest:
    another version of the package may ship others.
    """
    if chain is not None:
        others |= {"features": chain.extractor}
        others |= {f"step {place + 1}": step for place, step in enumerate(chain.steps)}
    found = {key: provenance.parameters(part) for key, part in others.items()}
    from fer_cluster.features import pretrained  # which takes scikit-learn

    begun = _tells_of_pretrained(found) or any(
        isinstance(part, pretrained.Pretrained) for part in others.values()
    )
    return found | ({"shipped": {"weights": pretrained.digest()}} if begun else {})


def chosen_by(chosen_with, params):
    """Return what parts were chosen with; the shipped encoder, and its settings, were by PublicTest."""
    return "PublicTest of FER2013" if chosen_with == "nothing" and "shipped" in params else chosen_with


def known(faces, parts, params, chosen_with):
    """Return what a spec says of choices, and of scored faces that a part had seen, of which it warns.

    The shipped encoder was trained on FER2013's Training faces, which other splits score too.
    """
    seen = 0
    if "shipped" in params:
        from fer_cluster.features.pretrained import FACES

        scored = parts.part == parts.report
        seen = faces.fingerprint == FACES and (faces.about["split"] == "Training")[scored].sum()
    if seen:
        of = f"{seen:,} of the {scored.sum():,} faces that are scored"
        warnings.warn(
            f"The shipped encoder was trained on {of}; the split 'official' has none.", stacklevel=3
        )
    return {
        "transductive": bool(parts.transductive or seen),
        "chosen_with": chosen_by(chosen_with, params),
    }


def _tells_of_pretrained(found):
    """Whether the shipped encoder is in the text of a parameter."""
    told = [value for params in found.values() for value in params.values() if isinstance(value, str)]
    return any(re.search(r"\bpretrained\b", value) for value in told)


def device(*parts):
    """Return what the first of the parts that chooses a device works on, else ``cpu``."""
    chosen = [part for part in parts if hasattr(part, "device")]
    if not chosen:
        return "cpu"
    from fer_cluster.training import device as devices

    return devices.name(devices.pick(chosen[0].device), getattr(chosen[0], "precision", "auto"))


def table(faces, parts):
    """Return one row a face: about, part, and whether it copies a face fitted on."""
    fitted = parts.part == parts.fit
    return bare(faces.about, _SPLIT).assign(part=parts.part, duplicate=copied(faces.images, fitted))


def bare(rows, *more):
    """Return the rows without the columns that a run found, and others."""
    return rows.drop(columns=[name for name in rows if any(one.fullmatch(name) for one in (_FOUND, *more))])


def numbered(name, rows):
    """Return columns ``name``, ``name_1``, ``name_2``, ... of the rows, one a seed."""
    return {f"{name}_{seed}" if seed else name: row for seed, row in enumerate(rows)}


def dataset(faces, parts):
    """Return what a spec says of the faces and their split."""
    return {
        "dataset": {"name": faces.name, "faces": len(faces), "fingerprint": faces.fingerprint},
        "split": parts.name,
        **{key: getattr(parts, key) for key in ("fit", "report", "transductive")},
    }
