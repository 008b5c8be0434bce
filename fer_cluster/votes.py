"""The FER+ votes on the faces of a run: those that it kept, or those of the faces it was made of."""

import numpy as np

from fer_cluster.emotions import EMOTIONS, emotion_of
from fer_cluster.errors import InputError

_PREFIX = "votes_"


def votes_in(table):
    """Return the columns of votes of a table of faces."""
    return [name for name in table if name.startswith(_PREFIX)]


def votes_at_hand(run, faces=None):
    """Return whether a run has votes, or else the faces have."""
    return bool(votes_in(run.faces) or (faces is not None and votes_in(faces.about)))


def votes_of(run, faces=None):
    """Return how many voters saw each of the seven emotions, and how many something else.

    Parameters
    ----------
    run : Run
        Its own faces have the votes where it was made of faces loaded with them.
    faces : Faces, optional
        The same faces with votes, where the run has none.

    Returns
    -------
    emotions : ndarray of int, shape (n, 7)
    others : ndarray of int, shape (n, m)
        Contempt, unknown and no face.

    Raises
    ------
    InputError
        Where neither has votes, or the faces are not those of the run.
    """
    if not votes_at_hand(run, faces):
        raise InputError(
            f"{run.name!r} has no FER+ votes; load its faces with votes=, the path of fer2013new.csv."
        )
    about = run.faces
    if not votes_in(about):
        if faces.fingerprint != run.spec["dataset"].get("fingerprint"):
            raise InputError(f"The votes are on {faces!r}, which are not the faces of {run.name!r}.")
        about = faces.about
    emotions, others = voted(about)
    return about[list(emotions.values())].to_numpy(int), about[others].to_numpy(int)


def voted(about):
    """Return the columns of votes: emotion -> column, as emotions are ordered, and those of something else.

    Raises
    ------
    InputError
        Where one of the seven emotions has none.
    """
    meant = {name: emotion_of(name.removeprefix(_PREFIX)) for name in votes_in(about)}
    column = {emotion: name for name, emotion in meant.items() if emotion}
    if missing := [emotion for emotion in EMOTIONS if emotion not in column]:
        raise InputError(f"The votes have no column for {', '.join(missing)}; FER+ has one for each emotion.")
    others = [name for name, emotion in meant.items() if emotion is None]
    return {emotion: column[emotion] for emotion in EMOTIONS}, others


def majority(votes):
    """Return the share of the majority that each answer has: 1 for most votes, less where it ties: (n, 7)."""
    most = votes == votes.max(axis=1, keepdims=True)
    return most / most.sum(axis=1, keepdims=True)


def outvoted(emotion, votes, others):
    """Return which labels were seen by fewer voters than something else was, as the audit has it: (n,)."""
    every = np.concatenate([votes, others], axis=1)
    return votes[np.arange(len(emotion)), emotion] < every.max(axis=1)
