"""The Facial Action Coding System: which units make an emotion and what each unit moves."""

import numpy as np
import pandas as pd

# EMFACS: the units of each emotion (Friesen and Ekman 1983).
EMOTION_UNITS = {
    "angry": (4, 5, 7, 23),
    "disgust": (9, 15, 16),
    "fear": (1, 2, 4, 5, 20, 26),
    "happy": (6, 12),
    "sad": (1, 4, 15),
    "surprise": (1, 2, 5, 26),
    "neutral": (),
}

# Where a full activation of a unit moves the points of the face (see _people.POINTS);
# in half face heights, y downwards, x away from the midline.
MOVES = {
    1: {"brow_inner_y": -0.14, "brow_middle_y": -0.03, "forehead_lines": 0.5},
    2: {"brow_outer_y": -0.13, "brow_middle_y": -0.10, "forehead_lines": 0.5},
    4: {"brow_inner_y": 0.09, "brow_middle_y": 0.07, "brow_inner_x": -0.05, "frown_lines": 1.0},
    5: {"lid_up": 0.060, "lid_low": 0.012},
    6: {"lid_low": -0.035, "lid_up": -0.008, "cheek": 1.0, "cheek_y": -0.06, "fold": 0.3, "crow_lines": 1.0},
    7: {"lid_low": -0.030, "lid_up": -0.020},
    9: {
        "nose_lines": 1.0,
        "nose_wing_y": -0.05,
        "nose_width": 0.02,
        "brow_inner_y": 0.09,
        "brow_middle_y": 0.07,
        "lid_low": -0.025,
        "lid_up": -0.025,
        "fold": 0.7,
        "gap_up": 0.045,
        "upper_teeth": 0.5,
    },
    12: {
        "corner_y": -0.20,
        "mouth_width": 0.13,
        "fold": 0.7,
        "cheek": 0.5,
        "lip_up": -0.015,
        "gap_low": 0.10,
        "upper_teeth": 1.0,
    },
    15: {"corner_y": 0.13, "mouth_width": -0.02, "chin_lines": 0.6},
    16: {"gap_low": 0.085, "lip_low": 0.010, "lower_teeth": 1.0},
    20: {"mouth_width": 0.17, "corner_y": 0.02, "lip_up": -0.010, "lip_low": -0.015, "lower_teeth": 0.8},
    23: {"lip_up": -0.036, "lip_low": -0.045, "mouth_width": -0.045, "chin_lines": 0.4},
    26: {"chin_y": 0.17, "gap_low": 0.22, "gap_up": 0.02, "mouth_width": -0.09, "corner_y": 0.10},
}
# Units that together move more than the sum: a frown does not lower brows that are raised inside.
TOGETHER = {(1, 4): {"brow_inner_y": -0.08, "brow_middle_y": -0.02, "brow_outer_y": 0.03}}
UNITS = tuple(MOVES)


def activations(emotion, intensity, random):
    """Return how strongly each unit is active, 0 to 1, one column ``au<number>`` a unit.

    The units of the emotion follow its intensity with a jitter of their own;
    the others leak: mostly a trace, now and then up to a third.

    Parameters
    ----------
    emotion : ndarray of str, shape (n,)
    intensity : ndarray of float, shape (n,)
    random : numpy.random.Generator
    """
    recipe = {name: [unit in units for unit in UNITS] for name, units in EMOTION_UNITS.items()}
    shape = (len(emotion), len(UNITS))
    meant = (
        np.array([recipe[name] for name in emotion]) * intensity[:, None] * random.uniform(0.75, 1.1, shape)
    )
    leak = random.uniform(0, 0.35, shape) * (random.random(shape) < 0.12) + random.uniform(0, 0.06, shape)
    active = np.clip(np.maximum(meant, leak), 0, 1)
    return pd.DataFrame(active.astype(np.float32), columns=[f"au{unit}" for unit in UNITS])


def geometry(rest, active):
    """Return the points of the faces after the units have moved them.

    Parameters
    ----------
    rest : DataFrame, shape (n, points)
        The points of each face at rest.
    active : DataFrame, shape (n, units)
        Columns ``au1``, ``au2``, ...: 0 to 1.
    """
    moved = rest.copy()
    alone = {(unit,): moves for unit, moves in MOVES.items()}
    for units, moves in (alone | TOGETHER).items():
        amount = active[[f"au{unit}" for unit in units]].to_numpy().prod(axis=1)
        for point, shift in moves.items():
            moved[point] += shift * amount
    return moved
