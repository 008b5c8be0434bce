"""Load faces by name, by path, or as they are."""

import os
from pathlib import Path

from fer_cluster import catalog
from fer_cluster.datasets._reading import read_faces
from fer_cluster.errors import InputError, hint
from fer_cluster.faces import Faces


def load(faces="toy", *, votes=None, skip_bad=None, size=None):
    """Return faces from a data set, a file or a folder.

    Parameters
    ----------
    faces : Faces, str or path-like
        ``"toy"``, ``"toy:n=500"``, ``"fer2013"``; or a path to
        ``fer2013.csv``, ``icml_face_data.csv``, any CSV with a column of
        pixels, ``.npz``, Parquet, or a folder of images. Faces are returned as
        they are. A data set goes before a file of the same name.
    votes : path-like, optional
        CSV of FER+ votes, joined by row as the columns ``votes_neutral`` to
        ``votes_nf``.
    skip_bad : path-like, optional
        Leave bad rows out and list them, with reasons, in this CSV. By default
        the first bad row raises.
    size : int, optional
        Side in pixels of the square to which each image is cropped and scaled;
        by default images stay as large as they are. As text:
        ``"folder:MY_FACES,size=48"``.

    Returns
    -------
    Faces

    Raises
    ------
    InputError
        Where there is no such data set, file or folder, or it cannot be used.

    Examples
    --------
    >>> load("toy:n=70")
    Faces('toy': 70 of 48 x 48, 70 labelled)
    """
    choices = {"votes": votes, "skip_bad": skip_bad, "size": size}
    choices = {name: value for name, value in choices.items() if value is not None}
    if isinstance(faces, Faces):
        _refuse(faces.name, choices)
        return faces
    if not isinstance(faces, str | os.PathLike):
        raise InputError(f"Faces are named by text or by a path, not by {type(faces).__name__!r}.")
    text = os.fspath(faces)
    if isinstance(faces, str) and _is_part(text):
        _refuse(text, [name for name in choices if not catalog.takes("datasets", text, name)])
        return catalog.make("datasets", text, **choices).load()
    if not _exists(text):
        raise _missing(text)
    return read_faces(text, **choices)


def _is_part(text):
    """Whether a text names a data set, ours or ``my_module:MyFaces``, rather than a path."""
    name, colon, rest = text.partition(":")
    if name in catalog.names("datasets"):
        return True
    outside = colon and name.replace(".", "").isidentifier() and rest.split(":")[0].isidentifier()
    return bool(outside) and not _exists(text)


def _exists(text):
    try:
        return Path(text).expanduser().exists()
    except (OSError, RuntimeError):  # a name that is too long; a home that nobody has
        return False


def _refuse(name, choices):
    """Raise where votes, skip_bad or size are asked of faces that are not read from a file."""
    if choices:
        raise InputError(
            f"{name} takes no {' and no '.join(choices)}; only faces that are read from a file do."
        )


def _missing(text):
    names = catalog.names("datasets")
    near = hint(text.partition(":")[0], names)
    return InputError(f"{text!r} is neither a file, a folder nor a data set ({', '.join(names)}).{near}")
