"""What a run records of its faces, its parts and its making."""

import re
import warnings

from fer_cluster import provenance
from fer_cluster.duplicates import copied

_SPLIT = re.compile(r"part|duplicate")  # columns that a run adds
_FOUND = re.compile(r"cluster(_\d+)?|predicted(_\d+)?|confidence|x|y")
_TUNED = re.compile(  # parts whose own settings were chosen by scores on PublicTest, as their lab books tell
    r"\b(patches|pretrained|self_named|self_training|action_units|expressions|learnt_expressions|eyes_mouth)\b"
    r"|\b(aligned\s*=|geometry:)\s*True\b"  # registration
)
_SIZED = re.compile(r"(cnn[34](_normalised)?|three_blocks|residual)(:.*)?")  # nets with sizes of their own
_SIZED_BY = "a tenth of the paper's training faces, after first nets were scored on its test faces"


def spec(kind, faces, parts, described, params, *, epochs, chosen_with, seconds, device, **more):
    """Return the spec of a run.

    Parameters
    ----------
    kind : str
        ``clusterer`` or ``classifier``.
    faces : Faces
    parts : Split
    described : dict
        The parts of the run as text.
    params : dict
        Of every part: see :func:`parameters`.
    epochs : int or None
        Those that were given in place of the parts' own.
    chosen_with : str
    seconds : dict
        What each stage took.
    device : str
    **more
        Further facts; those that are None are left out.
    """
    return {
        "kind": kind,
        **_dataset(faces, parts),
        **described,
        **({} if epochs is None else {"epochs": epochs}),
        **_known(faces, parts, described, params, chosen_with),
        **{name: fact for name, fact in more.items() if fact is not None},
        "params": params,
        "seconds": {stage: round(taken, 3) for stage, taken in seconds.items()},
        **provenance.record(device),
    }


def parameters(chain, **others):
    """Return the parameters of the parts of a chain, and of others by their name.

    Where the shipped encoder or another in its place is among them, or begins one, its weights are told by
    their digest: another version of the package may ship others.
    """
    if chain is not None:
        others |= {"features": chain.extractor}
        others |= {f"step {place + 1}": step for place, step in enumerate(chain.steps)}
    found = {key: provenance.parameters(part) for key, part in others.items()}
    from fer_cluster.features._encoders import digest, folders_in
    from fer_cluster.features.pretrained import Pretrained  # which takes scikit-learn

    encoders = [part for part in others.values() if isinstance(part, Pretrained)]
    begun = [params for params in found.values() if params.get("weights") != "random"]
    told = [value for params in begun for value in params.values() if isinstance(value, str)]
    folders = [part.folder for part in encoders] or folders_in(told)
    weights = ", ".join(dict.fromkeys(digest(folder) for folder in folders))
    return found | ({"shipped": {"weights": weights}} if folders else {})


def chosen_by(chosen_with, described, params):
    """Return what parts were chosen with: some have settings of their own that labels chose."""
    if chosen_with != "nothing":
        return chosen_with
    told = [described["features"], *described["then"]]
    of_parts = [values for values in params.values() if isinstance(values, dict)]
    told += [value for values in of_parts for value in values.values() if isinstance(value, str)]
    tuned = "shipped" in params or any(_TUNED.search(words) for words in told)
    tuned = tuned or any(values.get("aligned") is True for values in of_parts)
    if tuned:
        return "PublicTest of FER2013"
    return _SIZED_BY if _SIZED.fullmatch(described.get("baseline", "")) else chosen_with


def _known(faces, parts, described, params, chosen_with):
    """Return what a spec says of choices, and of scored faces that a part had seen, of which it warns.

    The shipped encoder was trained on FER2013's Training faces, which other splits score too.
    """
    seen = 0
    if "shipped" in params:
        from fer_cluster.features._encoders import FACES

        scored = parts.part == parts.report
        seen = faces.fingerprint == FACES and (faces.about["split"] == "Training")[scored].sum()
    if seen:
        of = f"{seen:,} of the {scored.sum():,} faces that are scored"
        warnings.warn(
            f"The shipped encoder was trained on {of}; the split 'official' has none.", stacklevel=4
        )
    return {
        "transductive": bool(parts.transductive or seen),
        "chosen_with": chosen_by(chosen_with, described, params),
    }


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


def _dataset(faces, parts):
    """Return what a spec says of the faces and their split."""
    return {
        "dataset": {"name": faces.name, "faces": len(faces), "fingerprint": faces.fingerprint},
        "split": parts.name,
        **{key: getattr(parts, key) for key in ("fit", "report", "transductive")},
    }
