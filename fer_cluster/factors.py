"""What faces show besides emotion: nuisances that are measured, and those that the data set tells."""

import re

import numpy as np
import pandas as pd

from fer_cluster.bins import cut
from fer_cluster.nuisances import KNOWN, measure

_FEWEST = 2  # faces of a kind on average, else a column tells faces apart; AMI is corrected for chance
_OF_EMOTION = re.compile(
    r"(emotion|expression|label|valence|arousal|intensity|votes|au\d|split|usage).*", re.IGNORECASE
)


def nuisances(faces, rows):
    """Return the nuisances of faces, numbers as float and kinds as Categorical; ``rows`` are the index.

    Measured ones come first; then every column of the data set that does not tell
    of emotion or the split. Fractions are numbers, all else are kinds: text,
    booleans, whole numbers such as those of identities.

    Parameters
    ----------
    faces : Faces
    rows : ndarray of int
    """
    columns = dict(measure(faces.images[rows]).set_axis(rows).items())
    for name, column in faces.about.iloc[rows].items():
        if not _OF_EMOTION.match(str(name)):
            columns[f"{name}{KNOWN}" if name in columns else str(name)] = _told(column)
    return pd.DataFrame(columns, index=rows)


def numbers(frame):
    """Return the numbers that vary among the faces, as columns of float."""
    some = frame.select_dtypes("number")
    return some.loc[:, some.nunique() > 1]


def kinds(frame):
    """Return name -> codes from 0 of what tells faces apart; numbers are cut into seven bins."""
    codes = {}
    for name, column in frame.items():
        is_kind = isinstance(column.dtype, pd.CategoricalDtype)
        code = pd.factorize(column)[0] if is_kind else cut(column.to_numpy())
        most = len(frame) / _FEWEST if is_kind else np.inf
        if 1 < code.max(initial=0) + 1 <= most:
            codes[name] = code
    return codes


def _told(column):
    """Return a column of the data set: fractions with the gaps filled by their mean, or kinds."""
    if not pd.api.types.is_float_dtype(column):
        codes, words = pd.factorize(column.astype(object).map(str))
        return pd.Series(pd.Categorical.from_codes(codes, words), index=column.index)
    column = column.astype(float).replace([np.inf, -np.inf], np.nan)
    return column.fillna(column.mean()).fillna(0)
