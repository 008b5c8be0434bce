"""Whether a clustering has collapsed: a method that gives up must not look like one that works."""

import warnings

import numpy as np


def effective(labels):
    """Return how many clusters of one size would be as uneven as these: exp(entropy of the sizes)."""
    share = np.bincount(labels) / len(labels)
    share = share[share > 0]
    return float(np.exp(-(share * np.log(share)).sum()))


def fallen(labels, count):
    """Return whether fewer than ``count`` clusters have rows, or in effect less than half of them."""
    return len(np.unique(labels)) < count or effective(labels) < count / 2


def collapsed(labels, count, name):
    """Return whether clusters are :func:`fallen`, and warn where they are.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
    count : int
        Number of clusters that were asked for.
    name : str
        What the warning calls the method.
    """
    if not fallen(labels, count):
        return False
    filled, even = len(np.unique(labels)), effective(labels)
    told = f"{name} has collapsed: {filled} of {count} clusters have faces, as uneven as {even:.1f} alike"
    warnings.warn(f"{told}; its scores tell nothing.", stacklevel=3)
    return True
