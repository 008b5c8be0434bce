"""The words for changes and views of images, which are checked without torch."""

from fer_cluster.errors import InputError, unknown

CHANGES = ("mirror", "shift", "rotate", "scale", "light", "contrast", "erase")
VIEWS = ("one", "mirror", "ten_crop")


def check_changes(changes, crop):
    """Raise an InputError where changes joined by ``+`` are unknown, or a crop is below zero."""
    for name in changes.split("+") if changes else ():
        if name not in CHANGES:
            raise unknown("augment", name, CHANGES)
    if crop < 0:
        raise InputError(f"crop must be 0 (the whole frame) or more, got {crop}.")
