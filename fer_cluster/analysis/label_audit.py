"""Labels that clusters and neighbours call wrong, scored against the votes of FER+."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.analysis import _doubts
from fer_cluster.analysis._labelled import emotions, labelled
from fer_cluster.analysis._reported import named
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.votes import outvoted, votes_at_hand, votes_of
from fer_cluster.whole import check_whole

__all__ = ["LabelAudit"]

_AT = (100, 500, 1000)
_FEWEST, _ONE_IN = 10, 50  # neighbours, where faces are few
_NO_OTHER = 1e-9  # of the label itself, less than any share of one face
_RIVALS = {"self_confidence": "self-confidence of a classifier", "cleanlab": "cleanlab"}


@dataclass(frozen=True)
class LabelAudit:
    """Labels that are likely wrong, the likeliest first.

    This reads the labels of all parts, by design: it asks of each whether it is wrong. Nothing that
    is scored may be chosen by it.

    - ``by_neighbours``: 1 less the share of the label among the nearest other faces by features.
    - ``by_clusters``: 1 less its share among the nearest other faces of the face's own cluster, by the
      first seed; among all of these where the cluster is small, and 0 for a face alone.
    - ``confidence`` that the label is wrong: mean of both. It orders faces and is no probability.
    - ``suggested``: the other emotion of the largest share, mean of both; the label where all agree.

    Where there are FER+ votes, a label is ``outvoted`` when fewer voters saw it than something else;
    ``voters`` is what most saw. ``precision`` tells which share of the faces down to this rank is, in
    this order and in others: by either share alone, by the self-confidence of a linear probe
    (its cross-validated probability of the label, lowest first), and by cleanlab where that is
    installed. ``base_rate`` is the share among all faces, ``base_rate_of_emotions`` that
    among faces with the same labels as those down to this rank.

    Parameters
    ----------
    shown : int
        How many faces are listed.
    neighbours : int
        How many are asked; of few faces one in 50, if that is less, but at least 10. 200 was chosen on
        the votes on FER2013's PublicTest among 50 to 500; the rule for few faces, on draws of 150 to
        1,000 of its faces.
    folds : int
        Of the cross-validation of the probe.
    random_state : int

    References
    ----------
    Self-confidence: Northcutt, Jiang and Chuang, Confident learning, JAIR 70, 2021. Votes: Barsoum
    et al., ICMI 2016.
    """

    compares: ClassVar[bool] = False  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    shown: int = 1000
    neighbours: int = 200
    folds: int = 5
    random_state: int = 0

    def __post_init__(self):
        check_whole(self)
        if self.folds < 2:
            raise InputError(f"folds must be a whole number of 2 or more, got {self.folds!r}.")

    def table(self, runs, faces=None):
        """Return the listed faces of each run, each with two numbers.

        ``row`` counts from 1, as the lines of the data set's CSV below its header; ``face``
        from 0, as the map of the report and the rows of ``run.faces``.

        Parameters
        ----------
        runs : sequence of Run
        faces : Faces, optional
            With votes, where the runs were made of faces loaded without. Without votes
            nothing is scored.

        Raises
        ------
        InputError
            Where a single face is labelled, or the faces are other ones.
        """
        tables = [self._of_run(keys, run, faces) for keys, run in named(runs)]
        return pd.concat(tables, ignore_index=True)

    def say(self, table):
        """Return how many of the first faces are outvoted, beside the other orders; for each run."""
        return " ".join(_sentences(rows) for _, rows in table.groupby(["run", "split"], sort=False))

    def _of_run(self, keys, run, faces):
        rows = labelled(run)
        if len(rows) < 2:
            raise InputError(f"label_audit asks other labelled faces; {run.name!r} has a single one.")
        emotion, x = emotions(run)[rows], np.asarray(run.features[rows])
        doubts, suggested = self._doubts(x, emotion, run.clusters[0, rows])
        order = _doubts.ordered(doubts["confidence"], self.random_state)
        listed = order[: self.shown]
        about = run.faces.iloc[rows[listed]]
        table = pd.DataFrame(keys | {"part": about["part"].to_numpy(str), "of": len(rows)})
        table = table.assign(rank=np.arange(len(listed)) + 1, row=rows[listed] + 1, face=rows[listed])
        if "file" in about:
            table["file"] = about["file"].to_numpy()
        table = table.assign(emotion=_words(emotion[listed]), suggested=_words(suggested[listed]))
        table = table.assign(**{name: doubt[listed] for name, doubt in doubts.items()})
        if votes_at_hand(run, faces):
            votes, others = (some[rows] for some in votes_of(run, faces))
            table = table.assign(voters=_seen(votes[listed], others[listed]))
            orders = {"": order} | self._other_orders(x, emotion, doubts)
            table = table.assign(**_scored(emotion, votes, others, orders, len(listed)))
        return table

    def _doubts(self, x, emotion, cluster):
        """Return how far each label is doubted, and the emotion that is suggested."""
        count = min(self.neighbours, max(_FEWEST, len(emotion) // _ONE_IN))
        near = _doubts.shares_of_neighbours(x, emotion, count)
        within = _doubts.shares_in_clusters(x, emotion, cluster, count)
        by_clusters, by_neighbours = (_doubts.doubt(emotion, shares) for shares in (within, near))
        confidence = (by_clusters + by_neighbours) / 2
        shares = near + within
        shares[np.arange(len(emotion)), emotion] = _NO_OTHER
        doubts = {"confidence": confidence, "by_clusters": by_clusters, "by_neighbours": by_neighbours}
        return doubts, shares.argmax(axis=1)

    def _other_orders(self, x, emotion, doubts):
        """Return the other orders of the faces by name."""
        probability = _doubts.probabilities(x, emotion, self.folds, self.random_state)
        own = probability[np.arange(len(emotion)), emotion]
        by = {
            "clusters": doubts["by_clusters"],
            "neighbours": doubts["by_neighbours"],
            "self_confidence": -own,
        }
        orders = {f"_{name}": _doubts.ordered(doubt, self.random_state) for name, doubt in by.items()}
        found = _doubts.by_cleanlab(emotion, probability)
        return orders if found is None else orders | {"_cleanlab": found}


def _words(codes):
    return np.array(EMOTIONS)[codes]


def _seen(votes, others):
    """Return what most voters saw, in words."""
    every = np.concatenate([votes, others], axis=1)
    most = every == every.max(axis=1, keepdims=True)
    words = np.array([*EMOTIONS, *["something else"] * others.shape[1]])[most.argmax(axis=1)]
    words = np.where(most.sum(axis=1) > 1, "tied", words)
    return np.where(every.sum(axis=1) > 0, words, "no votes")


def _scored(emotion, votes, others, orders, count):
    """Return which listed labels are outvoted, the precision of each order down to each rank, and base rates.

    Faces without votes count neither way.
    """
    known = (votes.sum(axis=1) + others.sum(axis=1)) > 0
    wrong = outvoted(emotion, votes, others) & known
    listed = orders[""][:count]
    columns = {"outvoted": pd.array(wrong[listed], "boolean")}
    columns["outvoted"][~known[listed]] = pd.NA
    for name, order in orders.items():
        columns[f"precision{name}"] = _precision(wrong[order[:count]], known[order[:count]], count)
    rate = np.bincount(emotion, wrong, 7) / np.maximum(np.bincount(emotion, known, 7), 1)
    columns["base_rate"] = wrong.sum() / max(known.sum(), 1)
    columns["base_rate_of_emotions"] = _precision(rate[emotion[listed]] * known[listed], known[listed], count)
    return columns


def _precision(wrong, known, count):
    """Return the share of wrong ones among the first known ones; missing after the last: (count,)."""
    among = np.cumsum(known)
    share = np.divide(np.cumsum(wrong), among, out=np.full(len(among), np.nan), where=among > 0)
    return np.concatenate([share, np.full(count - len(share), np.nan)])


def _sentences(rows):
    first = rows.iloc[0]
    pairs = (rows["emotion"] + " for " + rows["suggested"]).value_counts()
    text = (
        f"{first['run']}: of the {len(rows):,} labels of {first['of']:,} that clusters and neighbours doubt "
        f"most, {pairs.iloc[0]:,} are {pairs.index[0]}"
    )
    if "precision" not in rows:
        return f"{text}; no votes are known to score them by."
    places = [place for place in _AT if place <= len(rows)] or [len(rows)]
    at = rows.set_index("rank").loc[places]
    where = " and ".join(filter(None, [", ".join(f"{n:,}" for n in places[:-1]), f"{places[-1]:,}"]))
    rivals = {words: f"precision_{name}" for name, words in _RIVALS.items() if f"precision_{name}" in rows}
    beside = ", ".join(f"{_percents(at[column])} by {words}" for words, column in rivals.items())
    return (
        f"{text}. FER+ voters outvote {_percents(at['precision'])} of the first {where}; "
        f"{beside}; {_percents(at['base_rate_of_emotions'])} of faces with such labels and "
        f"{_percents(at['base_rate'][:1])} of all."
    )


def _percents(shares):
    return ", ".join("none found" if pd.isna(share) else f"{100 * share:.1f}" for share in shares) + " %"
