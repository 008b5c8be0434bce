"""What people do with voice, hands and head when they feel: drawn on faces, or the whole face turned."""

import numpy as np
import torch

from fer_cluster.blocks import CACHED, blocks
from fer_cluster.training.disturb import warp
from fer_cluster.training.signs import DARK, LIGHT, Line, Oval, painted
from fer_cluster.training.warps import FRAME, warped

_HAND = 0.75  # quantile of the face's grey values: a hand is lighter than most of a face
_BOW, _TILT = 0.45, 0.4  # radians
_CENTRE, _HALF = (24.5, 23.5), (28.0, 24.0)  # of a head in a frame of 48: its middle and half axes, row first
_NOSE, _TIP = 0.35, (28.0, 5.0, 3.5)  # how far it stands out of the head, and its row, height and width
_DEEP = 20.0  # pixels from the middle of a head to its front

# Where voice and hands show, in a frame of 48. In brackets what they express (Darwin 1872): a shout of anger
# shows both rows of teeth, hands fly to the mouth in fear, and a hand holds the brow in grief.
SHOWN = {
    "shout": (
        Oval(38.8, 0, 5, 7, DARK, 0.85),
        Oval(35.5, 0, 1.2, 5.5, LIGHT, 0.9),
        Oval(42, 0, 1, 4.5, LIGHT, 0.7),
    ),
    "hands_at_mouth": (
        Oval(39.5, 0, 6.5, 10, _HAND, 0.85),
        *(Line((34.5, aside), (43, aside), 0.5, DARK, 0.35) for aside in (0, 3.2, 6.4)),
    ),
    "hand_on_brow": (
        Oval(9, 10, 6, 9, 0.8, 0.75),
        Line((5, 4), (14, 6), 0.5, DARK, 0.35),
        Line((4, 9), (14, 10), 0.5, DARK, 0.35),
    ),
}


def bowed(images):
    """Return faces turned down, as a ball with a nose would be, uint8."""
    height, width = images.shape[1:]
    field = _depth(height, width) * (_DEEP * np.sin(_BOW) * height / FRAME)
    field = torch.stack([field, torch.zeros_like(field)], -1)[None]
    changed = np.empty(images.shape, np.uint8)
    for rows, few in blocks(images, CACHED):
        few = torch.from_numpy(np.ascontiguousarray(few))[:, None]
        changed[rows] = warped(few, field)[:, 0].round().byte().numpy()
    return changed


def tilted(images):
    """Return faces with the head laid on one side, uint8."""
    changed = np.empty(images.shape, np.uint8)
    for rows, few in blocks(images, CACHED):
        turned = warp(few, angle=_TILT, zoom=1.05, down=0, right=0)
        changed[rows] = np.rint(turned.clip(0, 255))
    return changed


HEAD = {"head_bowed": bowed, "head_tilted": tilted}
GESTURES = (*SHOWN, *HEAD)


def gestured(images, gesture):
    """Return faces with a gesture, uint8.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width)
        Upright faces that fill the image.
    gesture : str
        One of ``GESTURES``.

    References
    ----------
    Darwin, The expression of the emotions in man and animals, 1872. The strokes and the ball are ours.
    """
    return HEAD[gesture](images) if gesture in HEAD else painted(images, SHOWN[gesture])


def _depth(height, width):
    """Return how far each pixel lies before the mean pixel of the head, in depths of it, (height, width)."""
    row, column = ((torch.arange(side) + 0.5) * FRAME / side - 0.5 for side in (height, width))
    row = row[:, None]
    down, across = (
        (at - middle) / half for at, middle, half in zip((row, column), _CENTRE, _HALF, strict=True)
    )
    ball = (1 - down.square() - across.square()).clamp(min=0).sqrt()
    tip, tall, wide = _TIP
    nose = torch.exp(-0.5 * (((row - tip) / tall).square() + ((column - _CENTRE[1]) / wide).square()))
    depth = ball + _NOSE * nose
    return depth - (depth * depth).sum() / depth.sum()
