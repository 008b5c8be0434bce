"""Whether emotions are mixed by the clusters, or by people who disagree on a face."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.analysis._labelled import emotions, labelled
from fer_cluster.analysis._reported import KEYS, named, sd
from fer_cluster.errors import InputError
from fer_cluster.metrics import contingency, mutual_information, purity
from fer_cluster.votes import majority, votes_of
from fer_cluster.whole import check_whole
from fer_cluster.written import percent

__all__ = ["Annotators"]

_OVER_SEEDS = (  # what is a mean over seeds and has a standard deviation
    *("accuracy", "accuracy_majority", "accuracy_voters"),
    *("purity", "purity_votes", "entropy_within"),
)


@dataclass(frozen=True)
class Annotators:
    """Clusters under the votes of FER+ annotators, and what people reach who disagree.

    Of the part reported on, the faces count that have a label and at least two votes for the seven
    emotions; votes for contempt, unknown and no face are left out and told. Clusters are named on
    the labels of the part fitted on. A row for all faces, and one for each group of them by how
    far their voters disagree:

    - ``entropy``: of the votes on a face, in nats, mean over faces. Ten votes show less of it
      than there is.
    - ``accuracy``: the name of a face's cluster is its label; ``accuracy_majority``: it is what
      most voters saw (a tie counts in part); ``accuracy_voters``: share of the voters that saw it.
    - ``label_majority``: share of labels that most voters saw, which is the accuracy that most
      voters reach by the label; ``label_voters``: share of the voters that saw the label.
    - ``one_voter``: accuracy that one voter reaches against the majority of the others;
      ``best_answer``: that of the best single answer for each face against one voter.

      Only the last is a ceiling, that of ``accuracy_voters``. ``label_majority`` stands beside
      ``accuracy`` and ``one_voter`` beside ``accuracy_majority`` as what people reach; clusters
      could do better.
    - ``purity`` under the labels; ``purity_votes`` where each face counts by its shares of votes;
      ``purity_of_one``, ``purity_votes_of_one``: those of a single cluster, the share of the
      commonest emotion.
    - ``entropy_within``: of the votes within clusters, in nats; ``entropy_total``: without
      clusters; ``by_people``: the part of ``entropy_within`` that single faces have as well.
    - ``other_votes``: share of votes left out; ``left_out``: faces left out.

    Parameters
    ----------
    groups : int
        Number of quantiles of entropy; faces of one entropy stay together, so they differ in size.

    References
    ----------
    FER+: Barsoum et al., ICMI 2016. That entropy within clusters is that within faces and more:
    the chain rule of mutual information, Cover and Thomas 2006, section 2.5.
    """

    compares: ClassVar[bool] = False  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    groups: int = 5

    def __post_init__(self):
        check_whole(self)

    def table(self, runs, faces=None):
        """Return a row for all faces of each run and one for each group by disagreement.

        Parameters
        ----------
        runs : sequence of Run
        faces : Faces, optional
            With votes; needed where the runs were made of faces loaded without.

        Raises
        ------
        InputError
            Where there are no votes, or no labelled face that has two of them.
        """
        tables = [self._of_run(keys, run, *votes_of(run, faces)) for keys, run in named(runs)]
        return pd.concat(tables, ignore_index=True)

    def say(self, table):
        """Return where the mixing is, the ceilings, and what was left out; for each run."""
        return " ".join(_sentences(rows) for _, rows in table.groupby(list(KEYS), sort=False))

    def _of_run(self, keys, run, votes, others):
        every = labelled(run, run.spec["report"])
        rows = every[votes[every].sum(axis=1) >= 2]
        if not len(rows):
            raise InputError(f"No face of {run.spec['report']} in {run.name!r} has two votes for an emotion.")
        voted = _Voted(run, votes, others, rows)
        group = _groups(voted.entropy, self.groups)
        tables = [voted.row(np.arange(len(rows)), "all", len(every) - len(rows))]
        for number in np.unique(group):
            tables.append(voted.row(np.flatnonzero(group == number), f"{number + 1} of {self.groups}", None))
        table = pd.DataFrame([keys | row for row in tables])
        return table.astype({"left_out": "Int64"})


class _Voted:
    """Votes, labels and clusters of the faces that count."""

    def __init__(self, run, votes, others, rows):
        from scipy.stats import entropy

        self.emotion, self.votes = emotions(run)[rows], votes[rows]
        self.others = others[rows].sum(axis=1)
        self.share = self.votes / self.votes.sum(axis=1, keepdims=True)
        self.most = majority(self.votes)
        self.entropy = entropy(self.share, axis=1).round(9)  # equal whatever the order of emotions
        self.one_voter, self.best = _one_voter(self.votes, self.share), self.share.max(axis=1)
        self.clusters, self.predicted = run.clusters[:, rows], run.predictions()[:, rows]

    def row(self, faces, name, left_out):
        """Return a row of the table, of these faces."""
        seeds = [self._of_seed(faces, seed) for seed in range(len(self.clusters))]
        row = {"disagreement": name, "n": len(faces), "entropy": self.entropy[faces].mean()}
        for measure, values in zip(_OVER_SEEDS, np.transpose(seeds), strict=True):
            row |= {measure: values.mean(), f"{measure}_sd": float(sd(values))}
        emotion, voted = self.emotion[faces], self.votes[faces].sum()
        return row | {
            "purity_of_one": float(purity(contingency(emotion, np.zeros_like(emotion)))),
            "purity_votes_of_one": self.share[faces].mean(axis=0).max(),
            "label_majority": self.most[faces, emotion].mean(),
            "label_voters": self.share[faces, emotion].mean(),
            "one_voter": self.one_voter[faces].mean(),
            "best_answer": self.best[faces].mean(),
            "entropy_total": _entropy(self.share[faces].sum(axis=0)),
            "by_people": row["entropy"] / row["entropy_within"] if row["entropy_within"] > 0 else np.nan,
            "other_votes": self.others[faces].sum() / (self.others[faces].sum() + voted),
            "left_out": left_out,
        }

    def _of_seed(self, faces, seed):
        """Return the measures of one seed, in the order of ``_OVER_SEEDS``."""
        emotion, share = self.emotion[faces], self.share[faces]
        predicted, cluster = self.predicted[seed, faces], self.clusters[seed, faces]
        soft = share.T @ np.eye(int(cluster.max()) + 1)[cluster]  # (emotions, clusters)
        return (
            (predicted == emotion).mean(),
            self.most[faces, predicted].mean(),
            self.share[faces, predicted].mean(),
            purity(contingency(emotion, cluster)),
            purity(soft),
            _entropy(soft.sum(axis=1)) - mutual_information(soft),
        )


def _entropy(counts):
    from scipy.stats import entropy

    return float(entropy(counts))


def _one_voter(votes, share):
    """Return how often a voter drawn from those on a face has the answer of most others: (n,)."""
    right = np.zeros(len(votes))
    for answer in range(votes.shape[1]):
        others = votes.copy()
        others[:, answer] -= 1
        right += share[:, answer] * majority(others)[:, answer]
    return right


def _groups(entropy, count):
    """Return the quantile of each face, from 0; equal entropies have one, by the middle of their ranks."""
    from scipy.stats import rankdata

    return np.ceil((rankdata(entropy) - 0.5) / len(entropy) * count).astype(int) - 1


def _sentences(rows):
    row, groups = rows.iloc[0], rows.iloc[1:]
    text = (
        f"{row['run']}, {row['n']:,} faces of {row['part']}: the emotion that names a face's cluster is what "
        f"most voters saw for {percent(row['accuracy_majority'])} and its label for "
        f"{percent(row['accuracy'])}; one voter agrees with most others on {percent(row['one_voter'])}, "
        f"and no answer can agree with more than {percent(row['best_answer'])} of single votes. Expected "
        f"purity is {row['purity_votes']:.3f} under the votes, {row['purity']:.3f} under the labels "
        f"({row['purity_votes_of_one']:.3f} and {row['purity_of_one']:.3f} with one cluster for all). "
    )
    if len(groups) > 1:
        ends = [percent(end["accuracy_majority"]) for _, end in groups.iloc[[0, -1]].iterrows()]
        text += (
            f"From the faces that voters agree on most to those they agree on least, {' to '.join(ends)}. "
        )
    return text + _mixing(row)


def _mixing(row):
    """Return whether the mixing is in the clusters or in the people, and what was not counted."""
    left = (
        f"Left out: the {percent(row['other_votes'])} of votes for contempt, unknown or no face, "
        f"and faces with fewer than two others ({row['left_out']:,})."
    )
    if pd.isna(row["by_people"]):
        return f"Within clusters there is no mixing. {left}"
    mostly = "people" if row["by_people"] > 0.5 else "clusters"
    return (
        f"The mixing is mostly in the {mostly}: of {row['entropy_within']:.2f} nats of entropy within "
        f"clusters ({row['entropy_total']:.2f} without clusters), people's disagreement on single faces is "
        f"{row['entropy']:.2f} ({percent(row['by_people'])}). {left}"
    )
