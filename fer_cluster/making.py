"""What a plot or an analysis makes of runs: of each, of all of a split, or of those that an entry names."""

import inspect
import warnings

from fer_cluster.chain import wanted
from fer_cluster.errors import InputError
from fer_cluster.naming import names_apart
from fer_cluster.parts import file_name


def make_each(name, part, runs, save, asked=False):
    """Save what a plot or an analysis makes: of each run, or of all of a split where it compares.

    Parameters
    ----------
    name : str
    part : object
        A plot or an analysis: ``of`` are the kinds of run that it takes, ``compares``
        tells whether it lays them side by side, ``across`` whether splits too.
    runs : sequence of Run
    save : callable
        ``save(part, runs, stem)`` returns the paths it wrote.
    asked : bool
        Whether it was asked for by name: it is then an error that no run can give
        it, and it compares even one run with none.

    Returns
    -------
    list of pathlib.Path
    """
    paths, refusals = [], []
    for suffix, chosen in _lots(part, runs):
        if part.compares and len(chosen) == 1 and not asked:
            continue
        try:
            paths += save(part, chosen, f"{file_name(name)}{suffix}")
        except InputError as error:  # what a run lacks is said by the part itself
            refusals.append(error)
    if asked and not paths:
        kinds = " or ".join(part.of)
        raise (
            refusals[0] if refusals else InputError(f"{name!r} is made of runs of a {kinds}; there is none.")
        )
    for error in refusals if asked else ():
        warnings.warn(f"Left out: {error}", stacklevel=3)
    return paths


def make_named(entry, part, runs, save):
    """Save what an entry of an experiment names, a file a split; what cannot be made is warned of."""
    names = entry["runs"] if "runs" in entry else [entry["run"]]
    chosen = [run for name in names for run in _of_kinds(part, runs) if run.name == name]
    if not chosen:
        warnings.warn(
            f"{entry['name']!r} is left out: no run of it is a {' or '.join(part.of)}.", stacklevel=3
        )
    lots = [("", chosen)] if _across(part) and chosen else _alike(chosen)
    paths = []
    for suffix, some in lots:
        try:
            paths += save(part, some, f"{entry['name']}{suffix}")
        except InputError as error:
            warnings.warn(f"{entry['name'] + suffix!r} is left out: {error}", stacklevel=3)
    return paths


def by_default(part, runs):
    """Return the runs that a plot or an analysis is made of unasked."""
    kinds = getattr(part, "by_default", part.of)
    return [run for run in runs if run.spec["kind"] in kinds]


def faces_argument(method, faces):
    """Return ``{"faces": faces}`` where a method takes faces, else nothing.

    Raises
    ------
    InputError
        Where it cannot do without them and they are not at hand.
    """
    given = wanted(method, faces=faces)
    needed = given and inspect.signature(method).parameters["faces"].default is inspect.Parameter.empty
    if needed and faces is None:
        raise InputError(
            f"{type(method.__self__).__name__.lower()} looks at the images, which runs on disk do not hold; "
            "name it in an experiment that is compared, or give faces."
        )
    return given


def _lots(part, runs):
    """Yield the suffix of the name and the runs of each thing that a part makes of runs."""
    chosen = _of_kinds(part, runs)
    if _across(part) and chosen:
        yield "", chosen
        return
    if part.compares:
        yield from _alike(chosen)
        return
    for split, some in _by_split(chosen):
        names = names_apart((run.name,) for run in some)  # of several comparisons, or of other faces
        yield from ((f"_{name}_{split}", [run]) for name, run in zip(names, some, strict=True))


def _of_kinds(part, runs):
    return [run for run in runs if run.spec["kind"] in part.of]


def _across(part):
    return getattr(part, "across", False)


def _alike(runs):
    """Return (suffix, runs) of each split and faces; the suffix tells the faces where there are several."""
    lots = []
    for split, some in _by_split(runs):
        prints = dict.fromkeys(run.spec["dataset"].get("fingerprint") for run in some)
        each = [[run for run in some if run.spec["dataset"].get("fingerprint") == one] for one in prints]
        names = names_apart((lot[0].spec["dataset"]["name"],) for lot in each)
        words = [f"_{file_name(name).strip('_')}" for name in names] if len(each) > 1 else [""]
        lots += [(f"{word}_{split}", lot) for word, lot in zip(words, each, strict=True)]
    return lots


def _by_split(runs):
    """Return (split, its runs) in the order in which the splits come."""
    splits = dict.fromkeys(run.spec["split"] for run in runs)
    return [(split, [run for run in runs if run.spec["split"] == split]) for split in splits]
