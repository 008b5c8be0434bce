"""Which images are pixel for pixel the same, and which nearly."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from fer_cluster.blocks import blocks, release
from fer_cluster.processor import cores

LIKENESS = 0.94  # of 49 such pairs of FER2013 that were looked at, 49 show one photograph
TILE = 512  # images, so that a table of all their likenesses stays in the cache of a core
_FREQUENCIES = 8  # of each side, at most, by which nearly the same images are sought


def content_keys(images):
    """Return one key an image; equal keys mean equal images.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, ...)
        May be memory-mapped; it is read a block at a time.

    Returns
    -------
    ndarray of uint64, shape (n,)
        The first 8 bytes of BLAKE2b. Among a million different images two
        share a key with a probability of 3e-8.
    """
    keys = np.empty(len(images), np.uint64)
    for rows, block in blocks(images):
        block = np.ascontiguousarray(block)
        digests = b"".join([hashlib.blake2b(image, digest_size=8).digest() for image in block])
        keys[rows] = np.frombuffer(digests, "<u8")
    return keys


def copied(images, rows_fit):
    """Return which images outside ``rows_fit`` have an exact copy inside.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, ...), or of uint64, shape (n,)
        The images, or the keys that ``content_keys`` gave.
    rows_fit : ndarray of bool or int
        The rows that a method was fitted on.

    Returns
    -------
    ndarray of bool, shape (n,)
        False for the rows inside.
    """
    keys = images if images.ndim == 1 else content_keys(images)
    outside = np.ones(len(keys), bool)
    outside[rows_fit] = False
    return outside & np.isin(keys, keys[rows_fit])


def near_pairs(images, rows, likeness=LIKENESS):
    """Return all pairs of images that are alike but for light, noise or mirroring.

    The likeness of two images is the correlation of their pixels. No pair is
    missed: low frequencies alone give a lower bound of the distance, so that
    only pairs within the bound are compared pixel by pixel. Copies that are
    shifted or cropped are other images here. Time grows with the square of the
    number of images: 2 s for 34,000 of 48 x 48 on two cores.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, h, w)
        May be memory-mapped.
    rows : ndarray of int, shape (m,)
        The images to compare; constant ones are like no other.
    likeness : float
        The least correlation.

    Returns
    -------
    pairs : ndarray of int, shape (p, 2)
        Rows of ``images``, the first before the second in ``rows``.
    likeness : ndarray of float, shape (p,)
    mirrored : ndarray of bool, shape (p,)
        Whether the second had to be mirrored.
    """
    low = _low_frequencies(images, rows)  # (m, 8, 8)
    odd = np.where(np.arange(low.shape[2]) % 2, -1, 1).astype(np.float32)  # mirroring flips odd columns
    found = []
    for mirrored, other in ((False, low), (True, low * odd)):
        pairs = _candidates(low.reshape(len(rows), -1), other.reshape(len(rows), -1), likeness)
        alike = _correlations(images, rows[pairs], mirrored)
        keep = alike >= likeness
        found.append((rows[pairs[keep]], alike[keep], np.full(keep.sum(), mirrored)))
    release(images)
    pairs, alike, mirrored = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return pairs, alike, mirrored


def _unit(images):
    """Return images of mean 0 and length 1, shape (n, h, w); 0 where constant."""
    x = images.reshape(len(images), -1).astype(np.float32)
    x -= x.mean(axis=1, keepdims=True)
    length = np.linalg.norm(x, axis=1, keepdims=True)
    return np.divide(x, length, out=np.zeros_like(x), where=length > 0).reshape(images.shape)


def _cosines(side):
    """Return the first functions of the orthonormal discrete cosine transform: (8 at most, side)."""
    angles = np.pi * np.arange(min(_FREQUENCIES, side))[:, None] * (np.arange(side) + 0.5) / side
    functions = np.cos(angles) * np.sqrt(2 / side)
    functions[0] /= np.sqrt(2)
    return functions.astype(np.float32)


def _low_frequencies(images, rows):
    rowwise, columnwise = (_cosines(side) for side in images.shape[1:])
    low = np.empty((len(rows), len(rowwise), len(columnwise)), np.float32)
    for start in range(0, len(rows), 1024):
        part = slice(start, start + 1024)
        low[part] = rowwise @ _unit(images[rows[part]]) @ columnwise.T
        release(images)
    return low


def _candidates(low, other, likeness):
    """Return pairs (i, j), i < j, whose low frequencies are no farther apart than alike images can be.

    For whole images of length 1, |a - b|^2 = 2 - 2 a.b; their low frequencies
    p and q are no farther apart: |p|^2 / 2 + |q|^2 / 2 - p.q <= 1 - a.b.
    """
    from threadpoolctl import threadpool_limits

    half = (low**2).sum(axis=1, keepdims=True) / 2
    half[half == 0] = 9  # a constant image is like no other
    one = np.ones_like(half)
    left, right = np.hstack([low, half, one]), np.hstack([other, -one, -half])
    strips = range(0, len(low), TILE)
    # Threads over tiles: a library that cuts each small product up itself waits more than it works.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(cores()) as pool:
        found = list(pool.map(lambda top: _strip(left, right, top, likeness - 1 - 1e-5), strips))
    return np.concatenate([np.empty((0, 2), int), *found])


def _strip(left, right, top, least):
    """Return pairs i < j with i from ``top`` on whose product is ``least`` or more."""
    found = [np.empty((0, 2), int)]
    for start in range(top, len(right), 2 * TILE):
        product = left[top : top + TILE] @ right[start : start + 2 * TILE].T
        hits = np.flatnonzero(product >= least)
        if len(hits):
            i, j = np.divmod(hits, product.shape[1])
            found.append(np.stack([i + top, j + start], axis=1))
    pairs = np.concatenate(found)
    return pairs[pairs[:, 0] < pairs[:, 1]]


def _correlations(images, pairs, mirrored):
    alike = np.empty(len(pairs), np.float32)
    for start in range(0, len(pairs), 1024):
        first, second = pairs[start : start + 1024].T
        other = images[second][:, :, ::-1] if mirrored else images[second]
        alike[start : start + 1024] = (_unit(images[first]) * _unit(other)).sum(axis=(1, 2))
    return alike
