"""Directions in which a face is like those that look like it from afar, taken out of the features."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from fer_cluster.axes import covariance
from fer_cluster.blocks import blocks
from fer_cluster.errors import InputError, unknown
from fer_cluster.steps._subspace import leading, matched, mean_square
from fer_cluster.whole import check_numbers

__all__ = ["RemoveIdentity"]

_SHARED = ("blurred", "mirror")
_SIDE = 4  # fields of a face from afar, along each side


class RemoveIdentity(TransformerMixin, BaseEstimator):
    """Takes out the directions in which a face is most like its neighbours from afar, or its mirror image.

    From afar, as 4 x 4 fields of even brightness and contrast, faces are alike in who
    they are, in hair, pose and light; what they feel is in the detail. A face and its mirror
    image are alike in how the face is built, not in the side that it turns to, is lit from or
    pulls up. The directions are the leading generalised eigenvectors of the covariance over
    faces and of that of the differences between neighbours, or between a face and its mirror image.

    What mirror images share is not who someone is alone: a smile is as symmetric as a jaw. Of
    two directions that the mirror leaves alike, the one of more variance goes first, so the mirror
    takes out the loudest of what is symmetric, in the belief that this is build and not
    expression. On FER2013 it is both: HOG, whitened, clusters PublicTest with an AMI of .047, and of
    .013 where these four directions were taken out first (.056 where those of neighbours were).
    Of features that are averaged over mirror images it takes the leading principal components;
    of whitened ones all symmetric directions are as loud, and which of them go is chance.

    Parameters
    ----------
    n_components : int
        How many directions are taken out; what is left does not correlate with them.
    n_neighbours : int
        Neighbours of each face, where ``shared`` is ``blurred``.
    n_faces : int
        Among how many of the faces, at random, neighbours are sought, or how many are mirrored.
    ridge : float
        Share of the mean variance that is added to the variance of every difference.
    random_state : int
    shared : str
        With what a face shares the directions: ``blurred``, its neighbours from afar, or
        ``mirror``, its mirror image.

    Attributes
    ----------
    mean_ : ndarray, shape (d,)
    weights_ : ndarray, shape (d, n_components)
        What reads the directions, at unit variance.
    patterns_ : ndarray, shape (n_components, d)
        What they add to the features, which is taken away.
    ratio_ : ndarray, shape (n_components,)
        Variance between faces drawn at random over that between neighbours or mirror images, the
        largest first. Where faces are as often turned and lit one way as the other, this
        rises with the variance of a face's mean with its mirror image over that of their difference.

    References
    ----------
    Subspace and reference are ours; within-pair scatter as in relevant component analysis (Bar-Hillel,
    Hertz, Shental and Weinshall, JMLR 2005), with neighbours in place of known pairs.
    """

    def __init__(
        self, n_components=4, n_neighbours=5, n_faces=8000, ridge=0.1, random_state=0, shared="blurred"
    ):
        self.n_components = n_components
        self.n_neighbours = n_neighbours
        self.n_faces = n_faces
        self.ridge = ridge
        self.random_state = random_state
        self.shared = shared

    def fit(self, x, y=None, *, images, extractor=None):
        """Learn the directions of x, shape (n, d).

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
            The faces of which x are the features.
        extractor : object
            Its ``transform(images)`` gives such features, of mirror images too.

        Raises
        ------
        InputError
            Where x and images do not match, a parameter is below 1, or ``shared`` is unknown; or
            it is ``mirror`` and there is no extractor.
        """
        x = validate_data(self, x, dtype=(np.float64, np.float32), ensure_min_samples=2)
        self.check()
        matched(x, images)
        random = np.random.default_rng(self.random_state)
        rows = np.sort(random.permutation(len(x))[: self.n_faces])
        differences = self._mirrored if self.shared == "mirror" else self._blurred
        self.mean_ = x.mean(0, dtype=np.float64)
        total = covariance(x)
        within = differences(x[rows], images[rows], extractor) / 2
        self.ratio_, self.weights_ = leading(total, within, self.n_components, self.ridge)
        self.patterns_ = (total @ self.weights_).T
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        check_numbers(self)
        if self.shared not in _SHARED:
            raise unknown("shared", self.shared, _SHARED)

    def transform(self, x):
        """Return x less what it shares with those directions, shape (n, d)."""
        check_is_fitted(self)
        x = validate_data(self, x, reset=False, dtype=(np.float64, np.float32))
        mean, weights, patterns = (
            part.astype(x.dtype) for part in (self.mean_, self.weights_, self.patterns_)
        )
        return x - ((x - mean) @ weights) @ patterns

    def _blurred(self, x, images, extractor):
        """Return the mean outer product of the differences between neighbours."""
        near = _neighbours(from_afar(images), min(self.n_neighbours, len(x) - 1))
        return np.mean([mean_square(x - x[others]) for others in near.T], axis=0)

    def _mirrored(self, x, images, extractor):
        """Return the mean outer product of the differences between faces and their mirror images."""
        if extractor is None:
            raise InputError("RemoveIdentity with shared='mirror' needs the extractor of the features.")
        return mean_square(x - extractor.transform(np.ascontiguousarray(images[:, :, ::-1])))


def from_afar(images):
    """Return faces as 4 x 4 mean grey values (fewer of smaller ones), each face of mean 0 and length 1.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width)

    Returns
    -------
    ndarray of float32, shape (n, fields)
    """
    edges = [np.linspace(0, side, min(_SIDE, side) + 1).round().astype(int) for side in images.shape[1:]]
    (rows, columns), (tall, wide) = [edge[:-1] for edge in edges], [np.diff(edge) for edge in edges]
    afar = np.empty((len(images), len(rows) * len(columns)), np.float32)
    for block_rows, block in blocks(images):
        sums = np.add.reduceat(np.add.reduceat(block, rows, axis=1, dtype=np.float32), columns, axis=2)
        afar[block_rows] = (sums / (tall[:, None] * wide)).reshape(len(block), -1)
    afar -= afar.mean(1, keepdims=True)
    length = np.linalg.norm(afar, axis=1, keepdims=True)
    return afar / np.where(length > 1e-3, length, 1)


def _neighbours(afar, count):
    """Return the nearest others of each row, shape (n, count)."""
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=count, algorithm="brute").fit(afar).kneighbors(return_distance=False)
