"""95 % intervals: of a share, and of a mean over the few seeds that there are."""

import math

import numpy as np


def wilson(share, n):
    """Return the 95 % interval of a share of n.

    Wilson 1927, Journal of the American Statistical Association 22.
    """
    z = 1.96
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return centre - half, centre + half


def over_seeds(values):
    """Return half the width of the 95 % interval of the mean over seeds, the last axis; 0 for one seed.

    By the t distribution: three seeds tell their spread so roughly that it is wide
    (Student 1908, Biometrika 6).
    """
    from scipy.special import stdtrit

    values = np.asarray(values)
    n = values.shape[-1]
    if n == 1:
        return np.zeros(values.shape[:-1])
    return stdtrit(n - 1, 0.975) * values.std(-1, ddof=1) / math.sqrt(n)
