"""How far neighbours, anywhere or within the cluster, and a classifier doubt the label of a face."""

import numpy as np

from fer_cluster import catalog
from fer_cluster.emotions import EMOTIONS


def shares_of_neighbours(x, emotion, count):
    """Return the share of each emotion among the nearest other faces, or all if these are fewer: (n, 7)."""
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=min(count, len(x) - 1)).fit(x).kneighbors(return_distance=False)
    return np.stack([(emotion[near] == code).mean(axis=1) for code in range(len(EMOTIONS))], axis=1)


def shares_in_clusters(x, emotion, cluster, count):
    """Return the same among faces of a face's own cluster, zeros for a face alone: (n, 7)."""
    shares = np.zeros((len(emotion), len(EMOTIONS)))
    for number in np.unique(cluster):
        own = np.flatnonzero(cluster == number)
        if len(own) > 1:
            shares[own] = shares_of_neighbours(x[own], emotion[own], count)
    return shares


def doubt(emotion, shares):
    """Return 1 less the share of the label, 0 where nobody was asked: (n,)."""
    return np.where(shares.any(axis=1), 1 - shares[np.arange(len(emotion)), emotion], 0)


def probabilities(x, emotion, folds, random_state):
    """Return the probability of each emotion by a linear probe trained on other faces: (n, 7)."""
    fold = np.random.default_rng(random_state).permutation(len(emotion)) % folds
    probability = np.zeros((len(emotion), len(EMOTIONS)))
    for number in np.unique(fold):
        own, told = fold == number, emotion[fold != number]
        if len(np.unique(told)) == 1:  # there is nothing to tell apart
            probability[own, told[0]] = 1
            continue
        probe = catalog.make("baselines", "linear_probe").fit(x[~own], told)
        probability[np.ix_(own, probe.classes_)] = probe.predict_proba(x[own])
    return probability


def by_cleanlab(emotion, probability):
    """Return the faces that cleanlab finds, the worst first; None where it is not installed."""
    try:
        from cleanlab.filter import find_label_issues
    except ImportError:
        return None
    seen, label = np.unique(emotion, return_inverse=True)
    among = probability[:, seen] / probability[:, seen].sum(axis=1, keepdims=True)
    ranked = find_label_issues(label, among, return_indices_ranked_by="self_confidence", n_jobs=1)
    return np.asarray(ranked, int)


def ordered(score, random_state):
    """Return rows, the largest score first; equal ones at random."""
    tie = np.random.default_rng(random_state).random(len(score))
    return np.lexsort((tie, -np.asarray(score)))
