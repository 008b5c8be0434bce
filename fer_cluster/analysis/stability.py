"""Whether a clustering comes out again: with other seeds, and on faces drawn anew."""

from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.analysis._refit import clusterer_of, features_of, fitted
from fer_cluster.analysis._reported import KEYS, named, sd
from fer_cluster.errors import InputError
from fer_cluster.metrics import ari, crossed
from fer_cluster.progress import bar
from fer_cluster.whole import check_whole

__all__ = ["Stability"]

_COLUMNS = (*KEYS, "measure", "cluster", "n", "value", "value_sd", "repeats")
_STABLE = 0.75


@dataclass(frozen=True)
class Stability:
    """Agreement of clusterings of the faces reported on, whole and cluster by cluster.

    No label is used. The clusterer is refitted on bootstrap samples of the features of
    the part fitted on, each with a seed of its own.

    - ``seeds``: adjusted Rand index between the seeds of the run, mean over all pairs.
    - ``bootstrap``: adjusted Rand index between the refits, mean over all pairs.
    - ``jaccard``: for each cluster of the first seed the largest Jaccard similarity with a
      cluster of a refit, mean over the refits; .75 or more is called stable, below .6 doubtful.

    Parameters
    ----------
    refits : int
        Number of bootstrap samples, two or more.
    random_state : int

    References
    ----------
    Hennig 2007, Computational Statistics and Data Analysis 52; the thresholds are those of his ``fpc``.
    """

    compares: ClassVar[bool] = False  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    refits: int = 20
    random_state: int = 0

    def __post_init__(self):
        check_whole(self)

    def table(self, runs):
        """Return for each run a row of seeds, one of bootstrap samples, one for each cluster.

        ``n`` counts the faces of the whole or of the cluster, ``value_sd`` is over the
        ``repeats``: pairs of seeds, pairs of refits, refits.

        Raises
        ------
        InputError
            Where a run keeps no features or its clusterer cannot predict, or there are too few refits.
        """
        if self.refits < 2:
            raise InputError(f"stability compares two refits or more, got refits={self.refits}.")
        rows = [row for keys, run in named(runs) for row in self._rows(keys, run)]
        return pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"cluster": "Int64"})

    def say(self, table):
        """Return how far seeds and refits agree, and how many clusters come out again; a sentence a run."""
        return " ".join(_sentence(rows) for _, rows in table.groupby(list(KEYS), sort=False))

    def _rows(self, keys, run):
        refitted = self._refitted(run)
        seeds = np.asarray(run.clusters)[:, run.in_part(run.spec["report"])]
        first, n = seeds[0], seeds.shape[1]
        for measure, clusters in (("seeds", seeds), ("bootstrap", refitted)):
            yield keys | {"measure": measure, "cluster": pd.NA, "n": n} | _spread(agreements(clusters))
        similar = np.stack([jaccard(first, other).max(axis=1) for other in refitted])  # (refits, clusters)
        for cluster in np.unique(first):
            about = {"measure": "jaccard", "cluster": cluster, "n": int((first == cluster).sum())}
            yield keys | about | _spread(similar[:, cluster])

    def _refitted(self, run):
        """Return the clusters of the faces reported on that each refit tells: (refits, n)."""
        fit_x, x = (features_of(run, run.spec[of]) for of in ("fit", "report"))
        random = np.random.default_rng(self.random_state)
        clusters = []
        for refit in bar(range(self.refits), f"{run.name}, refits", leave=False):
            drawn = np.sort(random.integers(len(fit_x), size=len(fit_x)))
            clusterer = clusterer_of(run, self.random_state + refit)
            clusters.append(np.asarray(fitted(clusterer, np.asarray(fit_x[drawn])).predict(x)))
        return clusters


def agreements(clusters):
    """Return the adjusted Rand index of each pair of clusterings, shape (pairs,)."""
    return np.array([float(ari(crossed(one, other))) for one, other in combinations(clusters, 2)])


def jaccard(one, other):
    """Return the Jaccard similarity of each cluster of one with each of the other, shape (k, l)."""
    both = crossed(one, other)
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0) - both
    return np.divide(both, either, out=np.zeros_like(both), where=either > 0)


def _spread(values):
    """Return mean, standard deviation and number, the first two missing where there are too few."""
    mean = values.mean() if len(values) else np.nan
    return {"value": mean, "value_sd": float(sd(values)), "repeats": len(values)}


def _sentence(rows):
    first, whole = rows.iloc[0], rows.set_index("measure")["value"]
    each = rows[rows["measure"] == "jaccard"]
    least = each.loc[each["value"].idxmin()]
    stable = int((each["value"] >= _STABLE).sum())
    seeds, bootstrap = (f"an adjusted Rand index of {whole[name]:.2f}" for name in ("seeds", "bootstrap"))
    told = "" if np.isnan(whole["seeds"]) else f"seeds agree by {seeds}, "
    return (
        f"{first['run']} on {first['n']:,} faces of {first['part']}: {told}{least['repeats']} bootstrap "
        f"refits by {bootstrap}; {stable} of {len(each)} clusters are stable (Jaccard similarity of "
        f"{_STABLE} or more), the least so is cluster {int(least['cluster'])} ({least['value']:.2f})."
    )
