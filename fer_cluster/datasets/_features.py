"""The features of a toy face, each drawn over both sides at once.

Lengths are in half face heights: a pixel of a 48 x 48 picture is about 0.04.
"""

import numpy as np

from fer_cluster.datasets._canvas import bump


def draw_eyes(canvas, face):
    """Draw sockets, whites, irises and lids; the lids follow ``lid_up`` and ``lid_low``."""
    view = canvas.window(0.85, -0.5, 0.3)
    side, across = np.sign(view.u), abs(view.u)
    e = (across - face.eye_x) / face.eye_width  # -1 inner corner, 1 outer corner
    y = view.v - face.eye_y + face.eye_tilt * e
    view.relief -= 0.06 * bump(across - face.eye_x, y + 0.04, 0.32, 0.24)
    view.darken(0.16 * bump(across - face.eye_x + 0.04, y + 0.03, 0.30, 0.22))
    arch = np.sqrt(np.maximum(1 - e * e, 0))
    top, bottom = -face.lid_up * arch, face.lid_low * arch
    opening = view.band(y, top, bottom) * view.edge((abs(e) - 1) * face.eye_width)
    view.paint(opening, 0.84 - 0.33 * np.clip(1 - (y - top) / 0.06, 0, 1))
    x = e * face.eye_width - side * face.gaze_x
    view.paint(opening * view.ellipse(x, y, face.iris, face.iris), face.eyes)
    view.paint(opening * view.ellipse(x, y, 0.036, 0.036), 0.03)
    view.paint(opening * view.ellipse(x + side * 0.03, y + 0.03, 0.022, 0.022), 0.95)
    _draw_lids(view, face, e, (y - top, y - bottom))
    for slope in (-0.5, 0.0, 0.5):
        ray = view.band(y - slope * face.eye_width * (e - 1), -0.013, 0.013)
        view.darken(0.4 * face.crow_lines * ray * view.edge((abs(e - 1.75) - 0.5) * face.eye_width))


def _draw_lids(view, face, e, below):
    """Draw lashes, the rim of the lower lid, the crease above and the bag that a raised cheek makes."""
    below_top, below_bottom = below
    width = view.edge((abs(e) - 1.08) * face.eye_width)
    view.darken(0.78 * width * view.band(below_top, -0.030, 0.008))
    view.darken(0.28 * width * view.band(below_bottom, 0, 0.022))
    view.darken(0.22 * width * view.band(below_top, -0.085, -0.055))
    view.darken(0.25 * np.clip(face.cheek, 0, 1.5) * width * view.band(below_bottom, 0.06, 0.09))


def draw_brows(canvas, face):
    """Draw brows through their inner, middle and outer points, and the lines they fold."""
    view = canvas.window(0.8, -0.95, 0.05)
    across = abs(view.u)
    length = face.brow_outer_x - face.brow_inner_x
    t = np.clip((across - face.brow_inner_x) / length, -0.3, 1.2)
    inner, middle, outer = face.brow_inner_y, face.brow_middle_y, face.brow_outer_y
    y = view.v - (inner + t * (4 * middle - 3 * inner - outer) + t * t * (2 * inner - 4 * middle + 2 * outer))
    view.relief += 0.035 * bump(across - 0.35, y, 0.4, 0.16)
    half = face.brow_thick * (0.5 - 0.28 * t * t)
    ends = view.edge((abs(t - 0.5) - 0.5) * length)
    tone = np.minimum(face.hair, 0.75 * face.skin)
    view.paint(0.88 * ends * view.band(y, -half, half), tone)
    frown = view.band(across, 0.045, 0.075) * np.maximum(1 - abs(view.v - inner + 0.01) / 0.13, 0)
    view.darken(0.6 * face.frown_lines * frown)
    rise = 0.5 * y + 0.5 * (view.v - middle)
    for height in (0.15, 0.25, 0.35):
        line = view.band(rise + height, -0.016, 0.016) * np.clip(1.6 - across / 0.32, 0, 1)
        view.darken(0.38 * face.forehead_lines * line)


def draw_nose(canvas, face):
    """Draw the ridge, the tip, the wings and nostrils, and the wrinkles over the bridge."""
    view = canvas.window(0.45, -0.35, 0.55)
    along = np.clip((view.v + 0.22) / (face.nose_tip_y + 0.22), 0, 1)
    u = view.u - 0.16 * np.sin(np.radians(face.yaw)) * along
    across = abs(u)
    down, wing = view.v - face.nose_tip_y, view.v - face.nose_wing_y
    ridge = np.maximum(1 - (across / (0.10 + 0.06 * along)) ** 2, 0)
    fall = np.clip(1 - down / 0.09, 0, 1)
    view.relief += face.nose_height * ridge * along * fall * (0.35 + 0.65 * along)
    view.relief += 0.07 * bump(across - 0.75 * face.nose_width, wing, 0.10, 0.10)
    view.darken(0.22 * bump(u, down - 0.10, 1.6 * face.nose_width, 0.11))
    view.darken(0.60 * view.ellipse(across - 0.46 * face.nose_width, wing - 0.045, 0.042, 0.024))
    crease = view.ellipse(across - 0.70 * face.nose_width, wing, 0.40 * face.nose_width, 0.085)
    inner = view.ellipse(across - 0.62 * face.nose_width, wing, 0.40 * face.nose_width, 0.085)
    view.darken(0.38 * np.maximum(crease - inner, 0))
    for height in (-0.17, -0.09, -0.01):
        bow = view.v - height - 0.6 * across
        line = view.band(bow, -0.018, 0.018) * np.clip(2.2 - across / 0.09, 0, 1)
        view.darken(0.48 * face.nose_lines * line)


def draw_folds(canvas, face):
    """Draw the cheeks and the folds from the wings of the nose round the mouth."""
    view = canvas.window(0.9, -0.1, 0.95)
    across = abs(view.u)
    full = np.clip(face.cheek, 0, 1.6)
    view.relief += (0.03 + 0.045 * full) * bump(across - 0.44, view.v - face.cheek_y, 0.30, 0.26)
    top, start = face.nose_wing_y - 0.02, face.nose_width + 0.03
    end = face.mouth_width + 0.09
    t = (view.v - top) / (face.mouth_y + 0.06 - top)
    inside = np.clip(t, 0, 1)
    x = across - (start + (end - start) * inside * (1.5 - 0.5 * inside))
    fade = np.clip(4 * t + 0.6, 0, 1) * np.clip(4.6 - 4 * t, 0, 1)
    depth = np.clip(face.fold, 0, 1.2)
    view.darken(0.42 * depth * fade * np.maximum(1 - abs(x) / 0.05, 0))
    view.relief -= 0.02 * depth * fade * bump(x, 0, 0.09, 1)


def draw_mouth(canvas, face):
    """Draw lips, the dark between them and the teeth; all curves meet in the corners."""
    view = canvas.window(0.7, 0.25, 1.15)
    t = view.u / face.mouth_width  # -1 and 1 in the corners
    y = view.v - face.mouth_y - face.corner_y * (np.minimum(t * t, 1.3) - 0.35) - face.mouth_skew * t
    top, upper, lower, bottom = _lips(face, t)
    width = view.edge((abs(t) - 1) * face.mouth_width)
    view.darken(0.30 * bump(view.u, y - bottom - 0.075, 0.24, 0.06))
    view.darken(0.25 * face.chin_lines * width * view.band(y, bottom + 0.05, bottom + 0.085))
    view.relief += 0.035 * bump(view.u, y - (lower + bottom) / 2, 0.32, 0.09)
    view.paint(width * view.band(y, top, upper), 0.53 * face.skin)
    view.paint(width * view.band(y, lower, bottom), 0.69 * face.skin)
    hole = width * view.band(y, upper, lower)
    view.paint(hole, 0.05)
    teeth = hole * view.edge((abs(t) - 0.86) * face.mouth_width)
    view.paint(teeth * view.band(y, upper, upper + 0.085 * np.clip(face.upper_teeth, 0, 1)), 0.86)
    view.paint(teeth * view.band(y, lower - 0.05 * np.clip(face.lower_teeth, 0, 1), lower), 0.78)
    seam = view.band(y, upper - 0.014, np.minimum(lower, upper) + 0.014)
    view.darken(0.62 * width * seam * (1 - hole))
    view.darken(0.45 * bump((abs(t) - 1) * face.mouth_width, y, 0.055, 0.045))


def _lips(face, t):
    """Return the four edges of the lips, from the top down, at places t across the mouth."""
    arch = np.maximum(1 - t * t, 0)
    full = np.sqrt(arch)
    upper = -face.gap_up * full
    lower = face.gap_low * (0.55 * full + 0.45 * arch)
    bow = full * (1 - 0.30 * np.maximum(1 - abs(t) / 0.22, 0)) * (1 - 0.25 * abs(t))
    top = upper - np.maximum(face.lip_up, 0.012) * bow
    bottom = lower + np.maximum(face.lip_low, 0.014) * (0.4 * full + 0.6 * arch)
    return top, upper, lower, bottom


def draw_beard(canvas, face):
    """Darken jaw and upper lip; drawn before the mouth, so that the lips stay legible."""
    if not face.beard.any():
        return
    view = canvas.window(0.95, 0.1, 1.4)
    across = abs(view.u)
    cheek = 0.80 - 1.1 * np.maximum(across - 0.12, 0)
    jaw = np.clip((view.v - np.maximum(cheek, 0.2)) / 0.25, 0, 1)
    lip = bump(across, view.v - face.mouth_y + 0.12 - 0.2 * across, 0.55, 0.14)
    cover = np.clip(jaw + 2 * lip, 0, 1)
    view.paint(face.beard * cover, np.minimum(face.hair, 0.6 * face.skin))


def draw_glasses(canvas, face):
    """Draw thin dark rims round the eyes and a bridge over the nose."""
    if not face.glasses.any():
        return
    view = canvas.window(0.95, -0.45, 0.3)
    across = abs(view.u)
    x, y = across - face.eye_x - 0.005, view.v - face.eye_y - 0.015
    rim = view.ellipse(x, y, 0.245, 0.205) - view.ellipse(x, y, 0.215, 0.175)
    bar = view.band(y + 0.04, -0.016, 0.016)
    bar *= view.edge(across - face.eye_x + 0.22) + view.edge(abs(across - 0.66) - 0.09)
    view.paint(0.85 * face.glasses * np.clip(rim + bar, 0, 1), 0.08)
