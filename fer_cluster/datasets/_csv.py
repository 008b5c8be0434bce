"""CSV files with a column of pixels: plain lines by blocks, from the first other one row by row."""

import difflib
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from math import isqrt

import numpy as np

from fer_cluster.datasets._cache import Reading
from fer_cluster.datasets._decimal import values
from fer_cluster.datasets._exact import LONGEST, read_exact
from fer_cluster.datasets._rows import Rows
from fer_cluster.errors import InputError

BLOCK = 1 << 17  # bytes that are parsed at once: what a core keeps close at hand


def read_csv(path, images, rejects):
    """Read a CSV file that has a header with a column of pixels.

    Parameters
    ----------
    path : pathlib.Path
    images : Store
        Takes the images: squares of one size.
    rejects : Rejects
        Takes the rows that cannot be used.

    Returns
    -------
    Reading

    Raises
    ------
    InputError
        Where the file has no column of pixels or no row, or at the first row
        that cannot be used.
    """
    # Parsing is hundreds of short steps, which threads would only interrupt; hashing is one long one.
    done = threading.Event()
    with path.open("rb") as file, ThreadPoolExecutor(1) as aside:
        digest = aside.submit(_digest, path, done)
        try:
            rows = Rows(file.readline(LONGEST), images, rejects)
            file.seek(_read_plain(file, rows))
            read_exact(file, rows)
            if not rows.count:
                raise InputError(f"{path} has a header but no row.")
            about = rows.about()
            notes = _unlabelled(about) + _mistyped(about)
            return Reading(about, None if len(rejects) else digest.result(), notes)
        finally:
            done.set()


def _unlabelled(about):
    """Return a note on the faces without a label, where others have one or a column for it."""
    count = int(about["emotion"].isna().sum()) if "emotion" in about else 0
    return (f"{count:,} of {len(about):,} faces have no emotion (an empty field or -1)",) if count else ()


def _mistyped(about):
    """Return a note for emotion and split where no column is called so and another is nearly."""
    notes = []
    for role, usual in (("emotion", "emotion"), ("split", "usage")):
        near = difflib.get_close_matches(usual, map(str.lower, map(str, about)), n=1, cutoff=0.8)
        if role not in about and near:
            notes.append(f"no column is called {usual}, so no {role} is known (did you mean {near[0]!r}?)")
    return tuple(notes)


def _digest(path, done):
    """Return the SHA-256 of a file; stop early where nobody waits for it any more."""
    digest, piece = hashlib.sha256(), bytearray(1 << 22)
    with path.open("rb", buffering=0) as file:
        while (count := file.readinto(piece)) and not done.is_set():
            digest.update(memoryview(piece)[:count])
    return digest.hexdigest()


def _read_plain(file, rows):
    """Read plain lines; return where the first block begins that is not plain.

    A line is plain where each field is bare, or quoted with no quote and no
    comma within, and all of them are good. Then cutting at line ends and commas
    is all that CSV asks for.
    """
    place = file.tell()
    for block in _blocks(file):
        rows.side = rows.side or _side(block, rows)
        parsed = _parse(block, rows)
        if parsed is None or rows.fault(parsed[1]):
            break
        rows.take(*parsed)
        rows.count += len(parsed[0])
        place += len(block)
    return place


def _blocks(file):
    """Yield blocks of whole lines; the last one may lack its line end."""
    rest = b""
    while len(rest) < LONGEST and (data := file.read(BLOCK)):
        cut = data.rfind(b"\n") + 1
        if cut:
            yield rest + data[:cut]
            rest = data[cut:]
        else:
            rest += data
    if rest:
        yield rest


def _side(block, rows):
    """Return the side of the square image in the first line, or None."""
    line = block.lstrip(b"\r\n").split(b"\n", 1)[0]
    fields = line.split(rows.comma.encode())
    place = rows.roles["pixels"]
    count = len(fields[place].split()) if place < len(fields) else 0
    return isqrt(count) if count and isqrt(count) ** 2 == count else None


def _parse(block, rows):
    """Return images and columns of a block of plain lines, or None where one is not plain."""
    texts, others = [], []
    for line in block.split(b"\n"):
        fields = line.split(rows.comma.encode())
        if fields in ([b""], [b"\r"]):
            continue
        fields[-1] = fields[-1].removesuffix(b"\r")
        if b'"' in line:
            fields = [_bare(field) for field in fields]
        if len(fields) != len(rows.names) or None in fields:
            return None
        texts.append(fields[rows.roles["pixels"]])
        fields[rows.roles["pixels"]] = b""
        others.append(fields)
    pixels = _pixels(texts, rows.side)
    if pixels is None:
        return None
    try:
        return pixels, [[word.decode().strip() for word in column] for column in zip(*others, strict=True)]
    except UnicodeDecodeError:
        return None


def _bare(field):
    """Return a field without the quotes around it, or None where it has others."""
    if field[:1] == field[-1:] == b'"' and len(field) > 1:
        field = field[1:-1]
    return None if b'"' in field else field


def _pixels(texts, side):
    """Return the images in texts of numbers, or None where one has others than side x side."""
    found = values(b" ".join(texts)) if side and texts else None
    if found is None:
        return None
    pixels, ends = found
    counts = np.diff(np.searchsorted(ends, np.cumsum([len(text) + 1 for text in texts])), prepend=0)
    return pixels.reshape(-1, side, side) if (counts == side * side).all() else None
