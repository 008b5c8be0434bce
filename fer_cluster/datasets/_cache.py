"""Faces that were read once: memory-mapped, keyed by content, checked, written whole or not at all."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from fer_cluster.atomic import writing
from fer_cluster.datasets._about import load_about, save_about
from fer_cluster.datasets._store import Store

VERSION = 4  # of what the readers make of a file


@dataclass(frozen=True)
class Reading:
    """What a reader found out beside the images.

    Parameters
    ----------
    about : DataFrame
        One row an image.
    digest : str or None
        SHA-256 of the content; None where the faces must not be cached.
    notes : sequence of str
        What a person should be told each time the faces are loaded, as clauses
        that follow the path.
    """

    about: pd.DataFrame
    digest: str | None
    notes: tuple = ()


def home():
    """Return the folder of the cache: ``$FER_CLUSTER_CACHE`` or the user's cache folder."""
    if named := os.environ.get("FER_CLUSTER_CACHE"):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_cache_dir("fer_cluster", appauthor=False))


def cached(signature, read, size=None):
    """Return the images and the Reading of files; read them only if they changed.

    Parameters
    ----------
    signature : callable
        Returns what tells the files from others and from earlier states of
        themselves: names, sizes, times.
    read : callable
        ``read(store)`` appends the images to a Store and returns a Reading.
    size : int, optional
        Side of the square to which each image is cropped and scaled.

    Returns
    -------
    images : ndarray of uint8, shape (n, height, width)
    reading : Reading
    """
    folder, before = home(), signature()
    version = f"{VERSION}-{size}" if size else VERSION
    seen = folder / "seen" / f"{hashlib.sha256(repr((version, before)).encode()).hexdigest()}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = _open(folder / json.loads(seen.read_text(encoding="utf-8"))["entry"])
        if found:
            return found
    with _draft(folder) as draft:
        store = Store(draft and draft / "images.npy", size and (size, size))
        try:
            reading = read(store)
            images = store.finish()
        finally:
            store.close()
        if not store.path:
            return images, reading
        seen = seen if signature() == before else None
        kept = reading.digest and _keep(draft, reading, folder / f"{reading.digest}-{version}", seen)
        return kept or (np.array(images), reading)


@contextlib.contextmanager
def _draft(folder):
    """Yield a new folder within the cache that is gone afterwards; None where there can be none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        holder = Path(tempfile.mkdtemp(prefix=".reading-", dir=folder))
        (holder / "entry").mkdir()
    except OSError as error:
        _warn(folder, error)
        yield None
        return
    try:
        yield holder / "entry"
    finally:
        shutil.rmtree(holder, ignore_errors=True)


def _keep(draft, reading, entry, seen):
    """Make an entry of a draft and return it opened, or None where it cannot be written."""
    try:
        if not (found := _open(entry)):
            save_about(draft / "about.npz", reading.about)
            facts = {file: _facts(draft / file, synced=True) for file in ("images.npy", "about.npz")}
            text = json.dumps({"files": facts, "digest": reading.digest, "notes": list(reading.notes)})
            (draft / "entry.json").write_text(text, encoding="utf-8")
            if entry.exists():
                os.replace(entry, draft.parent / "damaged")
            os.replace(draft, entry)
        if seen:
            _note(seen, entry.name)
    except OSError as error:
        found = _open(entry)  # another process may have been faster
        if not found:
            _warn(entry.parent, error)
    return found or _open(entry)


def _warn(folder, error):
    reason = error.strerror or error
    message = f"The cache {folder} cannot be written ({reason}); the faces are held in memory."
    warnings.warn(message, stacklevel=5)


def _note(seen, name):
    """Remember which entry a state of files has."""
    with writing(seen) as temporary:
        temporary.write_text(json.dumps({"entry": name}), encoding="utf-8")


def _open(entry):
    """Return the images and the Reading of an entry, or None where there is none or it is damaged."""
    try:
        facts = json.loads((entry / "entry.json").read_text(encoding="utf-8"))
        if not all(_intact(entry / file, known) for file, known in facts["files"].items()):
            return None
        images = np.load(entry / "images.npy", mmap_mode="r", allow_pickle=False)
        about = load_about(entry / "about.npz")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, EOFError):
        return None
    if images.dtype != np.uint8 or images.ndim != 3 or len(images) != len(about):
        return None
    return images, Reading(about, facts["digest"], tuple(facts["notes"]))


def _facts(path, synced=False):
    """Return size, times and SHA-256 of a file; ``synced`` puts it on the disk first."""
    with path.open("rb") as file:
        if synced:
            os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {**_state(path), "sha256": digest}


def _state(path):
    state = path.stat()
    return {"size": state.st_size, "mtime": state.st_mtime_ns, "ctime": state.st_ctime_ns}


def _intact(path, known):
    """Whether a file is what was written: untouched since, or else of the same content."""
    state = _state(path)
    untouched = all(state[fact] == known[fact] for fact in state)
    return untouched or (state["size"] == known["size"] and _facts(path)["sha256"] == known["sha256"])
