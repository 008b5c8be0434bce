"""The figures of runs, drawn from their files."""

import inspect
from pathlib import Path

from fer_cluster import catalog
from fer_cluster.errors import InputError, unknown
from fer_cluster.making import by_default, faces_argument, make_each, make_named

FORMATS = ("png", "pdf", "svg")


def draw(runs, out, plots=None, suffix="png", faces=None):
    """Draw the plots of runs; each picture has the CSV behind it beside it.

    A plot is drawn of the runs that it can be drawn of: no classifier is put on
    a map of clusters, and no learning curve is drawn where nothing was trained.

    Parameters
    ----------
    runs : sequence of Run
    out : path-like
        The folder for the pictures.
    plots : sequence of str, optional
        By default every plot that is made of runs unasked; those that compare, of several only.
    suffix : str
        ``png``, ``pdf`` or ``svg``.
    faces : Faces, optional
        Those of the runs, where they are at hand, for plots that look at them.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    InputError
        Where a plot or the format is unknown, a plot was asked for that none of
        the runs can give, or there is no run.
    """
    if suffix not in FORMATS:
        raise unknown("format", suffix, FORMATS)
    if not runs:
        raise InputError("There is no run to draw.")
    made = [(name, catalog.make("plots", name)) for name in plots or _of_runs()]
    for name, plot in made:
        if not _is_of_runs(plot):
            raise unknown("What is drawn of runs", name, _of_runs())
    paths = []
    for name, plot in made:
        chosen = runs if plots else by_default(plot, runs)
        paths += make_each(name, plot, chosen, _saving(Path(out), suffix, faces), asked=bool(plots))
    return paths


def draw_experiment(experiment, runs, out, faces=None):
    """Draw the figures that an experiment names, for every split, and what compares its runs.

    An experiment that names no figure has every plot of every run. A figure that
    its runs cannot give is left out with a warning.
    """
    if not experiment.figures:
        return draw(runs, out, faces=faces)
    save, paths = _saving(Path(out), "png", faces), []
    for name in _of_runs():
        if (plot := catalog.make("plots", name)).compares:
            paths += make_each(name, plot, by_default(plot, runs), save)
    for figure in experiment.figures:
        paths += make_named(figure, catalog.make("plots", figure["plot"]), runs, save)
    return paths


def _of_runs():
    """Return the names of the plots that are made of runs."""
    return [name for name in catalog.names("plots") if _is_of_runs(catalog.find("plots", name))]


def _is_of_runs(plot):
    return "runs" in inspect.signature(plot.data).parameters


def _saving(out, suffix, faces):
    """Return what writes a picture and its CSV into a folder."""
    from fer_cluster.picture import save

    def write(plot, runs, stem):
        return save(plot, runs, out / f"{stem}.{suffix}", **faces_argument(plot.data, faces))

    return write
