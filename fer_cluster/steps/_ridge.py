"""Ridge regression of the same faces on other targets again and again."""

import numpy as np


class Ridge:
    """Ridge regression of the same rows of z on several targets in turn, factored once.

    Parameters
    ----------
    z : ndarray, shape (n, d)
    rows : ndarray of int
        Those of z that are learnt from.
    ridge : float
        Share of the mean variance of z that is added to every variance.
    """

    def __init__(self, z, rows, ridge):
        from scipy.linalg import cho_factor

        self.z, self.rows = z, rows
        self.centre = z[rows].mean(0)
        centred = z[rows] - self.centre
        square = (centred.T @ centred).astype(np.float64) / len(rows)
        floor = ridge * np.trace(square) / len(square) + 1e-9
        self.factor = cho_factor(square + floor * np.eye(len(square)))

    def fit(self, targets):
        """Return weights, shape (d, m), and level, shape (m,), of targets (n, m)."""
        from scipy.linalg import cho_solve

        level = targets[self.rows].mean(0)
        to = (self.z[self.rows] - self.centre).T @ (targets[self.rows] - level) / len(self.rows)
        weights = cho_solve(self.factor, to.astype(np.float64))
        return weights, level - self.centre @ weights
