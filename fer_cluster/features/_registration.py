"""Faces moved, turned and enlarged until they lie on their own mean face, without a label or a landmark."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fer_cluster.blocks import CACHED, blocks
from fer_cluster.errors import InputError
from fer_cluster.features._moves import Moves
from fer_cluster.images import as_images

_LEAST = 16  # pixels of a side
_FACES = 2000  # of which the mean face is made
_ROUNDS = 3  # of placing these on their mean and making it anew
_LOOKS = 4  # at each face: at the best place of the grid, and after each Gauss-Newton step
_FAR = 4.0  # pixels of a frame of 48 that a face is shifted at most, each way
_ZOOM = 0.15  # by how much it is enlarged or made smaller at most
_ANGLE = np.deg2rad(15)  # by how much it is turned at most
_COST = 0.03  # correlation that a shift of half of _FAR, or a zoom or a turn of a tenth, has to bring
_FAINT = 6.0  # grey values; edges of this local contrast are halved
_FIELD = 5.0  # pixels of a frame of 48: what is local
_SMOOTH = 1.0  # likewise: detail that does not decide


class Registration(TransformerMixin, BaseEstimator):
    """Each face shifted, turned and enlarged a little until it is most like the mean of all.

    Faces are compared as edges of even local contrast, so that the lamp does not
    decide, near the middle of the frame. The mean face is made symmetric, each face is placed on
    it (the best of a grid of places, then Gauss-Newton steps, no farther than the likeness that is
    won is worth), and the mean is made anew, three times over. On the average the faces go neither
    up nor down and keep their size, which their mean alone would not tell. A
    blank face, and one that no move makes more like the mean, stays where it is.

    Attributes
    ----------
    mean_ : ndarray of float32, shape (height, width)
        The symmetric mean face, as edges.

    References
    ----------
    Huang, Jain and Learned-Miller, Unsupervised joint alignment of complex images, ICCV 2007, for
    the idea; Baker and Matthews, Lucas-Kanade 20 years on, IJCV 2004, for the steps. Grid, symmetry, cost
    and constants are ours; cost, limits and grid were chosen among eight by how well the mouth alone clusters
    PublicTest of FER2013.
    """

    def fit(self, images, y=None):
        """Learn the mean face of images, uint8 (n, height, width).

        Raises
        ------
        InputError
            Where the images are too small, or there is none.
        """
        images = as_images(images, "Registration")
        if not len(images):
            raise InputError("Faces are aligned with the mean of those fitted on, one or more; got none.")
        if min(images.shape[1:]) < _LEAST:
            height, width = images.shape[1:]
            raise InputError(
                f"Images of {height} x {width} are too small to align; a side has {_LEAST} or more."
            )
        rows = np.unique(np.linspace(0, len(images) - 1, _FACES).astype(int))
        edges = _edges(images[rows])
        self.mean_ = _symmetric(edges.mean(0))
        for _ in range(_ROUNDS):
            place = _Placing(self.mean_)
            moves = _centred(Moves.joined(place(few) for _, few in blocks(edges, CACHED)))
            moved = (moves[few].moved(block).sum(0) for few, block in blocks(edges, CACHED))
            self.mean_ = _symmetric(sum(moved) / len(edges))
        return self

    def moves(self, images):
        """Return the Moves that bring images into register.

        Raises
        ------
        InputError
            Where the images have another shape than those of the fit.
        """
        check_is_fitted(self)
        images = as_images(images, "Registration", self.mean_.shape)
        place = _Placing(self.mean_)
        return Moves.joined(place(_edges(few)) for _, few in blocks(images, CACHED))

    def transform(self, images):
        """Return the images in register, uint8, shape (n, height, width)."""
        moves, aligned = self.moves(images), np.empty(images.shape, np.uint8)
        for few, block in blocks(images, CACHED):
            aligned[few] = np.rint(moves[few].moved(block))
        return aligned


def check_aligned(aligned):
    """Raise an InputError where ``aligned`` is neither True nor False."""
    if not isinstance(aligned, bool):
        raise InputError(f"aligned must be True or False, got {aligned!r}.")


def aligner(aligned, images):
    """Return a Registration that is fitted on images where they are to be aligned, else None."""
    return Registration().fit(images) if aligned else None


class _Placing:
    """Finds the moves that bring edges, shape (n, height, width), onto a mean face."""

    def __init__(self, mean):
        self.far = _FAR * min(mean.shape) / 48
        self.weight = _weight(mean.shape)
        self.mean = _unit((mean * self.weight)[None])[0]
        self.grid = _grid(self.far)
        window = np.broadcast_to(mean * self.weight, (len(self.grid.turn), *mean.shape))
        self.templates = _unit(self.grid.undone().moved(window)).T
        self.reading = _reading(mean, self.weight)

    def __call__(self, edges):
        best, likeness = Moves.none(len(edges)), _unit(edges * self.weight) @ self.mean
        moves = self._nearest(edges)
        for _ in range(_LOOKS):
            moved = moves.moved(edges)
            found = _unit(moved * self.weight) @ self.mean - self._cost(moves)
            best, likeness = moves.where(found > likeness, best), np.maximum(found, likeness)
            moves = moves.then(self._step(moved)).within(self.far, _ZOOM, _ANGLE)
        return best

    def _nearest(self, edges):
        """Return the move of the grid that makes each face most like the mean, for its cost."""
        size = np.linalg.norm((edges * self.weight).reshape(len(edges), -1), axis=1, keepdims=True)
        likeness = edges.reshape(len(edges), -1) @ self.templates / np.maximum(size, 1e-6)
        return self.grid[(likeness - self._cost(self.grid)).argmax(1)]

    def _cost(self, moves):
        return _COST * (np.abs(2 * moves.shift / self.far) ** 2 + np.abs((moves.turn - 1) / 0.1) ** 2)

    def _step(self, moved):
        """Return the Gauss-Newton step: the moves undone by which each face differs from the mean."""
        read = moved.reshape(len(moved), -1) @ self.reading
        zoom, angle, right, down = (read[:, 1:] / np.maximum(read[:, :1], 1e-3)).T
        return Moves(1 + zoom + 1j * angle, right + 1j * down).within(self.far / 2, 0.1, 0.1).undone()


def _grid(far):
    """Return the moves that are tried first; to stay is among them."""
    zooms, angles = np.linspace(1 - _ZOOM, 1 + _ZOOM, 3), np.linspace(-_ANGLE, _ANGLE, 5)
    places = np.linspace(-far, far, 5)
    zoom, angle, right, down = (one.ravel() for one in np.meshgrid(zooms, angles, places, places))
    return Moves(zoom * np.exp(1j * angle), right + 1j * down)


def _reading(mean, weight):
    """Return what reads off edges how much of the mean face they hold, and of its moves, (pixels, 5).

    The moves are by how much it is enlarged, turned, and shifted to the right and down.
    """
    height, width = mean.shape
    y = np.arange(height)[:, None] - (height - 1) / 2
    x = np.arange(width) - (width - 1) / 2
    down, right = np.gradient(mean)
    moves = [-(x * right + y * down), y * right - x * down, -right, -down]
    basis = np.stack([mean, *moves, np.ones_like(mean)], axis=-1).reshape(-1, 6)
    weighted = basis * weight.reshape(-1, 1)
    return (weighted @ np.linalg.pinv(basis.T @ weighted))[:, :5].astype(np.float32)


def _edges(images):
    """Return images of even local mean and contrast, a little smoothed, float32."""
    from scipy.ndimage import gaussian_filter

    unit = min(images.shape[1:]) / 48
    field, smooth = ((0, unit * size, unit * size) for size in (_FIELD, _SMOOTH))
    x = images.astype(np.float32)
    x -= gaussian_filter(x, field, truncate=3)
    x /= np.sqrt(gaussian_filter(x * x, field, truncate=3)) + _FAINT
    return gaussian_filter(x, smooth, truncate=3)


def _weight(shape):
    """Return how much each pixel counts: the middle of the frame most, its edge little."""
    down, across = (np.linspace(-1, 1, side) for side in shape)
    return np.exp(-2 * (down[:, None] ** 2 + across**2)).astype(np.float32)


def _unit(x):
    """Return images as rows of mean 0 and length 1; blank ones as 0."""
    x = x.reshape(len(x), -1)
    x = x - x.mean(1, keepdims=True)
    length = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(length > 1e-6, length, 1)


def _symmetric(mean):
    return (mean + mean[:, ::-1]) / 2


def _centred(moves):
    """Return the moves less what they have in common up or down and in size."""
    zoom, down = np.exp(np.log(np.abs(moves.turn)).mean()), moves.shift.imag.mean()
    return moves.then(Moves(np.array([zoom]), np.array([1j * down])).undone())
