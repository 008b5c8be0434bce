"""What the seed of a training changes: runs that are alike but for their seeds, taken together."""

import math
import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.analysis._reported import named
from fer_cluster.errors import InputError
from fer_cluster.intervals import over_seeds
from fer_cluster.scoring import spread, value

__all__ = ["Seeds"]

_METRICS = ("ami", "named_accuracy", "balanced_accuracy")
_SEED = r"random_state=\d+"
_FOLDER = r"folder=[^,;|>']*?(?= *[,;|>'])"  # of an encoder, which is told by its weights
_PARTED = re.compile(r"[:,;]+(?= *['|>])|(?<=[:,;])[:,;]+")  # what parted them from others
_PARTS = ("kind", "split", "features", "then", "clusterer", "baseline", "k", "epochs", "labels")
_PARTS += ("members", "teachers")  # of an ensemble, and of a pupil
_BESIDE = ("projection", "shipped")  # among the parameters; the second is told by its own


@dataclass(frozen=True)
class Seeds:
    """Runs that are alike but for their seeds, such as three trainings of one encoder, in one row.

    The interval of a run of one training covers the faces and the seeds of what comes after it; these
    cover the seeds of the training, too, by the t distribution of as many runs as there are.
    """

    compares: ClassVar[bool] = True  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer", "classifier")

    def table(self, runs):
        """Return a row for each set of runs that are alike, the highest AMI first.

        ``runs`` names them, ``trainings`` counts them; each score has its mean over them, their standard
        deviation and a 95 % interval. Of a classifier the named accuracy is its accuracy.

        Raises
        ------
        InputError
            Where no two scored runs are alike but for their seeds.
        """
        sets = {}
        for keys, run in named(runs):
            if run.spec["report"] in run.scores:
                own = repr([run.spec.get(part) for part in (*_PARTS, "seeds")])  # kept twice, it counts once
                sets.setdefault(_but_for_seeds(run), {}).setdefault(own, (keys, run))
        rows = [_row(list(members.values())) for members in sets.values() if len(members) > 1]
        if not rows:
            raise InputError("No two runs are alike but for their seeds.")
        return pd.DataFrame(rows).sort_values("ami", ascending=False, kind="stable").reset_index(drop=True)

    def say(self, table):
        """Return how far apart the trainings of one recipe lie at most."""
        widest = table.loc[table["ami_sd"].idxmax()]
        return (
            f"Of {len(table)} recipes that were trained with several seeds {widest['run']} differs most: "
            f"AMI {widest['ami']:.3f}, standard deviation {widest['ami_sd']:.3f}."
        )


def _but_for_seeds(run):
    """Return all that a run was made of, without its seeds; encoders are told by their weights."""
    spec = run.spec
    told = repr([spec["dataset"]["fingerprint"], *(spec.get(part) for part in _PARTS), _set(spec)])
    weights = spec.get("params", {}).get("shipped")
    return re.sub("[:,;]", ",", _PARTED.sub("", re.sub(f"{_SEED}|{_FOLDER}", "", told))), repr(weights)


def _set(spec):
    """Return the parameters of the parts of a run, but for seeds and what only draws the map."""
    params = {part: held for part, held in spec.get("params", {}).items() if part not in _BESIDE}
    return {part: {k: v for k, v in held.items() if k != "random_state"} for part, held in params.items()}


def _row(members):
    """Return a row of the table."""
    keys, runs = members[0][0], [run for _, run in members]
    row = keys | {"runs": ", ".join(keys["run"] for keys, _ in members), "trainings": len(runs)}
    for metric in _METRICS:
        row |= _over(metric, [spread(metric, run.scores[run.spec["report"]]) for run in runs])
    return row


def _over(metric, found):
    """Return mean, standard deviation and 95 % interval of a score over several trainings."""
    means = np.array([value(one) for one in found])
    mean, sd = float(means.mean()), float(means.std(ddof=1))
    half = [max(one["high"] - value(one), value(one) - one["low"]) for one in found if "low" in one]
    margin = math.nan
    if len(half) == len(found):
        margin = math.hypot(over_seeds(means), np.mean(half))
    return {metric: mean, f"{metric}_sd": sd, f"{metric}_low": mean - margin, f"{metric}_high": mean + margin}
