"""Images within a table: their pixels as text, and how a figure shows them."""

import numpy as np

_FINE = 4  # each pixel is drawn as 4 x 4, so that it stays square and sharp at any size


def as_text(image):
    """Return the pixels of an image, uint8, in hexadecimal; ``#`` keeps them from being read as a number."""
    return "#" + image.tobytes().hex()


def as_image(text, height, width):
    """Return the image, uint8 (height, width), of pixels as text."""
    return np.frombuffer(bytes.fromhex(text[1:]), np.uint8).reshape(height, width)


def mosaic(images):
    """Return images, uint8 (rows, columns, height, width), as one with white gaps, each pixel drawn large."""
    rows, columns, height, width = images.shape
    gap = max(1, height // 24)
    tiles = np.pad(images, [(0, 0), (0, 0), (gap, 0), (0, gap)], constant_values=255)
    whole = tiles.swapaxes(1, 2).reshape(rows * (height + gap), columns * (width + gap))
    return whole.repeat(_FINE, axis=0).repeat(_FINE, axis=1)
