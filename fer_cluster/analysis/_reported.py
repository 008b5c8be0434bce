"""What the tables read from runs: the labelled faces reported on, and what each seed names them."""

import numpy as np

from fer_cluster.analysis._labelled import emotions, labelled
from fer_cluster.naming import keyed

KEYS = ("run", "dataset", "split", "part")


def named(runs):
    """Yield ``(keys, run)``: run, data set, split and part; runs that share all of them are numbered."""
    for key, run in keyed(runs, "split", "report"):
        yield dict(zip(KEYS, key, strict=True)), run


def emotions_reported(run):
    """Return the emotions of the labelled faces of the part reported on, shape (n,).

    Raises
    ------
    InputError
        Where no face of that part is labelled.
    """
    return emotions(run)[labelled(run, run.spec["report"])]


def reported(run):
    """Return the emotions and the predictions of the labelled faces of the part reported on.

    Returns
    -------
    emotion : ndarray of int, shape (n,)
    predicted : ndarray of int, shape (seeds, n)

    Raises
    ------
    InputError
        Where no face of that part is labelled, or none of those that name the clusters.
    """
    rows = labelled(run, run.spec["report"])
    return emotions(run)[rows], np.asarray(run.predictions())[:, rows]


def sd(values):
    """Return the standard deviation over the seeds (first axis), missing where there is one."""
    return values.std(axis=0, ddof=1) if len(values) > 1 else np.full(values.shape[1:], np.nan)
