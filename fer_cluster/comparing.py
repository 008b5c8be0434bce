"""Many runs on the same faces, side by side, resumed where they were cut off."""

import warnings
from pathlib import Path

import pandas as pd

from fer_cluster import clustering
from fer_cluster.atomic import writing
from fer_cluster.errors import InputError
from fer_cluster.experiment import read_experiment
from fer_cluster.loading import load
from fer_cluster.progress import bar
from fer_cluster.runs import load_run
from fer_cluster.splits import split as split_faces


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
    if out is not None:
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
    runs, last = [], (None, None)
    progress = bar(experiment.runs, f"{experiment.title}, split {split}")
    for entry in progress:
        progress.set_postfix_str(entry["name"])
        folder = Path(out) / split / entry["name"] if out is not None else None
        run = _finished(folder, entry, split, faces)
        if run is None:
            last = _embedded(last, entry, split, faces)
            run = clustering.cluster(faces, split=split, embedding=last[1], **entry)
            if folder is not None:
                run.save(folder)
        runs.append(run)
    return runs


def _embedded(last, entry, split, faces):
    """Return (key, features), those of the last run where they are the same."""
    seed = clustering.as_seeds(entry.get("seeds", clustering.SEEDS))[0]
    key = (entry["features"], tuple(entry.get("then", ())), seed)
    if last[0] == key:
        return last
    return key, clustering.embed(faces, key[0], then=key[1], split=split, seed=seed)


def _finished(folder, entry, split, faces):
    """Return the run that lies in the folder if it is of the same faces and parts."""
    if folder is None or not (folder / "run.json").exists():
        return None
    try:
        run = load_run(folder)
    except InputError as error:
        warnings.warn(f"{error} It is made again.", stacklevel=4)
        return None
    wanted = clustering.describe(**{key: entry[key] for key in _DESCRIBED if key in entry})
    wanted["seeds"] = clustering.as_seeds(entry.get("seeds", clustering.SEEDS))
    same = all(run.spec.get(key) == value for key, value in wanted.items())
    same = same and run.spec["dataset"]["fingerprint"] == faces.fingerprint and run.spec["split"] == split
    return run if same else None


_DESCRIBED = ("features", "clusterer", "then", "projection", "k")
