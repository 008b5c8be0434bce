"""How well a number of clusters suits features: pure functions of features and clusters."""

import numpy as np

from fer_cluster.metrics import crossed


def indices(x, labels):
    """Return silhouette, Calinski-Harabasz and Davies-Bouldin, missing where they have no meaning."""
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score

    scores = (silhouette_score, calinski_harabasz_score, davies_bouldin_score)
    several = 1 < len(np.unique(labels)) < len(x)
    names = ("silhouette", "calinski_harabasz", "davies_bouldin")
    return {name: float(f(x, labels)) if several else np.nan for name, f in zip(names, scores, strict=True)}


def log_within(x, labels):
    """Return the logarithm of the summed squared distances to the means of the clusters."""
    x = x - x.mean(axis=0, dtype=np.float64)
    member = (labels == np.unique(labels)[:, None]).astype(float)  # (clusters, n)
    means = member @ x / member.sum(axis=1, keepdims=True)
    return float(np.log(np.square(x - member.T @ means).sum() + np.finfo(float).tiny))


def reference(x, random):
    """Return as many rows as x, uniform over the box that x fills along its principal axes."""
    mean = x.mean(axis=0, dtype=np.float64)
    axes = np.linalg.svd(x - mean, full_matrices=False)[2]
    along = (x - mean) @ axes.T
    drawn = random.uniform(along.min(axis=0), along.max(axis=0), size=along.shape)
    return (drawn @ axes + mean).astype(x.dtype)


def gap(log_ours, log_references):
    """Return the gap statistic and its standard error (Tibshirani, Walther and Hastie 2001)."""
    log_references = np.asarray(log_references)
    error = log_references.std() * np.sqrt(1 + 1 / len(log_references))
    return float(log_references.mean() - log_ours), float(error)


def prediction_strength(own, predicted):
    """Return the least share, over the own clusters, of pairs of faces that are predicted to be together.

    Clusters of one face have no pairs and do not count (Tibshirani and Walther 2005).
    """
    table = crossed(own, predicted)
    size = table.sum(axis=1)
    pairs = size * (size - 1)
    kept = pairs > 0
    together = (table * (table - 1)).sum(axis=1)
    return float((together[kept] / pairs[kept]).min()) if kept.any() else np.nan


def spherical(x, labels, n_clusters):
    """Return BIC and AIC of the mixture that K-Means implies: one variance, each face in its cluster.

    The likelihood is that of X-means (Pelleg and Moore 2000), with the variance at its maximum.
    """
    n, d = x.shape
    size = np.bincount(labels)
    size = size[size > 0]
    log_variance = log_within(x, labels) - np.log(n * d)
    log_likelihood = (size * np.log(size / n)).sum() - n * d / 2 * (np.log(2 * np.pi) + log_variance + 1)
    parameters = n_clusters * (d + 1)  # means, shares and the variance
    both = -2 * log_likelihood + parameters * np.array([np.log(n), 2.0])
    return {"bic_spherical": float(both[0]), "aic_spherical": float(both[1])}
