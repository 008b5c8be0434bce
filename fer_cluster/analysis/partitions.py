"""Each partition of a non-redundant clustering: which is emotion, which is the lamp, which was chosen."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.analysis._effects import corrected
from fer_cluster.analysis._faces import check_faces
from fer_cluster.analysis._following import Crossing
from fer_cluster.analysis._labelled import emotions, reported_rows
from fer_cluster.analysis._refit import clusterer_of, features_of
from fer_cluster.analysis._reported import KEYS, named
from fer_cluster.analysis._verdict import followed
from fer_cluster.errors import InputError
from fer_cluster.factors import kinds, nuisances
from fer_cluster.metrics import ari, crossed
from fer_cluster.nuisances import in_words
from fer_cluster.progress import bar
from fer_cluster.whole import check_whole

__all__ = ["Partitions"]

_CLUSTERER = "non_redundant"
_AMI = "ami_"  # what a column of a factor begins with


@dataclass(frozen=True)
class Partitions:
    """The partitions of ``non_redundant`` side by side: how stable each is, and what it follows.

    A run keeps the chosen partition alone, so the clusterer is fitted anew on the part fitted
    on, with each seed of the run. What the partitions follow is seen on the labelled
    faces of the part reported on, all where none is labelled, and chooses nothing.

    Parameters
    ----------
    permutations : int
        How often faces are dealt to the clusters at random, to tell what is beyond chance.
    random_state : int

    References
    ----------
    AMI: Vinh, Epps and Bailey 2010. Attributes scored like the labels: Lowe et al. 2024.
    """

    compares: ClassVar[bool] = False  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    permutations: int = 200
    random_state: int = 0

    def __post_init__(self):
        check_whole(self)

    def table(self, runs, faces):
        """Return a row for each run, seed and partition, in the order in which they are found.

        Columns, after run, dataset, split, part and n:

        - ``seed``; ``partition``, from 0; ``chosen``, without labels.
        - ``stability``, by which the clusterer chooses: adjusted Rand index of K-Means on random
          halves of the faces fitted on.
        - ``ari_with_run``: adjusted Rand index with the clusters of the run, 1 of the chosen
          partition where the fit came out again.
        - ``follows``: the factor of the highest AMI, missing where none is beyond chance (corrected
          p below .01).
        - ``ami_emotion``, ``ami_brightness`` and so on: AMI with emotion and with each nuisance,
          measured or told by the data set; numbers are cut into seven bins.

        Parameters
        ----------
        runs : sequence of Run
        faces : Faces
            Those that the runs were made of.

        Raises
        ------
        InputError
            Where a run has another clusterer, is of other faces, or keeps no features.
        """
        rows = [row for keys, run in named(runs) for row in self._rows(keys, run, faces)]
        return pd.DataFrame(rows)

    def say(self, table):
        """Return whether the chosen partitions are those nearest to emotion, and what they follow."""
        return " ".join(_sentence(rows) for _, rows in table.groupby(list(KEYS), sort=False))

    def _rows(self, keys, run, faces):
        _check(run, faces)
        rows = reported_rows(run)
        factors = _factors(run, faces, rows)
        seeds = bar(run.spec["seeds"], f"{run.name}, seeds", leave=False)
        for seed, own in zip(seeds, run.clusters[:, rows], strict=True):
            fitted = clusterer_of(run, seed).fit(features_of(run, run.spec["fit"]))
            about = keys | {"n": len(rows), "seed": seed}
            for place, clusters in enumerate(_placed(fitted, run.features[rows])):
                row = about | {"partition": place, "chosen": place == fitted.chosen_}
                row |= {"stability": float(fitted.stability_[place])}
                row |= {"ari_with_run": float(ari(crossed(clusters, own)))}
                yield row | self._follows(factors, clusters)

    def _follows(self, factors, clusters):
        """Return what a partition follows most, and its AMI with each factor."""
        crossing = Crossing(list(factors.values()), clusters[None])
        ami = crossing.ami().mean(1)
        null, p = crossing.by_chance(self.permutations, np.random.default_rng(self.random_state))
        told = pd.DataFrame({"factor": list(factors), "ami": ami, "p_corrected": corrected(p)})
        most = followed(told.assign(null_high=np.percentile(null, 97.5, axis=1)))
        return {"follows": most} | dict(zip((f"{_AMI}{name}" for name in factors), ami, strict=True))


def _check(run, faces):
    """Raise an InputError where a run has one partition only, or is of other faces."""
    clusterer = run.spec.get("clusterer", "none")
    if clusterer.partition(":")[0] != _CLUSTERER:
        raise InputError(f"partitions are those of {_CLUSTERER}; {run.name!r} is clustered by {clusterer}.")
    check_faces(run, faces)


def _factors(run, faces, rows):
    """Return name -> codes from 0 of emotion, where it varies, and of each nuisance that does."""
    emotion = np.unique(emotions(run)[rows], return_inverse=True)[1]
    factors = ({"emotion": emotion} if emotion.any() else {}) | kinds(nuisances(faces, rows))
    if not factors:
        raise InputError(f"{run.name!r}: no nuisance and no label varies among its faces.")
    return factors


def _placed(clusterer, x):
    """Return the cluster of each row in every partition, (partitions, n): it predicts that of ``chosen_``."""
    chosen, placed = clusterer.chosen_, []
    for place in range(len(clusterer.centres_)):
        clusterer.chosen_ = place
        placed.append(np.asarray(clusterer.predict(np.asarray(x))))
    clusterer.chosen_ = chosen
    return np.stack(placed)


def _sentence(rows):
    """Return the sentence of one run."""
    first, chosen, seeds = rows.iloc[0], rows[rows["chosen"]], rows["seed"].nunique()
    of = f"{seeds} seed{'s' * (seeds > 1)}"
    said = (
        f"{first['run']} on {first['n']:,} faces of {first['part']}, {len(rows)} "
        f"partition{'s' * (len(rows) > 1)} of {of}: those chosen without labels follow most "
        f"{_most(chosen)}, those left {_most(rows[~rows['chosen']])}"
    )
    if f"{_AMI}emotion" not in rows or rows[f"{_AMI}emotion"].isna().any():
        return f"{said}; there are no labels to tell of emotion."
    nearest = rows.loc[rows.groupby("seed")[f"{_AMI}emotion"].idxmax()]
    found, best = chosen[f"{_AMI}emotion"].mean(), nearest[f"{_AMI}emotion"].mean()
    return (
        f"{said}; in {int(nearest['chosen'].sum())} of {of} the one nearest to emotion was chosen "
        f"(AMI with emotion {found:.3f} on average, where the nearest have {best:.3f})."
    )


def _most(rows):
    """Return what partitions follow and how many do so, the commonest first."""
    counts = rows["follows"].fillna("nothing measured").value_counts(sort=True)
    return ", ".join(f"{in_words(name)} ({count})" for name, count in counts.items()) or "nothing (0)"
