"""The figures of runs, drawn from their files."""

import inspect
from pathlib import Path

from fer_cluster import catalog
from fer_cluster.errors import InputError, unknown

FORMATS = ("png", "pdf", "svg")


def draw(runs, out, plots=None, suffix="png"):
    """Draw the plots of runs; each picture has the CSV behind it beside it.

    Parameters
    ----------
    runs : sequence of Run
    out : path-like
        The folder for the pictures.
    plots : sequence of str, optional
        By default every plot that is made of runs; those that compare, of several only.
    suffix : str
        ``png``, ``pdf`` or ``svg``.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    InputError
        Where a plot or the format is unknown, or there is no run.
    """
    if suffix not in FORMATS:
        raise unknown("format", suffix, FORMATS)
    if not runs:
        raise InputError("There is no run to draw.")
    made = [(name, catalog.make("plots", name)) for name in plots or _of_runs(len(runs))]
    paths = []
    for name, plot in made:
        paths += _draw_one(name, plot, runs, Path(out), suffix)
    return paths


def draw_experiment(experiment, runs, out):
    """Draw the figures that an experiment names, for every split, and what compares its runs.

    An experiment that names no figure has every plot of every run.
    """
    if not experiment.figures:
        return draw(runs, out)
    paths = draw(runs, out, _comparing())
    for split in dict.fromkeys(run.spec["split"] for run in runs):
        chosen = {run.name: run for run in runs if run.spec["split"] == split}
        for figure in experiment.figures:
            plot = catalog.make("plots", figure["plot"])
            paths += _save(plot, [chosen[figure["run"]]], Path(out) / f"{figure['name']}_{split}.png")
    return paths


def _comparing():
    return [name for name in _of_runs(2) if catalog.find("plots", name).compares]


def _of_runs(count):
    """Return the names of the plots that are made of runs; one run is not compared."""
    found = {name: catalog.find("plots", name) for name in catalog.names("plots")}
    of_runs = {name for name, plot in found.items() if "runs" in inspect.signature(plot.data).parameters}
    return [name for name in found if name in of_runs and (count > 1 or not found[name].compares)]


def _draw_one(name, plot, runs, out, suffix):
    """Draw a plot that compares runs once a split, any other once a run."""
    paths = []
    for split in dict.fromkeys(run.spec["split"] for run in runs):
        chosen = [run for run in runs if run.spec["split"] == split]
        if plot.compares:
            paths += _save(plot, chosen, out / f"{name}_{split}.{suffix}")
        else:
            for run in chosen:
                paths += _save(plot, [run], out / f"{name}_{run.name}_{split}.{suffix}")
    return paths


def _save(plot, runs, path):
    from fer_cluster.plots._save import save

    return save(plot, runs, path)
