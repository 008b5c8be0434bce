"""What columns, splits and emotions are called in the data sets that people have on disk."""

import pandas as pd

from fer_cluster.errors import InputError

OFFICIAL = ("Training", "PublicTest", "PrivateTest")

_SPLITS = {
    "Training": "train training fer2013train",
    "PublicTest": "publictest public_test",
    "PrivateTest": "privatetest private_test",
    "Validation": "val valid validation dev fer2013valid",
    "Test": "test testing fer2013test",
}
_SPLIT_NAMES = {word: name for name, words in _SPLITS.items() for word in words.split()}

_ROLES = {
    "pixels": ("pixels", "images", "image", "pixel", "x", "img_bytes"),
    "emotion": ("emotion", "emotions", "label", "labels", "expression", "y"),
    "split": ("split", "usage"),
}


def split_of(word):
    """Return the split that a word stands for, or None where it is no usual name.

    >>> split_of("train"), split_of("PRIVATETEST"), split_of("happy")
    ('Training', 'PrivateTest', None)
    """
    return _SPLIT_NAMES.get(str(word).strip().lower())


def roles(names, source):
    """Return which column holds what.

    Parameters
    ----------
    names : sequence of str
        The names of the columns; case and blanks around them do not matter.
    source : path-like
        Named in the error.

    Returns
    -------
    dict of str to int
        Positions of ``pixels`` and, where there are any, ``emotion`` and ``split``.

    Raises
    ------
    InputError
        Where no column holds pixels, or two have the same name.
    """
    plain = [name.strip().lower() for name in names]
    twice = sorted({name for name in plain if name and plain.count(name) > 1})
    if twice:
        raise InputError(f"{source} has two columns named {twice[0]!r}.")
    found = {}
    for role, words in _ROLES.items():
        known = [word for word in words if word in plain]
        if known:
            found[role] = plain.index(known[0])
    if "pixels" not in found:
        listed = ", ".join(name.strip()[:40] or "(unnamed)" for name in names[:20]) or "none"
        raise InputError(f"{source} has no column named pixels; its columns are {listed}.")
    return found


def typed(words):
    """Return a column of words as numbers where all of them are, else as words."""
    column = pd.Series(words, dtype=object)
    try:
        return pd.to_numeric(column.where(column != "", None)).to_numpy()
    except (ValueError, TypeError):
        return [word or None for word in words]
