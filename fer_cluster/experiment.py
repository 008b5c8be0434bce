"""An experiment: the runs that one TOML file asks for."""

import itertools
import re
import tomllib
import warnings
from dataclasses import dataclass
from pathlib import Path

from fer_cluster import catalog, classifying, clustering
from fer_cluster.errors import InputError, hint, unknown
from fer_cluster.parts import KIND_OF, as_seeds, check_epochs, file_name, made_each
from fer_cluster.shipped import homes, shipped
from fer_cluster.splits import SPLITS
from fer_cluster.whole import is_whole

_ENTRY = ("name", "chosen_with", "optional")
_FITTED = (*_ENTRY, "features", "then", "seeds", "epochs")
_CLUSTERING = (*_FITTED, "clusterer", "projection", "k")
_BASELINE = (*_FITTED, "baseline", "teachers")
_ENSEMBLE = (*_ENTRY, "ensemble")
_SHARED = ("title", "splits", "k", "seeds", "projection", "baseline_seeds", "runs", "figures", "tables")
_TEXTS = ("title", "name", "plot", "analysis", "run", "chosen_with", "projection")
_LISTS = ("splits", "then", "ensemble", "teachers")
_GRIDS = ("features", "clusterer", "baseline")
_COUNTS = ("k", "epochs")
_MAY_BE_EMPTY = ("then", "teachers")


@dataclass(frozen=True)
class Experiment:
    """What a comparison runs and draws.

    Parameters
    ----------
    title : str
    splits : tuple of str
    runs : tuple of dict
        Keyword arguments of :func:`fer_cluster.cluster`, or, with ``baseline``,
        of :func:`fer_cluster.classify`, whose ``teachers`` are named; or ``name`` and
        ``ensemble``. Both lists are of runs before it. One dict a run; one that is ``optional`` is
        left out where it cannot be made, for want of weights say, which is tried at its turn.
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
        Where the file is missing, is no TOML, or names an unknown key or part,
        or one that does not fit the others.
    """
    path = _locate(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not readable as TOML: {error}.") from error
    _check_keys(path, table, _SHARED)
    _check_types(path, table)
    runs = [run for entry in table.get("runs", ()) for run in _grid(path, entry, table)]
    if not runs:
        raise InputError(f"{path} asks for no run; add a [[runs]] table.")
    runs = [_shortened(run, seeds, epochs) for run in runs]
    for run in runs:
        _check_seeds(run)
    names = [run["name"] for run in runs]
    _check_names(path, "run", names)
    _check_members(path, runs)
    figures, tables = table.get("figures", ()), table.get("tables", ())
    _check_drawn(path, "figure", figures, names, "plots", "plot")
    _check_drawn(path, "table", tables, names, "analysis", "analysis")
    splits = tuple(dict.fromkeys(table.get("splits", ("official",))))
    for split in splits:
        if split not in SPLITS:
            raise unknown(f"{path}: split", split, SPLITS)
    return Experiment(table.get("title", path.stem), splits, tuple(runs), tuple(figures), tuple(tables))


def _locate(path):
    """Return the file itself, or the shipped experiment of that name."""
    if Path(path).is_file():
        return Path(path)
    if found := shipped(f"{path}.toml"):
        return found
    names = sorted(file.stem for home in homes()[:1] for file in home.glob("*.toml"))
    near = hint(path, names)
    raise InputError(f"No experiment file {path}; shipped with the package: {', '.join(names)}.{near}")


def _grid(path, entry, table):
    """Return a run for each combination of the features and clusterers, or baselines, of an entry."""
    if "ensemble" in entry:
        _check_keys(path, entry, _ENSEMBLE)
        if "name" not in entry:
            raise InputError(f"{path}: an ensemble has no name; its folder is called by it.")
        return [entry]
    _check_keys(path, entry, _BASELINE if "baseline" in entry else _CLUSTERING)
    if "baseline" in entry:
        entry = {"seeds": table.get("baseline_seeds", 1)} | entry
    else:
        shared = {key: table[key] for key in ("k", "seeds", "projection") if key in table}
        entry = shared | {"features": "pixels", "clusterer": "kmeans"} | entry
    varied = [key for key in ("features", "clusterer", "baseline") if key in entry]
    several = [key for key in varied if len(_listed(entry[key])) > 1]
    grid = itertools.product(*(_listed(entry[key]) for key in varied))
    return [_run(entry | dict(zip(varied, parts, strict=True)), several) for parts in grid]


def _run(entry, several):
    """Return an entry with its name, which tells the parts that there are several of.

    Each part is made once, so that a wrong one is told at once.
    """
    steps = [catalog.make("steps", step) for step in entry.get("then", [])]
    as_seeds(entry.get("seeds", 1))
    parts = {key: catalog.make(kind, entry[key]) for key, kind in KIND_OF.items() if key in entry}
    if not entry.get("optional"):
        catalog.check(*steps, *parts.values())
    if entry.get("teachers"):
        classifying.check_pupil(entry["baseline"])
    named = entry | {"name": _name(entry, several)}
    check_epochs(entry.get("epochs"), *(parts[key] for key in ("baseline", "features") if key in parts))
    return named


def _name(entry, several):
    if "name" in entry:
        return "-".join([entry["name"], *(file_name(entry[key]) for key in several)])
    room = classifying if "baseline" in entry else clustering
    parts = {key: entry[key] for key in ("features", "clusterer", "baseline", "then") if key in entry}
    return room.run_name(room.describe(**parts))


def _shortened(run, seeds, epochs):
    """Return a run with fewer seeds and epochs, where these are given and it takes them."""
    if "ensemble" in run:
        return run
    short = {} if seeds is None else {"seeds": seeds if "baseline" not in run else 1}
    trained = [(KIND_OF[key], run[key]) for key in ("baseline", "features") if key in run]
    if epochs is not None and any(catalog.takes(*one, "epochs") for one in trained):
        short["epochs"] = epochs
    if epochs is not None and (within := _trained_within(run.get("features"))):
        warnings.warn(
            f"{run['name']}: {within[0]} within {run['features']} has the epochs told there, not {epochs}.",
            stacklevel=4,
        )
    return run | short


def _trained_within(features):
    """Return the names of trained parts within the text of features, as in several:parts=simclr."""
    words = re.findall(r"\w+", features.partition(":")[2]) if isinstance(features, str) else []
    return [w for w in words if w in catalog.names("features") and catalog.takes("features", w, "epochs")]


def _check_seeds(run):
    """Refuse several seeds of a clusterer or a baseline that has a seed of its own."""
    if key := next((key for key in ("baseline", "clusterer") if key in run), None):
        seeds = as_seeds(run.get("seeds", clustering.SEEDS))
        made_each(KIND_OF[key], run[key], seeds)


def _listed(value):
    return value if isinstance(value, list) else [value]


def _check_types(path, table):
    """Refuse values of another type than the keys of the file have."""
    rows = [table]
    for key in ("runs", "figures", "tables"):
        found = table.get(key, [])
        if not (isinstance(found, list) and all(isinstance(one, dict) for one in found)):
            raise InputError(f"{path}: {key} must be tables, each headed [[{key}]].")
        rows += found
    for row in rows:
        for key, value in row.items():
            if allowed := _allowed(key, value, row is table):
                raise InputError(f"{path}: {key} must be {allowed}, got {value!r}.")


def _allowed(key, value, on_top):
    """Return what a key must have where it has something else, or nothing."""
    texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
    if key in _TEXTS:
        return "" if isinstance(value, str) else "a text"
    if key in _COUNTS:
        return "" if is_whole(value) else "a whole number of 1 or more"
    if key in _LISTS or (key == "runs" and not on_top):
        return "" if texts and (value or key in _MAY_BE_EMPTY) else "a list of texts"
    if key in _GRIDS:
        return "" if isinstance(value, str) or (texts and value) else "a text or a list of texts"
    return "true or false" if key == "optional" and not isinstance(value, bool) else ""


def _check_members(path, runs):
    """Refuse members and teachers that are no classifier before the run that names them."""
    named = []
    for run in runs:
        for member in (*run.get("ensemble", ()), *run.get("teachers", ())):
            if member not in named:
                allowed = named or ["no baseline before it"]
                raise unknown(f"{path}: ensemble or teachers of {run['name']!r}", member, allowed)
        named += [run["name"]] if run.keys() & {"baseline", "ensemble"} else []


def _check_names(path, what, names):
    """Refuse names that are no file or folder of their own."""
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InputError(f"{path}: two {what}s are called {name!r}; give each a name of its own.")
        if not re.fullmatch(r"\w[\w .,+=()-]*", str(name)):
            raise InputError(
                f"{path}: the name {name!r} may hold letters, digits, blanks and . , + = ( ) - _ only."
            )


def _check_keys(path, table, allowed):
    for key in table:
        if key not in allowed:
            raise unknown(f"{path}", key, allowed)


def _check_drawn(path, what, entries, names, kind, part):
    """Refuse figures, or tables, of an unknown part or run."""
    for entry in entries:
        _check_keys(path, entry, ("name", part, "run", "runs"))
        if "name" not in entry:
            raise InputError(f"{path}: a {what} has no name; its file is called by it.")
        here = f"{path}: {what} {entry['name']!r}"
        if part not in entry or not entry.keys() & {"run", "runs"}:
            raise InputError(f"{here} needs {part}, and run or runs.")
        if not hasattr(catalog.make(kind, entry[part]), "of"):
            raise InputError(f"{here}: {entry[part]!r} is not made of runs.")
        for run in entry.get("runs", [entry.get("run")]):
            if run not in names:
                raise unknown(here, run, names)
    _check_names(path, what, [entry["name"] for entry in entries])
