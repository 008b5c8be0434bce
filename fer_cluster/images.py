"""Arrays of images, checked."""

import numpy as np

from fer_cluster.errors import InputError


def as_images(images, who, shape=None):
    """Return images as an array, memory-mapped ones as they are.

    Parameters
    ----------
    images : array-like of uint8, shape (n, height, width)
    who : str
        What is to read them, as the error calls it.
    shape : tuple of int, optional
        Height and width that they must have.

    Raises
    ------
    InputError
        Where they are no such array, or of another height and width.
    """
    images = np.asanyarray(images)
    if images.ndim != 3 or images.dtype != np.uint8 or images.shape[1:] != (shape or images.shape[1:]):
        size = f"{shape[0]}, {shape[1]}" if shape else "height, width"
        raise InputError(
            f"{who} reads images (n, {size}) of uint8, got {images.dtype} of shape {images.shape}."
        )
    return images


def fitted(image, shape):
    """Return a grey image, uint8, at another height and width: its middle of that shape, scaled.

    By linear interpolation over all that a new pixel covers.
    """
    if image.shape == tuple(shape):
        return image
    from PIL import Image, ImageOps

    height, width = shape
    return np.asarray(ImageOps.fit(Image.fromarray(image), (width, height), Image.Resampling.BILINEAR))


def scaled(images, shape):
    """Return images, uint8 (n, height, width), at another height and width, each as :func:`fitted`."""
    if images.shape[1:] == tuple(shape) or not len(images):
        return images
    return np.stack([fitted(image, shape) for image in images])
