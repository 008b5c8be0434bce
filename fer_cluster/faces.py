"""Faces: grey images and one row of facts about each."""

import functools
import hashlib
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer_cluster.blocks import blocks
from fer_cluster.emotions import EMOTIONS, as_emotion
from fer_cluster.errors import InputError


@dataclass(frozen=True, eq=False, repr=False)
class Faces:
    """A set of faces, frozen.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width)
        Grey values, 0 black to 255 white; may be memory-mapped.
    about : DataFrame
        One row a face. ``emotion`` is made a Categorical of the seven emotions
        (missing where unlabelled), ``split`` a string (missing where none);
        other columns are kept as they are, values of several kinds in one as text.
    name : str
        What tables and figures call the set.

    Raises
    ------
    InputError
        Where images are not uint8 or rows and images do not match.
    """

    images: np.ndarray
    about: pd.DataFrame
    name: str = "faces"

    def __post_init__(self):
        if not isinstance(self.images, np.ndarray) or not isinstance(self.about, pd.DataFrame):
            got = f"{type(self.images).__name__} and {type(self.about).__name__}"
            raise InputError(f"{self.name}: images must be an array and about a DataFrame, got {got}.")
        if self.images.ndim != 3 or self.images.dtype != np.uint8:
            got = f"{self.images.dtype} of shape {self.images.shape}"
            raise InputError(f"{self.name}: images must be uint8 of shape (n, height, width), got {got}.")
        if len(self.images) != len(self.about):
            raise InputError(
                f"{self.name} has {len(self.images)} images but about has {len(self.about)} rows."
            )
        about = self.about.reset_index(drop=True).rename(columns=str)
        if "emotion" not in about:
            about["emotion"] = None
        if "split" not in about:
            about["split"] = None
        if list(getattr(about["emotion"].dtype, "categories", ())) != list(EMOTIONS):
            about["emotion"] = _as_emotion(about["emotion"], self.name)
        split = about["split"].astype(object)
        about["split"] = split.where(split.isna(), split.map(str))
        about = about.apply(_storable)
        object.__setattr__(self, "about", about)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, rows):
        """Return the faces at ``rows``: a slice, indices or a mask."""
        if not isinstance(rows, slice):
            rows = np.asarray(rows)
            if rows.ndim != 1:
                raise InputError(
                    "Faces are picked by a slice, a list of indices or a mask, one face by [[3]]."
                )
            if rows.dtype == bool and len(rows) != len(self):
                raise IndexError(f"The mask has {len(rows):,} values for {len(self):,} faces.")
            if len(rows) and rows.dtype.kind not in "biu":
                raise InputError(f"Faces are picked by whole numbers, not by {rows.dtype}.")
            if rows.dtype != bool and len(rows) and not -len(self) <= rows.min() <= rows.max() < len(self):
                raise IndexError(f"There are {len(self):,} faces, so rows are 0 to {len(self) - 1:,}.")
            rows = as_rows(rows)
        return Faces(self.images[rows], self.about.iloc[rows], self.name)

    def __repr__(self):
        size = " x ".join(str(side) for side in self.images.shape[1:])
        labelled = int(self.about["emotion"].notna().sum())
        return f"Faces({self.name!r}: {len(self):,} of {size}, {labelled:,} labelled)"

    def _repr_html_(self):
        """Return what a notebook shows: some faces of each emotion."""
        from fer_cluster.thumbnails import faces_html

        return faces_html(self)

    @functools.cached_property
    def fingerprint(self):
        """SHA-256 of images, emotions and splits: what a run was made from."""
        digest = hashlib.sha256(str(self.images.shape).encode())
        for _, block in blocks(self.images):
            digest.update(np.ascontiguousarray(block))
        digest.update(self.about["emotion"].cat.codes.to_numpy(np.int8).tobytes())
        digest.update("\n".join(self.about["split"].fillna("").astype(str)).encode())
        return digest.hexdigest()


def _storable(column):
    """Return a column as a file can hold it: values of several kinds as text."""
    kinds = ("mixed", "mixed-integer", "complex")
    if column.dtype != object or pd.api.types.infer_dtype(column, skipna=True) not in kinds:
        return column
    return column.map(str, na_action="ignore")


def _as_emotion(values, name):
    """Return emotions as a Categorical; warn of what is none of the seven."""
    found = as_emotion(values)
    values = pd.Series(values)
    strange = values.notna() & pd.isna(found) & ~values.astype(str).isin(("-1", "-1.0"))
    if strange.any():
        words = ", ".join(repr(word) for word in values[strange].unique()[:5])
        told = f"{name}: {strange.sum():,} faces are unlabelled, as no emotion is called {words}"
        warnings.warn(f"{told}; the seven are {', '.join(EMOTIONS)}.", stacklevel=4)
    return found


def as_rows(rows):
    """Return a slice where a mask or increasing indices have no gap, else indices.

    A slice of a memory-mapped array is a view; indices would copy it.
    """
    rows = np.asarray(rows)
    rows = np.flatnonzero(rows) if rows.dtype == bool else rows
    if not len(rows):
        return slice(0, 0)
    if rows[0] >= 0 and rows[-1] - rows[0] == len(rows) - 1 and (np.diff(rows) == 1).all():
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows
