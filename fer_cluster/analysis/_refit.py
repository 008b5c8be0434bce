"""The clusterer of a run made anew, and the features that it was fitted on."""

import ast

import numpy as np

from fer_cluster import catalog
from fer_cluster.errors import InputError, from_outside
from fer_cluster.faces import as_rows


def clusterer_of(run, seed=0, **params):
    """Return the clusterer of a run, not fitted, with its parameters but for those given.

    Parameters
    ----------
    run : Run
    seed : int
    **params
        In place of those of the run: ``n_clusters``.

    Raises
    ------
    InputError
        Where the run has no clusterer, or one that takes no such parameter or cannot predict.
    """
    if run.spec["kind"] != "clusterer":
        raise InputError(f"{run.name!r} cannot be refitted: it is no clustering.")
    text = run.spec["clusterer"]
    part = catalog.make("clusterers", text)
    if not hasattr(part, "predict"):
        raise InputError(f"{run.name!r} cannot be refitted: {text} cannot place faces it was not fitted on.")
    if not hasattr(part, "set_params"):
        raise InputError(f"{run.name!r} cannot be refitted: {text} takes no parameters by set_params.")
    own = part.get_params()
    for name in params:
        if name not in own:
            raise InputError(f"{run.name!r} cannot be refitted so: its clusterer {text} takes no {name}.")
    recorded = run.spec.get("params", {}).get("clusterer", {})
    given = {name: decoded(value, own.get(name)) for name, value in recorded.items()}
    given |= params | {"random_state": seed}
    return part.set_params(**{name: value for name, value in given.items() if name in own})


def fitted(clusterer, x):
    """Return a clusterer fitted on features; what one that is not ours refuses is an InputError."""
    with from_outside(clusterer):
        return clusterer.fit(x)


def numbers_up_to(most, ks, where):
    """Return those numbers of clusters that are not more than the faces to fit on, in their order.

    Parameters
    ----------
    most : int
        The number of faces.
    ks : int or sequence of int
    where : str
        Whose faces they are, for the error.

    Raises
    ------
    InputError
        Where all numbers are more.
    """
    asked = [int(k) for k in np.atleast_1d(ks)]
    found = [k for k in asked if k <= most]
    if not found:
        told = ", ".join(map(str, asked))
        raise InputError(f"{where}: ks must have a number up to {most:,}, the faces to fit on, got {told}.")
    return found


def features_of(run, part, kept=None):
    """Return the features of the faces of a part, memory-mapped where they are and all are taken.

    Parameters
    ----------
    run : Run
    part : str
    kept : ndarray of bool, shape (n,), optional
        Which of all faces to take, at most.

    Raises
    ------
    InputError
        Where there are none, or all faces have the same.
    """
    x, rows = run.features, run.in_part(part)
    if kept is not None:
        rows = rows & kept
    if np.ndim(x) != 2 or not np.size(x) or len(x) != len(rows) or not rows.any():
        raise InputError(f"{run.name!r} cannot be refitted: it keeps no features of faces of {part}.")
    x = x[as_rows(rows)]
    if len(x) > 1 and (x == x[0]).all():
        raise InputError(
            f"{run.name!r} cannot be refitted: the features of all faces of {part} are the same."
        )
    return x


def decoded(value, default):
    """Return a recorded parameter; what JSON cannot hold, such as (256, 128), was recorded as text.

    Where the default is a word, another is one too. The text of an object cannot be read: it is the default.
    """
    if not isinstance(value, str):
        return value
    try:
        told = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value if isinstance(default, str) else default
    return value if isinstance(default, str) and not isinstance(told, tuple | list) else told
