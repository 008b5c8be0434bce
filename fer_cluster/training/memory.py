"""Freed memory kept for the next step: a batch asks for the same large arrays again and again."""

import ctypes
import functools

_MMAP_THRESHOLD, _TRIM_THRESHOLD, _TOP_PAD = -3, -1, -2  # malloc.h


@functools.cache
def keep_freed():
    """Tell glibc not to hand large freed arrays back to the system after each step.

    Their pages would be cleared and mapped anew each time, which took up to
    half of a step of a small net on the processor. Elsewhere nothing happens.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):
        return
    for threshold in (1 << 30, 1 << 25):  # older ones refuse more than 32 MiB
        if mallopt(_MMAP_THRESHOLD, threshold):
            break
    mallopt(_TRIM_THRESHOLD, (1 << 31) - 1)
    mallopt(_TOP_PAD, 1 << 26)
