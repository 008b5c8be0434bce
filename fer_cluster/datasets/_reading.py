"""From a path to faces: the reader, the cache, the votes and the bad rows."""

import warnings
from functools import partial
from pathlib import Path

import pandas as pd

from fer_cluster.datasets._cache import cached
from fer_cluster.datasets._csv import read_csv
from fer_cluster.datasets._npz import read_npz
from fer_cluster.datasets._official import official
from fer_cluster.datasets._rejects import Rejects, check_list, remove_list
from fer_cluster.datasets._votes import read_votes
from fer_cluster.errors import InputError
from fer_cluster.faces import Faces
from fer_cluster.whole import is_whole

FILES = ("fer2013.csv", "icml_face_data.csv", "fer2013/fer2013.csv", "fer2013.npz", "fer2013.parquet")
READERS = {".csv": read_csv, ".tsv": read_csv, ".npz": read_npz}
PARQUET = (".parquet", ".pq")
PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth")


def read_faces(path, **choices):
    """Return the faces at a path, whatever it is; for the choices see ``read_table``."""
    path = existing(path)
    within = path.is_dir() and find_file(path)
    if within:
        return read_table(within, **choices)
    if path.is_dir() and not _shards(path):
        return read_images(path, **choices)
    return read_table(path, **choices)


def read_table(path, *, votes=None, skip_bad=None, size=None, asked=False):
    """Return the faces in a CSV, NumPy or Parquet file, or in a folder of Parquet shards.

    Parameters
    ----------
    path : path-like
    votes : path-like, optional
        CSV of FER+ votes, joined by row.
    skip_bad : path-like, optional
        Leave bad rows out and list them in this CSV, instead of raising.
    size : int, optional
        Side in pixels of the square to which each image is cropped and scaled.
    asked : bool
        Whether the faces are said to be FER2013.

    Raises
    ------
    InputError
        Where the file, or a row of it, cannot be used.
    """
    path = existing(path)
    if path.is_dir():
        files = _shards(path)
        if not files:
            raise InputError(f"{path} is a folder without Parquet files.")
        reader = _parquet(path, files)
    else:
        files, reader = [path], _reader(path)
    return _faces(path, partial(_states, files), reader, votes, skip_bad, size, asked)


def read_images(path, *, votes=None, skip_bad=None, size=None, asked=False):
    """Return the faces in a folder of images; for the parameters see ``read_table``."""
    from fer_cluster.datasets._folder import image_files, read_folder

    path = existing(path)
    if not path.is_dir():
        raise InputError(f"{path} is no folder.")

    def read(images, rejects):
        return read_folder(path, image_files(path), images, rejects)

    def signature():
        return str(path.resolve()), image_files(path)

    return _faces(path, signature, read, votes, skip_bad, size, asked)


def existing(path):
    """Return a path that exists.

    Raises
    ------
    InputError
        Where there is nothing.
    """
    if path is None:
        raise InputError("Faces on disk need a path, such as table:faces.csv or folder:faces.")
    path = Path(path).expanduser()
    if not path.exists():
        raise InputError(f"There is no file or folder {path}.")
    return path


def find_file(folder):
    """Return the file in a folder that is called as FER2013 is, or None."""
    return next((folder / name for name in FILES if (folder / name).is_file()), None)


def _faces(path, signature, read, votes, skip_bad, size, asked):
    """Read through the cache, then join votes and account for bad rows."""
    if size is not None and not is_whole(size):
        raise InputError(f"size must be a whole number of pixels, 1 or more, got {size!r}.")
    if skip_bad is not None:
        check_list(skip_bad)
    rejects = Rejects(path, keep=skip_bad is not None)

    def fill(store):
        reading = read(store, rejects)
        if not store.count:
            raise InputError(f"{path} has no face that can be used.")
        return reading

    try:
        images, reading = cached(signature, fill, size)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}).") from error
    finally:
        if len(rejects):
            rejects.write(skip_bad)
    for note in reading.notes:
        warnings.warn(f"{path}: {note}.", stacklevel=4)
    faces = Faces(images, reading.about, path.stem if path.is_file() else path.resolve().name)
    if votes is not None:
        faces = _with_votes(faces, votes, [row for _, row, _ in rejects.rows])
    if skip_bad is not None:
        _tell_rejects(path, len(faces), len(rejects), skip_bad)
    return official(faces, asked)


def _tell_rejects(path, good, bad, skip_bad):
    """Warn of bad rows that were left out; where none was, the list of an earlier reading goes."""
    if bad:
        message = f"{path}: {bad:,} of {good + bad:,} faces were left out; {skip_bad} lists them."
        warnings.warn(message, stacklevel=5)
    else:
        remove_list(skip_bad)


def _with_votes(faces, votes, rejected):
    about = pd.concat([faces.about, read_votes(votes, faces.about["split"], rejected)], axis=1)
    return Faces(faces.images, about, faces.name)


def _reader(path):
    """Return the reader of a file, as its name says."""
    suffix = path.suffix.lower()
    try:
        with path.open("rb") as file:
            pickled = file.read(1) == b"\x80"
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).") from error
    if pickled or suffix in PICKLES:
        raise InputError(
            f"{path} is a pickle; pickles are never opened, because they can run code: save as .npz."
        )
    if suffix in PARQUET:
        return _parquet(path, [path])
    if suffix not in READERS:
        allowed = ", ".join([*READERS, *PARQUET])
        raise InputError(f"{path} cannot be read: it is no folder and its name does not end in {allowed}.")
    return partial(READERS[suffix], path)


def _parquet(path, files):
    from fer_cluster.datasets._parquet import read_parquet

    return partial(read_parquet, path, files)


def _states(files):
    """Return what tells files from others and from earlier states of themselves."""
    states = [(file, file.stat()) for file in files]
    return [(str(file.resolve()), s.st_size, s.st_mtime_ns, s.st_ino) for file, s in states]


def _shards(folder):
    """Return the Parquet files in a folder and two levels below."""
    return sorted(file for pattern in ("*", "*/*", "*/*/*") for file in folder.glob(f"{pattern}.parquet"))
