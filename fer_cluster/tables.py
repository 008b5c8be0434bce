"""The tables of runs: CSV for programs, Markdown for people, LaTeX for papers."""

import inspect
from pathlib import Path

from fer_cluster import catalog
from fer_cluster.atomic import writing
from fer_cluster.errors import InputError
from fer_cluster.making import by_default, faces_argument, make_each, make_named
from fer_cluster.typeset import latex, markdown


def tabulate(runs, out, names=None, faces=None):
    """Write the tables that the analyses make of runs.

    Parameters
    ----------
    runs : sequence of Run
    out : path-like
        The folder: ``NAME_RUN_SPLIT.csv``, ``.md`` and ``.tex``, ``NAME_SPLIT`` of
        what compares runs, ``NAME`` of what compares splits too.
    names : sequence of str, optional
        Analyses; by default those that suit the kinds of the runs, and those that
        compare where there are several.
    faces : Faces, optional
        Those of the runs, where they are at hand, for analyses that look at them.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    InputError
        Where an analysis is unknown, or one was asked for that no run can give,
        or there is no run.
    """
    if not runs:
        raise InputError("There is no run to tabulate.")
    made = [(name, catalog.make("analysis", name)) for name in names or catalog.names("analysis")]
    save, paths = _saving(Path(out), faces), []
    for name, analysis in made:
        chosen = runs if names else by_default(analysis, runs)
        paths += make_each(name, analysis, chosen, save, asked=bool(names))
    return paths


def sentences(paths):
    """Return (name, sentence) of each table among the paths, as its Markdown file tells it.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Those that :func:`tabulate` returned.
    """
    pages = [path for path in paths if path.suffix == ".md"]
    return [(page.stem, page.read_text(encoding="utf-8").split("\n\n")[1]) for page in pages]


def tabulate_experiment(experiment, runs, out, faces=None):
    """Write the tables that an experiment names, for every split, and what compares its runs.

    An experiment that names no table has the default tables of every run. A table
    that its runs cannot give is left out with a warning.
    """
    if not experiment.tables:
        return tabulate(runs, out, faces=faces)
    save, paths = _saving(Path(out), faces), []
    for name in catalog.names("analysis"):
        if (analysis := catalog.make("analysis", name)).compares:
            paths += make_each(name, analysis, by_default(analysis, runs), save)
    for entry in experiment.tables:
        paths += make_named(entry, catalog.make("analysis", entry["analysis"]), runs, save)
    return paths


def _saving(out, faces):
    """Return what writes a table as CSV, Markdown and LaTeX into a folder."""

    def save(analysis, runs, stem):
        table = analysis.table(runs, **faces_argument(analysis.table, faces))
        title = inspect.getdoc(type(analysis)).split("\n")[0].rstrip(".")
        sentence = analysis.say(table)
        texts = {
            "csv": table.to_csv(index=False, float_format="%.6g", lineterminator="\n"),
            "md": markdown(table, title, sentence),
            "tex": latex(table, title, sentence, stem),
        }
        for suffix, text in texts.items():
            with writing(out / f"{stem}.{suffix}") as path:
                path.write_text(text, encoding="utf-8", newline="\n")
        return [out / f"{stem}.{suffix}" for suffix in texts]

    return save
