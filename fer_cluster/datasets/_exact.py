"""CSV rows one by one: any quoting, and the reason where a row cannot be used."""

import contextlib
import csv
from math import isqrt

import numpy as np

from fer_cluster.datasets._decimal import fault, values
from fer_cluster.errors import InputError

LONGEST = 1 << 26  # bytes of a line and of a field


def read_exact(file, rows):
    """Read the rest of a CSV file row by row.

    Parameters
    ----------
    file : binary file
    rows : Rows
        Takes the good rows, and passes the others on to its rejects.

    Raises
    ------
    InputError
        At the first row that cannot be used, unless rejects are kept.
    """
    with _long_fields():
        reader = csv.reader(_lines(file, rows), delimiter=rows.comma, skipinitialspace=True, strict=True)
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                rows.count += 1
                rows.rejects.add(rows.count, f"is not valid CSV ({error})")
                continue
            if fields:
                _add(rows, fields)


def _add(rows, fields):
    """Add one row, or reject it."""
    rows.count += 1
    if len(fields) != len(rows.names):
        reason = f"has {len(fields)} fields instead of {len(rows.names)}"
        rows.rejects.add(rows.count, reason)
        return
    text = fields[rows.roles["pixels"]].encode("utf-8", "surrogateescape")
    fields[rows.roles["pixels"]] = ""
    columns = [[word.strip()] for word in fields]
    reason = _count_fault(text, rows.side) or _pixel_fault(text) or _text_fault(fields) or rows.fault(columns)
    if reason:
        rows.rejects.add(rows.count, reason)
        return
    rows.side = rows.side or isqrt(len(text.split()))
    rows.take(_image(text).reshape(1, rows.side, rows.side), columns)


def _image(text):
    found = values(text)
    return found[0] if found else np.array([int(word) for word in text.split()], np.uint8)


def _count_fault(text, side):
    """Return what is wrong with the number of pixels, or None."""
    count = len(text.split())
    if not count:
        return "has no pixels"
    expected = side or isqrt(count) + (count - isqrt(count) ** 2 > isqrt(count))  # the nearest square
    if count == expected**2:
        return None
    return f"has {count:,} pixels instead of {expected**2:,} ({expected} x {expected})"


def _pixel_fault(text):
    """Return which pixel is not a whole number from 0 to 255, or None."""
    if values(text) or not (found := fault(text)):
        return None
    position, word = found
    return f"has {word!r} as pixel {position}; pixels are whole numbers from 0 to 255"


def _text_fault(fields):
    broken = any("\ud800" <= letter <= "\udfff" for word in fields for letter in word)
    return "is not UTF-8 text" if broken else None


def _lines(file, rows):
    """Yield the lines of a file; bytes that are no text come as surrogates."""
    while line := file.readline(LONGEST):
        if len(line) == LONGEST:
            raise InputError(f"{rows.rejects.source}: row {rows.count + 1} is longer than 64 MiB.")
        yield line.decode("utf-8", "surrogateescape")


@contextlib.contextmanager
def _long_fields():
    """Let fields be as long as a large image needs; the limit of csv is global."""
    before = csv.field_size_limit(LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)
