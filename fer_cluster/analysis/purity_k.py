"""Purity against the number of clusters, beside the purity that chance gives at that number."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster import metrics
from fer_cluster.analysis._null import beyond, null_tables
from fer_cluster.analysis._refit import clusterer_of, features_of, fitted, numbers_up_to
from fer_cluster.analysis._reported import KEYS, emotions_reported, named
from fer_cluster.progress import bar
from fer_cluster.whole import check_whole
from fer_cluster.written import three

__all__ = ["PurityK"]

_COLUMNS = (*KEYS, "n", "k", "metric", "value", "null", "low", "high", "p", "effect")


@dataclass(frozen=True)
class PurityK:
    """Purity and AMI of the clusterer of a run, refitted with other numbers of clusters.

    It is fitted on the features of the part fitted on, with the first seed of the run,
    and scored on the part reported on. The null permutes the emotions of these faces.

    Parameters
    ----------
    ks : sequence of int
        Numbers of clusters; those above the number of faces fitted on are left out.
    permutations : int
    random_state : int
        Of the permutations.

    References
    ----------
    That purity grows with the number of clusters: Manning, Raghavan and Schütze 2008, chapter 16.
    """

    compares: ClassVar[bool] = False  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    ks: tuple[int, ...] = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50)
    permutations: int = 199
    random_state: int = 0

    def __post_init__(self):
        check_whole(self, alone=("ks",))

    def table(self, runs):
        """Return a row for each run, number of clusters and metric.

        ``null`` is the mean by chance, ``low`` and ``high`` its 95 % band, ``p`` one-sided,
        ``effect`` the share of the way from chance to 1.

        Raises
        ------
        InputError
            Where a run has no labels or features, or a clusterer that takes no number of
            clusters or cannot predict, or all ``ks`` are above the number of faces fitted on.
        """
        rows = [row for keys, run in named(runs) for row in self._rows(keys, run)]
        return pd.DataFrame(rows, columns=list(_COLUMNS))

    def say(self, table):
        """Return how purity grows, and by chance too, and where AMI is highest; a sentence or two a run."""
        return " ".join(_sentence(rows) for _, rows in table.groupby(list(KEYS), sort=False))

    def _rows(self, keys, run):
        emotion = emotions_reported(run)
        labelled = run.faces["emotion"].notna().to_numpy()
        fit_x = features_of(run, run.spec["fit"])
        x = features_of(run, run.spec["report"], labelled)
        ks = numbers_up_to(len(fit_x), self.ks, repr(run.name))
        for k in bar(ks, f"{run.name}, numbers of clusters", leave=False):
            clusterer = clusterer_of(run, run.spec["seeds"][0], n_clusters=k)
            cluster = np.asarray(fitted(clusterer, fit_x).predict(x))
            yield from self._scored(keys | {"n": len(emotion), "k": k}, emotion, cluster)

    def _scored(self, about, emotion, cluster):
        """Yield a row for each metric of one clustering."""
        count = int(cluster.max()) + 1
        table = metrics.contingency(emotion, cluster, n_clusters=count)
        expected = metrics.expected_mutual_information(table)
        random = np.random.default_rng(self.random_state)
        blocks = null_tables(emotion, cluster[None], count, self.permutations, random)
        nulls = np.concatenate([block[:, 0] for block in blocks])
        for metric, score in (("purity", metrics.purity), ("ami", lambda some: metrics.ami(some, expected))):
            value = float(score(table))
            yield about | {"metric": metric, "value": value} | beyond(value, score(nulls))


def _sentence(rows):
    first = rows.iloc[0]
    by_k = rows[rows["metric"] == "purity"].sort_values("k")
    few, many, best = by_k.iloc[0], by_k.iloc[-1], by_k.loc[by_k["effect"].fillna(-1).idxmax()]
    ami = rows[rows["metric"] == "ami"]
    ami = ami.loc[ami["value"].idxmax()]
    return (
        f"The purity of {first['run']} on {first['n']:,} labelled faces of {first['part']} goes from "
        f"{few['value']:.3f} with {few['k']} clusters to {many['value']:.3f} with {many['k']}, by chance "
        f"from {few['null']:.3f} to {many['null']:.3f}; it is farthest from chance with {best['k']}, "
        f"{best['value']:.3f} where chance gives {best['null']:.3f}. AMI is highest with {ami['k']} "
        f"clusters, {three(ami['value'])}."
    )
