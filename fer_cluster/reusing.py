"""The features of a run that is compared: those of a run before it, where they are the same."""

import warnings
from dataclasses import replace

import numpy as np

from fer_cluster import classifying, clustering
from fer_cluster.chain import Chain
from fer_cluster.embedding import Embedding, embed
from fer_cluster.errors import InputError
from fer_cluster.parts import as_seeds, made
from fer_cluster.run_folder import state_folder
from fer_cluster.splits import split as split_faces
from fer_cluster.training.models import load_model


def embedded(last, entry, split, faces, folder, runs):
    """Return (key, features), those of a run before where they are the same; None where images are seen."""
    features, then = entry.get("features"), tuple(entry.get("then", ()))
    if "baseline" in entry:
        features = classifying.seen_features(entry["baseline"], features, then)
        if features is None:
            return last[0], None
    seed, epochs = seeds_of(entry)[0], entry.get("epochs")
    key = (features or "pixels", then, epochs, seed)
    if last[0] == key and last[1] is not None:
        return last
    run, extractor = _alike(runs, key, folder)
    if run is not None and run.spec["then"] == list(then):
        return key, _kept(run, extractor, key, split, faces)
    learnt = {"epochs": epochs, "checkpoint": folder and state_folder(folder), "trained": extractor}
    embedding = embed(faces, key[0], then=then, split=split, seed=seed, **learnt)
    if run is not None:  # its training is part of what these features cost
        embedding = replace(embedding, seconds=embedding.seconds + run.spec["seconds"]["features"])
    return key, embedding


def _alike(runs, key, folder):
    """Return an earlier clustering of the same features and its extractor, else (None, None).

    One with the same steps goes first, then one whose extractor was trained.
    """
    features, then, epochs, seed = key
    wanted = {"kind": "clusterer", "features": features, "epochs": epochs}
    alike = [run for run in runs.values() if all(run.spec.get(name) == wanted[name] for name in wanted)]
    other = {run.name: run.spec["then"] != list(then) for run in alike}
    for run in sorted(alike, key=lambda run: other[run.name]):
        if run.spec["seeds"][0] != seed or (other[run.name] and not len(run.history)):
            continue
        try:
            return run, _extractor(run, key, folder)
        except InputError as error:
            warnings.warn(f"{error} It is trained again.", stacklevel=5)
    return None, None


def _kept(run, extractor, key, split, faces):
    """Return the features of a clustering of the same features and steps."""
    chain = Chain(extractor, [made("steps", step, key[3]) for step in key[1]])
    parts, seconds = split_faces(faces, split), run.spec["seconds"]["features"]
    made_of = (run.spec["features"], *run.spec["then"])
    return Embedding(np.array(run.features), chain, parts, seconds, made_of)


def _extractor(run, key, folder):
    """Return the extractor of a run, as it was trained, where it was."""
    if not len(run.history):
        return made("features", key[0], key[3])
    extractor = run.models[0] if run.models else load_model(folder.with_name(run.name) / "model_0")
    extractor.history_ = run.history.drop(columns="seed")
    return extractor


def seeds_of(entry):
    """Return the seeds of a run, those of its verb where it names none."""
    return as_seeds(entry.get("seeds", 1 if "baseline" in entry else clustering.SEEDS))
