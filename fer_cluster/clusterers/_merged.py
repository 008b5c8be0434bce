"""Many fine clusters merged into few."""

import numpy as np


def merged(z, fine, kept, count):
    """Return the cluster of each of the ``kept`` fine clusters.

    The mean directions of the fine clusters are joined by Ward's criterion; each
    counts as one, however many rows it has, so that a rare kind is not swallowed
    for being rare.

    Parameters
    ----------
    z : ndarray, shape (n, d)
    fine : ndarray of int, shape (n,)
        Fine cluster of each row.
    kept : ndarray of int, shape (m,)
        The fine clusters that have rows.
    count : int
        Number of clusters to make; fewer fine ones than that stay as they are.

    Returns
    -------
    ndarray of int32, shape (m,)
    """
    from scipy.cluster.hierarchy import cut_tree, linkage

    if len(kept) <= count:
        return np.arange(len(kept), dtype=np.int32)
    means = np.stack([z[fine == one].mean(0, dtype=np.float64) for one in kept])
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    return cut_tree(linkage(means, "ward"), count)[:, 0].astype(np.int32)
