"""Signs of expression that no warp can make, such as furrows, folds and teeth, drawn on faces."""

from typing import NamedTuple

import numpy as np

from fer_cluster.training.warps import FRAME

_MIDDLE = 23.5  # column between the halves of a frame of 48
_FACE = (0.126, 0.917), (0.167, 0.835)  # rows and columns of the inner face, shares of the frame
DARK, SKIN, LIGHT = 0.06, 0.5, 0.96  # quantiles of its grey values
_SOFT = 0.35  # share of an oval's radius over which its edge fades


class Oval(NamedTuple):
    """A soft oval on both sides of the face, or in its middle; pixels of a frame of 48."""

    row: float
    aside: float
    tall: float
    wide: float
    tone: float
    cover: float

    def mask(self, row, column):
        """Return how much the oval covers, 0 to 1, at rows and columns from the middle."""
        far = np.hypot((row - self.row) / self.tall, (np.abs(column) - self.aside) / self.wide)
        return np.clip((1 - far) / _SOFT + 0.5, 0, 1)


class Line(NamedTuple):
    """A soft line on both sides of the face, from one row and distance from the middle to another."""

    begin: tuple
    end: tuple
    thick: float
    tone: float
    cover: float

    def mask(self, row, column):
        """Return how much the line covers, 0 to 1, at rows and columns from the middle."""
        (top, near), (bottom, aside) = self.begin, self.end
        down, across, column = bottom - top, aside - near, np.abs(column)
        along = ((row - top) * down + (column - near) * across) / (down**2 + across**2)
        along = np.clip(along, 0, 1)
        far = np.hypot(row - top - along * down, column - near - along * across)
        return np.exp(-0.5 * np.square(far / self.thick))


# Where each sign lies and how dark it is, in a frame of 48; rows as in ``actions.ACTIONS``. In brackets the
# units of the Facial Action Coding System that leave such a sign.
SIGNS = {
    "teeth": (Oval(37.8, 0, 3.4, 8, DARK, 0.7), Oval(37.3, 0, 1.9, 7, LIGHT, 0.9)),  # (12 with 25)
    "bared_teeth": (  # (10 with 16 and 25)
        Oval(38.5, 0, 4.6, 7.5, DARK, 0.8),
        Oval(36.3, 0, 1.6, 5.5, LIGHT, 0.85),
        Oval(40.8, 0, 1.3, 4.5, LIGHT, 0.6),
    ),
    "open_mouth": (Oval(39.5, 0, 4.2, 4.6, DARK, 0.9),),  # (26, 27)
    "lips_pressed": (  # (24)
        Oval(37.5, 0, 3.2, 7.5, SKIN, 0.75),
        Line((37.5, 0), (37.5, 6.5), 0.6, DARK, 0.7),
    ),
    "lip_corners_down": (  # (15)
        Oval(38, 0, 3.4, 8, SKIN, 0.75),
        Line((37, 0), (37, 3.5), 0.6, DARK, 0.7),
        Line((37, 3.5), (39.8, 7), 0.6, DARK, 0.7),
    ),
    "folds": (Line((29, 5.5), (36.5, 9.5), 0.9, DARK, 0.45),),  # (9, 10)
    "furrow": (Line((11, 1.8), (16.5, 1.3), 0.7, DARK, 0.6),),  # (4)
    "brows_low": (Line((14.5, 3.5), (11.5, 13), 1.0, DARK, 0.7),),  # (4)
    "eyes_closed": (  # (43)
        Oval(17.3, 9, 2.6, 4.8, SKIN, 0.85),
        Line((18.8, 5.5), (18.8, 12.5), 0.6, DARK, 0.7),
    ),
    "eye_white": (Oval(17.5, 9, 2.8, 4.6, LIGHT, 0.75), Oval(17.7, 9, 1.7, 1.7, DARK, 0.9)),  # (5)
}


def drawn(images, sign, amount=1.0):
    """Return faces with a sign drawn on them in grey values of their own, uint8.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width)
        Upright faces that fill the image.
    sign : str
        One of ``SIGNS``.
    amount : float, or ndarray of shape (n,)
        1 is a clear sign, less a fainter one, 0 none.

    References
    ----------
    Ekman and Friesen, Facial Action Coding System, 1978. The strokes are ours.
    """
    return painted(images, SIGNS[sign], amount)


def painted(images, strokes, amount=1.0):
    """Return faces with strokes, one over the other, in grey values of their own, uint8."""
    shape = images.shape[1:]
    row, column = ((np.arange(side) + 0.5) * FRAME / side - 0.5 for side in shape)
    (top, bottom), (left, right) = np.multiply(_FACE, np.array(shape)[:, None]).round().astype(int)
    face, changed = images[:, top:bottom, left:right], images.astype(np.float32)
    amount = np.broadcast_to(np.asarray(amount, float), len(images))[:, None, None]
    for stroke in strokes:
        tone = np.quantile(face, stroke.tone, axis=(1, 2), keepdims=True)
        cover = amount * (stroke.cover * stroke.mask(row[:, None], column - _MIDDLE))
        changed += cover * (tone - changed)
    return changed.round().astype(np.uint8)
