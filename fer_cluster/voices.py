"""What several classifiers say of the same faces: each seed of each has one voice."""

import numpy as np

from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError

__all__ = ["check_voices", "soft_targets", "voices"]


def voices(runs):
    """Return what every seed of every classifier gives each emotion, shape (n, voices, 7).

    Parameters
    ----------
    runs : sequence of Run
        Classifiers of the same faces and split.
    """
    shape = (len(runs[0].faces), -1, len(EMOTIONS))
    return np.concatenate([np.asarray(run.features).reshape(shape) for run in runs], axis=1)


def soft_targets(teachers, faces, split, rows):
    """Return what a net learns in place of labels: the mean of the label and of each voice.

    Where teachers doubt a label the pupil learns less of it; of faces that are clear it
    learns which emotions they resemble besides.

    Parameters
    ----------
    teachers : sequence of Run
        Classifiers of these faces and this split.
    faces : Faces
    split : str
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
    told = teachers[0].spec["dataset"]["fingerprint"], teachers[0].spec["split"]
    if told != (faces.fingerprint, split):
        raise InputError(f"The teacher {teachers[0].name!r} has other faces or another split than its pupil.")
    emotion = faces.about["emotion"].cat.codes.to_numpy()[rows]
    said = voices(teachers)[rows]
    label = np.eye(len(EMOTIONS), dtype=np.float32)[emotion]
    soft = (said.sum(1) + label) / (said.shape[1] + 1)
    soft = soft[:, np.unique(emotion)]
    return soft / soft.sum(1, keepdims=True)


def check_voices(runs):
    """Raise an InputError where a run is no classifier, or they have other faces or splits."""
    for run in runs:
        if run.spec["kind"] != "classifier":
            raise InputError(f"{run.name!r} is a {run.spec['kind']}; only classifiers can be asked.")
        if any(run.spec[key] != runs[0].spec[key] for key in ("dataset", "split")):
            raise InputError(f"{run.name!r} has other faces or another split than {runs[0].name!r}.")
