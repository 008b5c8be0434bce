"""The folder of a run: what may be written there, and the state of a training beside it."""

import contextlib
import re
import shutil
from fnmatch import fnmatch
from pathlib import Path

from fer_cluster.atomic import PREFIX
from fer_cluster.errors import InputError

FILES = ("run.json", "faces.parquet", "features.npy", "medoids.npy")
_OURS = (*FILES, "faces.csv", "pictures.npy", "history.csv", "model_[0-9]*", "figures", "tables")
# What lies in the folder of a training's state.
_STATE = re.compile(rf"features|\d+(-masked|-encoder)?|{re.escape(PREFIX)}.*")
_STATE_FILES = ("state.safetensors", "state.json")


def check_free(folder):
    """Raise an InputError where a folder holds something that is no run: nothing is overwritten."""
    folder = Path(folder)
    if blocked := [str(parent) for parent in folder.parents if parent.is_file()]:
        raise InputError(f"{blocked[0]} is a file, so that {folder} can be no folder; give another.")
    if folder.exists() and not (folder / "run.json").exists() and _has_content(folder):
        raise InputError(f"{folder} holds something that is no run; give another folder, or empty it.")


def carry_over(old, new):
    """Copy what else lies in the folder of an older run: all that is none of it, its pictures or tables."""
    for path in old.iterdir() if old.is_dir() else ():
        if not any(fnmatch(path.name, pattern) for pattern in _OURS):
            copy = shutil.copytree if path.is_dir() else shutil.copy2
            copy(path, new / path.name)


def state_folder(folder):
    """Return where, beside the folder of a run, the state of its training lies until the run is kept."""
    folder = Path(folder).absolute()
    return folder.with_name(f"{folder.name}.training")


def clear_state(folder):
    """Remove the state of a finished training from beside the folder of its run.

    Only what a training leaves there goes: what the user may have put there stays.
    """
    state = state_folder(folder)
    ours = [path for path in state.glob("*") if _STATE.fullmatch(path.name)]
    inner = sorted((path for one in ours for path in one.rglob("*")), reverse=True)
    for path in (*inner, *ours, state):
        with contextlib.suppress(OSError):  # a folder that is not empty
            if path.is_dir():
                path.rmdir()
            elif path.name in _STATE_FILES:
                path.unlink()


def _has_content(folder):
    return folder.is_file() or any(folder.iterdir())
