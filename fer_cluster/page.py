"""One Markdown page of an experiment: what was run and how, its figures and tables."""

from pathlib import Path
from urllib.parse import quote

from fer_cluster.atomic import check_ours, writing
from fer_cluster.summary import summary

_LONGEST = 40  # lines of a table that is shown rather than pointed to


def check_page(experiment, path):
    """Raise an InputError where another file lies where the page of an experiment would be written."""
    check_ours(path, f"# {experiment.title}: ", f"page of {experiment.title}")


def write_page(experiment, runs, figures, tables, path):
    """Write the page, which shows every figure and shows or names every table.

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
    blocks = [f"# {experiment.title}: {runs[0].spec['dataset']['name']}", *_said(experiment, runs)]
    blocks += ["## Scores", f"```\n{summary(runs).rstrip()}\n```", "## Figures"]
    blocks += [_figure(one, path.parent) for one in figures if one.suffix != ".csv"]
    blocks += ["## Tables", *(_table(one, path.parent) for one in tables if one.suffix == ".md")]
    with writing(path) as temporary:
        temporary.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return path


def _said(experiment, runs):
    """Return the sentences that a reader needs before any number."""
    said = []
    made = {run.name for run in runs}
    left = ", ".join(f"`{entry['name']}`" for entry in experiment.runs if entry["name"] not in made)
    if left:
        said.append(f"Left out, as something that they need (weights, as a rule) was not here: {left}.")
    asked = {run.spec["epochs"] for run in runs if "epochs" in run.spec}
    if asked:
        epochs = " or ".join(map(str, sorted(asked)))
        said.append(
            f"**Whatever is trained saw each face {epochs} time(s), as was asked, in place of its own number:"
            " the scores of a short training tell that the systems work, not how well.**"
        )
    if any(run.spec["dataset"]["name"].startswith("toy") for run in runs):
        said.append("The faces are drawn, not photographed; their scores say nothing of FER2013.")
    return said


def _figure(path, home):
    name = path.stem.replace("_", " ")
    return f"### {name}\n\n![{name}]({_link(path, home)})"


def _link(path, home):
    """Return a path as Markdown reads it: blanks and brackets, which end a link, are escaped."""
    return quote(path.relative_to(home).as_posix(), safe="/=,+")


def _table(path, home):
    """Return a table two headings lower, or its title and sentence with a link where it is long."""
    lines = path.read_text(encoding="utf-8").rstrip().split("\n")
    shown = "##" + "\n".join(lines)
    if len(lines) <= _LONGEST:
        return shown
    there = _link(path, home)
    return "##" + "\n".join(lines[:3]) + f"\n\nAll {len(lines) - 6} rows: [{there}]({there})"
