"""Encoded images to grey arrays of one size, with the reason where one cannot be used."""

import io
import struct
import warnings
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from fer_cluster.images import fitted
from fer_cluster.processor import cores

FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
LARGEST = 64_000_000  # pixels of an image
BATCH = 256
BULKY = 1 << 15  # bytes of an image from which decoding in threads pays


def decode(data):
    """Return an image as grey values, or the reason why it cannot be used.

    Parameters
    ----------
    data : bytes
        A PNG, JPEG, BMP or WebP file. Colour becomes grey (ITU-R 601 luma), 16 bits become 8,
        what is transparent becomes white, and a photograph that says how it was held is turned upright.

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
            return _grey(ImageOps.exif_transpose(image) if image.format in ("JPEG", "WEBP") else image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return f"has more than {LARGEST:,} pixels"
    except UnidentifiedImageError:
        return f"is no {', '.join(FORMATS[:-1])} or {FORMATS[-1]} image"
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error) as error:
        return f"is a broken image ({str(error).rstrip('.')})"


def _grey(image):
    """Return the grey values of an image, uint8 (height, width)."""
    if image.mode == "L" and "transparency" not in image.info:
        return np.asarray(image)
    if image.mode.startswith("I"):  # 16 bits
        return (np.asarray(image) // 257).astype(np.uint8)
    if image.mode in ("LA", "RGBA", "PA") or "transparency" in image.info:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return np.asarray(image.convert("L"))


def read_images(items, images, rejects):
    """Decode images and append them to a store, which has one size: others are cropped and scaled to it.

    Parameters
    ----------
    items : iterable of (str or None, bytes or ndarray or str)
        Of each image its file name, and its content, its grey values or the
        reason why it cannot be used. The size that half of the first 256 have, or else
        the square whose side is the median of their shorter sides, is the size of all,
        unless the store was told one.
    images : Store
    rejects : Rejects

    Returns
    -------
    good : ndarray of bool
        Which of the items were appended.
    notes : tuple of str
        How many were cropped and scaled, where any was.
    """
    good, others, items = [], 0, iter(items)
    with ThreadPoolExecutor(min(4, cores())) as pool, warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        while batch := list(islice(items, BATCH)):
            contents = [data for _, data in batch]
            apply = pool.map if sum(map(len, contents)) > BULKY * len(batch) else map
            arrays = list(apply(_array, contents))
            shapes = Counter(array.shape for array in arrays if not isinstance(array, str))
            size = images.size or _usual(shapes)
            others += shapes.total() - shapes[size]
            good += _append(batch, arrays, size, len(good), images, rejects)
    told = others and not images.asked
    return np.array(good, bool), ((_fitted(others, sum(good), images.size),) if told else ())


def _fitted(others, count, size):
    height, width = size
    return f"{others:,} of {count:,} images were cropped and scaled to {width} x {height} pixels"


def _usual(shapes):
    """Return the height and width that half of the images have at least, else those of a usual square."""
    if not shapes:
        return None
    shape, count = shapes.most_common(1)[0]
    if 2 * count >= shapes.total():
        return shape
    sides = sorted(min(shape) for shape in shapes.elements())
    return (sides[len(sides) // 2],) * 2


def _array(content):
    return decode(content) if isinstance(content, bytes) else content


def _append(batch, arrays, size, first, images, rejects):
    """Append the usable arrays of a batch at one size; return which they were."""
    good = []
    for row, ((name, _), array) in enumerate(zip(batch, arrays, strict=True), first + 1):
        if isinstance(array, str):
            rejects.add(row, array, name)
        else:
            good.append(row - first - 1)
    if good:
        images.append(np.stack([fitted(arrays[place], size) for place in good]))
    return np.isin(np.arange(len(batch)), good).tolist()
