"""The seven emotions: names, order, one colour each, and what others call them."""

import re

import pandas as pd

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")

# Okabe and Ito's palette, which colour-blind people can tell apart; neutral is a dark grey.
COLOURS = {
    "angry": "#D55E00",
    "disgust": "#009E73",
    "fear": "#CC79A7",
    "happy": "#E69F00",
    "sad": "#0072B2",
    "surprise": "#56B4E9",
    "neutral": "#3C3C3C",
}

_ALIASES = {
    "angry": "anger ang an",
    "disgust": "disgusted disgusting dis di",
    "fear": "fearful afraid scared fea fe",
    "happy": "happiness joy joyful smile hap ha",
    "sad": "sadness sa",
    "surprise": "surprised sur su",
    "neutral": "neutrality calm neu ne",
}
_NAMES = {alias: name for name, words in _ALIASES.items() for alias in (name, *words.split())}


def emotion_of(word):
    """Return the emotion that a word, alias or FER2013 code stands for, or None.

    >>> emotion_of("Happiness"), emotion_of("3"), emotion_of(3.0), emotion_of("bored")
    ('happy', 'happy', 'happy', None)
    """
    word = str(word).strip().lower()
    if re.fullmatch(r"[+-]?\d+(\.0*)?", word):
        code = int(float(word)) if len(word) < 9 else -1
        return EMOTIONS[code] if 0 <= code < len(EMOTIONS) else None
    return _NAMES.get(re.sub(r"^\d+[-_. ]+", "", word))  # "03_happy", "3-happy"


def as_emotion(values):
    """Return emotions as a Categorical in the fixed order; others are missing.

    Parameters
    ----------
    values : sequence of str, or of int
        Names in any usual spelling, or FER2013 codes 0 to 6 (-1 is missing), which may be floats.
    """
    values = pd.Series(values)
    names = {value: emotion_of(value) for value in pd.unique(values.dropna())}
    return pd.Categorical(values.map(names), categories=EMOTIONS)
