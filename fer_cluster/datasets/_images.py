"""Encoded images to grey arrays of one size, with the reason where one cannot be used."""

import io
import os
import struct
import warnings
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
from PIL import Image, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
LARGEST = 64_000_000  # pixels of an image
BATCH = 256
BULKY = 1 << 15  # bytes of an image from which decoding in threads pays


def decode(data):
    """Return an image as grey values, or the reason why it cannot be used.

    Parameters
    ----------
    data : bytes
        A PNG, JPEG, BMP or WebP file. Colour becomes grey (ITU-R 601 luma).

    Returns
    -------
    ndarray of uint8, shape (height, width), or str
    """
    if not data:
        return "is empty"
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > LARGEST:
                return f"has more than {LARGEST:,} pixels"
            if image.mode[0] in "IF":
                return "is not an 8-bit image"
            return np.asarray(image if image.mode == "L" else image.convert("L"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return f"has more than {LARGEST:,} pixels"
    except UnidentifiedImageError:
        return f"is no {', '.join(FORMATS[:-1])} or {FORMATS[-1]} image"
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error) as error:
        return f"is a broken image ({str(error).rstrip('.')})"


def read_images(items, images, rejects):
    """Decode images and append them to a store; all must have one size.

    Parameters
    ----------
    items : iterable of (str or None, bytes or ndarray or str)
        Of each image its file name, and its content, its grey values or the
        reason why it cannot be used. The size that most of the first 256 have
        is the size of all.
    images : Store
    rejects : Rejects

    Returns
    -------
    ndarray of bool
        Which of the items were appended.
    """
    good, items = [], iter(items)
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool, warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        while batch := list(islice(items, BATCH)):
            contents = [data for _, data in batch]
            apply = pool.map if sum(map(len, contents)) > BULKY * len(batch) else map
            good += _append(batch, list(apply(_array, contents)), len(good), images, rejects)
    return np.array(good, bool)


def _array(content):
    return decode(content) if isinstance(content, bytes) else content


def _append(batch, arrays, first, images, rejects):
    """Append the usable arrays of a batch; return which they were."""
    shapes = [array.shape for array in arrays if not isinstance(array, str)]
    size = images.size or (Counter(shapes).most_common(1)[0][0] if shapes else None)
    good = []
    for row, ((name, _), array) in enumerate(zip(batch, arrays, strict=True), first + 1):
        if isinstance(array, str):
            rejects.add(row, array, name)
        elif array.shape != size:
            rejects.add(row, f"is {_sides(array.shape)} where others are {_sides(size)}", name)
        else:
            good.append(row - first - 1)
    if good:
        images.append(np.stack([arrays[place] for place in good]))
    return np.isin(np.arange(len(batch)), good).tolist()


def _sides(shape):
    height, width = shape
    return f"{width} x {height}"
