"""The subspace in which faces differ most from one another, and least from themselves in other light."""

import numpy as np
from sklearn.utils.validation import validate_data

from fer_cluster.axes import covariance
from fer_cluster.steps._subspace import Directions, augmented, leading, matched, mean_square

__all__ = ["SignalToNuisance"]


class SignalToNuisance(Directions):
    """Directions with much variance over faces for little between a face and its augmented selves.

    The leading generalised eigenvectors of the covariance of the features and
    of that of their changes when a face is moved, turned, enlarged, relit and
    mirrored a little: a linear, closed-form cousin of contrastive learning.

    Parameters
    ----------
    n_components : int
        Number of directions at most; each is scaled to unit variance.
    n_faces : int
        How many of the faces, at random, are augmented.
    ridge : float
        Share of the mean variance that is added to every nuisance variance.
    random_state : int

    Attributes
    ----------
    mean_ : ndarray, shape (d,)
    weights_ : ndarray, shape (d, n_components)
    ratio_ : ndarray, shape (n_components,)
        Signal over nuisance variance, the largest first.

    References
    ----------
    Wiskott and Sejnowski, Slow feature analysis, Neural Computation 2002 (faces for time).
    """

    def __init__(self, n_components=16, n_faces=8000, ridge=0.1, random_state=0):
        self.n_components = n_components
        self.n_faces = n_faces
        self.ridge = ridge
        self.random_state = random_state

    def fit(self, x, y=None, *, images, extractor):
        """Learn the subspace of x, shape (n, d).

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
            The faces of which x are the features.
        extractor : object
            Its ``transform(images)`` gives such features.

        Raises
        ------
        InputError
            Where x and images do not match, or ``n_components`` is below 1.
        """
        x = validate_data(self, x, dtype=(np.float64, np.float32), ensure_min_samples=2)
        self.check()
        matched(x, images)
        random = np.random.default_rng(self.random_state)
        change = augmented(x, images, extractor, random, self.n_faces)
        self.mean_ = x.mean(0, dtype=np.float64)
        total = covariance(x)
        self.ratio_, self.weights_ = leading(total, mean_square(change), self.n_components, self.ridge)
        return self
