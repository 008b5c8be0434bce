"""Covariance, its largest axes, and the sign that makes an axis the same in every run."""

import numpy as np


def covariance(x):
    """Return the covariance of the columns of x, shape (n, d), as (d, d), float64; of one column too."""
    return np.cov(x, rowvar=False, dtype=np.float64).reshape(x.shape[1], -1)


def largest(matrix, count):
    """Return the largest eigenvalues of a symmetric matrix, the largest first, and their vectors.

    Parameters
    ----------
    matrix : ndarray, shape (d, d)
    count : int
        Number of eigenvalues at most.

    Returns
    -------
    values : ndarray, shape (count,)
    vectors : ndarray, shape (d, count)
    """
    values, vectors = np.linalg.eigh(matrix)
    return values[::-1][:count], vectors[:, ::-1][:, :count]


def signed(vectors):
    """Return vectors, the columns, each so that its entry of largest absolute value is positive."""
    peak = np.take_along_axis(vectors, np.abs(vectors).argmax(0)[None], 0)
    return vectors * np.sign(peak)
