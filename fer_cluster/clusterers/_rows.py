"""Rows of features, checked and taken a block at a time."""

import functools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import ThreadpoolController

from fer_cluster import processor
from fer_cluster.blocks import BLOCK, blocks, release
from fer_cluster.errors import InputError

SAMPLE = 8192


def checked(estimator, x, *, reset=True):
    """Return x as a float array of finite numbers; a memory-mapped one stays on the disk.

    Raises
    ------
    InputError
        Where a parameter cannot be used.
    ValueError
        As scikit-learn does, where x is not a finite (n, d) array of the right
        width, or the clusterer is not fitted.
    """
    plain = type(x) in (np.ndarray, np.memmap) and x.ndim == 2 and x.dtype in (np.float32, np.float64)
    width = getattr(estimator, "n_features_in_", None)
    if reset:
        estimator.check()
    if not (plain and x.size and (reset or width == x.shape[1])) or hasattr(estimator, "feature_names_in_"):
        return _converted(estimator, x, reset)
    if reset:
        estimator.n_features_in_ = x.shape[1]
    if not all(np.isfinite(block.sum()) or np.isfinite(block).all() for _, block in blocks(x)):
        return _converted(estimator, x, reset)
    return x


def _converted(estimator, x, reset):
    """Have scikit-learn, which is slow to import, convert x or say what is wrong."""
    from sklearn.utils.validation import check_is_fitted, validate_data

    if not reset:
        check_is_fitted(estimator)
    return validate_data(estimator, x, reset=reset, dtype=[np.float64, np.float32])


def enough(x, estimator):
    """Raise an InputError where an estimator, which is then not fitted, has more clusters than rows."""
    count = estimator.n_clusters
    if not 1 <= count <= len(x):
        vars(estimator).pop("n_features_in_", None)
        raise InputError(f"n_clusters={count} must be between 1 and the number of faces, n_samples={len(x)}.")


def sampled(x, count, random):
    """Return at most ``count`` rows drawn without replacement, in their order, float64."""
    if count >= len(x):
        return x.astype(np.float64)
    drawn = []
    for rows in np.array_split(np.sort(random.choice(len(x), count, replace=False)), 64):
        drawn.append(x[rows].astype(np.float64))
        release(x)
    return np.concatenate(drawn)


def spans(x, size=BLOCK):
    """Return the slices of the blocks of x."""
    return [slice(start, start + size) for start in range(0, len(x), size)]


def less(centre):
    """Return what takes a centre near the data from rows, so that nothing cancels later."""
    return lambda block: block - centre.astype(block.dtype)


def unit(block):
    """Return rows scaled to unit length; a row of zeros stays one."""
    length = np.sqrt(np.einsum("ij,ij->i", block, block))
    return block / np.where(length > 0, length, 1)[:, None]


def mapped(work, x, moved, parts=None):
    """Return ``work(rows, moved(block))`` of each block, in order, made on all cores at once.

    Products of a block are too small for two BLAS threads, which would wait for each
    other most of the time; each core takes blocks of its own instead.
    """

    def one(rows):
        result = work(rows, moved(x[rows]))
        release(x)
        return result

    parts = spans(x) if parts is None else parts
    cores = min(processor.cores(), len(parts))
    with one_thread():
        if cores == 1:
            return [one(rows) for rows in parts]
        with ThreadPoolExecutor(cores) as pool:
            shares = list(pool.map(lambda first: [one(rows) for rows in parts[first::cores]], range(cores)))
    return [shares[place % cores][place // cores] for place in range(len(parts))]


def one_thread():
    """Return a context in which BLAS has one thread."""
    return _threadpools().limit(limits=1, user_api="blas")


@functools.cache
def _threadpools():
    return ThreadpoolController()  # finding the libraries takes a millisecond, a pass hardly more
