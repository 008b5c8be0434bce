"""Images a block at a time, so that memory stays flat however many there are."""

import mmap

import numpy as np

BLOCK = 2048
CACHED = 256  # images whose float copies stay in the processor's cache


def blocks(images, size=BLOCK):
    """Yield (slice, block) over ``images``; memory-mapped pages are let go after use.

    Parameters
    ----------
    images : ndarray, shape (n, ...)
    size : int
        Rows a block.
    """
    for start in range(0, len(images), size):
        rows = slice(start, min(start + size, len(images)))
        yield rows, images[rows]
        release(images)


def release(array):
    """Tell the system that the mapped pages of an array need not stay in memory.

    Not those of a copy-on-write mapping, which would lose what was written to them.
    """
    while isinstance(array, np.ndarray) and not isinstance(array.base, mmap.mmap):
        array = array.base
    if isinstance(array, np.memmap) and array.mode != "c" and hasattr(mmap, "MADV_DONTNEED"):
        array.base.madvise(mmap.MADV_DONTNEED)
