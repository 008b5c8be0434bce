"""How far faces lie from the centres of the clusters, and whether that tells some from others."""

import numpy as np


def distances(clusterer, x):
    """Return the distance of each row to its nearest centre, shape (n,), or None where there is none.

    1 - cosine where all centres have unit length, else straight; neither where the nearest centre
    is not the cluster that the clusterer tells, as where the centres lie in another space.
    """
    centres = getattr(clusterer, "cluster_centers_", None)
    if np.ndim(centres) != 2 or centres.shape[1] != x.shape[1]:
        return None
    told, x, centres = clusterer.predict(x), np.asarray(x, np.float64), np.asarray(centres, np.float64)
    angles = np.allclose(np.linalg.norm(centres, axis=1), 1, atol=1e-4)
    apart = 1 - _unit(x) @ _unit(centres).T if angles else _straight(x, centres)
    return apart.min(1) if (apart.argmin(1) == told).mean() > 0.999 else None  # but for ties and rounding


def auroc(distance, new):
    """Return the chance that a new face lies farther out than another, ties counting half.

    Parameters
    ----------
    distance : ndarray, shape (n,)
    new : ndarray of bool, shape (n,)
        Some are, some are not.
    """
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(new, distance))


def auroc_interval(area, news, others):
    """Return the 95 % interval of an AUROC of so many new faces and others.

    References
    ----------
    Hanley and McNeil 1982, Radiology 143.
    """
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (news - 1) * (one - area**2) + (others - 1) * (two - area**2)
    half = 1.96 * np.sqrt(max(variance, 0) / (news * others))
    return max(0.0, float(area - half)), min(1.0, float(area + half))


def _straight(x, centres):
    square = np.square(x).sum(1)[:, None] + np.square(centres).sum(1) - 2 * x @ centres.T
    return np.sqrt(np.maximum(square, 0))


def _unit(rows):
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)
