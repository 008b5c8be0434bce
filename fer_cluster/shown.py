"""Runs as a notebook shows them: one beside the picture of what was scored, several as a table."""

from html import escape

from fer_cluster import catalog
from fer_cluster.errors import InputError
from fer_cluster.scoring import spread
from fer_cluster.summary import HEADER, UNLABELLED, number, ranked, title
from fer_cluster.thumbnails import picture

_DPI = 72  # that of a notebook's own figures
_OF_CLUSTERS = {
    "ami": "AMI",
    "ari": "ARI",
    "nmi": "NMI",
    "hungarian_accuracy": "Hungarian accuracy",
    "named_accuracy": "named accuracy",
    "balanced_accuracy": "balanced accuracy",
    "purity": "purity",
    "purity_chance": "purity by chance",
}
_OF_CLASSES = {"named_accuracy": "accuracy", "balanced_accuracy": "balanced accuracy", "macro_f1": "macro F1"}


def run_html(run):
    """Return a run as HTML: its map, or a classifier's confusion matrix, and its scores on the part reported.

    Parameters
    ----------
    run : Run

    Returns
    -------
    str
    """
    said = f"<p><b>{escape(run.name)}</b><br>{escape(title(run))}</p>"
    return f"<div>{said}{_picture(run)}{_scores(run)}</div>"


def runs_html(runs):
    """Return the scores of runs as HTML, a table for each split, best accuracy first.

    Parameters
    ----------
    runs : sequence of Run

    Returns
    -------
    str
    """
    blocks = []
    for about, rows in ranked(runs):
        blocks.append(f"<p>{escape(about)}</p>{_table(('', *HEADER), rows) if rows else _note()}")
    return f"<div>{''.join(blocks) or '<p>No runs.</p>'}</div>"


def _picture(run):
    """Return the picture of a run, or nothing where it has none: no map was made, or no face has a label."""
    from fer_cluster.picture import drawn

    name = "confusion" if run.spec["kind"] == "classifier" else "scatter"
    plot = catalog.make("plots", name)
    try:
        data = plot.data([run])
    except InputError:
        return ""
    return picture(drawn(plot, data, dpi=_DPI), f"{name} of {run.name}")


def _scores(run):
    scores = run.scores.get(run.spec["report"])
    if not scores:
        return _note()
    shown = _OF_CLASSES if run.spec["kind"] == "classifier" else _OF_CLUSTERS
    rows = [(text, _cells(metric, scores)) for metric, text in shown.items()]
    return _table((f"on {run.spec['report']}", "", "from", "to"), rows)


def _cells(metric, scores):
    """Return a score and its 95 % interval, empty where that is not known."""
    known = spread(metric, scores)
    return [number(known[name]) if name in known else "" for name in ("mean", "low", "high")]


def _table(header, rows):
    """Return a table; each row is a name and its cells, all of which may hold anything."""
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(
        f"<tr><th>{escape(name)}</th>{''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)}</tr>"
        for name, cells in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _note():
    return f"<p>{UNLABELLED}</p>"
