"""An experiment: the runs that one TOML file asks for."""

import itertools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from fer_cluster import catalog
from fer_cluster.clustering import describe, run_name
from fer_cluster.errors import InputError, unknown
from fer_cluster.splits import SPLITS

_RUN_KEYS = ("name", "features", "then", "clusterer", "projection", "k", "seeds", "chosen_with")
_SHARED = ("title", "splits", "k", "seeds", "projection", "runs", "figures")
_FIGURE_KEYS = ("name", "plot", "run")


@dataclass(frozen=True)
class Experiment:
    """What a comparison runs and draws.

    Parameters
    ----------
    title : str
    splits : tuple of str
    runs : tuple of dict
        Keyword arguments of :func:`fer_cluster.cluster`, one dict a run.
    figures : tuple of dict
        ``name``, ``plot`` and ``run`` of the figures that have a name of their own.
    """

    title: str
    splits: tuple
    runs: tuple
    figures: tuple = ()


def read_experiment(path, seeds=None):
    """Read an experiment from a TOML file, or a shipped one by its name.

    Parameters
    ----------
    path : path-like
        A file, or the name of a shipped experiment: ``paper``.
    seeds : int, optional
        In place of the numbers of seeds in the file.

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
    shared = {key: table[key] for key in ("k", "seeds", "projection") if key in table}
    runs = [run for entry in table.get("runs", ()) for run in _grid(path, shared | entry)]
    if not runs:
        raise InputError(f"{path} asks for no run; add a [[runs]] table.")
    if seeds is not None:
        runs = [run | {"seeds": seeds} for run in runs]
    names = [run["name"] for run in runs]
    _check_names(path, names)
    for figure in (figures := table.get("figures", ())):
        _check_figure(path, figure, names)
    splits = tuple(table.get("splits", ("official",)))
    for split in splits:
        if split not in SPLITS:
            raise unknown(f"{path}: split", split, SPLITS)
    return Experiment(table.get("title", path.stem), splits, tuple(runs), tuple(figures))


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


def _grid(path, entry):
    """Return a run for each combination of the features and clusterers of an entry."""
    _check_keys(path, entry, _RUN_KEYS)
    features, clusterers = (_listed(entry.get(key, default)) for key, default in _DEFAULTS)
    if "name" in entry and len(features) * len(clusterers) > 1:
        raise InputError(f"{path}: a name belongs to one run, but {entry['name']!r} has a grid.")
    return [_run(entry | {"features": f, "clusterer": c}) for f, c in itertools.product(features, clusterers)]


_DEFAULTS = (("features", "pixels"), ("clusterer", "kmeans"))


def _run(entry):
    for kind, parts in (
        ("features", [entry["features"]]),
        ("steps", entry.get("then", [])),
        ("clusterers", [entry["clusterer"]]),
    ):
        for part in parts:
            catalog.make(kind, part)
    described = describe(entry["features"], entry["clusterer"], then=entry.get("then", ()))
    return {"name": run_name(described)} | entry


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


def _check_figure(path, figure, names):
    _check_keys(path, figure, _FIGURE_KEYS)
    catalog.find("plots", figure.get("plot", ""))
    if figure.get("run") not in names:
        raise unknown(f"{path}: figure {figure.get('name')!r}", figure.get("run"), names)
