"""Names of more even sizes than those of the nearest centres."""

import numpy as np

_ROUNDS = 30  # of scaling, at each sharpness
_SHARP = (0.5, 2.0, 8.0, 32.0)  # factors of e that a mean squared distance to the nearest centre makes


def evened(distance, evenness):
    """Return the names of rows, shape (n,), where crowded names are farther away than they look.

    Sinkhorn and Knopp's scaling gives each name the share that it is to have of the rows; a row then
    goes to its likeliest name, so that shares are met about, not exactly.

    Parameters
    ----------
    distance : ndarray, shape (n, k)
        Squared distances to the centres.
    evenness : float
        0: each row has its nearest name. 1: names are about as large as one another. Between: a name
        that m rows are nearest to has a share in proportion to ``m ** (1 - evenness)``.

    References
    ----------
    Asano, Rupprecht and Vedaldi, Self-labelling via simultaneous clustering and representation
    learning, ICLR 2020, for equal sizes; sizes between are ours.
    """
    from scipy.special import logsumexp

    count = np.bincount(distance.argmin(1), minlength=distance.shape[1])
    share = np.maximum(count, 1) ** (1 - evenness)
    wanted = np.log(share / share.sum())
    near = distance / max(distance.min(1).mean(), 1e-12)
    price = np.zeros(distance.shape[1])
    for sharp in _SHARP if evenness else ():  # from soft to sharp, where scaling alone would be slow
        for _ in range(_ROUNDS):
            score = sharp * (price - near)
            score -= logsumexp(score, axis=1, keepdims=True)
            price += (wanted + np.log(len(near)) - logsumexp(score, axis=0)) / sharp
    return (price - near).argmax(1)
