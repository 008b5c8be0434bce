"""Scores in words: a table and a sentence that a person reads in the terminal."""

import math

from fer_cluster.runs import value

_HEADER = ("AMI", "Hungarian", "named", "from", "to", "balanced", "purity", "by chance", "seeds", "labels")


def summary(runs):
    """Return a table of the scores of each run on the part it reports, best accuracy first.

    Parameters
    ----------
    runs : sequence of Run

    Returns
    -------
    str
        ``named`` is the accuracy of clusters named on the faces fitted on, or a
        classifier's plain accuracy, ``from`` and ``to`` its 95 % interval;
        ``labels`` tells whether labels were learnt from, all of them or weakly: only
        which faces are neutral, say.
    """
    lines = []
    for split in dict.fromkeys(run.spec["split"] for run in runs):
        chosen = [run for run in runs if run.spec["split"] == split]
        lines += [_title(chosen[0]), *_rows(chosen), ""]
    return "\n".join(lines)


def _title(run):
    spec = run.spec
    transductive = ", transductive: scored on the faces it was fitted on" if spec["transductive"] else ""
    return (
        f"{spec['dataset']['name']}, split {spec['split']}: fitted on {spec['fit']}, "
        f"scored on {spec['report']}{transductive}"
    )


def _rows(runs):
    scored = [run for run in runs if run.spec["report"] in run.scores]
    if not scored:
        return ["  These faces have no labels, so there is nothing to score against."]
    width = max(len(run.name) for run in scored)
    scored.sort(key=lambda run: -value(_scores(run)["named_accuracy"]))
    header = f"  {'':<{width}}  " + "  ".join(f"{name:>9}" for name in _HEADER)
    return [
        header,
        *(f"  {run.name:<{width}}  " + "  ".join(f"{c:>9}" for c in _cells(run)) for run in scored),
    ]


def _cells(run):
    scores = _scores(run)
    low, high = interval(scores["named_accuracy"], value(scores["n"]))
    shown = {name: f"{value(score):.3f}" for name, score in scores.items()}
    unsupervised = run.spec["kind"] == "clusterer"
    return [
        shown["ami"],
        shown["hungarian_accuracy"] if unsupervised else "",  # a classifier names its own classes
        shown["named_accuracy"],
        f"{low:.3f}",
        f"{high:.3f}",
        shown["balanced_accuracy"],
        shown["purity"] if unsupervised else "",
        shown["purity_chance"] if unsupervised else "",
        len(run.spec["seeds"]),
        "none" if run.spec["labels"] == "none" else "weak" if unsupervised else "learnt",
    ]


def interval(score, n):
    """Return the 95 % interval of a share: over seeds and faces, or of one seed after Wilson 1927.

    Parameters
    ----------
    score : float or dict
    n : float
        Number of faces.
    """
    if isinstance(score, dict):
        return score["low"], score["high"]
    z = 1.96
    centre = (score + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(score * (1 - score) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return centre - half, centre + half


def _scores(run):
    return run.scores[run.spec["report"]]
