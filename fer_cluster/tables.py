"""The tables of runs, as CSV for programs and as Markdown for people."""

import inspect
from pathlib import Path

import numpy as np
import pandas as pd

from fer_cluster import catalog
from fer_cluster.atomic import writing
from fer_cluster.drawing import by_default, make_each, make_named, told
from fer_cluster.errors import InputError

_KEYS = ("run", "dataset", "split", "part")  # said in the title where they are the same in all rows


def tabulate(runs, out, names=None, faces=None):
    """Write the tables that the analyses make of runs.

    Parameters
    ----------
    runs : sequence of Run
    out : path-like
        The folder: ``NAME_RUN_SPLIT.csv`` and ``.md``, ``NAME_SPLIT`` of what
        compares runs, ``NAME`` of what compares splits too.
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
    """Return what writes a table as CSV and as Markdown into a folder."""

    def save(analysis, runs, stem):
        table = told(analysis.table, faces)(runs)
        title = inspect.getdoc(type(analysis)).split("\n")[0].rstrip(".")
        paths = [out / f"{stem}.csv", out / f"{stem}.md"]
        with writing(paths[0]) as path:
            table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")
        with writing(paths[1]) as path:
            path.write_text(markdown(table, title, analysis.say(table)), encoding="utf-8")
        return paths

    return save


def markdown(table, title, sentence):
    """Return a table in words and pipes.

    What is the same in all rows (run, data set, split, part) goes into the title, a
    standard deviation (``recall_sd``) beside its mean.

    Parameters
    ----------
    table : DataFrame
    title, sentence : str
    """
    same = [key for key in _KEYS if key in table and table[key].nunique() == 1]
    of = ", ".join(str(table[key].iloc[0]) for key in same)
    columns = [name for name in table if name not in same and not _is_spread(name, table)]
    numeric = [pd.api.types.is_numeric_dtype(table[name]) for name in columns]
    head = [name.replace("_", " ") for name in columns]
    cells = zip(*(_cells(name, table) for name in columns), strict=True)
    rule = ["---:" if number else "---" for number in numeric]
    lines = ["| " + " | ".join(row) + " |" for row in (head, rule, *cells)]
    return "\n".join([f"# {title}{': ' * bool(of)}{of}", "", sentence, "", *lines, ""])


def _is_spread(name, table):
    return name.endswith("_sd") and name.removesuffix("_sd") in table


def _cells(name, table):
    """Return a column as text."""
    if f"{name}_sd" not in table:
        return [_text(value) for value in table[name]]
    pairs = zip(table[name], table[f"{name}_sd"], strict=True)
    return [_text(mean) if pd.isna(sd) else f"{mean:.3f} ± {sd:.3f}" for mean, sd in pairs]


def _text(value):
    """Return a cell: counts with commas, shares to a hundredth of a per cent, nothing where missing."""
    if pd.isna(value):
        return ""
    if not isinstance(value, float | np.floating):
        return f"{value:,}" if isinstance(value, int | np.integer) else str(value).replace("|", r"\|")
    if value.is_integer() and abs(value) >= 2:
        return f"{value:,.0f}"
    if 0 < abs(value) < 5e-5:
        return f"{value:.0e}"
    return f"{value:.2f}" if round(value, 4) == round(value, 2) else f"{value:.4f}"
