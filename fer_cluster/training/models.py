"""A trained model as a folder: weights in safetensors beside a JSON that rebuilds the net."""

import json
from pathlib import Path

from fer_cluster import catalog
from fer_cluster.errors import InputError

_JSON, _WEIGHTS = "model.json", "weights.safetensors"


def save_model(model, folder):
    """Write a trained model; one that has no net (a probe) is left out.

    Parameters
    ----------
    model : estimator
        A part of this package with ``net_``, ``learnt`` and ``restore``.
    folder : path-like
    """
    if not hasattr(model, "net_"):
        return
    from fer_cluster.training.weights import save_tensors

    kind, part = type(model).__module__.split(".")[-2:]
    if not type(model).__module__.startswith("fer_cluster."):
        kind, part = "baselines", f"{type(model).__module__}:{type(model).__name__}"
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    record = {"kind": kind, "part": part, "params": model.get_params(), "learnt": model.learnt()}
    save_tensors(model.net_, folder / _WEIGHTS, {"part": part})
    (folder / _JSON).write_text(json.dumps(record, indent=1, default=str) + "\n", encoding="utf-8")


def load_model(folder):
    """Return the trained model in a folder, rebuilt and ready to predict.

    Raises
    ------
    InputError
        Where the folder holds no model, or a damaged one.
    """
    from fer_cluster.training.weights import load_matching

    folder = Path(folder)
    if not (folder / _JSON).is_file():
        raise InputError(f"{folder} holds no model: {_JSON} is missing.")
    try:
        record = json.loads((folder / _JSON).read_text(encoding="utf-8"))
        found = catalog.find(record["kind"], record["part"])
        model = found(**record["params"])
        net = model.restore(record["learnt"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"The model in {folder} is damaged and cannot be rebuilt: {error}.") from error
    load_matching(net, folder / _WEIGHTS)
    return model
