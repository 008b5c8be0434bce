"""The whole state of a training, written whole or not at all, and read without unpickling."""

import json
import warnings
from pathlib import Path

import numpy as np

from fer_cluster.atomic import writing_folder
from fer_cluster.errors import InputError

_TENSORS, _REST = "state.safetensors", "state.json"


def save(folder, key, state):
    """Write a nested dict of tensors and plain values as a folder.

    Parameters
    ----------
    folder : path-like
    key : str
        What the training was: its settings and its faces. Only a training of
        the same key goes on from here.
    state : dict
    """
    from safetensors.torch import save as to_bytes

    tensors, rest = {}, {}
    _part(state, (), tensors, rest)
    with writing_folder(folder) as new:
        (new / _TENSORS).write_bytes(to_bytes(tensors))  # save_file lets nobody but the owner read it
        (new / _REST).write_text(json.dumps({"key": key, "rest": rest}, default=_plain), encoding="utf-8")


def load(folder, key):
    """Return the state in the folder, or None where there is none of this key.

    Raises
    ------
    InputError
        Where the folder holds anything else, which :func:`save` would take away.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    folder = Path(folder)
    _check(folder)
    if not (folder / _REST).exists():
        return None
    try:
        record = json.loads((folder / _REST).read_text(encoding="utf-8"))
        found, flat = record["key"], load_file(folder / _TENSORS) | record["rest"]
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        warnings.warn(f"The checkpoint in {folder} is damaged ({error}); training starts anew.", stacklevel=2)
        return None
    if found != key:
        warnings.warn(
            f"The checkpoint in {folder} is of other settings or faces; training starts anew.", stacklevel=2
        )
        return None
    return _joined(flat)


def _plain(value):
    """Return a number of numpy as JSON has it."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} is no part of a checkpoint.")


def _check(folder):
    """Refuse a folder of something else: a checkpoint takes the place of the whole folder."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"checkpoint must be a folder, {folder} is a file.")
    strange = [path.name for path in folder.glob("*") if path.name not in (_TENSORS, _REST)]
    if strange:
        raise InputError(
            f"{folder} holds {min(strange)}, which is no part of a checkpoint; give an empty or a new folder."
        )


def _part(value, path, tensors, rest):
    """Put tensors in one flat dict and everything else in another, under their paths."""
    import torch

    name = "/".join(map(str, path))
    if isinstance(value, torch.Tensor):
        tensors[name] = value.detach().cpu().contiguous().clone()
    elif isinstance(value, dict) and value:
        for key, inner in value.items():
            _part(inner, (*path, key), tensors, rest)
    else:
        rest[name] = value


def _joined(flat):
    """Return the nested dict again; keys that are numbers were numbers."""
    state = {}
    for name, value in flat.items():
        *outer, last = (int(key) if key.isdigit() else key for key in name.split("/"))
        place = state
        for key in outer:
            place = place.setdefault(key, {})
        place[last] = value
    return state
