"""Counts of permuted emotions in clusters of the same sizes, and how far a value lies from theirs."""

import numpy as np

from fer_cluster.emotions import EMOTIONS

_BLOCK = 50  # permutations whose faces are held at once


def null_tables(emotion, clusters, n_clusters, permutations, random):
    """Yield counts of emotion by cluster where the emotions are dealt to the faces anew.

    A permutation is the same for all seeds: clusterings that are alike stay so, and
    the mean over seeds varies as much as it would.

    Parameters
    ----------
    emotion : ndarray of int, shape (n,)
    clusters : ndarray of int, shape (seeds, n)
    n_clusters, permutations : int
    random : numpy Generator

    Yields
    ------
    ndarray of float, shape (block, seeds, emotions, n_clusters)
    """
    emotion, kinds = emotion.astype(np.int8), np.arange(len(EMOTIONS), dtype=np.int8)
    member = (clusters[:, None] == np.arange(n_clusters)[:, None]).reshape(-1, len(emotion))
    member = member.T.astype(np.float32)  # (n, seeds * clusters); float32 counts are exact up to 16 million
    for start in range(0, permutations, _BLOCK):
        count = min(_BLOCK, permutations - start)
        dealt = random.permuted(np.tile(emotion, (count, 1)), axis=1)
        held = (dealt[:, None] == kinds[:, None]).reshape(-1, len(emotion)).astype(np.float32)
        tables = (held @ member).reshape(count, len(kinds), len(clusters), n_clusters)
        yield tables.swapaxes(1, 2).astype(np.float64)


def beyond(value, null):
    """Return the mean and 95 % band of the null, the p-value and the effect beyond chance.

    Parameters
    ----------
    value : float
        A score of which 1 is best.
    null : ndarray, shape (permutations,)

    Returns
    -------
    dict
        ``p`` is (1 + how many reach the value) / (1 + permutations); ``effect``
        (value - null) / (1 - null), missing where chance is perfect.
    """
    mean = float(null.mean())
    low, high = np.percentile(null, [2.5, 97.5])
    reached = int((null >= value - 1e-12).sum())
    return {
        "null": mean,
        "low": float(low),
        "high": float(high),
        "p": (1 + reached) / (1 + len(null)),
        "effect": round((value - mean) / (1 - mean), 12) + 0.0 if mean < 1 - 1e-12 else np.nan,
    }
