"""How far clusters, neighbours and a classifier doubt the label of a face."""

import numpy as np

from fer_cluster import catalog
from fer_cluster.emotions import EMOTIONS
from fer_cluster.metrics import contingency


def shares_of_clusters(emotion, cluster):
    """Return the share of each emotion among the other faces of a face's cluster: (n, 7)."""
    counts = contingency(emotion, cluster).T[cluster]
    counts[np.arange(len(emotion)), emotion] -= 1
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def shares_of_neighbours(x, emotion, count):
    """Return the share of each emotion among the nearest other faces: (n, 7)."""
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=count).fit(x).kneighbors(return_distance=False)
    return np.stack([(emotion[near] == code).mean(axis=1) for code in range(len(EMOTIONS))], axis=1)


def doubt_of_clusters(emotion, shares):
    """Return 1 less the share of the label over that of the commonest emotion, 0 for a lone face: (n,)."""
    most = shares.max(axis=1)
    own = shares[np.arange(len(emotion)), emotion]
    return 1 - np.divide(own, most, out=np.ones_like(own), where=most > 0)


def probabilities(x, emotion, folds, random_state):
    """Return the probability of each emotion by a linear probe trained on other faces: (n, 7)."""
    fold = np.random.default_rng(random_state).permutation(len(emotion)) % folds
    probability = np.zeros((len(emotion), len(EMOTIONS)))
    for number in range(folds):
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


def ranks(score):
    """Return the rank of each score over their number: 1 for the largest, equal ones share theirs."""
    from scipy.stats import rankdata

    return rankdata(score) / len(score)


def ordered(score, random_state):
    """Return rows, the largest score first; equal ones at random."""
    tie = np.random.default_rng(random_state).random(len(score))
    return np.lexsort((tie, -np.asarray(score)))
