"""Many runs on the same faces, side by side, resumed where they were cut off."""

import shutil
import warnings
from pathlib import Path

import pandas as pd

from fer_cluster import catalog, classifying, clustering
from fer_cluster.atomic import writing
from fer_cluster.ensembles import ensemble
from fer_cluster.errors import InputError, unknown
from fer_cluster.experiment import read_experiment
from fer_cluster.loading import load
from fer_cluster.progress import bar
from fer_cluster.runs import load_run
from fer_cluster.splits import split as split_faces
from fer_cluster.training.parallel import is_first


def compare(experiment, faces="toy", out=None):
    """Make every run of an experiment and return them all.

    Parameters
    ----------
    experiment : Experiment, path-like or str
        A TOML file, or the name of a shipped one: ``"paper"``.
    faces : Faces or str
    out : path-like, optional
        Where runs are kept, as ``out/split/run``. A run that is there already,
        of the same faces and parts, is not made again. ``out/scores.csv`` is
        the table of them all.

    Returns
    -------
    list of Run

    Raises
    ------
    InputError
        Where the experiment names an unknown part, or the faces have none of its splits.
    """
    experiment = experiment if hasattr(experiment, "runs") else read_experiment(experiment)
    faces = load(faces)
    runs = []
    for split in _available(experiment.splits, faces):
        runs += _compare_on(split, experiment, faces, out)
    if out is not None and is_first():
        with writing(Path(out) / "scores.csv") as path:
            scores_table(runs).to_csv(path, index=False, float_format="%.6g")
    return runs


def scores_table(runs):
    """Return the scores of runs as one tidy table: a row for each run, part and metric."""
    return pd.concat([run.scores_table() for run in runs], ignore_index=True)


def _available(splits, faces):
    """Return the splits that the faces have; what they lack is reported."""
    have = []
    for split in splits:
        try:
            split_faces(faces, split)
            have.append(split)
        except InputError as error:
            warnings.warn(f"Split {split!r} is left out: {error}", stacklevel=3)
    return have or ["stratified"]


def _compare_on(split, experiment, faces, out):
    """Return the runs of one split, in the order of the experiment."""
    runs, last = {}, (None, None)
    progress = bar(experiment.runs, f"{experiment.title}, split {split}")
    for entry in progress:
        progress.set_postfix_str(entry["name"])
        folder = Path(out) / split / entry["name"] if out is not None else None
        run = None if "ensemble" in entry else _finished(folder, entry, split, faces)
        if run is None and "ensemble" in entry:
            run = _together(runs, entry, folder)
        elif run is None:
            last = _embedded(last, entry, split, faces, folder)
            run = _made_or_left_out(entry, split, faces, last[1], folder)
        if run is not None:
            runs[entry["name"]] = run
    return list(runs.values())


def _together(runs, entry, folder):
    """Return the ensemble of runs that are there already."""
    for name in entry["ensemble"]:
        if name not in runs:
            raise unknown(f"ensemble {entry['name']!r}: run", name, runs or ["no run before it"])
    run = ensemble([runs[name] for name in entry["ensemble"]], entry["name"])
    if folder is not None and is_first():
        run.save(folder)
    return run


def _made_or_left_out(entry, split, faces, embedding, folder):
    """Make a run; an optional one that cannot be made is told of and left out."""
    entry = dict(entry)
    optional = entry.pop("optional", False)
    try:
        return _made(entry, split, faces, embedding, folder)
    except InputError as error:
        if not optional:
            raise
        warnings.warn(f"{entry['name']!r} is left out: {error}", stacklevel=5)


def _made(entry, split, faces, embedding, folder):
    """Make a run and keep it; a training leaves its state beside the folder until then."""
    training = folder and _training(folder)
    options = {"split": split, "embedding": embedding, "checkpoint": training}
    verb = classifying.classify if "baseline" in entry else clustering.cluster
    run = verb(faces, **options, **entry)
    if folder is not None and is_first():
        run.save(folder)
        for left in (training, training.with_name(f"{training.name}-masked")):
            shutil.rmtree(left, ignore_errors=True)
    return run


def _training(folder):
    """Return the folder of the state of a training whose run will lie in ``folder``."""
    return folder.with_name(f"{folder.name}.training")


def _embedded(last, entry, split, faces, folder):
    """Return (key, features), those of the last run where they are the same; None where images are seen."""
    if "baseline" in entry and "features" not in entry and not _sees_features(entry["baseline"]):
        return last[0], None
    seed = clustering.as_seeds(entry.get("seeds", clustering.SEEDS))[0]
    key = (entry.get("features", "pixels"), tuple(entry.get("then", ())), entry.get("epochs"), seed)
    if last[0] == key and last[1] is not None:
        return last
    trained = {"epochs": entry.get("epochs"), "checkpoint": folder and _training(folder)}
    return key, clustering.embed(faces, key[0], then=key[1], split=split, seed=seed, **trained)


def _sees_features(baseline):
    return getattr(catalog.make("baselines", baseline), "on", "") == "features"


def _finished(folder, entry, split, faces):
    """Return the run that lies in the folder if it is of the same faces and parts."""
    if folder is None or not (folder / "run.json").exists():
        return None
    try:
        run = load_run(folder)
    except InputError as error:
        warnings.warn(f"{error} It is made again.", stacklevel=4)
        return None
    room, keys = (classifying, _CLASSIFIED) if "baseline" in entry else (clustering, _CLUSTERED)
    wanted = room.describe(**{key: entry[key] for key in keys if key in entry})
    wanted["seeds"] = clustering.as_seeds(entry.get("seeds", clustering.SEEDS))
    if "epochs" in entry:
        wanted["epochs"] = entry["epochs"]
    same = all(run.spec.get(key) == value for key, value in wanted.items())
    same = same and run.spec["dataset"]["fingerprint"] == faces.fingerprint and run.spec["split"] == split
    return run if same else None


_CLUSTERED = ("features", "clusterer", "then", "projection", "k")
_CLASSIFIED = ("baseline", "features", "then")
