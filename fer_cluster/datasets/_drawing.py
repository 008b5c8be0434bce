"""Toy faces drawn: head and hair, features, light, and the camera that takes the picture."""

from types import SimpleNamespace

import numpy as np

from fer_cluster.datasets._canvas import SPHERE_X, SPHERE_Y, Canvas, bump
from fer_cluster.datasets._features import (
    draw_beard,
    draw_brows,
    draw_eyes,
    draw_folds,
    draw_glasses,
    draw_mouth,
    draw_nose,
)

BATCH = 64  # faces at a time: their arrays stay in the processor's cache


def draw(table, size, random):
    """Return pictures of the faces, uint8 of shape (n, size, size).

    Parameters
    ----------
    table : DataFrame
        One row a face: the points of ``_people.POINTS``, the looks of a person
        and the circumstances (pose, light, camera).
    size : int
        Side of the pictures in pixels.
    random : numpy.random.Generator
        For the texture and the sensor's noise.
    """
    images = np.empty((len(table), size, size), np.uint8)
    for start in range(0, len(table), BATCH):
        rows = table.iloc[start : start + BATCH]
        columns = {name: rows[name].to_numpy(np.float32)[:, None, None] for name in rows}
        images[start : start + BATCH] = _pictures(SimpleNamespace(**columns), size, random)
    return images


def _pictures(face, size, random):
    """Return the pictures of one batch, from the back to the front."""
    canvas = Canvas(face, size)
    _draw_back(canvas, face)
    back, canvas.tone = canvas.tone, np.zeros_like(canvas.tone) + face.skin
    head = _draw_head(canvas, face)
    draw_beard(canvas, face)
    draw_eyes(canvas, face)
    draw_brows(canvas, face)
    draw_folds(canvas, face)
    draw_nose(canvas, face)
    draw_mouth(canvas, face)
    draw_glasses(canvas, face)
    canvas.tone = back + head * (canvas.tone - back)
    hair = _draw_hair(canvas, face, head)
    canvas.tone *= _light(canvas, face, np.maximum(head, hair))
    return _photograph(canvas.tone, face, random)


def _draw_back(canvas, face):
    """Draw what is behind the face: a wall, long hair, neck, clothes, ears."""
    yaw = np.sin(np.radians(face.yaw))
    x, y = canvas.x, canvas.y
    canvas.tone[:] = face.background + 0.16 * face.background_slope * x
    hair = canvas.ellipse(x + 0.06 * yaw, y + 0.10, face.face_width + 0.20, 1.28)
    fall = canvas.edge(abs(x + 0.06 * yaw) - face.face_width - 0.17) * canvas.edge(0.1 - y)
    canvas.paint(face.long_hair * np.maximum(hair, fall), face.hair * 0.8)
    canvas.paint(canvas.edge(abs(x) - 0.48) * canvas.edge(0.3 - y), face.skin * 0.55)
    canvas.paint(canvas.edge(1.30 - y - 0.25 * abs(x) ** 2), face.clothes)
    ear = abs(x + 0.22 * yaw) - face.face_width - 0.02
    canvas.paint((1 - face.long_hair) * canvas.ellipse(ear, y - 0.02, 0.10, 0.21), face.skin * 0.72)


def _draw_head(canvas, face):
    """Return the cover of the head: an egg whose lower end follows the jaw."""
    middle = np.float32(-0.12)
    below = canvas.y - middle
    lower = below > 0
    down = below / np.where(lower, face.chin_y - middle, middle - face.skull_y)
    chin = np.where(lower, down * down, 0)
    turned = canvas.x - 0.18 * np.sin(np.radians(face.yaw)) * chin
    across = turned / (face.face_width * (1 - face.jaw_taper * chin))
    square = face.jaw_square * lower
    level = across * across + down * down
    level -= square * across * across * down * down
    canvas.relief += 0.05 * bump(canvas.u, canvas.v - face.chin_y + 0.17, 0.26, 0.22)
    return canvas.edge((np.sqrt(np.maximum(level, 0)) - 1) * face.face_width)


def _draw_hair(canvas, face, head):
    """Draw the hair over forehead and temples, in strands, and return its cover."""
    u, v = canvas.u, canvas.v
    steep = 2.2 + 8 * face.long_hair
    temple = np.maximum(abs(u) - 0.78 * face.face_width, 0)
    line = face.hair_y + face.hair_curve * u * u + face.hair_part * u + steep * temple
    crown = canvas.ellipse(canvas.x, canvas.y + 0.24, face.face_width + 0.09, 1.06) * canvas.edge(v + 0.05)
    cover = canvas.edge((v - line) / (1.2 + steep * (temple > 0)))
    cover *= (1 - face.bald) * np.maximum(head, crown)
    strands = np.sin(13 * u + 4 * v) * np.sin(23 * u - 9 * v + 40 * face.hair_part)
    canvas.paint(cover, face.hair * (1 + 0.15 * strands))
    return cover


def _light(canvas, face, cover):
    """Return how bright each pixel is lit: a round head with the relief of its features."""
    cos, sin = np.cos(np.radians(face.roll)), np.sin(np.radians(face.roll))
    light_x, light_y = 0.9 * face.light_x, 0.7 * face.light_y - 0.25
    length = np.sqrt(light_x**2 + light_y**2 + 0.8)
    light_x, light_y, light_z = light_x / length, light_y / length, np.sqrt(0.8) / length
    x, y = canvas.x / (SPHERE_X * 0.92), canvas.y / (SPHERE_Y * 0.75)
    z = np.sqrt(np.maximum(1 - x * x - y * y, 0.06))
    facing = x * (light_x * cos + light_y * sin) + y * (light_y * cos - light_x * sin) + z * light_z
    slope_y, slope_x = (s / canvas.pixel for s in np.gradient(canvas.relief, axis=(1, 2)))
    facing -= slope_x * light_x + slope_y * light_y
    facing /= np.sqrt(1 + slope_x**2 + slope_y**2)
    lit = 0.42 + 0.82 * np.maximum(facing, 0)
    return 1 + cover * (lit - 1)


def _photograph(tone, face, random):
    """Return grey values: exposure, contrast, blur and noise of the camera."""
    tone = (tone * face.brightness - 0.45) * face.contrast + 0.45
    for axis in (1, 2):
        beside = [(0, 0), (0, 0), (0, 0)]
        beside[axis] = (1, 1)
        tone += face.blur * np.diff(np.pad(tone, beside, mode="edge"), n=2, axis=axis)
    tone += face.noise * random.standard_normal(tone.shape, np.float32)
    return (np.clip(tone, 0, 1) * 255 + 0.5).astype(np.uint8)
