"""Two views of the same faces that teach each other, name by name."""

from typing import NamedTuple

import numpy as np


class View(NamedTuple):
    """Features of faces, and how these vary.

    Parameters
    ----------
    z : ndarray of float32, shape (n, d)
        Standardised features.
    total, nuisance : ndarray, shape (d, d)
        Mean squares over the faces, and over changes of light and pose.
    noise : ndarray, shape (d, d)
        What counts as variance within a name.
    """

    z: np.ndarray
    total: np.ndarray
    nuisance: np.ndarray
    noise: np.ndarray

    def part(self, features):
        """Return the view of these features alone."""
        pairs = np.ix_(features, features)
        return View(self.z[:, features], self.total[pairs], self.nuisance[pairs], self.noise[pairs])


def cotrained(named, first, second, n_rounds, learn):
    """Return the faces in what two views have learnt from each other, side by side.

    Parameters
    ----------
    named : ndarray, shape (n, m)
        The faces in the subspace in which the first view names them first.
    first, second : View
    n_rounds : int
        How often each view learns, the second before the first.
    learn : callable
        ``learn(view, named)`` returns the faces in the directions of the view that
        tell clusters of ``named`` apart.

    References
    ----------
    Blum and Mitchell, Combining labeled and unlabeled data with co-training, COLT 1998.
    """
    for _ in range(n_rounds):
        answer = learn(second, named)
        named = learn(first, answer)
    return np.hstack([named, answer])
