"""Clusters made anew where nuisances no longer explain anything of the features."""

import numpy as np

from fer_cluster.analysis._refit import clusterer_of, fitted
from fer_cluster.errors import InputError

_REST = 1e-6  # share of the variance below which nothing but rounding is left


def clusters_without(frame, run, rows, seeds):
    """Return clusters of the run's features less what the nuisances explain linearly, (seeds, rows).

    Regression and clusterer are fitted on the part that the run was fitted on. None
    where the clusterer is trained in epochs or cannot be made anew, or nothing is left.

    Parameters
    ----------
    frame : DataFrame of float
        The nuisances; its index are the rows of the faces, all that were fitted on too.
    run : Run
    rows : ndarray of int
        The faces whose clusters are returned.
    seeds : int
        How many of the run's seeds.
    """
    made = [_clusterer(run, seed) for seed in run.spec["seeds"][:seeds]]
    if not made or None in made or not run.features.shape[-1]:
        return None
    fit = np.flatnonzero(run.in_part(run.spec["fit"]))
    x, others = (np.asarray(run.features[some], np.float32) for some in (fit, rows))
    told, told_others = _standardised(frame.loc[fit].to_numpy(), frame.loc[rows].to_numpy())
    penalty = 1e-6 * len(x) * np.eye(told.shape[1], dtype=np.float32)  # keeps what does not vary solvable
    weights = np.linalg.solve(told.T @ told + penalty, told.T @ x)
    rest = x - told @ weights
    if rest.var(0).sum() <= _REST * x.var(0).sum():
        return None
    left = others - told_others @ weights
    try:
        return np.stack([fitted(one, rest).predict(left) for one in made])
    except InputError:
        return None


def _standardised(fitted, others):
    """Return nuisances by mean and spread of those fitted on, no odd face far out, and a constant."""
    mean, spread = fitted.mean(0), fitted.std(0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    z = (np.clip((some - mean) / spread, -4, 4) for some in (fitted, others))
    return [np.hstack([some, np.ones((len(some), 1))]).astype(np.float32) for some in z]


def _clusterer(run, seed):
    """Return the unfitted clusterer of a run with the run's parameters; None where it is not one to refit."""
    if not run.spec.get("params", {}).get("clusterer"):
        return None
    try:
        made = clusterer_of(run, seed)
    except InputError:
        return None
    return None if hasattr(made, "epochs") else made
