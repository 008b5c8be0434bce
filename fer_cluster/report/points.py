"""What a map of faces needs of each face: places, clusters, colours and details, as plain JSON."""

import base64

import numpy as np
import pandas as pd

from fer_cluster.bins import cut
from fer_cluster.colours import BLUE, UNLABELLED, VERMILION, of_clusters
from fer_cluster.emotions import COLOURS, EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.factors import nuisances, numbers
from fer_cluster.nuisances import in_words
from fer_cluster.votes import votes_at_hand, votes_in, votes_of

_ARRAYS = ("x", "y", "part", "codes", "numbers")  # numbers of every face
# Cividis (Nunez, Anderton and Renslow 2018) at seven places, the same to colour-blind eyes.
_SCALE = ("#00224E", "#2A3F6D", "#575D6D", "#7D7C78", "#A59C74", "#D2C060", "#FEE838")
_NAMED = {"rightly": BLUE, "wrongly": VERMILION, "unlabelled": UNLABELLED}


def points(runs, faces=None):
    """Return what is drawn and told of each face, ready for JSON.

    Parameters
    ----------
    runs : sequence of Run
        Clusterings of the same faces, with a projection.
    faces : Faces, optional
        Theirs: nuisances, measured and told by the data set, can be coloured by if they are given, and
        votes told.

    Returns
    -------
    dict
        ``n``; ``runs``: name, split, parts, x, y, cluster and colourings of each;
        ``colourings``: those that all runs share; ``details``: columns of text or
        numbers. Numbers of faces are base64 of little-endian arrays.

    Raises
    ------
    InputError
        Where the runs are of different faces, or none has a projection.
    """
    same_faces(runs, faces)
    drawn = [run for run in runs if is_drawn(run)]
    if not drawn:
        raise InputError("No run has points to draw: it takes a clustering with a projection.")
    return {
        "n": len(drawn[0].faces),
        "runs": [_run(run) for run in drawn],
        "colourings": list(_shared(drawn[0], faces)),
        "details": list(_details(drawn[0], faces)),
    }


def pooled(told):
    """Return points with every array once: ``arrays``, and their places in it where they were.

    Runs of the same features share their places on the map, runs of a split its parts.
    """
    arrays = {}

    def placed(value, key=None):
        if isinstance(value, dict):
            return {name: placed(held, name) for name, held in value.items()}
        if isinstance(value, list):
            return [placed(held) for held in value]
        return arrays.setdefault(value, len(arrays)) if key in _ARRAYS else value

    return placed(told) | {"arrays": list(arrays)}


def same_faces(runs, faces=None):
    """Raise an InputError where runs are of different faces, or others than those given."""
    prints = {run.spec["dataset"].get("fingerprint") for run in runs}
    names = ", ".join(dict.fromkeys(run.spec["dataset"]["name"] for run in runs))
    if len(prints) > 1:
        raise InputError(f"A report is of runs of the same faces, got runs of different ones: {names}.")
    if faces is not None and faces.fingerprint not in prints:
        raise InputError(f"The runs are of {names}, and not of the faces given, {faces!r}.")


def is_drawn(run):
    """Return whether a run has points to draw."""
    return run.spec["kind"] == "clusterer" and "x" in run.faces and run.faces["x"].notna().any()


def _run(run):
    parts = list(dict.fromkeys([run.spec["report"], *run.faces["part"]]))
    return {
        "name": run.name,
        "split": run.spec["split"],
        "parts": parts,
        "part": _packed(pd.Categorical(run.faces["part"], parts).codes),
        "x": _packed(run.faces["x"], "<f4"),
        "y": _packed(run.faces["y"], "<f4"),
        "colourings": [_clusters(run), _naming(run)],
    }


def _clusters(run):
    from matplotlib.colors import to_hex

    cluster = run.faces["cluster"].to_numpy()
    numbers = range(int(cluster.max()) + 1)
    colours = [to_hex(colour) for colour in of_clusters(list(numbers))]
    return _colouring("cluster", [f"cluster {number}" for number in numbers], colours, cluster)


def _naming(run):
    """Return which faces their cluster, named on the labels of the fitted part, names rightly."""
    emotion = run.faces["emotion"].cat.codes.to_numpy()
    fitted = run.in_part(run.spec["fit"])
    codes = np.full(len(emotion), 2)
    if (emotion[fitted] >= 0).any():
        codes = np.where(emotion < 0, 2, run.predictions()[0] != emotion)
    return _colouring("named by its cluster", list(_NAMED), list(_NAMED.values()), codes)


def _shared(run, faces):
    """Yield the colourings that do not depend on the run."""
    emotion = run.faces["emotion"].cat.codes.to_numpy()
    codes = np.where(emotion < 0, len(EMOTIONS), emotion)
    colours = [*COLOURS.values(), UNLABELLED]
    yield _colouring("emotion", [*EMOTIONS, "unlabelled"], colours, codes)
    if faces is not None:
        for name, values in numbers(nuisances(faces, np.arange(len(faces)))).items():
            yield _binned(in_words(name), values.to_numpy())
    if votes_at_hand(run, faces):
        votes, others = votes_of(run, faces)
        yield _binned("disagreement of voters, bits", entropy(np.hstack([votes, others])))


def entropy(votes):
    """Return the entropy of the votes on each face, in bits; 0 where there is none."""
    share = votes / np.maximum(votes.sum(1, keepdims=True), 1)
    return -(share * np.log2(np.where(share > 0, share, 1))).sum(1)


def _binned(name, values):
    """Return a colouring by bins of equal number, each named by what it spans."""
    codes = cut(values)
    spans = [values[codes == code] for code in range(codes.max() + 1)]
    labels = [_span(_round(span.min()), _round(span.max())) for span in spans]
    places = np.linspace(0, len(_SCALE) - 1, len(labels)).round().astype(int)
    return _colouring(name, labels, [_SCALE[place] for place in places], codes)


def _span(low, high):
    return low if low == high else f"{low} to {high}"


def _round(value):
    value += 0.0  # never "-0"
    return f"{value:.2g}" if abs(value) < 10 else f"{value:.0f}"


def _colouring(name, labels, colours, codes):
    """Return a colouring without the labels that no face has at its end."""
    last = int(np.max(codes)) + 1
    return {"name": name, "labels": labels[:last], "colours": colours[:last], "codes": _packed(codes)}


def _details(run, faces):
    """Yield the columns that are told of a face and written into the CSV of a selection."""
    about = run.faces if faces is None else faces.about
    if "file" in about:
        yield {"name": "file", "values": [str(value) for value in about["file"]]}
    if votes_at_hand(run, faces):
        about = run.faces if votes_in(run.faces) else faces.about
        for name in votes_in(about):
            yield {"name": name.replace("_", " "), "numbers": _packed(about[name].fillna(0))}


def _packed(values, kind=None):
    """Return numbers as base64 of a little-endian array: one byte each where whole ones fit, else two."""
    kind = kind or ("<u1" if np.max(values) < 256 else "<u2")
    return base64.b64encode(np.ascontiguousarray(values, kind).tobytes()).decode("ascii")
