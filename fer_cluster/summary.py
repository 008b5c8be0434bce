"""Scores in words: a table and a sentence that a person reads in the terminal."""

from fer_cluster.runs import value

_SHOWN = {
    "ami": "AMI",
    "hungarian_accuracy": "Hungarian",
    "named_accuracy": "named",
    "balanced_accuracy": "balanced",
    "purity": "purity",
    "purity_chance": "by chance",
}


def summary(runs):
    """Return a table of the scores of each run on the part it reports, best AMI first.

    Parameters
    ----------
    runs : sequence of Run

    Returns
    -------
    str
    """
    lines = []
    for split in dict.fromkeys(run.spec["split"] for run in runs):
        chosen = [run for run in runs if run.spec["split"] == split]
        lines += [_title(chosen[0]), *_rows(chosen), ""]
    return "\n".join(lines)


def _title(run):
    spec = run.spec
    transductive = ", transductive: scored on the faces it was fitted on" if spec["transductive"] else ""
    seeds = f"mean over {len(spec['seeds'])} seeds, 95 % interval" if len(spec["seeds"]) > 1 else "one seed"
    return (
        f"{spec['dataset']['name']}, split {spec['split']}: fitted on {spec['fit']}, "
        f"scored on {spec['report']}{transductive} ({seeds})"
    )


def _rows(runs):
    scored = [run for run in runs if run.spec["report"] in run.scores]
    if not scored:
        return ["  These faces have no labels, so there is nothing to score against."]
    width = max(len(run.name) for run in scored)
    several = len(scored[0].spec["seeds"]) > 1
    header = f"  {'':<{width}}  " + "  ".join(f"{name:>9}" for name in _SHOWN.values())
    header += "   AMI from, to" * several
    scored.sort(key=lambda run: -value(run.scores[run.spec["report"]]["ami"]))
    return [header, *(_row(run, width) for run in scored)]


def _row(run, width):
    scores = run.scores[run.spec["report"]]
    cells = "  ".join(f"{value(scores[metric]):>9.3f}" for metric in _SHOWN)
    ami = scores["ami"]
    interval = f"   {ami['low']:.3f} {ami['high']:.3f}" if isinstance(ami, dict) else ""
    return f"  {run.name:<{width}}  {cells}{interval}"
