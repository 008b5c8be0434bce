"""FER+ votes: how many of ten people saw which emotion, joined by row."""

import numpy as np
import pandas as pd

from fer_cluster.datasets._words import split_of
from fer_cluster.errors import InputError

NAMES = ["neutral", "happiness", "surprise", "sadness", "anger"]
NAMES += ["disgust", "fear", "contempt", "unknown", "nf"]
COLUMNS = [f"votes_{name}" for name in NAMES]


def read_votes(path, splits, rejected=()):
    """Return the votes of each face.

    Parameters
    ----------
    path : path-like
        ``fer2013new.csv`` of FER+: ``Usage``, image name and ten columns of votes,
        one line a row of ``fer2013.csv``.
    splits : Series
        The split of each face.
    rejected : sequence of int
        Rows (the first is 1) of the data set that are not among the faces.

    Returns
    -------
    DataFrame of int
        Columns ``votes_neutral`` to ``votes_nf``, as FER+ orders and calls them.

    Raises
    ------
    InputError
        Where the file is no table of votes, or its rows are not those of the faces.
    """
    table = _table(path)
    total = len(splits) + len(rejected)
    if len(table) != total:
        raise InputError(
            f"{path} has votes on {len(table):,} faces where {total:,} were read; votes join by row."
        )
    table = table.drop(index=[row - 1 for row in rejected]).reset_index(drop=True)
    if "usage" in table:
        _check_usage(path, table["usage"].map(split_of), splits)
    return table[NAMES].set_axis(COLUMNS, axis=1)


def _table(path):
    """Return the table of votes with its columns in lower case."""
    try:
        table = pd.read_csv(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise InputError(f"{path} is no CSV of votes ({str(error).strip()}).") from error
    table.columns = [str(name).strip().lower() for name in table.columns]
    missing = [name for name in NAMES if name not in table]
    if missing:
        raise InputError(f"{path} is no CSV of FER+ votes: it has no column {', '.join(missing)}.")
    numbers = table[NAMES].apply(pd.to_numeric, errors="coerce")
    wrong = ~((numbers >= 0) & (numbers % 1 == 0)).all(axis=1)
    if wrong.any():
        raise InputError(f"{path}: row {int(np.argmax(wrong)) + 1} has votes that are no whole numbers.")
    return table.assign(**numbers.astype(int))


def _check_usage(path, usage, splits):
    """Raise where the votes are on other faces; a merged Test holds PublicTest and PrivateTest."""
    usage, splits = usage.to_numpy(object), splits.to_numpy(object)
    same = (usage == splits) | (
        (splits == "Test") & np.isin(usage.astype(str), ["PublicTest", "PrivateTest"])
    )
    wrong = np.flatnonzero(~same & ~pd.isna(splits) & ~pd.isna(usage))
    if len(wrong):
        row = wrong[0]
        raise InputError(
            f"{path}: face {row + 1} is in {usage[row]} here but in {splits[row]} in the data set, "
            "so these votes are on other faces or in another order."
        )
