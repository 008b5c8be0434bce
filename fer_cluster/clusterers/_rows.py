"""Rows of features, checked and taken a block at a time."""

import numpy as np
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import validate_data

from fer_cluster.blocks import blocks, release
from fer_cluster.errors import InputError

SAMPLE = 8192


def checked(estimator, x, *, reset=True):
    """Return x as a float array of finite numbers; a memory-mapped one stays on the disk.

    Raises
    ------
    ValueError
        As scikit-learn does, where x is not a finite (n, d) array.
    """
    x = validate_data(estimator, x, reset=reset, dtype=[np.float64, np.float32], ensure_all_finite=False)
    for _, block in blocks(x):
        assert_all_finite(block, input_name="X")
    return x


def enough(x, count):
    """Raise an InputError where there are more clusters than rows."""
    if not 1 <= count <= len(x):
        raise InputError(f"n_clusters={count} must be between 1 and the number of faces, n_samples={len(x)}.")


def sampled(x, count, random):
    """Return at most ``count`` rows drawn without replacement, in their order, float64."""
    if count >= len(x):
        return x.astype(np.float64)
    rows = np.sort(random.choice(len(x), count, replace=False))
    drawn = x[rows].astype(np.float64)
    release(x)
    return drawn


def centred(x, centre):
    """Yield (rows, block): float32 blocks less a centre near the data, so that nothing cancels."""
    buffer = None
    for rows, block in blocks(x):
        if buffer is None:
            buffer = np.empty(block.shape, np.float32)
        moved = buffer[: len(block)]
        np.subtract(block, centre, out=moved, casting="same_kind")
        yield rows, moved
