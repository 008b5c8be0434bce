"""All scores of runs in one table, the best first, with what each cost and where it was made."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.analysis._reported import named
from fer_cluster.errors import InputError
from fer_cluster.scoring import kind_of, spread
from fer_cluster.written import percent

__all__ = ["Leaderboard"]

_BARE = ("ami", "named_accuracy")  # told without copies of faces fitted on, too
_LEVEL = "purity_chance"  # what purity is beside; it has no interval of its own
_OF_CLUSTERS = ("hungarian_accuracy", "purity", "purity_chance")  # a classifier names its own classes
_METRICS = (
    *("ami", "ari", "nmi", "hungarian_accuracy", "named_accuracy"),
    *("balanced_accuracy", "purity", _LEVEL),
)


@dataclass(frozen=True)
class Leaderboard:
    """Runs side by side, the best named accuracy first: scores, labels used, seeds, minutes and hardware.

    Of a classifier the named accuracy is its accuracy.

    References
    ----------
    The scores are those of :mod:`fer_cluster.scoring`.
    """

    compares: ClassVar[bool] = True  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer", "classifier")

    def table(self, runs):
        """Return a row for each run that was scored on labels.

        ``low`` and ``high`` are 95 % intervals, of each score that has one; ``without_copies``
        leaves out faces that equal one fitted on. ``named_accuracy_to_choose_by`` is that of the part
        which is neither fitted on nor reported (PublicTest), missing where there is none.
        ``collapsed`` is how many of the ``seeds`` collapsed by what the clusterer says of itself,
        missing where it tells nothing. ``minutes`` are those of features, with their training, and
        of all seeds of what comes after; runs of the same features share these. ``processor`` and
        ``cores`` are missing where the record of a run is older than they are.

        Raises
        ------
        InputError
            Where no run was scored on labels.
        """
        rows = [_row(keys, run) for keys, run in named(runs) if run.spec["report"] in run.scores]
        if not rows:
            raise InputError("No run was scored: their faces have no labels.")
        table = pd.DataFrame(rows).sort_values("named_accuracy", ascending=False, kind="stable")
        return table.reset_index(drop=True).astype({"collapsed": "Int64", "cores": "Int64"})

    def say(self, table):
        """Return which run is the best, and the best of those, but for controls, that saw no label.

        A run with a collapsed seed is neither, whatever it scores.
        """
        whole = table[table["collapsed"].fillna(0) == 0]
        if not len(whole):
            return f"None of {len(table)} runs is called the best: all have collapsed seeds."
        left = len(table) - len(whole)
        whole = whole.dropna(subset=["named_accuracy"])
        if not len(whole):
            return f"None of {len(table)} runs is called the best: no label names their clusters."
        apart = f", {left} with collapsed seeds apart," if left else ""
        best = whole.loc[whole["named_accuracy"].idxmax()]
        told = f"Of {len(table)} runs{apart} {_told(best)} is the highest"
        blind = whole[(whole["labels"] == "none") & (whole["kind"] == "method")]
        if not len(blind):
            return f"{told}; {'of the others ' if left else ''}all but controls learnt from labels."
        if best["run"] in set(blind["run"]):
            return f"{told}, without a label."
        first = blind.loc[blind["named_accuracy"].idxmax()]
        told = f"{told}; of the {len(blind)} that saw no label, controls apart, {_told(first)}"
        chosen = blind["named_accuracy_to_choose_by"].dropna()
        if len(chosen) < len(blind) or chosen.idxmax() == first.name:
            return f"{told}."
        return f"{told}; what one may choose by chooses {_told(blind.loc[chosen.idxmax()])}."


def _row(keys, run):
    """Return a row of the table: what the run is, its scores, and what it cost."""
    spec = run.spec
    row = keys | {"kind": kind_of(spec), "labels": spec.get("labels"), "chosen_with": spec.get("chosen_with")}
    row |= {"seeds": len(spec["seeds"]), "collapsed": sum(spec["collapsed"]) if "collapsed" in spec else None}
    return row | {"named_accuracy_to_choose_by": _to_choose_by(run)} | _scores(run) | _cost(spec)


def _to_choose_by(run):
    """Return the named accuracy on the part that is neither fitted on nor reported, if there is one."""
    between = [part for part in run.scores if part not in (run.spec["fit"], run.spec["report"])]
    return spread("named_accuracy", run.scores[between[0]])["mean"] if between else np.nan


def _scores(run):
    """Return the scores on the part reported, with and without copies of faces fitted on."""
    scores = run.scores[run.spec["report"]]
    bare = run.scores_without_duplicates.get(run.spec["report"], {})
    found = {}
    for metric in _METRICS:
        told = run.spec["kind"] == "clusterer" or metric not in _OF_CLUSTERS
        mean = spread(metric, scores) if told else {"mean": np.nan}
        found |= {metric: mean["mean"]} if metric == _LEVEL else _interval(metric, mean)
    return found | {
        f"{metric}_without_copies": spread(metric, bare)["mean"] if bare else np.nan for metric in _BARE
    }


def _cost(spec):
    """Return minutes and hardware, as far as they were recorded."""
    seconds = spec.get("seconds", {})
    spent = sum(value for part, value in seconds.items() if part != "projection") / 60
    hardware = {name: spec.get(name) for name in ("device", "processor", "cores")}
    return {"minutes": spent if seconds else np.nan, **hardware}


def _interval(metric, found):
    low, high = (found.get(end, np.nan) for end in ("low", "high"))
    return {metric: found["mean"], f"{metric}_low": low, f"{metric}_high": high}


def _told(row):
    return f"{row['run']} ({percent(row['named_accuracy'])}, AMI {row['ami']:.3f})"
