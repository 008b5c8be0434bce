"""How well clusters follow emotion: pure functions of a table of counts.

A score takes counts of shape (..., emotions, clusters), so that one call scores one
table or a stack of them, and returns an array of shape (...). ``confused`` is what
:func:`confusion` makes of them. A function of shape (emotions, clusters) takes one table alone.
"""

import functools

import numpy as np


def contingency(emotion, cluster, n_emotions=7, n_clusters=None):
    """Count the faces of each emotion in each cluster.

    Parameters
    ----------
    emotion, cluster : array-like of int, shape (n,)
        Codes from 0. Faces with a negative emotion (no label) are left out.
    n_emotions, n_clusters : int
        Shape of the table; by default as many clusters as the largest code says.

    Returns
    -------
    ndarray of float, shape (n_emotions, n_clusters)
    """
    emotion, cluster = np.asarray(emotion, np.int64), np.asarray(cluster, np.int64)
    n_clusters = n_clusters or int(cluster.max(initial=0)) + 1
    cell = (emotion * n_clusters + cluster)[emotion >= 0]
    return np.bincount(cell, minlength=n_emotions * n_clusters).reshape(n_emotions, n_clusters) * 1.0


def crossed(one, other):
    """Count the faces that each cluster of one clustering, from 0, shares with each of another, (k, l)."""
    return contingency(one, other, n_emotions=int(one.max()) + 1)


def purity(table):
    """Share of faces that have the commonest emotion of their cluster."""
    return _share(table.max(-2).sum(-1), table)


def purity_chance(table, draws=100):
    """Mean purity where the same cluster sizes hold the same emotions at random.

    Parameters
    ----------
    table : ndarray, shape (emotions, clusters)
    draws : int
        How many random assignments are averaged.
    """
    random = np.random.default_rng(0)
    emotion = np.repeat(np.arange(len(table)), table.sum(1).astype(int))
    cluster = np.repeat(np.arange(table.shape[1]), table.sum(0).astype(int))
    shuffled = (contingency(random.permutation(emotion), cluster, *table.shape) for _ in range(draws))
    return float(np.mean([purity(one) for one in shuffled]))


def homogeneity(table):
    """1 where each cluster holds one emotion only (Rosenberg and Hirschberg 2007)."""
    return _ratio(mutual_information(table), _entropy(table.sum(-1)), empty=1.0)


def completeness(table):
    """1 where each emotion lies in one cluster only (Rosenberg and Hirschberg 2007)."""
    return _ratio(mutual_information(table), _entropy(table.sum(-2)), empty=1.0)


def nmi(table):
    """Mutual information over the mean of the two entropies; not corrected for chance."""
    return _ratio(mutual_information(table), _mean_entropy(table), empty=1.0)


def ami(table, expected=None):
    """Adjusted mutual information (Vinh, Epps and Bailey 2010): 0 is chance, 1 is perfect.

    Parameters
    ----------
    table : ndarray, shape (..., emotions, clusters)
    expected : ndarray, shape (...), optional
        Chance level of the mutual information; by default computed for each table.
    """
    if expected is None:
        flat = table.reshape(-1, *table.shape[-2:])
        expected = np.reshape([expected_mutual_information(one) for one in flat], table.shape[:-2])
    return _ratio(mutual_information(table) - expected, _mean_entropy(table) - expected, empty=1.0)


def ari(table):
    """Adjusted Rand index (Hubert and Arabie 1985): 0 is chance, 1 is perfect."""
    total = table.sum((-1, -2))
    same = (table**2).sum((-1, -2))
    emotion, cluster = (table.sum(-1) ** 2).sum(-1), (table.sum(-2) ** 2).sum(-1)
    together, split, merged = same - total, emotion - same, cluster - same
    apart = total**2 - same - split - merged
    above = 2 * (together * apart - split * merged)
    below = (together + split) * (split + apart) + (together + merged) * (merged + apart)
    return _ratio(above, below, empty=1.0)


def hungarian_accuracy(table):
    """Share of faces right under the best one-to-one naming; it reads the labels it scores."""
    flat = table.reshape(-1, *table.shape[-2:])
    best = [one[_assignment(one)].sum() for one in flat]
    return _share(np.reshape(best, table.shape[:-2]), table)


def name_clusters(table):
    """Return the emotion that names each cluster, learnt from labelled fit faces.

    The first clusters are named one-to-one, as many as there are emotions among the faces,
    such that most faces are right; each cluster left over takes its commonest emotion.

    Parameters
    ----------
    table : ndarray, shape (emotions, clusters)

    Returns
    -------
    ndarray of int, shape (clusters,)
    """
    commonest = np.where(table.sum(0) > 0, table.argmax(0), table.sum(1).argmax())
    there = np.flatnonzero(table.sum(1))  # to name a cluster after an emotion that nobody shows helps none
    rows, columns = _assignment(table[there])
    commonest[columns] = there[rows]
    return commonest


def confusion(table, naming):
    """Sum the clusters that have one name: counts of (true emotion, named emotion)."""
    return table @ np.eye(table.shape[-2])[naming]


def accuracy(confused):
    """Share of faces whose named emotion is the true one."""
    return _share(np.trace(confused, axis1=-2, axis2=-1), confused)


def balanced_accuracy(confused):
    """Mean recall over the emotions that occur."""
    seen = confused.sum(-1) > 0
    recall = _ratio(np.diagonal(confused, axis1=-2, axis2=-1), confused.sum(-1))
    return _ratio((recall * seen).sum(-1), seen.sum(-1))


def macro_f1(confused):
    """Mean F1 over the emotions that occur or are named."""
    truth, named = confused.sum(-1), confused.sum(-2)
    f1 = _ratio(2 * np.diagonal(confused, axis1=-2, axis2=-1), truth + named)
    return _ratio(f1.sum(-1), (truth + named > 0).sum(-1))


def mutual_information(table):
    """Mutual information of emotion and cluster, in nats."""
    joint = _entropy(table.reshape(*table.shape[:-2], -1))
    return np.maximum(_entropy(table.sum(-1)) + _entropy(table.sum(-2)) - joint, 0.0)


def expected_mutual_information(table):
    """Mutual information that random clusters of the same sizes have on average, in nats.

    Parameters
    ----------
    table : ndarray, shape (emotions, clusters)
    """
    rows, columns, total = table.sum(1).astype(int), table.sum(0).astype(int), int(table.sum())
    a, b = (margin.ravel() for margin in np.meshgrid(rows, columns, indexing="ij"))
    low = np.maximum(1, a + b - total)
    many = np.maximum(np.minimum(a, b) - low + 1, 0)  # counts that a cell of margins a and b can have
    place = np.arange(many.sum()) - np.repeat(many.cumsum() - many, many)
    a, b, count = np.repeat(a, many), np.repeat(b, many), np.repeat(low, many) + place
    f = _log_factorials(total)
    weight = f[a] + f[b] + f[total - a] + f[total - b] - f[total] - f[count] - f[a - count]
    weight -= f[b - count] + f[total - a - b + count]  # hypergeometric
    return float((count / total * np.log(total * count / (a * b)) * np.exp(weight)).sum())


@functools.lru_cache(maxsize=8)
def _log_factorials(n):
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])


def _assignment(table):
    from scipy.optimize import linear_sum_assignment

    return linear_sum_assignment(table, maximize=True)


def _entropy(counts):
    share = _ratio(counts, counts.sum(-1, keepdims=True))
    return -(share * np.log(np.where(share > 0, share, 1.0))).sum(-1)


def _mean_entropy(table):
    return (_entropy(table.sum(-1)) + _entropy(table.sum(-2))) / 2


def _share(count, table):
    return _ratio(count, table.sum((-1, -2)))


def _ratio(above, below, empty=0.0):
    """Divide, giving ``empty`` where there is nothing to divide by."""
    above, below = np.broadcast_arrays(np.asarray(above, float), np.asarray(below, float))
    void = np.abs(below) < 1e-12
    return np.where(void, empty, above / np.where(void, 1.0, below))
