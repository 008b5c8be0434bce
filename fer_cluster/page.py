"""One Markdown page of an experiment: what was run and how, its figures and tables."""

from pathlib import Path

from fer_cluster.atomic import writing
from fer_cluster.summary import summary


def write_page(experiment, runs, figures, tables, path):
    """Write the page, which names every figure and shows every table.

    Parameters
    ----------
    experiment : Experiment
    runs : sequence of Run
    figures, tables : sequence of pathlib.Path
        As drawn and tabulated, below the folder of the page.
    path : path-like

    Returns
    -------
    pathlib.Path
    """
    path = Path(path)
    blocks = [f"# {experiment.title}: {runs[0].spec['dataset']['name']}", *_said(runs)]
    blocks += [f"```\n{summary(runs).rstrip()}\n```"]
    blocks += [_figure(one, path.parent) for one in figures if one.suffix != ".csv"]
    blocks += [_table(one) for one in tables if one.suffix == ".md"]
    with writing(path) as temporary:
        temporary.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return path


def _said(runs):
    """Return the sentences that a reader needs before any number."""
    said = []
    short = {run.spec["epochs"] for run in runs if "epochs" in run.spec}
    if short:
        epochs = " or ".join(map(str, sorted(short)))
        said.append(
            f"**A short run: whatever is trained saw each face {epochs} times only, not as often as in the "
            "paper. Its scores say that the systems work, not how well.**"
        )
    if any(run.spec["dataset"]["name"].startswith("toy") for run in runs):
        said.append("The faces are drawn, not photographed; their scores say nothing of FER2013.")
    return said


def _figure(path, home):
    name = path.stem.replace("_", " ")
    return f"![{name}]({path.relative_to(home).as_posix()})"


def _table(path):
    """Return a table a heading lower, under the page's own."""
    return "#" + path.read_text(encoding="utf-8").rstrip()
