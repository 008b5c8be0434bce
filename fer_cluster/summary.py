"""Scores in words: a table and a sentence that a person reads in the terminal."""

from dataclasses import replace

import numpy as np

from fer_cluster.parts import made
from fer_cluster.scoring import CONTROLS, kind_of, score, spread, value

HEADER = (
    *("AMI", "ARI", "NMI", "Hungarian", "named", "from", "to"),
    *("balanced", "purity", "by chance", "seeds", "labels"),
)
UNLABELLED = "The faces to report on have no labels, so there is nothing to score against."

_LOTS = 5  # seeds of the lot at most: of many faces they differ little, and each takes its time


def summary(runs):
    """Return a table of the scores of each run on the part it reports, best accuracy first.

    Parameters
    ----------
    runs : sequence of Run

    Returns
    -------
    str
        AMI and ARI are corrected for chance, NMI is not; ``named`` is the accuracy of
        clusters named on the faces fitted on, or a classifier's plain accuracy, ``from``
        and ``to`` its 95 % interval;
        ``labels`` tells whether labels were learnt from, all of them or weakly: only
        which faces are neutral, say. Below stands which runs have collapsed seeds.
    """
    lines = []
    for about, rows in ranked(runs):
        lines += [about, *_lines(rows), ""]
    told = collapses(runs)
    return "\n".join([*lines, *told, *([""] if told else [])])


def collapses(runs):
    """Return a sentence for each run with collapsed seeds, by what its clusterer says of itself."""
    told = []
    for run in runs:
        collapsed = run.spec.get("collapsed", [])
        if any(collapsed):
            count = f"{sum(collapsed)} of {len(collapsed)} seeds collapsed"
            told.append(f"{run.name}, split {run.spec['split']}: {count}, which no score tells.")
    return told


def controls(run):
    """Return runs of the controls ``chance`` and ``one``: what the faces of a clustering score without it.

    Parameters
    ----------
    run : Run

    Returns
    -------
    list of Run
        Scored on the part that the run reports; by lot with as many clusters as the run has, and
        with its seeds, five at most. None for a control, a classifier, or faces without labels.
    """
    spec = run.spec
    if spec["kind"] != "clusterer" or kind_of(spec) in CONTROLS or spec["report"] not in run.scores:
        return []
    return [_control(run, "chance", spec["seeds"][:_LOTS]), _control(run, "one", spec["seeds"][:1])]


def _control(run, name, seeds):
    faces, report = run.faces, run.spec["report"]
    k = max(len(np.unique(row)) for row in run.clusters)
    nothing = np.zeros((len(faces), 1), np.float32)  # neither control looks at a feature
    clusterers = [made("clusterers", name, seed, n_clusters=k) for seed in seeds]
    clusters = np.stack([clusterer.fit(nothing).predict(nothing) for clusterer in clusterers])
    emotion, part = faces["emotion"].cat.codes.to_numpy(), faces["part"].to_numpy(str)
    scores = score(emotion, clusters, part, run.spec["fit"], only=report)
    told = {"clusterer": name, "seeds": seeds, "labels": "none", "collapsed": []}
    return replace(run, name=name, spec=run.spec | told, scores=scores)


def ranked(runs):
    """Yield the title of each split of each set of faces and its rows, best accuracy first.

    A row is the name of a run and its cells.

    A cell belongs to each name of ``HEADER``; runs of faces without labels have no row.
    """
    for of in dict.fromkeys(map(_scored_on, runs)):
        chosen = [run for run in runs if _scored_on(run) == of]
        scored = [run for run in chosen if run.spec["report"] in run.scores]
        scored.sort(key=lambda run: -value(_scores(run)["named_accuracy"]))
        yield title(chosen[0]), [(run.name, _cells(run)) for run in scored]


def _scored_on(run):
    return run.spec["split"], run.spec["dataset"].get("fingerprint")


def title(run):
    """Return which faces a run was fitted and scored on, in words."""
    spec = run.spec
    transductive = ", transductive: scored on the faces it was fitted on" if spec["transductive"] else ""
    return (
        f"{spec['dataset']['name']}, split {spec['split']}: fitted on {spec['fit']}, "
        f"scored on {spec['report']}{transductive}"
    )


def _lines(rows):
    if not rows:
        return [f"  {UNLABELLED}"]
    table = [["", *HEADER], *([name, *map(str, cells)] for name, cells in rows)]
    first, *others = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        f"  {name:<{first}}  " + "  ".join(f"{c:>{width}}" for c, width in zip(cells, others, strict=True))
        for name, *cells in table
    ]


def _cells(run):
    scores = _scores(run)
    accuracy = spread("named_accuracy", scores)
    shown = {name: number(value(score)) for name, score in scores.items()}
    unsupervised = run.spec["kind"] == "clusterer"
    return [
        shown["ami"],
        shown["ari"],
        shown["nmi"],
        shown["hungarian_accuracy"] if unsupervised else "",  # a classifier names its own classes
        shown["named_accuracy"],
        number(accuracy["low"]),
        number(accuracy["high"]),
        shown["balanced_accuracy"],
        shown["purity"] if unsupervised else "",
        shown["purity_chance"] if unsupervised else "",
        len(run.spec["seeds"]),
        "none" if run.spec["labels"] == "none" else "weak" if unsupervised else "learnt",
    ]


def number(score):
    """Return a score as text, nothing where it is not a number: clusters that no label names."""
    return "" if score != score else f"{score:.3f}"


def _scores(run):
    return run.scores[run.spec["report"]]
