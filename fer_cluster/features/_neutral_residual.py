"""What a face is expected to look like, told from its coarse shape alone."""

import numpy as np

from fer_cluster.axes import covariance, largest
from fer_cluster.blocks import blocks
from fer_cluster.errors import InputError
from fer_cluster.nuisances import brightness, gradient_x, gradient_y

FRAME = 48  # pixels of a side; smoothness is told in pixels of such a frame
FLAT = 8.0  # grey values; what an image of one grey is divided by
_TINY = 1e-7  # variance that is noise of arithmetic
_SAME = 1e-3  # share of the usual distance within which a neighbour is the picture itself


def even(images):
    """Return faces without the plane of light that fits them best, of deviation near 1, float64.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width)
    """
    x = images.astype(np.float64)
    down, across = ((np.arange(side) + 0.5) / side - 0.5 for side in x.shape[1:])
    level, down_slope, across_slope = (
        light(x)[:, None, None] for light in (brightness, gradient_y, gradient_x)
    )
    x = x - level - down_slope * down[:, None] - across_slope * across
    return x / (x.std((1, 2), keepdims=True) + FLAT)


class Coarse:
    """Principal components of smoothed faces: head, hair, pose and light, hardly the expression.

    Parameters
    ----------
    smooth : float
        Standard deviation of the blur, in pixels of a frame of 48.
    n_components : int
        Number of components at most.
    """

    def __init__(self, smooth, n_components):
        self.smooth, self.n_components = smooth, n_components

    def fit(self, images):
        """Learn the components of images, uint8 (n, height, width)."""
        sides = images.shape[1:]
        step = self.smooth * min(sides) / FRAME
        self.windows_ = [windows(side, step) for side in sides]
        low = np.concatenate([self._low(even(block)) for _, block in blocks(images)])
        self.mean_ = low.mean(0)
        variance, vectors = largest(covariance(low), self.n_components)
        if not variance[0] > _TINY:
            raise InputError("NeutralResidual needs faces that are not all the same.")
        self.axes_ = vectors[:, variance > _TINY * variance[0]].astype(np.float32)
        return self

    def code(self, faces):
        """Return evened faces on the components, shape (n, n_components)."""
        return (self._low(faces) - self.mean_) @ self.axes_

    def _low(self, faces):
        """Return smoothed faces at every few pixels, shape (n, rows * columns)."""
        down, across = self.windows_
        return (down @ faces @ across.T).reshape(len(faces), -1)


class LowFrequency(Coarse):
    """The neutral self is what the components of a face tell of all its pixels: linear regression."""

    def fit(self, images):
        """Learn which face goes with which component, least squares over images."""
        super().fit(images)
        total, cross, squares = 0.0, 0.0, 0.0
        for _, block in blocks(images):
            faces = even(block)
            code = self.code(faces)
            faces = faces.reshape(len(faces), -1)
            total = total + faces.sum(0, dtype=np.float64)
            cross = cross + code.T @ faces
            squares = squares + (code * code).sum(0)
        self.face_ = (total / len(images)).astype(np.float32)
        self.faces_ = (cross / squares[:, None]).astype(np.float32)  # the components are uncorrelated
        return self

    def neutral(self, faces):
        """Return the neutral selves of evened faces, shape (n, height, width)."""
        return (self.face_ + self.code(faces) @ self.faces_).reshape(faces.shape)


class Neighbours(Coarse):
    """The neutral self is the mean of the faces that are nearest in the components, itself left out.

    The faces are kept as rows of float32: 260 MB for FER2013's Training images.
    """

    def __init__(self, smooth, n_components, n_neighbours):
        super().__init__(smooth, n_components)
        self.n_neighbours = n_neighbours

    def fit(self, images):
        """Keep the faces and their components."""
        from sklearn.neighbors import NearestNeighbors

        super().fit(images)
        self.faces_ = np.empty((len(images), images[0].size), np.float32)
        codes = np.empty((len(images), self.axes_.shape[1]), np.float32)
        for rows, block in blocks(images):
            faces = even(block)
            self.faces_[rows], codes[rows] = faces.reshape(len(faces), -1), self.code(faces)
        count = min(self.n_neighbours + 1, len(images))
        self.nearest_ = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(codes)
        return self

    def neutral(self, faces):
        """Return the neutral selves of evened faces, shape (n, height, width)."""
        from scipy.sparse import csr_array

        far, near = self.nearest_.kneighbors(self.code(faces))
        itself = far[:, 0] < _SAME * far[:, -1]
        near = np.where(itself[:, None], near[:, 1:], near[:, :-1])
        share = np.full(near.size, 1 / near.shape[1], np.float32)
        ends = np.arange(0, near.size + 1, near.shape[1])
        mean = csr_array((share, near.ravel(), ends), shape=(len(faces), len(self.faces_)))
        return (mean @ self.faces_).reshape(faces.shape)


def windows(side, step):
    """Return Gaussian windows, one every ``step`` pixels and of that deviation, shape (windows, side)."""
    count = max(round(side / step), 1)
    centre = (np.arange(count) + 0.5) * side / count - 0.5
    weight = np.exp(-0.5 * ((np.arange(side) - centre[:, None]) / step) ** 2)
    return (weight / weight.sum(1, keepdims=True)).astype(np.float32)
