"""How far the scores of a clustering lie above those of chance clusters of the same sizes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster import metrics, scoring
from fer_cluster.analysis._labelled import emotions
from fer_cluster.analysis._null import beyond, null_tables
from fer_cluster.analysis._reported import KEYS, emotions_reported, named, sd
from fer_cluster.whole import check_whole
from fer_cluster.written import three

__all__ = ["Chance"]

_COLUMNS = (*KEYS, "n", "seeds", "metric", "value", "value_sd", "null", "low", "high", "p", "effect")


@dataclass(frozen=True)
class Chance:
    """Scores of clusterings beside those that the same cluster sizes have by chance.

    The emotions of the faces reported on are permuted. A permutation is the same for
    all seeds, and the null is that of the mean over them.

    Parameters
    ----------
    permutations : int
    random_state : int

    References
    ----------
    Permutation p-values that cannot be 0: Phipson and Smyth 2010.
    """

    compares: ClassVar[bool] = True  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ("clusterer",)
    permutations: int = 999
    random_state: int = 0

    def __post_init__(self):
        check_whole(self)

    def table(self, runs):
        """Return a row for each run and metric.

        ``value`` is the mean over seeds, ``null`` its mean by chance, ``low`` and
        ``high`` the 95 % band of that, ``p`` one-sided, ``effect`` the share of the way from
        chance to 1. Clusters are named by the part fitted on; where that has no label or is
        the part reported on, ``named_accuracy`` has no row.

        Raises
        ------
        InputError
            Where a run has no labelled faces on the part reported on.
        """
        rows = [row for keys, run in named(runs) for row in self._rows(keys, run)]
        return pd.DataFrame(rows, columns=list(_COLUMNS))

    def say(self, table):
        """Return how many runs are above chance by AMI, and how far the best is."""
        by_ami = table[table["metric"] == "ami"]
        best = by_ami.loc[by_ami["value"].idxmax()]
        same = (table[list(KEYS)] == best[list(KEYS)]).all(axis=1)
        purity = table[same & (table["metric"] == "purity")].iloc[0]
        count, above = len(by_ami), int((by_ami["p"] < 0.05).sum())
        have = f"run{'s' * (count != 1)} {'has' if above == 1 else 'have'}"
        return (
            f"{above} of {count} {have} an AMI above chance (p < .05). The highest, of {best['run']} on "
            f"{best['n']:,} labelled faces of {best['part']}, is {three(best['value'])}, where chance gives "
            f"{three(best['low'])} to {three(best['high'])} (p = {best['p']:.3g}); its purity is "
            f"{three(purity['value'])}, of which chance alone gives {three(purity['null'])}."
        )

    def _rows(self, keys, run):
        emotion = emotions_reported(run)
        clusters, count, namings = _clusters(run)
        tables = np.stack([metrics.contingency(emotion, row, n_clusters=count) for row in clusters])
        expected = np.array([metrics.expected_mutual_information(table) for table in tables])
        values = _values(tables, expected, namings)
        random = np.random.default_rng(self.random_state)
        blocks = null_tables(emotion, clusters, count, self.permutations, random)
        nulls = [_values(block, expected, namings) for block in blocks]
        for metric, value in values.items():
            null = np.concatenate([block[metric] for block in nulls]).mean(axis=1)
            about = {"n": len(emotion), "seeds": len(clusters), "metric": metric}
            about |= {"value": value.mean(), "value_sd": float(sd(value))}
            yield keys | about | beyond(value.mean(), null)


def _clusters(run):
    """Return the clusters of the labelled faces reported on, their number, and what each seed names them."""
    clusters = np.asarray(run.clusters)
    count = int(clusters.max()) + 1
    emotion = emotions(run)
    fitted, seen = (run.in_part(run.spec[of]) & (emotion >= 0) for of in ("fit", "report"))
    named_apart = run.spec["fit"] != run.spec["report"] and fitted.any()
    namings = scoring.names_by_seed(emotion, clusters, fitted, count) if named_apart else None
    return clusters[:, seen], count, namings


def _values(tables, expected, namings):
    """Return the scores of tables (..., seeds, emotions, clusters): metric -> (..., seeds)."""
    values = {
        "ami": metrics.ami(tables, expected),
        "ari": metrics.ari(tables),
        "purity": metrics.purity(tables),
        "hungarian_accuracy": metrics.hungarian_accuracy(tables),
    }
    if namings is not None:
        confused = [metrics.confusion(tables[..., s, :, :], naming) for s, naming in enumerate(namings)]
        values["named_accuracy"] = metrics.accuracy(np.stack(confused, axis=-3))
    return values
