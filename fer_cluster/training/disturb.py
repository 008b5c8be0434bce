"""Faces as another photographer would have taken them: moved, turned, lit otherwise, mirrored."""

import numpy as np

from fer_cluster.blocks import CACHED, blocks

SHIFT = 2.0  # pixels at most, of a frame of 48 pixels, in each direction
ROTATION = 8.0  # degrees at most, either way
SCALE = 0.08  # 8 % smaller to 8 % larger
LIGHT = 0.3  # rise of a field of light from the middle to an edge at most, as a factor
CONTRAST = 0.25  # a quarter less to a quarter more


def disturb(images, *, random):
    """Return each image once more, changed at random where emotion is not; every second one is mirrored.

    The field of light has a direction at random. All grey values are shifted, too, by up to 64 * LIGHT,
    brighter or darker.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width)
    random : numpy.random.Generator

    Returns
    -------
    ndarray of uint8, shape (n, height, width)
        What moves in from outside repeats the edge.
    """
    changed = np.empty(images.shape, np.uint8)
    for rows, few in blocks(images, CACHED):
        changed[rows] = _disturb(few, random)
    return changed


def _disturb(images, random):
    n = len(images)
    flip = np.where(random.random(n) < 0.5, -1.0, 1.0)
    angle = np.deg2rad(random.uniform(-ROTATION, ROTATION, n))
    zoom = 1 + random.uniform(-SCALE, SCALE, n)
    moved = random.uniform(-SHIFT, SHIFT, (2, n)) * np.array([images.shape[1:]]).T / 48
    x = warp(images, angle=angle, zoom=zoom, down=moved[0], right=moved[1], flip=flip)
    return _relit(x, random)


def warp(images, *, angle, zoom, down, right, flip=1.0):
    """Return images turned, enlarged, moved and mirrored about their centre, float32.

    Parameters
    ----------
    images : ndarray, shape (n, height, width)
    angle, zoom, down, right, flip : float or ndarray, shape (n,)
        Radians clockwise, factor, pixels, pixels, and -1 to mirror.
    """
    n, height, width = images.shape
    angle, zoom, down, right, flip = (
        np.broadcast_to(np.asarray(value, dtype=np.float32), n)[:, None, None]
        for value in (angle, zoom, down, right, flip)
    )
    y = np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2 - down
    x = np.arange(width, dtype=np.float32) - (width - 1) / 2 - right
    cosine, sine = np.cos(angle) / zoom, np.sin(angle) / zoom
    row = cosine * y - sine * x + np.float32((height - 1) / 2)
    column = flip * (cosine * x + sine * y) + np.float32((width - 1) / 2)
    return _bilinear(images, row, column)


def _bilinear(images, row, column):
    """Return the grey values at fractional rows and columns, each (n, height, width)."""
    n, height, width = images.shape
    row, column = row.clip(0, height - 1), column.clip(0, width - 1)
    top, left = row.astype(np.intp), column.astype(np.intp)
    top, left = np.minimum(top, max(height - 2, 0)), np.minimum(left, max(width - 2, 0))
    below, beside = (row - top).astype(np.float32), (column - left).astype(np.float32)
    place = top * width + left + np.arange(n)[:, None, None] * (height * width)
    grey = images.ravel()
    down, right = width * (height > 1), int(width > 1)
    upper = grey.take(place) * (1 - beside) + grey.take(place + right) * beside
    lower = grey.take(place + down) * (1 - beside) + grey.take(place + down + right) * beside
    return upper * (1 - below) + lower * below


def _relit(x, random):
    """Return uint8 images of other light and contrast, their mean grey value moved too."""
    n, height, width = x.shape
    direction = random.uniform(0, 2 * np.pi, n)
    rise = random.uniform(0, LIGHT, n)
    y = np.linspace(-1, 1, height)[:, None]
    across = np.linspace(-1, 1, width)
    slope_y, slope_x = (rise * f(direction) for f in (np.sin, np.cos))
    field = 1 + slope_y[:, None, None] * y + slope_x[:, None, None] * across
    gain = 1 + random.uniform(-CONTRAST, CONTRAST, n)
    offset = random.uniform(-0.5, 0.5, n) * LIGHT * 128
    mean = x.mean((1, 2), keepdims=True)
    x = (x - mean) * gain[:, None, None] + mean
    x = x * field + offset[:, None, None]
    return np.rint(x.clip(0, 255)).astype(np.uint8)
