"""Faces and their labels through a baseline into a run, scored as a clustering is."""

import inspect
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from fer_cluster import catalog, record
from fer_cluster.chain import shaped, wanted
from fer_cluster.embedding import embed, trained_seconds
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError, from_outside
from fer_cluster.loading import load
from fer_cluster.parts import as_seeds, check_epochs, file_name, made, made_each, plain, text
from fer_cluster.runs import Run
from fer_cluster.scoring import with_and_without
from fer_cluster.splits import split as split_faces
from fer_cluster.training.recipe import Recipe
from fer_cluster.voices import chosen, said, soft_targets

_HELD_OUT = 10  # one face in so many, where a split has no part to choose on


def classify(
    faces,
    baseline="cnn3",
    *,
    features=None,
    then=(),
    split=None,
    seeds=1,
    epochs=None,
    name=None,
    chosen_with="nothing",
    checkpoint=None,
    embedding=None,
    teachers=(),
):
    """Train a baseline on the labels of the fit part and score what it names.

    Parameters
    ----------
    faces : Faces or str
        Or what names them: see :func:`fer_cluster.load`.
    baseline : str or object
        ``"three_blocks:epochs=20"``, or a scikit-learn classifier of images
        (or, where ``features`` are given, of features) with ``predict_proba``;
        scikit-learn's own see the images as rows of pixels.
    features : str or object, optional
        What a baseline of features sees; by default ``pixels``. They are
        fitted without labels. Nets see the images.
    then : sequence of str or object
        Steps after the features.
    split : str, optional
        See :func:`fer_cluster.splits.split`.
    seeds : int or sequence of int
        How many seeds the baseline is trained with, or which.
    epochs : int, optional
        In place of the own number of whatever is trained: the baseline, the features.
    name : str, optional
        Name of the run; by default made of its parts.
    chosen_with : str
        What the parameters were chosen with, kept in ``spec``.
    checkpoint : path-like, optional
        Folder from which an interrupted training goes on.
    embedding : Embedding, optional
        Of these faces, features, steps and split, where it was already made.
    teachers : sequence of Run
        Classifiers of the same faces and split, of which a net learns too: its targets
        are the mean of the label and of what each of them says.

    Returns
    -------
    Run
        Its ``features`` are the probabilities of the seven emotions, seven
        columns a seed; its ``named_accuracy`` is the plain accuracy.

    Raises
    ------
    InputError
        Where a part is unknown or does not fit the others, or the faces that are
        fitted on are not of two emotions at least.
    """
    seeds, faces = as_seeds(seeds), load(faces)
    features = seen_features(baseline, features, then)
    trained = made_each("baselines", baseline, seeds, epochs)
    catalog.check(trained[0])
    check_epochs(epochs, trained[0], *([made("features", features, seeds[0])] if features else ()))
    parts = _split(faces, split, embedding, features, then)
    emotion = faces.about["emotion"].cat.codes.to_numpy()
    rows, watched, watched_name = _rows(parts, emotion, trained[0], seeds[0])
    if features and embedding is None:
        learnt = {"epochs": epochs, "checkpoint": checkpoint}
        embedding = embed(faces, features, then=then, split=parts.name, seed=seeds[0], **learnt)
    seen = shaped(trained[0], embedding.x if features else faces.images)
    taught = _taught(baseline, teachers, faces, parts, rows)
    started = time.perf_counter()
    watch = (seen[watched], emotion[watched]) if len(watched) else None
    _fit_each(trained, seeds, seen[rows], emotion[rows], checkpoint, watch=watch, **taught)
    seconds = {"features": embedding.seconds if features else 0.0}
    seconds["baseline"] = max(time.perf_counter() - started, trained_seconds(*trained))
    probability = np.concatenate([_seven(one, seen) for one in trained], axis=1)
    described = describe(baseline, features, then=then, seeds=seeds)
    asked = {"epochs": plain(epochs), "seconds": seconds, "watched": watched_name}
    asked |= {"chosen_with": chosen(chosen_with, teachers), "teachers": said(teachers) or None}
    spec = _spec(faces, parts, described, embedding.chain if features else None, trained[0], asked)
    run = classifier_run(name or run_name(described), spec, record.table(faces, parts), probability)
    return replace(run, history=_history(seeds, trained), models=tuple(trained))


def _split(faces, split, embedding, features, then):
    """Return the split, that of the features where they are given, which are those that are asked for."""
    if embedding is None:
        return split_faces(faces, split)
    if features:
        embedding.check(features, then, split)
    return embedding.split


def _spec(faces, parts, described, chain, baseline, asked):
    """Return the spec of a classifier, whose features a chain gives, or that sees the images."""
    params = record.parameters(chain, baseline=baseline)
    more = {"labels": "emotion of " + parts.fit, "trained_share": getattr(baseline, "trained_share_", None)}
    more["device"] = record.device(baseline, *([chain.extractor] if chain else []))
    return record.spec("classifier", faces, parts, described, params, **asked, **more)


def classifier_run(name, spec, rows, probability):
    """Return the run of faces and their probabilities (n, 7 * seeds): each is the likeliest emotion.

    Parameters
    ----------
    name : str
    spec : dict
    rows : DataFrame
        One row a face: about, part, duplicate. What another run named them is left out.
    probability : ndarray, shape (n, 7 * seeds)
    """
    by_seed = probability.reshape(len(probability), -1, len(EMOTIONS))
    predicted = by_seed.argmax(2).T
    columns = record.numbered("predicted", [pd.Categorical.from_codes(row, EMOTIONS) for row in predicted])
    rows = pd.concat([record.bare(rows), pd.DataFrame(columns, index=rows.index)], axis=1)
    rows = rows.assign(confidence=by_seed[:, 0].max(1))
    whole, without = with_and_without(rows, predicted, spec["fit"], named=True)
    return Run(name, spec, rows, probability.astype(np.float32), whole, without)


def seen_features(baseline, features=None, then=()):
    """Return the features that a baseline sees, ``pixels`` where none are given; None of one of images.

    Raises
    ------
    InputError
        Where the baseline is unknown or gives no probabilities, or is one of
        images and features or steps are given.
    """
    one = catalog.make("baselines", baseline)
    if not hasattr(one, "predict_proba"):
        raise InputError(
            f"{text(baseline)} gives no probabilities (it has no predict_proba); "
            "CalibratedClassifierCV of scikit-learn adds them."
        )
    if getattr(one, "on", "features" if features else "images") == "features":
        return features or "pixels"
    if features or then:
        more = "+".join(text(part) for part in (features, *then) if part)
        raise InputError(f"{text(baseline)} sees the images themselves; leave out features {more!r}.")
    return None


def describe(baseline, features=None, *, then=(), seeds=()):
    """Return the parts as text, as a spec keeps them and a comparison looks them up."""
    return {
        "baseline": text(baseline),
        "features": text(seen_features(baseline, features, then)),
        "then": [text(step) for step in then],
        "seeds": list(seeds),
    }


def run_name(described):
    """Return the name of a run of these described parts: ``hog-linear_probe``, ``cnn3``."""
    features = [] if described["features"] == "none" else [described["features"]]
    return file_name(*features, *described["then"], described["baseline"])


def _fit_each(trained, seeds, seen, emotion, checkpoint, **offered):
    """Fit a baseline for each seed on the same faces, with what else its fit takes."""
    for seed, one in zip(seeds, trained, strict=True):
        state = None if checkpoint is None else Path(checkpoint) / str(seed)
        with from_outside(one):
            one.fit(seen, emotion, **wanted(one.fit, checkpoint=state, **offered))


def check_pupil(baseline):
    """Raise an InputError where a baseline learns from labels alone."""
    if "soft" not in inspect.signature(catalog.make("baselines", baseline).fit).parameters:
        raise InputError(f"{text(baseline)} learns from labels alone; only nets have teachers.")


def _taught(baseline, teachers, faces, parts, rows):
    """Return what the fit of a net takes from teachers: its targets."""
    if not teachers:
        return {}
    check_pupil(baseline)
    return {"soft": soft_targets(teachers, faces, parts, rows)}


def _rows(parts, emotion, baseline, seed):
    """Return the rows that are fitted on, those that are watched, and what the latter are called.

    A baseline that does not ask for watched faces has none.
    """
    fitted = np.flatnonzero((parts.part == parts.fit) & (emotion >= 0))
    if not len(fitted):
        raise InputError(f"The part {parts.fit!r} has no labelled faces to learn from.")
    if (emotion[fitted] == emotion[fitted[0]]).all():
        raise InputError(f"The part {parts.fit!r} has faces of one emotion only; a classifier needs two.")
    if "watch" not in inspect.signature(baseline.fit).parameters:
        return fitted, fitted[:0], "nothing"
    return _watched(parts, emotion, baseline, seed, fitted)


def _watched(parts, emotion, baseline, seed, fitted):
    """Return the rows that are fitted on and those that are watched, with their name.

    Whatever chooses by the watched faces has a part of its own for it, where one has labels,
    or a tenth of the faces fitted on; never the part that is reported.
    """
    labelled = {name: np.flatnonzero((parts.part == name) & (emotion >= 0)) for name in parts.parts}
    others = (parts.fit, parts.report, "unused")
    if between := [name for name in parts.parts if name not in others and len(labelled[name])]:
        return fitted, labelled[between[0]], between[0]
    if not _chooses(baseline):
        watched = labelled[parts.report]
        return fitted, watched, f"{parts.report}, by which nothing is chosen" if len(watched) else "nothing"
    held_out = np.random.default_rng(seed).permutation(len(fitted))[: len(fitted) // _HELD_OUT]
    return np.delete(fitted, held_out), fitted[np.sort(held_out)], f"a tenth of {parts.fit}"


def _chooses(baseline):
    """Whether the watched faces decide anything: the weights, the learning rate, or nobody knows what."""
    return not isinstance(baseline, Recipe) or baseline.keep == "best" or baseline.schedule == "plateau"


def _seven(baseline, seen):
    """Return the probability of each of the seven emotions, (n, 7), also of those never seen."""
    probability = np.zeros((len(seen), len(EMOTIONS)), np.float32)
    probability[:, baseline.classes_] = baseline.predict_proba(seen)
    return probability


def _history(seeds, trained):
    histories = [
        (seed, one.history_) for seed, one in zip(seeds, trained, strict=True) if hasattr(one, "history_")
    ]
    tables = [history.assign(seed=seed)[["seed", *history.columns]] for seed, history in histories]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
