"""Changes of an image that change no emotion, by what they are called."""

import numpy as np

_LEVELS = 20  # grey levels
_GAIN = 1.25  # of the contrast about the mean of an image, and its inverse
_PIXELS = 2
_DEGREES = 8


def _mirrored(images):
    return np.ascontiguousarray(images[:, :, ::-1])


def _relit(images, levels):
    return np.clip(images.astype(np.int16) + levels, 0, 255).astype(np.uint8)


def _contrasted(images, gain):
    mean = images.mean((1, 2), keepdims=True, dtype=np.float32)
    return np.clip(np.rint(mean + gain * (images - mean)), 0, 255).astype(np.uint8)


def _shifted(images, down, right):
    from scipy.ndimage import shift

    return shift(images, (0, down, right), order=1, mode="nearest")


def _turned(images, degrees):
    from scipy.ndimage import rotate

    return rotate(images, degrees, axes=(1, 2), reshape=False, order=1, mode="nearest")


# What images, uint8 (n, height, width), are after each change; what comes in from outside repeats the edge.
CHANGES = {
    "mirrored": _mirrored,
    f"brighter by {_LEVELS} grey levels": lambda images: _relit(images, _LEVELS),
    f"darker by {_LEVELS} grey levels": lambda images: _relit(images, -_LEVELS),
    f"{_GAIN} times the contrast": lambda images: _contrasted(images, _GAIN),
    f"{1 / _GAIN} times the contrast": lambda images: _contrasted(images, 1 / _GAIN),
    f"shifted right by {_PIXELS} pixels": lambda images: _shifted(images, 0, _PIXELS),
    f"shifted down by {_PIXELS} pixels": lambda images: _shifted(images, _PIXELS, 0),
    f"turned clockwise by {_DEGREES} degrees": lambda images: _turned(images, -_DEGREES),
}
