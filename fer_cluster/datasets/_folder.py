"""Folders of images: split and emotion are what the folders are called."""

import hashlib
import os
import re

import numpy as np
import pandas as pd

from fer_cluster.datasets._cache import Reading
from fer_cluster.datasets._images import read_images
from fer_cluster.datasets._words import OFFICIAL, split_of
from fer_cluster.emotions import emotion_of
from fer_cluster.errors import InputError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
_NUMBERED = re.compile(r"(training|publictest|privatetest|fer)[_-]?(\d+)\.", re.IGNORECASE)


def image_files(path):
    """Return the images below a folder: relative names in order, with what tells a file from its changes.

    Where the names are ``<Usage>_<row>`` and the rows are 0 to n - 1, that is
    the order; else the names' own.

    Returns
    -------
    list of (str, tuple of int)
        Name with ``/``, and size, time of change (ns) and inode.
    """
    found = sorted(_walk(path))
    rows = [_NUMBERED.match(name.rpartition("/")[2]) for name, _ in found]
    if found and all(rows):
        numbers = [int(row[2]) for row in rows]
        if sorted(numbers) == list(range(len(found))):
            return [found[place] for place in np.argsort(numbers)]
    return found


def read_folder(path, files, images, rejects):
    """Read the images of a folder.

    Parameters
    ----------
    path : pathlib.Path
    files : list of (str, tuple)
        What ``image_files`` gave.
    images : Store
    rejects : Rejects

    Returns
    -------
    Reading

    Raises
    ------
    InputError
        Where there are no images, or at the first that cannot be used.
    """
    if not files:
        raise InputError(f"{path} has no images ({', '.join(SUFFIXES)}) in it or in its folders.")
    names = [name for name, _ in files]
    digest = hashlib.sha256()
    good, notes = read_images(_contents(path, names, digest), images, rejects)
    kept = [name for name, ok in zip(names, good, strict=True) if ok]
    about = pd.DataFrame({"emotion": _emotions(kept), "split": _splits(kept), "file": kept})
    return Reading(about, None if len(rejects) else digest.hexdigest(), _strange(about) + notes)


def _walk(root):
    """Return name and state of each image in a folder and in the folders in it; links are followed once."""
    found, entered, folders = [], set(), [""]
    while folders:
        below = folders.pop()
        state = (root / below).stat()
        if (state.st_dev, state.st_ino) in entered:
            continue
        entered.add((state.st_dev, state.st_ino))
        with os.scandir(root / below) as entries:
            for entry in entries:
                name = entry.name
                if name.startswith((".", "__MACOSX")):
                    continue
                if name.lower().endswith(SUFFIXES) and entry.is_file():
                    state = entry.stat()
                    found.append((below + name, (state.st_size, state.st_mtime_ns, state.st_ino)))
                elif entry.is_dir():
                    folders.append(f"{below}{name}/")
    return found


def _contents(path, names, digest):
    """Yield name and content of each file, with a progress bar where a person watches."""
    from tqdm import tqdm

    for name in tqdm(names, f"Reading {path.name}", unit=" faces", disable=None):
        data = (path / name).read_bytes()
        digest.update(f"{name}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
        digest.update(data)
        yield name, data


def _emotions(names):
    """Return the emotion of each file: what the innermost folder that is one is called.

    Numbers are the codes 0 to 6 only where no folder above or below is called after an
    emotion and none has another number, which would be a person or somebody else's code.
    """
    numbers = {word for name in names for word in name.split("/")[:-1] if word.isdecimal()}
    codes = all(emotion_of(word) for word in numbers)

    def emotion(folders):
        numbers = [word for word in folders[::-1] if codes and word.isdecimal()]
        words = [word for word in folders[::-1] if not word.isdecimal()]
        return next(filter(None, map(emotion_of, words + numbers)), None)

    return _of_folders(names, emotion)


def _splits(names):
    """Return the split of each file; its name tells PublicTest from PrivateTest in a merged folder."""
    of_folder = _of_folders(names, lambda folders: next(filter(None, map(split_of, folders)), None))
    of_file = [
        found and split_of(found[1]) for found in (_NUMBERED.match(n.rpartition("/")[2]) for n in names)
    ]
    return [_split(folder, file) for folder, file in zip(of_folder, of_file, strict=True)]


def _split(folder, file):
    merged = folder in ("Test", "Validation") and file in OFFICIAL[1:]
    return file if folder is None or merged else folder


def _of_folders(names, fact):
    folders = [name.rpartition("/")[0] for name in names]
    known = {folder: fact(folder.split("/")) for folder in dict.fromkeys(folders)}
    return [known[folder] for folder in folders]


def _strange(about):
    """Return a note on the folders that are named but after no emotion, if there are any."""
    innermost = about["file"].str.split("/").str[-2:-1].str.join("")
    strange = about["emotion"].isna() & (innermost != "") & innermost.map(lambda name: split_of(name) is None)
    if not strange.any():
        return ()
    names = sorted(set(innermost[strange]))
    listed = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    return (f"no emotion is called {listed}; the {strange.sum():,} faces there are unlabelled",)
