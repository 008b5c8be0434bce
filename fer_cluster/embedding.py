"""The features of all faces: an extractor and steps, fitted on one part of a split."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_cluster import catalog
from fer_cluster.chain import Chain, supervision
from fer_cluster.errors import InputError
from fer_cluster.faces import as_rows
from fer_cluster.parts import made, text
from fer_cluster.splits import split as split_faces


@dataclass(frozen=True)
class Embedding:
    """What was made: the features ``x``, the fitted chain, and the texts of its extractor and steps."""

    x: np.ndarray
    chain: Chain
    split: object
    seconds: float
    made_of: tuple

    def check(self, features, then=(), split=None):
        """Raise an InputError where other features, steps or another split are asked for."""
        asked = (text(features), *map(text, then))
        if asked != self.made_of:
            held, asked = (" > ".join(parts) for parts in (self.made_of, asked))
            raise InputError(f"The embedding is of {held}, not of {asked}; tell the parts it was made of.")
        if split not in (None, self.split.name):
            raise InputError(f"The embedding is of the split {self.split.name!r}, not of {split!r}.")


def embed(
    faces, features="pixels", *, then=(), split=None, seed=0, epochs=None, checkpoint=None, trained=None
):
    """Fit a feature extractor and its steps on the fit part; return the features of all faces.

    Parameters
    ----------
    faces : Faces
    features : str or object
    then : sequence of str or object
        Steps after the features.
    split : str, optional
        See :func:`fer_cluster.splits.split`.
    seed : int
    epochs : int, optional
        In place of the own number of an extractor that is trained.
    checkpoint : path-like, optional
        Folder from which the interrupted training of an extractor goes on.
    trained : object, optional
        Such an extractor, fitted already on these faces; the steps alone are fitted.

    Returns
    -------
    Embedding

    Raises
    ------
    InputError
        Where a part or the split is unknown, a parameter cannot be used, there are no faces to fit
        on, or some of these lack the label that the extractor has to be told.
    """
    parts = split_faces(faces, split)
    extractor = made("features", features, seed, epochs) if trained is None else trained
    chain = Chain(extractor, [made("steps", step, seed) for step in then])
    catalog.check(chain)
    started = time.perf_counter()
    fitted = parts.part == parts.fit
    if not fitted.any():
        raise InputError(f"{faces.name}: the part {parts.fit!r} has no faces to fit on.")
    state = None if checkpoint is None else Path(checkpoint) / "features"
    emotion = faces.about["emotion"]
    if supervision(extractor) != "none" and emotion[fitted].isna().any():
        raise InputError(f"{text(features)} has to be told {supervision(extractor)}; some have no emotion.")
    rows = as_rows(fitted)
    if trained is None:
        x = chain.fit_transform(faces.images, rows, state, (emotion == "neutral").to_numpy())
    else:
        x = chain.fit_steps(faces.images, rows)
    before = trained_seconds(extractor) if trained is None else 0.0
    seconds = max(time.perf_counter() - started, before)
    return Embedding(x, chain, parts, seconds, (text(features), *map(text, then)))


def trained_seconds(*parts):
    """Return how long all epochs of the parts took, those before an interruption, those of a pre-training."""
    names = ("history_", "pretraining_history_")
    histories = [getattr(one, name) for one in parts for name in names if hasattr(one, name)]
    return sum(float(history["seconds"].sum()) for history in histories)
