"""Many runs on the same faces, side by side, resumed where they were cut off."""

import json
import warnings
from dataclasses import replace
from pathlib import Path

import pandas as pd

from fer_cluster import classifying, clustering
from fer_cluster.atomic import check_ours, writing
from fer_cluster.chain import Chain
from fer_cluster.ensembles import ensemble
from fer_cluster.errors import InputError, unknown
from fer_cluster.experiment import read_experiment
from fer_cluster.loading import load
from fer_cluster.parts import made
from fer_cluster.progress import bar
from fer_cluster.record import chosen_by, parameters
from fer_cluster.reusing import embedded, seeds_of
from fer_cluster.run_folder import check_free, clear_state, state_folder
from fer_cluster.runs import Runs, load_run
from fer_cluster.splits import split as split_faces
from fer_cluster.training.parallel import is_first
from fer_cluster.voices import chosen, said
from fer_cluster.votes import votes_in

_CLUSTERED = ("features", "clusterer", "then", "projection", "k")
_CLASSIFIED = ("baseline", "features", "then")


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
    Runs
        A list of Run.

    Raises
    ------
    InputError
        Where the experiment names an unknown part, none of its runs can be made, ``out/scores.csv``
        or the folder of a run is something else, or a run of other faces, or of more epochs than are
        asked for, is there.
    """
    experiment = experiment if hasattr(experiment, "runs") else read_experiment(experiment)
    if out is not None:
        check_ours(Path(out) / "scores.csv", "run,", "table of scores")
    faces = load(faces)
    runs, splits = Runs(), _available(experiment.splits, faces)
    if out is not None:
        _check_places(Path(out), splits, experiment.runs, faces)
    for split in splits:
        possible = replace(experiment, runs=_possible(experiment.runs, faces, split))
        runs += _compare_on(split, possible, faces, out)
    if not runs:
        raise InputError(f"{experiment.title}: no run of it can be made of {faces.name}.")
    if out is not None and is_first():
        with writing(Path(out) / "scores.csv") as path:
            scores_table(runs).to_csv(path, index=False, float_format="%.6g")
    return runs


def scores_table(runs):
    """Return the scores of runs as one tidy table: a row for each run, part and metric."""
    return pd.concat([run.scores_table() for run in runs], ignore_index=True)


def _possible(entries, faces, split):
    """Return the runs that the faces allow: without labels to fit on no baseline and no ensemble."""
    parts = split_faces(faces, split)
    if faces.about["emotion"][parts.part == parts.fit].notna().any():
        return entries
    possible = tuple(entry for entry in entries if not entry.keys() & {"baseline", "ensemble"})
    if len(possible) < len(entries):
        where = f"{faces.name} has no labels to learn from (split {split!r})"
        warnings.warn(f"Baselines are left out: {where}.", stacklevel=3)
    return possible


def _available(splits, faces):
    """Return the splits that the faces have; what they lack is reported."""
    have = []
    for split in splits:
        try:
            split_faces(faces, split)
            have.append(split)
        except InputError as error:
            warnings.warn(f"Split {split!r} is left out: {error}", stacklevel=3)
    if not have:
        have = [split_faces(faces).name]
        warnings.warn(
            f"Split {have[0]!r} is used, as {faces.name} has none that was asked for.", stacklevel=3
        )
    return have


def _check_places(out, splits, entries, faces):
    """Refuse folders that a run cannot be kept in before the first run is made, which may take hours."""
    for folder, entry in [(out / split / entry["name"], entry) for split in splits for entry in entries]:
        check_free(folder)
        spec = _spec(folder)
        dataset, held, epochs = _told(spec, "dataset"), _epochs(spec), entry.get("epochs")
        if dataset.get("fingerprint", faces.fingerprint) != faces.fingerprint:
            raise InputError(
                f"{folder} holds a run of other faces ({dataset.get('name')}), which is not overwritten; "
                "give another folder, or remove it."
            )
        if epochs is not None and held > epochs:
            raise InputError(
                f"{folder} holds a run of {held} epochs, which one of {epochs} would replace; "
                "give another folder, or remove it."
            )


def _spec(folder):
    """Return the spec of the run in a folder; an empty one where there is none, or it is damaged."""
    try:
        return _told(json.loads((folder / "run.json").read_text(encoding="utf-8")), "spec")
    except (OSError, ValueError):
        return {}


def _told(held, name):
    """Return a dict within what was read from JSON, an empty one where there is none."""
    found = held.get(name) if isinstance(held, dict) else None
    return found if isinstance(found, dict) else {}


def _epochs(spec):
    """Return for how many epochs a run was trained; 0 where it was not."""
    params = _told(spec, "params")
    told = [_told(params, part).get("epochs") for part in ("features", "baseline")]
    return max((one for one in told if isinstance(one, int)), default=0)


def _compare_on(split, experiment, faces, out):
    """Return the runs of one split, in the order of the experiment."""
    runs, last = {}, (None, None)
    progress = bar(experiment.runs, f"{experiment.title}, split {split}")
    for entry in progress:
        progress.set_postfix_str(entry["name"])
        folder = Path(out) / split / entry["name"] if out is not None else None
        entry = _resolved(runs, entry)
        if entry is None:
            continue
        if "ensemble" in entry:
            run = _together(entry, folder)
        elif (run := finished(folder, entry, split, faces)) is None:
            run, last = _made_or_left_out(entry, split, faces, last, folder, runs)
        elif is_first():  # killed between the two, a process leaves the state of a finished training
            clear_state(folder)
        if run is not None:
            runs[entry["name"]] = run
    return list(runs.values())


def _together(entry, folder):
    """Return the ensemble of runs that are there already."""
    run = ensemble(entry["ensemble"], entry["name"], entry.get("chosen_with", "nothing"))
    if folder is not None and is_first():
        run.save(folder)
    return run


def _resolved(runs, entry):
    """Return an entry with the runs that it names; None where it is optional and one of them was left out."""
    named = {key: entry[key] for key in ("ensemble", "teachers") if key in entry}
    missing = [(key, name) for key, names in named.items() for name in names if name not in runs]
    if missing and entry.get("optional"):
        warnings.warn(f"{entry['name']!r} is left out, as {missing[0][1]!r} is.", stacklevel=5)
        return None
    if missing:
        key, name = missing[0]
        raise unknown(f"{key} of {entry['name']!r}: run", name, runs or ["no run before it"])
    return entry | {key: [runs[name] for name in names] for key, names in named.items()}


def _made_or_left_out(entry, split, faces, last, folder, runs):
    """Make a run, and its features where they are not the last; an optional one may be left out."""
    entry = dict(entry)
    optional = entry.pop("optional", False)
    try:
        last = embedded(last, entry, split, faces, folder, runs)
        return _made(entry, split, faces, last[1], folder), last
    except InputError as error:
        if not optional:
            raise
        warnings.warn(f"{entry['name']!r} is left out: {error}", stacklevel=5)
        return None, last


def _made(entry, split, faces, embedding, folder):
    """Make a run and keep it; a training leaves its state beside the folder until then."""
    state = folder and state_folder(folder)
    verb = classifying.classify if "baseline" in entry else clustering.cluster
    run = verb(faces, split=split, embedding=embedding, checkpoint=state, **entry)
    if folder is not None and is_first():
        run.save(folder)
        clear_state(folder)
    return run


def finished(folder, entry, split, faces):
    """Return the run that lies in a folder if it is of the same faces and parts, else None.

    Parameters
    ----------
    folder : pathlib.Path or None
    entry : dict
        Of an experiment.
    split : str
    faces : Faces
    """
    if folder is None or not (folder / "run.json").exists():
        return None
    try:
        run = load_run(folder)
    except InputError as error:
        warnings.warn(f"{error} It is made again.", stacklevel=4)
        return None
    room, keys = (classifying, _CLASSIFIED) if "baseline" in entry else (clustering, _CLUSTERED)
    wanted = room.describe(**{key: entry[key] for key in keys if key in entry})
    wanted |= {"seeds": seeds_of(entry), "epochs": entry.get("epochs"), "params": parameters_now(entry)}
    if "k" in wanted:
        held = wanted["params"]["clusterer"]
        wanted["k"] = held.get("n_clusters", held.get("n_components", run.spec.get("k")))
    teachers = entry.get("teachers", [])
    wanted |= {"teachers": said(teachers) or None}
    if "projection" not in run.spec.get("params", {}):
        wanted["params"].pop("projection", None)  # the record is older than this entry
    same = all(run.spec.get(key) == value for key, value in wanted.items())
    same = same and run.spec["dataset"]["fingerprint"] == faces.fingerprint and run.spec["split"] == split
    told = entry.get("chosen_with", run.spec["chosen_with"])  # the command line tells nothing of it
    chosen_with = chosen_by(chosen(told, teachers), wanted, wanted["params"])
    return _with_votes(_with_chosen_with(run, chosen_with, folder), faces, folder) if same else None


def parameters_now(entry):
    """Return the parameters that the parts of a run have now, as a spec keeps them.

    Parameters
    ----------
    entry : dict
        Of an experiment, or the spec of a run.
    """
    seed, epochs, then = seeds_of(entry)[0], entry.get("epochs"), tuple(entry.get("then", ()))
    features = entry.get("features")
    if "baseline" in entry:
        features = classifying.seen_features(entry["baseline"], features, then)
        last = {"baseline": made("baselines", entry["baseline"], seed, epochs)}
    else:
        features = features or "pixels"
        clusterer = entry.get("clusterer", "kmeans")
        last = {"clusterer": made("clusterers", clusterer, seed, n_clusters=entry.get("k", 7))}
        if entry.get("projection", "pca") not in (None, "none"):
            last["projection"] = made("projections", entry.get("projection", "pca"), seed)
    extractor = features and made("features", features, seed, epochs)
    chain = features and Chain(extractor, [made("steps", step, seed) for step in then])
    return parameters(chain, **last)


def _with_chosen_with(run, chosen_with, folder):
    """Return a run whose ``chosen_with``, in memory and in run.json, is what would be told now."""
    if run.spec["chosen_with"] == chosen_with:
        return run
    run = replace(run, spec=run.spec | {"chosen_with": chosen_with})
    if is_first():
        run.save_record(folder)
    return run


def _with_votes(run, faces, folder):
    """Return a run whose faces, in memory and on disk, have the votes that are given now, if any are."""
    votes = votes_in(faces.about)
    if not votes or (votes == votes_in(run.faces) and faces.about[votes].equals(run.faces[votes])):
        return run
    run = replace(run, faces=run.faces.assign(**faces.about[votes]))
    if is_first():
        run.save_faces(folder)
    return run
