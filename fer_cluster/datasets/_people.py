"""The people of the toy faces: the shape of each face at rest, skin, hair, beard, glasses."""

import numpy as np
import pandas as pd

# Rest position and spread between people of each point, in half face heights:
# the face is about 2 high, y runs down from between the eyes and the nose.
POINTS = {
    "face_width": (0.76, 0.045),
    "skull_y": (-1.16, 0.04),
    "chin_y": (0.98, 0.05),
    "jaw_taper": (0.26, 0.06),
    "jaw_square": (0.35, 0.15),
    "brow_inner_x": (0.13, 0.015),
    "brow_outer_x": (0.60, 0.025),
    "brow_inner_y": (-0.300, 0.022),
    "brow_middle_y": (-0.355, 0.022),
    "brow_outer_y": (-0.290, 0.025),
    "brow_thick": (0.075, 0.016),
    "eye_x": (0.355, 0.018),
    "eye_y": (-0.10, 0.012),
    "eye_width": (0.175, 0.012),
    "eye_tilt": (0.012, 0.010),
    "lid_up": (0.080, 0.007),
    "lid_low": (0.062, 0.005),
    "iris": (0.082, 0.004),
    "cheek": (0.25, 0.12),
    "cheek_y": (0.22, 0.02),
    "nose_width": (0.145, 0.018),
    "nose_tip_y": (0.27, 0.025),
    "nose_wing_y": (0.27, 0.02),
    "nose_height": (0.17, 0.025),
    "fold": (0.15, 0.10),
    "mouth_y": (0.56, 0.022),
    "mouth_width": (0.29, 0.022),
    "mouth_skew": (0.0, 0.012),
    "corner_y": (0.0, 0.012),
    "lip_up": (0.058, 0.009),
    "lip_low": (0.075, 0.011),
    "gap_up": (0.0, 0.0),
    "gap_low": (0.0, 0.0),
    "upper_teeth": (0.0, 0.0),
    "lower_teeth": (0.0, 0.0),
    "forehead_lines": (0.0, 0.06),
    "frown_lines": (0.0, 0.08),
    "nose_lines": (0.0, 0.0),
    "crow_lines": (0.0, 0.06),
    "chin_lines": (0.15, 0.10),
    "hair_y": (-0.66, 0.10),
    "hair_curve": (0.30, 0.22),
    "hair_part": (0.0, 0.16),
}


def people(count, random):
    """Return one row a person: the points at rest and the looks.

    The looks: ``skin``, ``hair`` and ``eyes`` (tone, 0 dark to 1 light),
    ``bald``, ``long_hair``, ``glasses`` (0 or 1) and ``beard`` (0 to 1).
    """
    spread = np.clip(random.standard_normal((count, len(POINTS))), -2.2, 2.2)
    rest, deviation = np.array(list(POINTS.values())).T
    table = pd.DataFrame(rest + deviation * spread, columns=list(POINTS))
    some = {name: random.random(count) for name in ("bald", "long_hair", "glasses", "beard")}
    table["skin"] = random.uniform(0.34, 0.88, count)
    table["hair"] = random.choice([0.06, 0.12, 0.2, 0.4, 0.65], count) + random.uniform(0, 0.1, count)
    table["hair"] = np.where(table["skin"] < 0.45, np.minimum(table["hair"], 0.14), table["hair"])
    table["eyes"] = random.uniform(0.10, 0.42, count)
    table["bald"] = 1.0 * (some["bald"] < 0.10)
    table["long_hair"] = 1.0 * ((some["long_hair"] < 0.40) & (table["bald"] == 0))
    table["glasses"] = 1.0 * (some["glasses"] < 0.12)
    bearded = (some["beard"] < 0.22) & (table["long_hair"] == 0)
    table["beard"] = np.where(bearded, random.uniform(0.25, 0.8, count), 0.0)
    return table.astype(np.float32)
