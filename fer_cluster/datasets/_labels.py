"""Labels and splits of arrays: codes or names, with the reason where one cannot be used."""

import pandas as pd

from fer_cluster.datasets._words import OFFICIAL, split_of
from fer_cluster.emotions import EMOTIONS, emotion_of
from fer_cluster.errors import nearest

_ALLOWED = f"allowed are 0 to 6 and {', '.join(EMOTIONS)}"
UNLABELLED = ("", "-1")


def emotions(labels):
    """Return the emotion of each label, and what is wrong with others.

    Parameters
    ----------
    labels : sequence
        FER2013 codes or names; -1, empty and missing mean unlabelled.

    Returns
    -------
    emotion : list of str or None
    faults : dict of int to str
        The reason for each place whose label is no emotion.
    """
    return _meanings(labels, emotion_of, no_emotion)


def splits(labels):
    """Return the split of each label, and what is wrong with others.

    Numbers are 0 Training, 1 PublicTest, 2 PrivateTest; names that are not
    usual ones stay as they are.
    """
    return _meanings(labels, _split, lambda word: f"has the split {word!r}; allowed are 0, 1, 2 and names")


def class_names(codes, names):
    """Return the emotion of each code of a list of names, and the names that are none.

    Parameters
    ----------
    codes : sequence of int
        -1 and missing mean unlabelled.
    names : list of str

    Returns
    -------
    emotion : list of str or None
    strange : list of str
        Names in use that are no emotion; their faces count as unlabelled.
    faults : dict of int to str
    """
    known = {str(code): name for code, name in enumerate(names)}
    words, faults = _meanings(codes, known.get, lambda word: f"has the label {word}; {len(names)} are known")
    found = {word: emotion_of(word) for word in dict.fromkeys(words) if word is not None}
    strange = sorted(word for word, emotion in found.items() if emotion is None)
    return [found.get(word) for word in words], strange, faults


def _meanings(labels, meaning, complaint):
    words = _words(labels)
    known = {word: meaning(word) for word in dict.fromkeys(words) if word not in ("", "-1")}
    wrong = {word: complaint(word[:40]) for word, found in known.items() if found is None}
    faults = {place: wrong[word] for place, word in enumerate(words) if word in wrong}
    return [known.get(word) for word in words], faults


def _words(labels):
    """Return labels as words; whole floats, which missing ones make of numbers, lose their point."""
    column = pd.Series(labels)
    if column.dtype.kind == "f":
        column = column.astype("Int64") if (column.dropna() % 1 == 0).all() else column
    return [
        "" if missing else str(label).strip() for label, missing in zip(column, column.isna(), strict=True)
    ]


def no_emotion(word):
    """Return what is wrong with a word that is no emotion, and which one is near it."""
    near = nearest(word.lower(), EMOTIONS)
    told = f", of which {near} is the nearest" if near else ""
    return f"has the emotion {word[:40]!r}; {_ALLOWED}{told}"


def _split(word):
    if word.lstrip("+-").isdigit():
        return OFFICIAL[int(word)] if word in ("0", "1", "2") else None
    return split_of(word) or word
