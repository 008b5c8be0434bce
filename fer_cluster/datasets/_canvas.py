"""A batch of grey canvases in the coordinates of the faces drawn on them."""

import numpy as np

HALF = 0.93  # half the side of the picture, in half face heights
MIDDLE = 0.10  # how far below the origin of the face the picture's middle is
SPHERE_X, SPHERE_Y = 0.90, 1.7  # the head's radii, round which features turn
CENTRED = 0.7  # a picture is centred on the features more than on the turned head


class Canvas:
    """Tones and relief of n faces, with the place of each pixel; a window is a view of it.

    Attributes
    ----------
    tone, relief : ndarray of float32, shape (n, rows, columns)
        Reflectance, 0 to 1, and height above the head's ellipsoid.
    x, y : ndarray of float32, shape (n, rows, columns)
        In the upright head as seen from the front: x to the right, y down.
    u, v : ndarray of float32, shape (n, rows, columns)
        On the skin: where the pixel would be if the head did not turn or nod.
    pixel : ndarray of float32, shape (n, 1, 1)
        Side of a pixel in the units of x and y.
    """

    def __init__(self, face, size):
        grid = (np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1
        across = (grid[None, None, :] - 2 * face.shift_x) * (HALF / face.scale)
        down = (grid[None, :, None] - 2 * face.shift_y) * (HALF / face.scale)
        cos, sin = np.cos(np.radians(face.roll)), np.sin(np.radians(face.roll))
        yaw, pitch = np.radians(face.yaw), np.radians(face.pitch)
        self.x = across * cos + down * sin + CENTRED * SPHERE_X * np.sin(yaw)
        self.y = down * cos - across * sin + CENTRED * SPHERE_Y * np.sin(pitch) + np.float32(MIDDLE)
        self.u = _turned(self.x, SPHERE_X, yaw)
        self.v = _turned(self.y, SPHERE_Y, pitch)
        self.pixel = 2 * HALF / (size * face.scale)
        self.tone = np.empty_like(self.x)
        self.relief = np.zeros_like(self.x)

    def window(self, reach, top, bottom):
        """Return the smallest view that has all pixels with abs(u) < reach and top < v < bottom."""
        inside = (abs(self.u) < reach) & (self.v > top) & (self.v < bottom)
        rows, columns = (np.flatnonzero(inside.any(axis)) for axis in ((0, 2), (0, 1)))
        view = object.__new__(Canvas)
        view.pixel = self.pixel
        if len(rows):
            rows, columns = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        else:
            rows = columns = slice(0)
        for name in ("x", "y", "u", "v", "tone", "relief"):
            setattr(view, name, getattr(self, name)[:, rows, columns])
        return view

    def paint(self, cover, tone):
        """Lay a tone over the picture where cover is 1, and partly where it is less."""
        self.tone += cover * (tone - self.tone)

    def darken(self, cover):
        """Take away a share of the light."""
        self.tone *= 1 - cover

    def edge(self, distance):
        """Return the share of each pixel that lies where the distance is negative."""
        return np.clip(np.float32(0.5) - distance / self.pixel, 0, 1)

    def band(self, y, top, bottom):
        """Return the share of each pixel between two curves, exact for thin ones too."""
        cover = np.clip((bottom - y) / self.pixel + np.float32(0.5), 0, 1)
        cover -= np.clip((top - y) / self.pixel + np.float32(0.5), 0, 1)
        return np.maximum(cover, 0, out=cover)

    def ellipse(self, x, y, radius_x, radius_y):
        """Return the share of each pixel inside an ellipse round (0, 0)."""
        across, down = x / radius_x, y / radius_y
        level = np.sqrt(across * across + down * down)
        across /= radius_x
        down /= radius_y
        slope = np.sqrt(across * across + down * down) + np.float32(1e-6)
        return self.edge(level * (level - 1) / slope)


def bump(x, y, radius_x, radius_y):
    """Return a smooth hill: 1 at (0, 0), 0 from the ellipse outwards."""
    x, y = x / radius_x, y / radius_y
    hill = np.maximum(1 - x * x - y * y, 0)
    return hill * hill


def _turned(x, radius, angle):
    """Return the place on a round head, turned by an angle, that is seen at x."""
    depth = np.sqrt(np.maximum(radius * radius - x * x, 0), dtype=np.float32)
    return x * np.cos(angle) - depth * np.sin(angle)
