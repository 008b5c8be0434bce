"""The words for changes and views of images, which are checked without torch."""

from fer_cluster.errors import InputError, unknown

CHANGES = ("mirror", "shift", "rotate", "scale", "light", "contrast", "erase", "glasses")
VIEWS = ("one", "mirror", "ten_crop")
_FRAME = 48  # pixels of a side of FER2013's faces, of which a crop is told


def check_changes(changes):
    """Raise an InputError where changes joined by ``+`` are unknown."""
    for name in changes.split("+") if changes else ():
        if name not in CHANGES:
            raise unknown("augment", name, CHANGES)


def check_crop(crop):
    """Raise an InputError where a crop is no part of a frame of 48."""
    if not 0 <= crop <= _FRAME:
        raise InputError(
            f"crop must be 1 to {_FRAME} pixels of a frame of {_FRAME}, or 0 for the whole frame, got {crop}."
        )


def crop_side(crop, shape):
    """Return the pixels of a side of a crop, told of a frame of 48, in images of that shape; 0: all of it."""
    return max(round(crop * min(shape) / _FRAME), int(crop > 0))
