"""Parts as a run names, makes and records them."""

import re

from fer_cluster import catalog, provenance
from fer_cluster.duplicates import copied

_SPLIT = re.compile(r"part|duplicate")  # columns that a run adds
_FOUND = re.compile(r"cluster(_\d+)?|predicted(_\d+)?|confidence|x|y")


def made(kind, part, seed, **params):
    """Make a part with those parameters that it takes; an object is cloned and given the seed."""
    params["random_state"] = seed
    if isinstance(part, str):
        return catalog.make(kind, part, **{k: v for k, v in params.items() if catalog.takes(kind, part, k)})
    from sklearn.base import clone

    part = clone(part)
    seeded = [key for key in part.get_params() if key.split("__")[-1] == "random_state"]
    return part.set_params(**dict.fromkeys(seeded, seed))


def given(epochs):
    """Return the number of epochs as a parameter, or nothing where a part's own is meant."""
    return {} if epochs is None else {"epochs": epochs}


def text(part):
    """Return a part as text: its own, or the class of an object."""
    if hasattr(part, "steps"):
        return "+".join(text(step) for _, step in part.steps)
    return part if isinstance(part, str) else "none" if part is None else type(part).__name__.lower()


def file_name(*words):
    """Return words as one name that a folder may have: ``hog-whiten_64-unit-kmeans``."""
    return "-".join(re.sub(r"[^\w.+=]+", "_", word) for word in words)


def as_seeds(seeds):
    """Return a number of seeds, or seeds, as a list of seeds."""
    return list(range(seeds)) if isinstance(seeds, int) else list(seeds)


def parameters(chain, **others):
    """Return the parameters of the parts of a chain, and of others by their name."""
    parts = {name: part for name, part in others.items()}
    if chain is not None:
        parts |= {"features": chain.extractor}
        parts |= {f"step {place + 1}": step for place, step in enumerate(chain.steps)}
    return {key: provenance.parameters(part) for key, part in parts.items()}


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
