"""What a clustering that was fitted on one data set is worth on another."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from fer_cluster.analysis._pipeline import agreement, drawn, rebuilt, refitted
from fer_cluster.analysis._reported import KEYS, named
from fer_cluster.errors import InputError
from fer_cluster.faces import Faces
from fer_cluster.images import scaled
from fer_cluster.loading import load
from fer_cluster.scoring import score
from fer_cluster.splits import split
from fer_cluster.whole import check_whole
from fer_cluster.written import percent, three

__all__ = ["Transfer"]

_METRICS = ("ami", "purity", "named_accuracy")


@dataclass(frozen=True)
class Transfer:
    """Scores of clusters at home, on another data set, and of the same recipe fitted there.

    Features and clusterer are fitted without a label on the part that the run was fitted on;
    clusters are named by the labels of that part. Faces of another size are scaled to that
    of the run's.

    Parameters
    ----------
    to : str or Faces
        The other faces: a data set, ``toy:n=500``, a file of faces or a folder of images.
    n_faces : int
        How many faces of each data set are scored, at random.
    seeds : int
        How many of the run's seeds.
    random_state : int
        Draws the faces.

    References
    ----------
    Tests across data sets of facial expressions: Li and Deng 2022, IEEE Transactions on Affective
    Computing 13.
    """

    compares: ClassVar[bool] = False  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    to: str | Faces = "toy"
    n_faces: int = 2000
    seeds: int = 3
    random_state: int = 0

    def __post_init__(self):
        check_whole(self)

    def table(self, runs, faces):
        """Return a row for each run and place.

        - ``place``: ``home`` (fitted and scored on the run's faces), ``away`` (fitted there, scored
          on the others), ``there`` (the same recipe fitted and scored on the others; left
          out where it cannot be fitted without training).
        - ``fitted_on`` and ``scored_on``, the part ``scored_part`` of it, ``n`` labelled faces.
        - ``ami``, ``purity`` (``purity_chance``) and ``named_accuracy`` (``commonest``: the share of the
          commonest emotion), means over the seeds, each with its 95 % interval, ``_low`` to ``_high``.
        - ``refit_ari``: adjusted Rand index of the clusters made anew with the run's own, at home.

        Raises
        ------
        InputError
            Where the run is of other faces or cannot be made anew, or the others are the same or unlabelled.
        """
        other = load(self.to)
        rows = [row for keys, run in named(runs) for row in self._rows(keys, run, faces, other)]
        return pd.DataFrame(rows)

    def say(self, table):
        """Return AMI and accuracy in each place; two sentences for each run."""
        return " ".join(_sentences(rows) for _, rows in table.groupby(list(KEYS), sort=False))

    def _rows(self, keys, run, faces, other):
        if other.fingerprint == faces.fingerprint:
            raise InputError(f"transfer takes {run.name!r} to other faces, but {other.name} are its own.")
        home, parts = rebuilt(run, faces, self.seeds), split(other)
        name = other.name + " (other)" * (other.name == faces.name)
        here = _Place(faces.name, faces, run.faces["part"].to_numpy(), run.spec["fit"], run.spec["report"])
        there = _Place(name, other, parts.part, parts.fit, parts.report)
        own, others = (drawn(place.scored(), self.n_faces, self.random_state) for place in (here, there))
        clusters = home.clusters(faces.images[own])
        about = keys | {"seeds": len(clusters), "refit_ari": agreement(run, own, clusters)}
        names = here.emotions[here.fitted], home.fitted()
        yield about | here.told("home", here) | _scores(*names, here.emotions[own], clusters)
        images, truth = other.images[others], there.emotions[others]
        clusters = home.clusters(scaled(images, faces.images.shape[1:]))
        yield about | there.told("away", here) | _scores(*names, truth, clusters)
        try:
            anew = refitted(run, other.images[there.fitted], self.seeds)
        except InputError:  # what was trained is not trained again; some parts need more faces
            return
        names = there.emotions[there.fitted], anew.fitted()
        yield about | there.told("there", there) | _scores(*names, truth, anew.clusters(images))


class _Place(NamedTuple):
    """A data set, its parts, and which of them is fitted on and reported on."""

    name: str
    faces: Faces
    part: np.ndarray
    fit: str
    report: str

    @property
    def emotions(self):
        """The emotion of each face as its code, -1 where it has none: (n,)."""
        return self.faces.about["emotion"].cat.codes.to_numpy().astype(int)

    @property
    def fitted(self):
        """Which faces are fitted on: (n,)."""
        return self.part == self.fit

    def scored(self):
        """Return which faces are labelled and reported on: (n,)."""
        labelled = self.emotions >= 0
        for part in (self.fit, self.report):
            if not (labelled & (self.part == part)).any():
                raise InputError(f"transfer compares with labels, but {self.name} has none in {part}.")
        return labelled & (self.part == self.report)

    def told(self, place, home):
        """Return what a row says of scores in this data set of clusters fitted at home."""
        of = {"scored_on": self.name, "scored_part": self.report}
        return {"place": place, "fitted_on": home.name} | of


def _scores(fitted_emotion, fitted, emotion, clusters):
    """Return the scores of clusters, (seeds, n), that are named by those of the faces fitted on."""
    part = np.repeat(["unused", "scored"], [len(fitted_emotion), len(emotion)])  # unused are not scored
    every = np.concatenate([fitted, clusters], axis=1)
    if len(every) == 1:
        every = np.repeat(every, 2, axis=0)  # the interval is then over faces alone
    found = score(np.concatenate([fitted_emotion, emotion]), every, part, fit="unused")["scored"]
    row = {"n": len(emotion)}
    for metric in _METRICS:
        row |= {metric: found[metric]["mean"]}
        row |= {f"{metric}_{end}": found[metric][end] for end in ("low", "high")}
    commonest = np.bincount(emotion).max() / len(emotion)
    return row | {"purity_chance": found["purity_chance"]["mean"], "commonest": commonest}


def _sentences(rows):
    by, home = rows.set_index("place"), rows.iloc[0]
    away = by.loc["away"]
    said = (
        f"{home['run']}, fitted on {home['fitted_on']}: AMI {three(home['ami'])} there on {home['n']:,} "
        f"faces of {home['scored_part']}, {three(away['ami'])} on {away['n']:,} of {away['scored_on']}"
    )
    named = (
        f"Named by the labels of {home['fitted_on']}, {percent(home['named_accuracy'])} there and "
        f"{percent(away['named_accuracy'])} of {away['scored_on']} are right (its commonest emotion: "
        f"{percent(away['commonest'])})"
    )
    if "there" not in by.index:
        return f"{said}; the same recipe cannot be fitted on {away['scored_on']} at once. {named}."
    there = by.loc["there"]
    said += f"; the same recipe fitted on {away['scored_on']} has {three(there['ami'])}"
    return f"{said}. {named}; named and fitted on {away['scored_on']}, {percent(there['named_accuracy'])}."
