"""How unlike all others a face is, as its features tell it."""

import numpy as np

from fer_cluster.steps._ridge import Ridge
from fer_cluster.steps.whiten import Whiten

AXES = 128  # principal components of the features, of which each counts alike
FLOOR = 0.5  # ridge of the regression, in mean variances


def strangeness(z):
    """Return how far each face is from the mean of all, as a linear function of its features tells it.

    The squared length in whitened principal components (the distance of Mahalanobis 1936) mixes what is
    strange about the face with noise of many directions; the part of its logarithm that a ridge
    regression finds in the features again is less noisy, and another face of the same kind has it too.

    Parameters
    ----------
    z : ndarray of float32, shape (n, d)
        Standardised features.

    Returns
    -------
    ndarray, shape (n,)

    References
    ----------
    That the mean of many faces, whatever they express, looks neutral: Galton, Composite portraits, 1878.
    """
    far = np.log(np.square(Whiten(AXES).fit_transform(z)).sum(1) + 1e-12)[:, None]
    weights, level = Ridge(z, np.arange(len(z)), FLOOR).fit(far)
    return (z @ weights + level)[:, 0]
