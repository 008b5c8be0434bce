"""An experiment: the runs that one TOML file asks for."""

import itertools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from fer_cluster import catalog, classifying, clustering
from fer_cluster.errors import InputError, unknown
from fer_cluster.splits import SPLITS

_CLUSTERING = ("name", "features", "then", "clusterer", "projection", "k", "seeds", "epochs", "chosen_with")
_BASELINE = ("name", "baseline", "features", "then", "seeds", "epochs", "chosen_with", "optional")
_ENSEMBLE = ("name", "ensemble", "chosen_with")
_SHARED = ("title", "splits", "k", "seeds", "projection", "baseline_seeds", "runs", "figures", "tables")
_FIGURE_KEYS = ("name", "plot", "run", "runs")
_TABLE_KEYS = ("name", "analysis", "run", "runs")


@dataclass(frozen=True)
class Experiment:
    """What a comparison runs and draws.

    Parameters
    ----------
    title : str
    splits : tuple of str
    runs : tuple of dict
        Keyword arguments of :func:`fer_cluster.cluster`, or, with ``baseline``,
        of :func:`fer_cluster.classify`; or ``name`` and ``ensemble``, the
        names of runs before it. One dict a run; one that is ``optional`` is
        left out where it cannot be made, for want of weights say.
    figures : tuple of dict
        ``name``, ``plot`` and ``run`` of the figures that have a name of their own.
    tables : tuple of dict
        ``name``, ``analysis`` and ``run`` of the tables, likewise.
    """

    title: str
    splits: tuple
    runs: tuple
    figures: tuple = ()
    tables: tuple = ()


def read_experiment(path, seeds=None, epochs=None):
    """Read an experiment from a TOML file, or a shipped one by its name.

    Parameters
    ----------
    path : path-like
        A file, or the name of a shipped experiment: ``paper``.
    seeds : int, optional
        In place of the numbers of seeds in the file.
    epochs : int, optional
        In place of the epochs of whatever is trained.

    Raises
    ------
    InputError
        Where the file is missing, is no TOML, or names an unknown key or part.
    """
    path = _locate(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not readable as TOML: {error}.") from error
    _check_keys(path, table, _SHARED)
    runs = [run for entry in table.get("runs", ()) for run in _grid(path, entry, table)]
    if not runs:
        raise InputError(f"{path} asks for no run; add a [[runs]] table.")
    runs = [_shortened(run, seeds, epochs) for run in runs]
    names = [run["name"] for run in runs]
    _check_names(path, names)
    figures, tables = table.get("figures", ()), table.get("tables", ())
    for figure in figures:
        _check_drawn(path, "figure", figure, names, _FIGURE_KEYS, "plots", "plot")
    for one in tables:
        _check_drawn(path, "table", one, names, _TABLE_KEYS, "analysis", "analysis")
    splits = tuple(table.get("splits", ("official",)))
    for split in splits:
        if split not in SPLITS:
            raise unknown(f"{path}: split", split, SPLITS)
    return Experiment(table.get("title", path.stem), splits, tuple(runs), tuple(figures), tuple(tables))


def _locate(path):
    """Return the file itself, or the shipped experiment of that name."""
    if Path(path).is_file():
        return Path(path)
    here = Path(__file__).parent
    homes = [home for home in (here / "experiments", here.parent / "experiments") if home.is_dir()]
    for home in homes:
        if (home / f"{path}.toml").is_file():
            return home / f"{path}.toml"
    shipped = sorted(file.stem for home in homes[:1] for file in home.glob("*.toml"))
    raise InputError(f"No experiment file {path}; shipped with the package: {', '.join(shipped)}.")


def _grid(path, entry, table):
    """Return a run for each combination of the features and clusterers, or baselines, of an entry."""
    if "ensemble" in entry:
        _check_keys(path, entry, _ENSEMBLE)
        return [entry]
    allowed = _BASELINE if "baseline" in entry else _CLUSTERING
    _check_keys(path, entry, allowed)
    shared = {key: table[key] for key in ("k", "seeds", "projection") if key in table and key in allowed}
    if "baseline" in entry:
        shared["seeds"] = table.get("baseline_seeds", 1)
    varied = ("baseline",) if "baseline" in entry else ("features", "clusterer")
    entry = (
        shared | {"features": "pixels", "clusterer": "kmeans"} | entry
        if allowed is _CLUSTERING
        else shared | entry
    )
    grid = list(itertools.product(*(_listed(entry[key]) for key in varied)))
    if "name" in entry and len(grid) > 1:
        raise InputError(f"{path}: a name belongs to one run, but {entry['name']!r} has a grid.")
    return [_run(entry | dict(zip(varied, parts, strict=True))) for parts in grid]


def _run(entry):
    """Return an entry with its name; each part is made once, so that a wrong one is told at once."""
    kinds = {"features": "features", "clusterer": "clusterers", "baseline": "baselines"}
    for key, kind in kinds.items():
        if key in entry:
            catalog.make(kind, entry[key])
    for step in entry.get("then", []):
        catalog.make("steps", step)
    return {"name": _name(entry)} | entry


def _name(entry):
    room = classifying if "baseline" in entry else clustering
    parts = {key: entry[key] for key in ("features", "clusterer", "baseline", "then") if key in entry}
    return room.run_name(room.describe(**parts))


def _shortened(run, seeds, epochs):
    """Return a run with fewer seeds and epochs, where these are given and it takes them."""
    if "ensemble" in run:
        return run
    short = {} if seeds is None else {"seeds": seeds if "baseline" not in run else 1}
    trained = ("baselines", run["baseline"]) if "baseline" in run else ("features", run["features"])
    if epochs is not None and catalog.takes(*trained, "epochs"):
        short["epochs"] = epochs
    return run | short


def _listed(value):
    return value if isinstance(value, list) else [value]


def _check_names(path, names):
    """Refuse names that are no folder of their own."""
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InputError(f"{path}: two runs are called {name!r}; give each a name of its own.")
        if not re.fullmatch(r"\w[\w .,+=()-]*", name):
            raise InputError(
                f"{path}: the name {name!r} may hold letters, digits, blanks and . , + = ( ) - _ only."
            )


def _check_keys(path, table, allowed):
    for key in table:
        if key not in allowed:
            raise unknown(f"{path}", key, allowed)


def _check_drawn(path, what, entry, names, keys, kind, part):
    """Refuse a figure or a table of an unknown part or run."""
    _check_keys(path, entry, keys)
    catalog.find(kind, entry.get(part, ""))
    for run in entry.get("runs", [entry.get("run")]):
        if run not in names:
            raise unknown(f"{path}: {what} {entry.get('name')!r}", run, names)
