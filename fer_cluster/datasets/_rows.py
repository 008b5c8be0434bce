"""The header of a CSV file and what its rows have said so far."""

import csv

import pandas as pd

from fer_cluster.datasets._labels import UNLABELLED, no_emotion
from fer_cluster.datasets._words import OFFICIAL, roles, split_of, typed
from fer_cluster.emotions import emotion_of
from fer_cluster.errors import InputError


class Rows:
    """Collect the rows of a CSV file and say what is wrong with one.

    Parameters
    ----------
    head : bytes
        The first line of the file.
    images : Store
        Takes the images.
    rejects : Rejects
        Takes the rows that cannot be used.

    Raises
    ------
    InputError
        Where the header is empty, or names no column of pixels.
    """

    def __init__(self, head, images, rejects):
        self.images, self.rejects = images, rejects
        if not head.strip():
            raise InputError(f"{rejects.source} is empty.")
        line = head.decode("utf-8-sig", "replace").strip()
        self.comma = max(",;\t", key=line.count)
        try:
            names = next(csv.reader([line], delimiter=self.comma, skipinitialspace=True))
        except csv.Error as error:
            raise InputError(f"{rejects.source}: the first line is no CSV header ({error}).") from error
        self.names = [name.strip() or f"column{place}" for place, name in enumerate(names, 1)]
        self.roles = roles(self.names, rejects.source)
        self.columns = [[] for _ in self.names]
        self.count = 0  # rows seen, good or bad
        self.side = None  # of the square images; that of the first row

    def take(self, pixels, columns):
        """Add good rows: images (m, side, side) and a list of words a column."""
        self.images.append(pixels)
        for column, words in zip(self.columns, columns, strict=True):
            column.extend(words)

    def fault(self, columns):
        """Return what is wrong with the emotion or the split of any of some rows, or None."""
        if "emotion" in self.roles:
            for word in dict.fromkeys(columns[self.roles["emotion"]]):
                if emotion_of(word) is None and word.strip() not in UNLABELLED:
                    return no_emotion(word)
        if "split" in self.roles:
            return self._split_fault(self.roles["split"], columns)
        return None

    def _split_fault(self, place, columns):
        words = columns[place]
        official = split_of((self.columns[place] or words)[0]) in OFFICIAL
        for word in dict.fromkeys(words):
            if not word:
                return f"has no {self.names[place]}"
            if official and split_of(word) is None:
                return f"has the {self.names[place]} {word[:40]!r}; allowed are {', '.join(OFFICIAL)}"
        return None

    def about(self):
        """Return the columns beside the pixels."""
        meanings = {"emotion": emotion_of, "split": lambda word: split_of(word) or word}
        about = {}
        for role, meaning in meanings.items():
            if role in self.roles:
                words = self.columns[self.roles[role]]
                known = {word: meaning(word) for word in dict.fromkeys(words)}
                about[role] = [known[word] for word in words]
        for place, name in enumerate(self.names):
            if place not in self.roles.values():
                about[name] = typed(self.columns[place])
        return pd.DataFrame(about, index=range(self.images.count))
