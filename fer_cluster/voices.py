"""What several classifiers say of the same faces: each seed of each has one voice."""

import hashlib

import numpy as np

from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.naming import names_apart

__all__ = ["check_voices", "chosen", "said", "soft_targets", "voices"]

_AND = " and "  # between what several runs were chosen with


def voices(runs):
    """Return what every seed of every classifier gives each emotion, shape (n, voices, 7).

    Parameters
    ----------
    runs : sequence of Run
        Classifiers of the same faces and split.
    """
    shape = (len(runs[0].faces), -1, len(EMOTIONS))
    return np.concatenate([np.asarray(run.features).reshape(shape) for run in runs], axis=1)


def soft_targets(teachers, faces, parts, rows):
    """Return what a net learns in place of labels: the mean of the label and of each voice.

    Where teachers doubt a label the pupil learns less of it; of faces that are clear it
    learns which emotions they resemble besides.

    Parameters
    ----------
    teachers : sequence of Run
        Classifiers of these faces and this split.
    faces : Faces
    parts : Split
    rows : ndarray of int, shape (n,)
        The faces asked for; all have a label.

    Returns
    -------
    ndarray of float32, shape (n, emotions among the labels)
        Each row sums to one.

    Raises
    ------
    InputError
        Where a teacher is no classifier, or has other faces or another split.

    References
    ----------
    Hinton, Vinyals and Dean, Distilling the knowledge in a neural network, 2015; pupils as
    large as their teachers: Furlanello et al., Born-again neural networks, ICML 2018.
    """
    check_voices(teachers)
    same = teachers[0].spec["dataset"]["fingerprint"] == faces.fingerprint
    if not same or teachers[0].spec["split"] != parts.name or (teachers[0].faces["part"] != parts.part).any():
        raise InputError(f"The teacher {teachers[0].name!r} has other faces or another split than its pupil.")
    emotion = faces.about["emotion"].cat.codes.to_numpy()[rows]
    heard = voices(teachers)[rows]
    label = np.eye(len(EMOTIONS), dtype=np.float32)[emotion]
    soft = (heard.sum(1) + label) / (heard.shape[1] + 1)
    soft = soft[:, np.unique(emotion)]
    return soft / soft.sum(1, keepdims=True)


def check_voices(runs):
    """Raise an InputError where a run is no classifier, or they have other faces, splits or parts.

    Whoever was trained on the test faces of another would know their labels.
    """
    first = runs[0]
    for run in runs:
        if run.spec["kind"] != "classifier":
            raise InputError(f"{run.name!r} is a {run.spec['kind']}; only classifiers can be asked.")
        same = all(run.spec[key] == first.spec[key] for key in ("dataset", "split"))
        if not same or (run.faces["part"].to_numpy(str) != first.faces["part"].to_numpy(str)).any():
            raise InputError(f"{run.name!r} has other faces or another split than {first.name!r}.")


def said(runs):
    """Return a hash of the probabilities of each classifier, by its name; other teachers make another run.

    Those of one name are numbered.
    """
    names = names_apart((run.name,) for run in runs)
    heard = [np.ascontiguousarray(run.features, np.float32) for run in runs]
    hashes = [hashlib.blake2b(one, digest_size=8).hexdigest() for one in heard]
    return dict(zip(names, hashes, strict=True))


def chosen(own, runs):
    """Return what parameters and classifiers were chosen with, each once; ``nothing`` where nothing was."""
    told = [own, *(run.spec["chosen_with"] for run in runs)]
    each = [part for one in told for part in one.split(_AND) if part != "nothing"]
    return _AND.join(dict.fromkeys(each)) or "nothing"
