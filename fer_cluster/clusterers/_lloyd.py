"""K-means++ and Lloyd's algorithm for several restarts at once, block by block."""

import numpy as np

from fer_cluster.clusterers._rows import SAMPLE, less, mapped, one_thread, sampled, unit

_REFINED = 3  # restarts, the best on a sample, that go on with all rows
_ROUGH = 100  # times the tolerance is enough to tell which are best


def best_centres(x, count, random, *, n_init=10, max_iter=300, tol=1e-4, spherical=False):
    """Return the centres with the lowest inertia and the number of passes over all rows.

    Restarts differ in which optimum they end near, and a sample shows that about as
    well as all rows do: all of them run on a sample, the best few go on with x.

    Parameters
    ----------
    x : ndarray, shape (n, d)
        May be memory-mapped.
    count : int
        Number of centres.
    random : RandomState
    n_init, max_iter : int
    tol : float
        Squared shift of the centres, relative to the mean variance, that is rest.
    spherical : bool
        Scale rows and centres to unit length.
    """
    sample = sampled(x, max(SAMPLE, 1024 * count), random)
    centre = np.zeros(x.shape[1]) if spherical else sample.mean(0)
    moved = unit if spherical else less(centre)
    rest = tol * moved(sample).var(0).mean()
    settings = {"max_iter": max_iter, "spherical": spherical}
    with one_thread():
        starts = seeded(moved(sample), count, random, n_init)
    if len(sample) < len(x):
        rough, gain, _ = lloyd(sample.astype(x.dtype), moved, starts, tol=_ROUGH * rest, **settings)
        starts = rough[np.argsort(-gain, kind="stable")[:_REFINED]]
    centres, gain, passes = lloyd(x, moved, starts, tol=rest, **settings)
    return centres[gain.argmax()] + centre, passes


def seeded(x, count, random, restarts):
    """Return starts of greedy k-means++, shape (restarts, count, d), for in-memory rows."""
    squares = np.einsum("ij,ij->i", x, x)
    trials = 2 + int(np.log(count))
    chosen = random.randint(len(x), size=(restarts, 1))
    closest = _distances(x, squares, chosen)[:, 0]  # (restarts, n)
    while chosen.shape[1] < count:
        tries = np.stack([_drawn(row, random, trials) for row in closest])
        closer = np.minimum(closest[:, None], _distances(x, squares, tries))  # (restarts, trials, n)
        best = closer.sum(2, dtype=np.float64).argmin(1)
        each = np.arange(restarts)
        closest = closer[each, best]
        chosen = np.column_stack([chosen, tries[each, best]])
    return x[chosen]


def _distances(x, squares, rows):
    """Return the squared distances of all rows of x to those at ``rows``."""
    product = (x[rows.ravel()] @ x.T).reshape(*rows.shape, len(x))
    return np.maximum(squares + squares[rows][..., None] - 2 * product, 0)


def _drawn(distances, random, count):
    """Return rows drawn with chances in proportion to their distances."""
    total = np.cumsum(distances, dtype=np.float64)
    return np.minimum(np.searchsorted(total, random.uniform(size=count) * total[-1]), len(total) - 1)


def lloyd(x, moved, starts, *, max_iter, tol, spherical=False):
    """Return settled centres (restarts, k, d), their gains (higher is better) and the passes made."""
    centres, gain, moving = starts.copy(), np.full(len(starts), -np.inf), np.arange(len(starts))
    passes = 0
    while len(moving) and passes < max_iter:
        old = centres[moving]
        sums, sizes, gain[moving] = _sweep(x, moved, old)
        new = np.where(sizes > 0, sums / np.maximum(sizes, 1), old)
        if spherical:
            new /= np.maximum(np.linalg.norm(new, axis=2, keepdims=True), 1e-12)
        centres[moving] = new
        moving = moving[((new - old) ** 2).sum((1, 2)) > tol]
        passes += 1
    return centres, gain, passes


def _sweep(x, moved, centres):
    """Return per restart the sums and sizes of the clusters and how well the centres fit."""
    restarts, count, _ = centres.shape
    flat, half = _halves(centres, x.dtype)

    def sweep(_, block):
        fit = (flat @ block.T - half).reshape(restarts, count, -1)
        best = fit.max(1)
        member = fit == best[:, None]
        if np.count_nonzero(member) > best.size:  # a tie belongs to the first
            member &= member.cumsum(1) == 1
        weight = member.reshape(len(flat), -1).astype(x.dtype)
        return weight @ block, weight.sum(1), best.sum(1)

    sums, sizes, gain = np.zeros(flat.shape), np.zeros(len(flat)), np.zeros(restarts)
    for part in mapped(sweep, x, moved):
        for total, more in zip((sums, sizes, gain), part, strict=True):
            total += more
    return sums.reshape(centres.shape), sizes.reshape(restarts, count, 1), gain


def nearest(x, centres, *, spherical=False):
    """Return the nearest centre of each row and the sum of the squared distances."""
    centre = np.zeros(x.shape[1]) if spherical else centres.mean(0)
    flat, half = _halves((centres - centre)[None], x.dtype)
    labels = np.empty(len(x), np.int32)

    def place(rows, block):
        labels[rows] = (flat @ block.T - half).argmax(0)
        apart = block - flat[labels[rows]]
        return float(np.einsum("ij,ij->", apart, apart))

    return labels, sum(mapped(place, x, unit if spherical else less(centre)))


def _halves(centres, precision):
    """Return centres as rows and half their squared lengths: |x - c|^2 = |x|^2 - 2 (cx - cc / 2)."""
    flat = centres.reshape(-1, centres.shape[-1]).astype(precision)
    return flat, np.einsum("ij,ij->i", flat, flat)[:, None] / 2
