"""Directions of rows, and the nearest rows by the cosine."""

import numpy as np

from fer_cluster.clusterers._rows import mapped, spans

_ROWS = 256
FAINT = 1e-6  # of the size of the mean: a difference below it is the rounding of float32


def directions(block, mean):
    """Return rows less the mean, at unit length, float32; a row at the mean is zeros."""
    apart = (block - mean).astype(np.float32)
    length = np.sqrt(np.einsum("ij,ij->i", apart, apart))
    length[length <= FAINT * np.linalg.norm(mean)] = np.inf
    return apart / length[:, None]


def neighbours(z, count):
    """Return the rows with the highest cosine to each row but itself, shape (n, count), in no order.

    Parameters
    ----------
    z : ndarray of float32, shape (n, d)
        Rows of unit length.
    count : int
        Cut to the n - 1 others; a row that is alone is its own neighbour.
    """
    if len(z) == 1:
        return np.zeros((1, 1), np.int64)
    count = min(count, len(z) - 1)
    near = np.empty((len(z), count), np.int64)

    def find(rows, block):
        cosine = block @ z.T
        cosine[np.arange(len(block)), np.arange(rows.start, rows.start + len(block))] = -np.inf
        near[rows] = np.argpartition(cosine, -count, axis=1)[:, -count:]

    mapped(find, z, lambda block: block, spans(z, _ROWS))
    return near
