"""Several views of one image: its middle, its corners, its mirror image."""

import torch

from fer_cluster.errors import InputError, unknown
from fer_cluster.training.changes import VIEWS


def centre_crop(images, crop):
    """Return the middle of images (..., height, width); a crop of 0 keeps the frame.

    Raises
    ------
    InputError
        Where the crop is larger than the frame.
    """
    height, width = cropped_size(images, crop)
    top, left = (images.shape[-2] - height) // 2, (images.shape[-1] - width) // 2
    return images[..., top : top + height, left : left + width]


def mirror_views(images):
    """Return the images and their mirror images, shape (2, b, 1, height, width)."""
    return torch.stack([images, images.flip(-1)])


def ten_crop(images, crop):
    """Return the four corners, the centre and their mirror images, shape (10, b, 1, crop, crop).

    Raises
    ------
    InputError
        Where the crop is not smaller than the frame.
    """
    if not 0 < crop < min(images.shape[-2:]):
        raise InputError(f"ten_crop needs a crop of 1 to {min(images.shape[-2:]) - 1} pixels, got {crop}.")
    ends = (slice(None, crop), slice(-crop, None))
    crops = [images[..., rows, columns] for rows in ends for columns in ends]
    return mirror_views(torch.stack([*crops, centre_crop(images, crop)])).flatten(0, 1)


def views(images, kind, crop):
    """Return the views that a prediction is averaged over, shape (views, b, 1, crop, crop).

    Parameters
    ----------
    images : tensor, shape (b, 1, height, width)
    kind : str
        ``one`` (the centre), ``mirror`` (it and its mirror image) or ``ten_crop``.
    crop : int
        Side of the square that the net sees; 0 the whole frame.

    Raises
    ------
    InputError
        Where the kind is unknown or the crop does not fit.
    """
    if kind not in VIEWS:
        raise unknown("views", kind, VIEWS)
    if kind == "ten_crop":
        return ten_crop(images, crop)
    middle = centre_crop(images, crop)
    return mirror_views(middle) if kind == "mirror" else middle[None]


def cropped_size(images, crop):
    """Return height and width of what is left of images by a crop."""
    frame = images.shape[-2:]
    if crop > min(frame):
        raise InputError(f"crop must be 1 to {min(frame)} pixels, or 0 for the whole frame, got {crop}.")
    return torch.Size((crop, crop)) if crop else frame
