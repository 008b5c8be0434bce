"""Faces that act: movements of brows, eyes, nose and mouth, made by warping a picture."""

import numpy as np
import torch

from fer_cluster.blocks import CACHED, blocks
from fer_cluster.training.warps import FRAME, bumps_field, warped

_MIDDLE = 23.5  # column between the halves of a frame of 48

# What each action moves, in pixels of a frame of 48: row, columns from the middle, down, outward,
# standard deviation of the bump; on both sides unless it is in the middle. Read off the mean face of
# FER2013's Training images. In brackets the unit of the Facial Action Coding System, and what the
# opposite of the action is.
ACTIONS = {
    "lip_corners_up": ((36.5, 7.5, -2.5, 1.2, 3.0), (38.5, 0, 1.0, 0, 3.0)),  # (12; 15)
    "jaw_drop": ((41, 0, 3.0, 0, 3.5), (42, 5, 2.5, 0, 3.0), (35, 0, -0.8, 0, 2.5)),  # (26)
    "lips_stretched": ((37, 7.5, 0, 2.5, 3.5),),  # (20; 18)
    "lips_apart": ((35.5, 3, -1.3, 0, 2.2), (39.5, 3, 1.3, 0, 2.2)),  # (25; 23 and 24)
    "brows_up": ((12, 5, -2.2, 0, 3.0), (12, 11, -2.2, 0, 3.5)),  # (1 and 2)
    "brows_together": ((13, 3.5, 1.5, -1.5, 2.5),),  # (4)
    "brows_slanted": ((12.5, 4, -1.8, 0, 2.5), (12.5, 13, 1.5, 0, 3.0)),  # (1 without 2)
    "eyes_wide": ((15.8, 9, -1.3, 0, 2.2), (19.2, 9, 1.0, 0, 2.2)),  # (5; 7)
    "nose_wrinkled": ((29, 4.5, -1.8, 0.6, 2.5), (33.5, 3, -1.2, 0, 2.5)),  # (9)
    "cheeks_up": ((25, 9.5, -2.0, 0, 3.5), (20.5, 9, -0.8, 0, 2.0)),  # (6)
}


def acted(images, action, amount=1.0):
    """Return the faces as they would look if they did the action, uint8.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width)
        Upright faces that fill the image.
    action : str
        One of ``ACTIONS``.
    amount : float, or ndarray of shape (n,)
        1 is a clear action, below 0 its opposite, 0 an interpolated copy.

    References
    ----------
    Ekman and Friesen, Facial Action Coding System, 1978. The bumps are ours.
    """
    field = action_field(action, images.shape[1:])
    amount = np.broadcast_to(np.asarray(amount, np.float32), len(images))[:, None, None, None]
    changed = np.empty(images.shape, np.uint8)
    for rows, few in blocks(images, CACHED):
        few = torch.from_numpy(np.ascontiguousarray(few))[:, None]
        changed[rows] = warped(few, torch.tensor(amount[rows]) * field)[:, 0].round().byte().numpy()
    return changed


def action_field(action, shape):
    """Return the displacement of every pixel, down and right, shape (1, height, width, 2)."""
    height, width = shape[0] / FRAME, shape[1] / FRAME
    centre, push, spread = [], [], []
    for row, aside, down, outward, deviation in ACTIONS[action]:
        for side in (1, -1) if aside else (1,):
            centre.append(((row + 0.5) * height - 0.5, (_MIDDLE + 0.5 + side * aside) * width - 0.5))
            push.append((down * height, side * outward * width))
            spread.append(deviation * min(height, width))
    centre, push, spread = (torch.tensor([told]) for told in (centre, push, spread))
    return bumps_field(centre, push, spread, torch.ones_like(spread), shape)
