"""Emotion or nuisance: what the clusters follow, and how sure that is."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.analysis import _verdict
from fer_cluster.analysis._effects import corrected, differences, eta_squared
from fer_cluster.analysis._faces import check_faces
from fer_cluster.analysis._following import Crossing, indicators, within
from fer_cluster.analysis._labelled import emotions, reported_rows
from fer_cluster.analysis._regressed import clusters_without
from fer_cluster.analysis._reported import KEYS, named
from fer_cluster.errors import InputError
from fer_cluster.factors import kinds, nuisances, numbers
from fer_cluster.intervals import over_seeds
from fer_cluster.nuisances import NUISANCES
from fer_cluster.whole import check_whole

__all__ = ["Nuisance"]

_EMOTION = "emotion"


@dataclass(frozen=True)
class Nuisance:
    """How closely clusters follow emotion and each nuisance of the faces: light, sharpness, tilt and others.

    Seen on the labelled faces of the part reported on. Nuisances are measured on the
    images (:func:`fer_cluster.nuisances.measure`) or told by the data set, as those of
    toy faces are. Numbers are cut into seven bins of equal count, so that they are
    scored as emotion is, by adjusted mutual information (AMI).

    Parameters
    ----------
    permutations : int
        How often faces are dealt to the clusters at random, and how often they are
        drawn with replacement for the intervals.
    refits : int
        How many seeds are clustered anew with the nuisances regressed out; 0 for none.
    random_state : int

    References
    ----------
    AMI: Vinh, Epps and Bailey 2010. Attributes scored like the labels: Lowe et al. 2024.
    """

    compares: ClassVar[bool] = True  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    permutations: int = 200
    refits: int = 1
    random_state: int = 0

    def __post_init__(self):
        check_whole(self, from_zero=("refits",))

    def table(self, runs, faces):
        """Return a row for each run and factor, that of the highest AMI first.

        Columns, after run, dataset, split, part and n:

        - ``factor``; ``source``: ``label``, ``measured`` or ``data set``.
        - ``ami``, mean over the seeds; ``null``, ``null_low`` and ``null_high``: mean and
          95 % band where the same clusters hold the faces at random.
        - ``eta_squared``: share of the factor's variance between clusters; of kinds, emotion
          too, that of their indicators (Goodman and Kruskal's tau).
        - ``p``, and ``p_corrected`` for false discovery over the factors: approximate, by a gamma
          distribution fitted to the permutations, and never below 1e-6, which they do not tell.
        - ``difference`` from emotion's AMI; ``low`` and ``high``, its 95 % interval over faces and seeds.
        - ``ami_in_emotion``: AMI with the factor among faces of one emotion;
          ``emotion_in_factor``: AMI with emotion among faces alike in the factor.
        - ``ami_regressed``: that of clusters made anew of features from which the numbers
          among the nuisances were regressed out; missing where that cannot be done.

        Parameters
        ----------
        runs : sequence of Run
        faces : Faces
            Those that the runs were made of.

        Raises
        ------
        InputError
            Where the runs are of other faces, or nothing varies among them.
        """
        frame = _measured(runs, faces, fitted=self.refits > 0)
        tables = [self._rows(keys, run, frame) for keys, run in named(runs)]
        return pd.concat(tables, ignore_index=True)

    def clusters(self, runs, faces):
        """Return how each cluster of the first seed differs in each nuisance, a row for each of both.

        Columns: run, dataset, split, part, n, cluster, size, factor, d (Cohen's,
        from all other faces), p and p_corrected for false discovery over the rows of a run.
        """
        frame, tables = _measured(runs, faces), []
        for keys, run in named(runs):
            rows = reported_rows(run)
            table = differences(numbers(frame.loc[rows]), run.clusters[0, rows])
            tables.append(pd.DataFrame(keys | {"n": len(rows)}, index=table.index).join(table))
        return pd.concat(tables, ignore_index=True)

    def say(self, table):
        """Return what the clusters of each run follow most, and how sure that is.

        Followed is what has an AMI above its band by chance, and a corrected p below .01.
        """
        return " ".join(sentence for sentences in self.verdicts(table) for sentence in sentences)

    def verdicts(self, table):
        """Return the sentences of each run, in their order; the first is the verdict."""
        if "shown" in table:  # the data of the picture hold rows of clusters too
            table = table[table["shown"] == "factor"].astype({"n": int})
        return [_verdict.sentences(rows) for _, rows in table.groupby(list(KEYS), sort=False)]

    def followed(self, rows):
        """Return the factor that the clusters of one run follow most, None where that is within chance."""
        return _verdict.followed(rows[rows["shown"] == "factor"] if "shown" in rows else rows)

    def _rows(self, keys, run, frame):
        """Return the rows of one run."""
        rows = reported_rows(run)
        seen, clusters = frame.loc[rows], run.clusters[:, rows]
        codes = _emotion(run, rows) | kinds(seen)
        if not codes:
            raise InputError(f"{run.name!r}: no nuisance and no label varies among its faces.")
        random = np.random.default_rng(self.random_state)
        crossing = Crossing(list(codes.values()), clusters)
        by_seed = crossing.ami()
        ami = by_seed.mean(1)
        null, p = crossing.by_chance(self.permutations, random)
        low, high = np.percentile(null, [2.5, 97.5], axis=1)
        columns = {"factor": list(codes), "source": [_source(name) for name in codes], "ami": ami}
        columns |= {"null": null.mean(1), "null_low": low, "null_high": high}
        columns["eta_squared"] = [eta_squared(_values(seen, name, codes), clusters) for name in codes]
        columns |= {"p": p, "p_corrected": corrected(p)}
        columns |= _against_emotion(codes, by_seed, crossing.resampled(self.permutations, random))
        columns |= _within(codes, clusters)
        columns["ami_regressed"] = self._regressed(codes, numbers(frame), run, rows)
        table = pd.DataFrame(keys | {"n": len(rows)} | columns)
        return table.sort_values("ami", ascending=False, kind="stable", ignore_index=True)

    def _regressed(self, codes, frame, run, rows):
        clusters = clusters_without(frame, run, rows, self.refits) if self.refits else None
        return np.nan if clusters is None else Crossing(list(codes.values()), clusters).ami().mean(1)


def _measured(runs, faces, fitted=False):
    """Return the nuisances of all faces that the runs are reported on, and were fitted on if asked."""
    needed = np.zeros(len(faces), bool)
    for run in runs:
        check_faces(run, faces)
        needed[reported_rows(run)] = True
        if fitted:
            needed |= run.in_part(run.spec["fit"])
    return nuisances(faces, np.flatnonzero(needed))


def _emotion(run, rows):
    """Return the emotions of the rows as codes from 0, or nothing where there is but one."""
    codes = np.unique(emotions(run)[rows], return_inverse=True)[1]
    return {_EMOTION: codes} if codes.max(initial=0) > 0 else {}


def _source(name):
    return "label" if name == _EMOTION else "measured" if name in NUISANCES else "data set"


def _values(seen, name, codes):
    """Return a factor as numbers, shape (n, 1), or as an indicator of each kind."""
    if name in seen and pd.api.types.is_numeric_dtype(seen[name]):
        return seen[[name]].to_numpy()
    return indicators(codes[name])


def _against_emotion(codes, by_seed, resampled):
    """Return how far each AMI lies from emotion's; resampled ones tell the width of the interval alone.

    By seed, shape (factors, seeds); resampled, shape (factors, times), where faces are drawn anew.
    """
    names = list(codes)
    if _EMOTION not in names:
        return dict.fromkeys(("difference", "low", "high"), np.nan)
    place = names.index(_EMOTION)
    own = np.where(np.arange(len(names)) == place, np.nan, 1.0)  # no difference from itself
    apart = by_seed - by_seed[place]
    difference = own * apart.mean(1)
    half = np.hypot(1.96 * (resampled - resampled[place]).std(1, ddof=1), over_seeds(apart))
    return {"difference": difference, "low": difference - half, "high": difference + half}


def _within(codes, clusters):
    """Return AMI with each factor within emotions, and with emotion within the kinds of each factor."""
    emotion = codes.get(_EMOTION)
    pairs = [None if emotion is None or name == _EMOTION else (emotion, codes[name]) for name in codes]
    return {
        "ami_in_emotion": [np.nan if pair is None else within(*pair, clusters) for pair in pairs],
        "emotion_in_factor": [np.nan if pair is None else within(*pair[::-1], clusters) for pair in pairs],
    }
