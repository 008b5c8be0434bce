"""Write a file or a folder whole or not at all: temporary name, then rename."""

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from fer_cluster.errors import InputError

PREFIX = ".writing-"  # of what is not whole yet, beside what it will replace
_DAY = 24 * 3600.0  # seconds; nothing is written for longer


@contextlib.contextmanager
def writing(path):
    """Yield a temporary path beside ``path`` that takes its place on success.

    Parameters
    ----------
    path : path-like
        The file to be written; missing parent folders are made.

    Yields
    ------
    pathlib.Path
        Where to write. It keeps the suffix, so that writers which read the
        format from the name work. After an error nothing of it is left and an
        older file at ``path`` is untouched.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(prefix=PREFIX, dir=path.parent)
    try:
        temporary = Path(folder) / path.name
        yield temporary
        _sync(temporary)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_ours(path, start, what):
    """Raise an InputError where a file of another beginning is there: nothing of the user's is overwritten.

    Parameters
    ----------
    path : path-like
    start : str
        How such a file of ours begins.
    what : str
        What such a file is.
    """
    path = Path(path)
    if path.is_file() and path.stat().st_size:
        with path.open("rb") as file:
            head = file.read(len(start.encode()))
        if head != start.encode():
            raise InputError(f"{path} is no {what}, so it is not overwritten; give another.")


@contextlib.contextmanager
def writing_folder(path):
    """Yield a temporary folder that takes the place of ``path`` on success.

    An older folder at ``path`` stays whole until the new one is complete. What
    a killed process left unfinished beside it a day ago or earlier is taken away.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    holder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=path.parent))
    try:
        temporary = holder / "new"
        temporary.mkdir()
        yield temporary
        for file in temporary.rglob("*"):
            _sync(file)
        if not (path.exists() and _swapped(temporary, path)):
            if path.exists():
                os.replace(path, holder / "old")
            os.replace(temporary, path)
    finally:
        shutil.rmtree(holder, ignore_errors=True)


def _sweep(folder):
    """Remove what killed processes never finished."""
    for left in folder.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # another process may be as quick
            if time.time() - left.stat().st_mtime > _DAY:
                shutil.rmtree(left, ignore_errors=True)


def _swapped(one, other):
    """Swap two folders in one go where the system can (Linux): at no moment is either missing."""
    import ctypes

    try:
        swap = ctypes.CDLL(None).renameat2
    except (OSError, TypeError, AttributeError):
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return swap(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0


def _sync(path):
    """Flush one regular file to the disk, so that the rename cannot outrun it."""
    if path.is_file():
        with path.open("rb") as file:
            os.fsync(file.fileno())
