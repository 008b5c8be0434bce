"""Silhouettes: how much nearer a face lies to its own cluster than to the next."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.analysis._refit import features_of
from fer_cluster.analysis._reported import KEYS, named
from fer_cluster.errors import InputError
from fer_cluster.whole import check_whole
from fer_cluster.written import percent

__all__ = ["Silhouette"]


@dataclass(frozen=True)
class Silhouette:
    """Silhouette of each face of the part reported on, in the features that were clustered.

    No label is used: clusters that lie well apart may still follow the light.

    Parameters
    ----------
    n_faces : int
        How many faces, at random, are looked at.
    random_state : int
        Draws the faces.

    References
    ----------
    Rousseeuw 1987, Silhouettes, Journal of Computational and Applied Mathematics 20.
    """

    compares: ClassVar[bool] = False  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    n_faces: int = 3000
    random_state: int = 0

    def __post_init__(self):
        check_whole(self)

    def table(self, runs):
        """Return a row for each run and face drawn: its ``cluster`` and its ``silhouette``, from -1 to 1.

        Raises
        ------
        InputError
            Where a run keeps no features, or all faces lie in one cluster.
        """
        return pd.concat([self._of_run(keys, run) for keys, run in named(runs)], ignore_index=True)

    def say(self, table):
        """Return how far clusters lie apart, and which the least; a sentence a run."""
        return " ".join(_sentence(rows) for _, rows in table.groupby(list(KEYS), sort=False))

    def of_clusters(self, x, cluster, name=""):
        """Return the rows of any clusters, those of no run too.

        Parameters
        ----------
        x : ndarray, shape (n, d)
        cluster : ndarray of int, shape (n,)
            Rows below 0 are noise, not a cluster: they are left out, ``noise`` tells how many.
        name : str
            What they are called where they have no silhouette.
        """
        from sklearn.metrics import silhouette_samples

        drawn = np.sort(np.random.default_rng(self.random_state).permutation(len(x))[: self.n_faces])
        cluster = np.asarray(cluster)[drawn]
        noise = cluster < 0
        x, cluster = np.asarray(x[drawn[~noise]]), cluster[~noise]
        if not 1 < len(np.unique(cluster)) < len(x):
            raise InputError(f"{name!r} has no silhouettes: it takes two clusters, and fewer than faces.")
        rows = pd.DataFrame({"cluster": cluster, "silhouette": silhouette_samples(x, cluster)})
        return rows.assign(n=len(x), noise=noise.sum())

    def _of_run(self, keys, run):
        part = run.spec["report"]
        cluster = run.faces["cluster"].to_numpy()[run.in_part(part)]
        rows = self.of_clusters(features_of(run, part), cluster, run.name)
        return rows.assign(**keys)[[*KEYS, "n", "cluster", "silhouette"]]


def _sentence(rows):
    first, means = rows.iloc[0], rows.groupby("cluster")["silhouette"].mean()
    mean, nearer = rows["silhouette"].mean(), (rows["silhouette"] < 0).mean()
    return (
        f"{first['run']} on {first['n']:,} faces of {first['part']}: the mean silhouette is {mean:.2f} "
        f"(1 is far apart, 0 is side by side); cluster {means.idxmin()} is the least apart "
        f"({means.min():.2f}), and {percent(nearer)} of the faces lie nearer to another cluster."
    )
