"""Which images are pixel for pixel the same: one key an image."""

import hashlib

import numpy as np

from fer_cluster.blocks import blocks


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
