"""A trained model as a folder: weights in safetensors beside a JSON that rebuilds the net."""

import json
import sys
from pathlib import Path

import numpy as np

from fer_cluster import catalog
from fer_cluster.errors import InputError
from fer_cluster.training.device import usable
from fer_cluster.training.recipe import Recipe

_JSON, _WEIGHTS = "model.json", "weights.safetensors"


def save_model(model, folder, half=False):
    """Write a trained model; one that has no net (a probe) is left out.

    Parameters
    ----------
    model : estimator
        With ``net_``, ``learnt`` and ``restore``: a part of this package, or
        your own subclass of Classifier.
    folder : path-like
    half : bool
        See :func:`fer_cluster.training.weights.save_tensors`.
    """
    if not hasattr(model, "net_"):
        return
    from fer_cluster.training.weights import save_tensors

    kind, part = _name(type(model))
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    record = {"kind": kind, "part": part, "params": model.get_params(), "learnt": model.learnt()}
    save_tensors(model.net_, folder / _WEIGHTS, {"part": part}, half)
    (folder / _JSON).write_text(json.dumps(record, indent=1, default=_plain) + "\n", encoding="utf-8")


def load_model(folder):
    """Return the trained model in a folder, ready to predict; on ``auto`` where its device is not here.

    Raises
    ------
    InputError
        Where the folder holds no model, a damaged one, or one of a class that
        is neither a part of this package nor imported yet: nothing that the
        folder names is imported from elsewhere.
    """
    from fer_cluster.training.weights import load_matching

    folder = Path(folder)
    if not (folder / _JSON).is_file():
        raise InputError(f"{folder} holds no model: {_JSON} is missing.")
    try:
        record = json.loads((folder / _JSON).read_text(encoding="utf-8"))
        params = {
            key: tuple(held) if isinstance(held, list) else held for key, held in record["params"].items()
        }
        if "device" in params:
            params["device"] = usable(params["device"])
        model = _class(record["kind"], record["part"])(**params)
        net = model.restore(record["learnt"])
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        why = str(error).rstrip(".")
        raise InputError(f"The model in {folder} cannot be rebuilt: {why}.") from error
    load_matching(net, folder / _WEIGHTS)
    return model


def _plain(value):
    """Return a number of numpy as JSON has it, anything else as text."""
    return value.item() if isinstance(value, np.generic) else str(value)


def _name(found):
    """Return the kind and the part by which a class is found again."""
    module = found.__module__
    if module.startswith("fer_cluster."):
        return module.split(".")[-2:]
    return "baselines", f"{module}:{found.__qualname__}"


def _class(kind, part):
    """Return the class of that name: a part of this package, or one that the caller has imported."""
    module, colon, name = part.partition(":")
    found = getattr(sys.modules.get(module), name, None) if colon else catalog.find(kind, part)
    trained = isinstance(found, type) and (issubclass(found, Recipe) or not colon)
    if not (trained and hasattr(found, "restore")):
        raise InputError(f"{part!r} is no trained part of fer_cluster, nor a class that is imported already.")
    return found
