"""The labelled faces of a run, by their rows."""

import numpy as np

from fer_cluster.errors import InputError


def emotions(run):
    """Return the emotion of each face as its code, -1 where it has none: (n,)."""
    return run.faces["emotion"].cat.codes.to_numpy().astype(int)


def labelled(run, part=None):
    """Return the rows of the labelled faces of a part, or of all parts.

    Raises
    ------
    InputError
        Where there are none.
    """
    chosen = emotions(run) >= 0
    if part is not None:
        chosen &= run.in_part(part)
    if not chosen.any():
        where = "" if part is None else f" in {part}"
        raise InputError(f"{run.name!r} has no labelled faces{where}, so there is no table.")
    return np.flatnonzero(chosen)


def reported_rows(run):
    """Return the rows of the part reported on: the labelled ones, or all where none is."""
    rows = run.in_part(run.spec["report"])
    told = rows & (emotions(run) >= 0)
    return np.flatnonzero(told if told.any() else rows)
