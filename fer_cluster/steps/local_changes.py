"""The subspace that moves with brows, eyes, nose and mouth, and stays in other light and pose."""

import numpy as np
from sklearn.utils.validation import validate_data

from fer_cluster.blocks import CACHED
from fer_cluster.steps._subspace import Directions, augmented, leading, matched, mean_square

__all__ = ["LocalChanges"]

_SPREAD = 6.0  # pixels: largest standard deviation of what moves


class LocalChanges(Directions):
    """Directions that change much when a face is warped locally, and little when it is photographed anew.

    The leading generalised eigenvectors of two covariances of changes: those under
    random local warps of brows, eyes, nose wings and mouth, which an expression makes, and
    those when the whole face is moved, turned, enlarged, relit and mirrored a
    little. Both resample the image, so that the blur of that counts for nothing.

    Parameters
    ----------
    n_components : int
        Number of directions at most; each is scaled to unit variance over faces.
    bands : str
        What is warped: any of ``brows``, ``eyes``, ``nose`` and ``mouth``, joined by ``+``.
    amplitude : float
        Largest displacement, in pixels of a frame of 48.
    n_faces : int
        How many of the faces, at random, are warped and photographed anew.
    ridge : float
        Share of the mean variance under warps that is added to every nuisance variance.
    random_state : int

    Attributes
    ----------
    mean_ : ndarray, shape (d,)
    weights_ : ndarray, shape (d, n_components)
    ratio_ : ndarray, shape (n_components,)
        Variance under warps over that under nuisances, the largest first.

    References
    ----------
    That local warps change an expression and global ones do not: Xue, Sun and Yang 2023. The
    linear, closed form is ours; see also :class:`fer_cluster.steps.signal_to_nuisance.SignalToNuisance`.
    """

    def __init__(
        self,
        n_components=16,
        bands="brows+eyes+nose+mouth",
        amplitude=4.0,
        n_faces=8000,
        ridge=0.1,
        random_state=0,
    ):
        self.n_components = n_components
        self.bands = bands
        self.amplitude = amplitude
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
            Where x and images do not match, or a parameter cannot be used.
        """
        x = validate_data(self, x, dtype=(np.float64, np.float32), ensure_min_samples=2)
        self.check()
        matched(x, images)
        random = np.random.default_rng(self.random_state)
        rows = np.sort(random.permutation(len(x))[: self.n_faces])
        change = mean_square(extractor.transform(self._warped(images[rows])) - x[rows])
        nuisance = mean_square(augmented(x, images, extractor, random, self.n_faces))
        self.ratio_, weights = leading(change, nuisance, self.n_components, self.ridge)
        self.mean_ = x.mean(0, dtype=np.float64)
        spread = ((x - self.mean_) @ weights).std(0)
        self.weights_ = weights / np.where(spread > 1e-9, spread, 1)
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        from fer_cluster.training.warps import LocalField

        super().check()
        LocalField(self.bands, self.amplitude, _SPREAD)

    def _warped(self, images):
        """Return each face once more, warped locally in its own way, uint8."""
        import torch

        from fer_cluster.training.device import own_random
        from fer_cluster.training.warps import local_warp

        with own_random(torch.device("cpu")):
            torch.manual_seed(self.random_state)
            few = torch.from_numpy(np.ascontiguousarray(images)).split(CACHED)
            warped = [local_warp(one[:, None], self.bands, self.amplitude, _SPREAD) for one in few]
        return torch.cat(warped)[:, 0].round().byte().numpy()
