"""Scores in words: a table and a sentence that a person reads in the terminal."""

from fer_cluster.scoring import spread, value

HEADER = ("AMI", "Hungarian", "named", "from", "to", "balanced", "purity", "by chance", "seeds", "labels")
UNLABELLED = "The faces to report on have no labels, so there is nothing to score against."


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


def ranked(runs):
    """Yield the title of each split and its rows, best accuracy first: the name of a run and its cells.

    A cell belongs to each name of ``HEADER``; runs of faces without labels have no row.
    """
    for split in dict.fromkeys(run.spec["split"] for run in runs):
        chosen = [run for run in runs if run.spec["split"] == split]
        scored = [run for run in chosen if run.spec["report"] in run.scores]
        scored.sort(key=lambda run: -value(_scores(run)["named_accuracy"]))
        yield title(chosen[0]), [(run.name, _cells(run)) for run in scored]


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
    width = max(len(name) for name, _ in rows)
    return [
        f"  {name:<{width}}  " + "  ".join(f"{c:>9}" for c in cells) for name, cells in [("", HEADER), *rows]
    ]


def _cells(run):
    scores = _scores(run)
    accuracy = spread("named_accuracy", scores)
    shown = {name: number(value(score)) for name, score in scores.items()}
    unsupervised = run.spec["kind"] == "clusterer"
    return [
        shown["ami"],
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
