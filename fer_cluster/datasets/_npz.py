"""NumPy archives of pixels, labels and splits; nothing in them is unpickled."""

import hashlib
import zipfile
import zlib

import numpy as np
import pandas as pd
from numpy.lib import format as npy

from fer_cluster.datasets._arrays import grey
from fer_cluster.datasets._cache import Reading
from fer_cluster.datasets._labels import emotions, splits
from fer_cluster.datasets._words import roles
from fer_cluster.errors import InputError

DENSEST = 200  # bytes that one compressed byte may become; those of faces become 2 to 10
SMALL = 1 << 28  # bytes that are harmless however dense


def read_npz(path, images, rejects):
    """Read a ``.npz`` file with an array of pixels and others of labels and splits.

    Parameters
    ----------
    path : pathlib.Path
    images : Store
    rejects : Rejects

    Returns
    -------
    Reading

    Raises
    ------
    InputError
        Where the archive is broken or has no pixels, an array holds Python
        objects or bytes that are no text, or at the first row that cannot be used.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            with zipfile.ZipFile(file) as archive:
                arrays = _arrays(archive, path)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is no whole .npz archive ({str(error).rstrip('.')}).") from error
    about = _about(arrays, path, images, rejects)
    return Reading(about, None if len(rejects) else digest)


def _arrays(archive, path):
    """Return the arrays of an archive by name."""
    members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
    for member in members:
        if member.file_size > max(SMALL, DENSEST * member.compress_size):
            raise InputError(
                f"{path}: {member.filename} unpacks to {member.file_size:,} bytes, too many for faces."
            )
    return {member.filename.removesuffix(".npy"): _array(archive, member, path) for member in members}


def _array(archive, member, path):
    """Return one array; its head is checked against the size before anything is read."""
    with archive.open(member) as file:
        head = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[npy.read_magic(file)]
        shape, fortran, dtype = head(file)
        if dtype.hasobject:
            raise InputError(
                f"{path}: {member.filename} holds Python objects, which are never unpickled; "
                "save plain numbers and text."
            )
        data = file.read()
    array = np.frombuffer(data, dtype)
    return array.reshape(shape, order="F" if fortran else "C")


def _about(arrays, path, images, rejects):
    """Append the good images to the store and return the facts about them."""
    names = list(arrays)
    parts = {role: arrays.pop(names[place]) for role, place in roles(names, path).items()}
    pixels, faults = grey(parts.pop("pixels"), path)
    about = {}
    for role, meaning in (("emotion", emotions), ("split", splits)):
        if role in parts:
            if parts[role].shape != (len(pixels),):
                raise InputError(f"{path} has {len(pixels)} images but {role} of shape {parts[role].shape}.")
            about[role], wrong = meaning(_text(parts[role], role, path))
            faults = wrong | faults
    others = {name: array for name, array in arrays.items() if array.shape == (len(pixels),)}
    about |= {name: _text(array, name, path) for name, array in others.items()}
    for place in sorted(faults):
        rejects.add(place + 1, faults[place])
    good = np.setdiff1d(np.arange(len(pixels)), list(faults))
    for start in range(0, len(good), 4096):
        images.append(pixels[good[start : start + 4096]])
    return pd.DataFrame(about, index=range(len(pixels))).iloc[good]


def _text(array, name, path):
    """Return an array of bytes as text, any other as it is."""
    if array.dtype.kind != "S":
        return array
    try:
        return np.char.decode(array, "utf-8")
    except UnicodeDecodeError as error:
        got = error.object[:40]
        raise InputError(f"{path}: {name} must be text in UTF-8, got the bytes {got!r}.") from error
