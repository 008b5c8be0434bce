"""Place labels near their points without one covering another."""

import numpy as np

_ROUNDS = 200  # how often all pairs are pushed at most


def spread(points, size):
    """Push boxes apart until none overlap, each as near its point as that allows.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Where the boxes should be centred.
    size : tuple of float
        Width and height of a box, in the units of ``points``.

    Returns
    -------
    ndarray, shape (n, 2)
    """
    size = np.asarray(size, float)
    angle = 2.4 * np.arange(len(points))[:, None]  # the golden angle: equal points part in all directions
    centres = points + 1e-3 * size * np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
    for _ in range(_ROUNDS):
        apart = (centres[:, None] - centres[None]) / size  # (n, n, 2), 1 where boxes just touch
        depth = 1 - np.abs(apart).max(-1)
        np.fill_diagonal(depth, 0)
        if depth.max(initial=0) <= 1e-6:
            break
        push = np.where(depth > 0, depth + 1e-3, 0)[..., None] * _direction(apart)
        centres = centres + 0.5 * push.sum(1) * size
    return centres


def _direction(apart):
    """Return unit steps away from each other along the longer of the two gaps."""
    longer = np.abs(apart) == np.abs(apart).max(-1, keepdims=True)
    return np.where(longer, np.sign(apart), 0)
