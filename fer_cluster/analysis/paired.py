"""Which runs differ on the same faces: intervals of differences, and McNemar's test."""

import math
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster import metrics
from fer_cluster.analysis._labelled import labelled
from fer_cluster.analysis._reported import emotions_reported, named, reported
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.intervals import over_seeds
from fer_cluster.whole import check_whole

__all__ = ["Paired"]

_BLOCK = 50  # replicates whose weights are held at once
_COLUMNS = (
    *("first", "second", "dataset", "split", "part", "n", "accuracy", "second_accuracy", "difference"),
    *("low", "high", "ami_difference", "ami_low", "ami_high"),
    *("only_first", "only_second", "p", "p_holm", "real"),
)


@dataclass(frozen=True)
class Paired:
    """Differences in accuracy and AMI of every pair of runs, with intervals and a p-value.

    The intervals draw faces with replacement, the same for all runs, and are widened by
    what the seeds of each run add. McNemar's exact test compares the first seeds.

    AMI is that of the clusters with emotion, of a classifier that of the emotions
    it names. Its replicates keep the chance level of the faces themselves and give
    the width of the interval only, as those of :mod:`fer_cluster.scoring` do: drawn
    faces have more mutual information than the faces they were drawn from, the more
    so the more clusters there are.

    Parameters
    ----------
    replicates : int
        How many times faces are drawn.
    random_state : int

    References
    ----------
    McNemar 1947, Psychometrika 12; Holm 1979, Scandinavian Journal of Statistics 6.
    """

    compares: ClassVar[bool] = True  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer", "classifier")
    replicates: int = 1000
    random_state: int = 0

    def __post_init__(self):
        check_whole(self)

    def table(self, runs):
        """Return a row for each pair; the first of two has the higher accuracy.

        ``difference`` is the mean over seeds, ``low`` and ``high`` its 95 %
        interval; ``ami_difference``, of the same two, is below 0 where the second
        has the higher AMI. ``only_first`` counts faces that only the first names
        rightly; ``real`` tells whether Holm's p is below .05.

        Raises
        ------
        InputError
            Where there are fewer than two runs, or they are not of the same faces.
        """
        pairs = [(keys, run) for keys, run in named(runs)]
        if len(pairs) < 2:
            raise InputError(f"paired compares two runs or more, got {len(pairs)}.")
        keys, right = [keys for keys, _ in pairs], _right(runs)
        following = [_Following(run) for run in runs]
        accuracy, amis = self._replicates(right, following)
        ami = [one.ami()[:, 0] for one in following]  # of each seed
        order = np.argsort([-rows.mean() for rows in right], kind="stable")
        rows = []
        for a, b in combinations(order, 2):
            row = _row(keys[a], keys[b], right[a], right[b])
            seeds = _over_seeds(right[a].mean(1), right[b].mean(1))
            row |= _interval(row["difference"], accuracy[a] - accuracy[b], seeds)
            seeds = _over_seeds(ami[a], ami[b])
            rows.append(row | _ami_row(ami[a].mean() - ami[b].mean(), amis[a] - amis[b], seeds))
        table = pd.DataFrame(rows)
        table["p_holm"] = _holm(table["p"].to_numpy())
        table["real"] = table["p_holm"] < 0.05
        return table[list(_COLUMNS)]

    def say(self, table):
        """Return how many pairs differ, in accuracy and in AMI, and the widest difference."""
        certain, apart = int(table["real"].sum()), int((table["ami_low"] * table["ami_high"] > 0).sum())
        widest = table.loc[table["difference"].idxmax()]
        difference, low, high = (100 * widest[column] for column in ("difference", "low", "high"))
        return (
            f"Pairs of runs that differ on the {widest['n']:,} faces of {widest['part']}: {certain} of "
            f"{len(table)} (McNemar's exact test of the first seeds, Holm-corrected p < .05), and in AMI "
            f"with emotion {apart} of {len(table)} (95 % interval without 0, each by itself); the widest "
            f"difference in accuracy, {difference:.1f} points (95 % interval {low:.1f} to {high:.1f}), "
            f"is that of {widest['first']} over {widest['second']}."
        )

    def _replicates(self, right, following):
        """Return mean accuracy and mean AMI of each run in each replicate: (2, runs, replicates)."""
        random = np.random.default_rng(self.random_state)
        every, n = np.concatenate(right).astype(np.float32), right[0].shape[1]
        scores = np.empty((2, len(every), self.replicates))
        for start in range(0, self.replicates, _BLOCK):
            columns = slice(start, min(start + _BLOCK, self.replicates))
            drawn = [random.integers(n, size=n) for _ in range(columns.stop - start)]
            weight = np.stack([np.bincount(faces, minlength=n) for faces in drawn]).astype(np.float32)
            scores[0, :, columns] = every @ weight.T / n
            scores[1, :, columns] = np.concatenate([one.ami(weight) for one in following])
        by_run = np.split(scores, np.cumsum([len(rows) for rows in right])[:-1], axis=1)
        return np.stack([seeds.mean(1) for seeds in by_run], axis=1)


class _Following:
    """How closely the clusters of a run follow emotion, on its faces or where these are drawn anew.

    Parameters
    ----------
    run : Run
        Its clusters, or the emotions that a classifier names, on the labelled faces reported on.
    """

    def __init__(self, run):
        emotion = emotions_reported(run)
        clusters = run.clusters[:, labelled(run, run.spec["report"])]
        self._count = int(clusters.max()) + 1
        self._cells = emotion * self._count + clusters
        (tables,) = self._tables(np.ones((1, len(emotion))))
        self._expected = np.array([metrics.expected_mutual_information(table) for table in tables])

    def ami(self, weights=None):
        """Return AMI, (seeds, m), each face as often as weights, (m, n), say; once by default."""
        weights = np.ones((1, self._cells.shape[1])) if weights is None else weights
        values = metrics.ami(self._tables(weights), self._expected).T
        return values.round(12)  # the same clusters in another order do not differ by rounding

    def _tables(self, weights):
        """Return counts (m, seeds, emotions, clusters)."""
        size = len(EMOTIONS) * self._count
        counts = [[np.bincount(cells, weight, size) for cells in self._cells] for weight in weights]
        return np.reshape(counts, (len(weights), len(self._cells), len(EMOTIONS), self._count))


def _right(runs):
    """Return for each run which faces each seed names rightly: (seeds, n), the same n faces for all."""
    first, right = runs[0], []
    emotions = emotions_reported(first)
    for run in runs:
        for what in ("split", "report"):
            if run.spec[what] != first.spec[what]:
                raise _differ(first, run, f"the {what} {first.spec[what]!r} and {run.spec[what]!r}")
        emotion, predicted = reported(run)
        prints = [one.spec["dataset"].get("fingerprint") for one in (first, run)]
        if prints[0] != prints[1] or not np.array_equal(emotion, emotions):
            raise _differ(first, run, "different faces")
        right.append(predicted == emotion)
    return right


def _differ(first, run, what):
    return InputError(
        f"Runs are paired on the same faces of one split, but {first.name!r} and {run.name!r} have {what}."
    )


def _over_seeds(first, second):
    """Return what the seeds of two runs, each with its scores, add to half the width of an interval."""
    return math.hypot(over_seeds(first), over_seeds(second))


def _interval(difference, replicates, seeds):
    """Return ``low`` and ``high``: percentiles over the drawn faces, further away by the seeds' part."""
    low, high = np.percentile(replicates, [2.5, 97.5])
    low, high = math.hypot(max(difference - low, 0), seeds), math.hypot(max(high - difference, 0), seeds)
    return {"low": difference - low, "high": difference + high}


def _row(first, second, right_first, right_second):
    only_first = int((right_first[0] & ~right_second[0]).sum())
    only_second = int((right_second[0] & ~right_first[0]).sum())
    accuracy = right_first.mean(), right_second.mean()
    return {
        "first": first["run"],
        "second": second["run"],
        **{key: first[key] for key in ("dataset", "split", "part")},
        "n": right_first.shape[1],
        "accuracy": accuracy[0],
        "second_accuracy": accuracy[1],
        "difference": accuracy[0] - accuracy[1],
        "only_first": only_first,
        "only_second": only_second,
        "p": _mcnemar(only_first, only_second),
    }


def _ami_row(difference, replicates, seeds):
    margin = math.hypot(1.96 * replicates.std(ddof=1), seeds)
    return {"ami_difference": difference, "ami_low": difference - margin, "ami_high": difference + margin}


def _mcnemar(one, other):
    """Return the exact two-sided p: the faces that only one of two names rightly, as fair coins."""
    from scipy.stats import binomtest

    return float(binomtest(one, one + other).pvalue) if one + other else 1.0


def _holm(p):
    """Return p-values corrected for their number, smallest first (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(raised, 1.0)
    return corrected
