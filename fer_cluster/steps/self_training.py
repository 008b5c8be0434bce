"""The subspace that the mouth names and the whole face learns, round after round, without a label."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from fer_cluster import catalog
from fer_cluster.axes import signed
from fer_cluster.chain import chained
from fer_cluster.errors import InputError, unknown
from fer_cluster.steps._cotraining import View, cotrained
from fer_cluster.steps._subspace import augmented, leading, matched, mean_square
from fer_cluster.whole import are_whole, check_numbers

__all__ = ["SelfTraining"]

_FAR = 3  # standard deviations beyond which a face is no farther
_MOUTH = 0.75, 1.0  # rows of an upright face that fills the image, as shares of its height
_EYES = 0.2, 0.5  # brows too; of FER2013 these lie about .25, the eyes about .36
_PARTS = "mouth", "mouth+eyes"


class SelfTraining(TransformerMixin, BaseEstimator):
    """Discriminant directions of clusters, found from one another in turn.

    K-Means on the signal-to-nuisance subspace of the mouth, or on another step, names the faces;
    linear discriminant analysis of all features, in which what light and pose
    change counts as noise, learns the names; K-Means on what it learnt names
    them anew.

    Parameters
    ----------
    n_components : int
        Number of directions at most that are kept; each has unit variance.
    n_first : int
        Number of directions that faces are named in.
    first : str
        What gives the first names: ``mouth``; ``mouth+eyes``, which teach each other for ``n_rounds``
        rounds and are then heard together; or a step such as ``action_units:code=emotions``.
    n_names : sequence of int
        Numbers of names, 2 or more each, all at once.
    n_rounds : int
        How often the whole face learns.
    n_faces : int
        How many of the faces, at random, are augmented.
    nuisance : float
        Weight of the nuisance variance within the discriminant analysis.
    random_state : int

    Attributes
    ----------
    mean_, scale_ : ndarray, shape (d,)
    weights_ : ndarray, shape (d, n_components)
    ratio_ : ndarray, shape (n_components,)
        Variance between over within the names, the largest first.

    References
    ----------
    Ding and Li, Adaptive dimension reduction using discriminant analysis and K-means, ICML 2007;
    Blum and Mitchell, Combining labeled and unlabeled data with co-training, COLT 1998.
    """

    def __init__(
        self,
        n_components=5,
        n_first=8,
        first="mouth",
        n_names=(20, 40, 80),
        n_rounds=25,
        n_faces=8000,
        nuisance=0.5,
        random_state=0,
    ):
        self.n_components = n_components
        self.n_first = n_first
        self.first = first
        self.n_names = n_names
        self.n_rounds = n_rounds
        self.n_faces = n_faces
        self.nuisance = nuisance
        self.random_state = random_state

    def fit(self, x, y=None, *, images, extractor):
        """Learn the subspace of x, shape (n, d).

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
            The faces of which x are the features.
        extractor : object
            Its ``transform(images)`` gives such features. Where it has a ``place_`` (see
            :class:`fer_cluster.features.patches.Patches`) for each feature, and no step between, which
            may mix them, the features in the lowest quarter of the face give the first names, else all
            do; ``mouth+eyes`` needs the places.

        Raises
        ------
        InputError
            Where x and images do not match, ``n_components`` is below 1, ``first`` is unknown, or
            no place tells which features are those of mouth and eyes.
        """
        x = validate_data(self, x, dtype=(np.float64, np.float32), ensure_min_samples=2)
        self.check()
        matched(x, images)
        _placed(self.first, extractor, x.shape[1])
        random = np.random.default_rng(self.random_state)
        self.mean_, self.scale_ = x.mean(0, dtype=np.float64), x.std(0, dtype=np.float64) + 1e-3
        change = (augmented(x, images, extractor, random, self.n_faces) / self.scale_).astype(np.float32)
        face = self._view(((x - self.mean_) / self.scale_).astype(np.float32), change)
        if self.first in _PARTS:
            named = self._named_by_parts(face, extractor, random)
        else:
            named = _near(chained(self.first, self.random_state, extractor).fit_steps(images, x=x))
        for _ in range(self.n_rounds):
            self.ratio_, self.weights_ = self._directions(face, named, random)
            named = _near(face.z @ self.weights_[:, : self.n_first])
        self.ratio_ = self.ratio_[: self.n_components]
        self.weights_ = self.weights_[:, : self.n_components]
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        if not are_whole(self.n_names, least=2):
            raise InputError(f"n_names must be one or more whole numbers of 2 or more, got {self.n_names!r}.")
        check_numbers(self)
        if self.first in _PARTS:
            return
        known = (*_PARTS, *catalog.names("steps"))
        if not set(">:;") & set(str(self.first)) and str(self.first).strip() not in known:
            raise unknown("first", self.first, known)
        chained(self.first, self.random_state, object()).check()

    def transform(self, x):
        """Return x in the subspace, within 3 standard deviations, shape (n, n_components)."""
        check_is_fitted(self)
        x = validate_data(self, x, reset=False, dtype=(np.float64, np.float32))
        z = (x - self.mean_.astype(x.dtype)) / self.scale_.astype(x.dtype)
        return _near(z @ self.weights_.astype(x.dtype))

    def _view(self, z, change):
        """Return the view of the whole face, of which change is what light and pose do to z."""
        total, nuisance = mean_square(z), mean_square(change)
        if not np.trace(total) > 0:
            raise InputError("No feature varies between the faces.")
        noise = total + self.nuisance * nuisance + 0.003 * np.trace(total) / len(total) * np.eye(len(total))
        return View(z, total, nuisance, noise)

    def _named_by_parts(self, face, extractor, random):
        """Return the subspace in which mouth, or mouth and eyes together, name the faces first."""
        mouth = face.part(_lowest(extractor, face.z.shape[1]))
        weights = leading(mouth.total, mouth.nuisance, self.n_first, 1e-3)[1]
        named = _near(mouth.z @ weights.astype(np.float32))
        if self.first == "mouth":
            return named

        def learn(view, named):
            ratio, weights = self._directions(view, named, random)
            share = np.sqrt(ratio / (1 + ratio))  # what the views do not share is not what they learn
            return (_near(view.z @ weights) * share)[:, : self.n_first]

        eyes = face.part(_within(_EYES, extractor, face.z.shape[1]))
        return cotrained(named, mouth, eyes, self.n_rounds, learn)

    def _directions(self, view, named, random):
        """Return ratios and directions of a view that tell clusters of the named faces apart."""
        return _discriminant(self._between(view.z, named, random), view.noise, view.total)

    def _between(self, z, named, random):
        """Return the means of the named faces, weighted so that their square is the variance between."""
        from sklearn.cluster import KMeans

        means = []
        for count in self.n_names:
            count = min(count, len(z))
            kmeans = KMeans(count, n_init=1, random_state=int(random.integers(2**31)))
            name = kmeans.fit_predict(named)
            size = np.bincount(name, minlength=count)
            of = np.zeros((count, len(z)), np.float32)
            of[name, np.arange(len(z))] = 1 / np.sqrt(np.maximum(size, 1) * len(z) * len(self.n_names))[name]
            means.append(of @ z)
        return np.concatenate(means).T.astype(np.float64)  # (d, names)


def _discriminant(between, noise, total):
    """Return ratios and directions, of unit total variance, the largest ratio first.

    Solved in the space of the names, which are far fewer than the features.
    """
    from scipy.linalg import cho_factor, cho_solve

    solved = cho_solve(cho_factor(noise - between @ between.T), between)
    ratio, vectors = np.linalg.eigh(between.T @ solved)
    kept = np.flatnonzero(ratio > 1e-6)[::-1]
    weights = solved @ vectors[:, kept]
    weights /= np.sqrt(np.einsum("ij,ij->j", weights, total @ weights))
    return ratio[kept], signed(weights)


def _placed(first, extractor, count):
    """Raise an InputError where mouth and eyes are to name the faces and are not to be found."""
    parts = (_within(rows, extractor, count) for rows in (_MOUTH, _EYES))
    if first == "mouth+eyes" and not all(map(len, parts)):
        raise InputError("first='mouth+eyes' needs features that tell their places on mouth and eyes.")


def _lowest(extractor, count):
    """Return the indices of the features in the lowest quarter of the face, or of all."""
    low = _within(_MOUTH, extractor, count)
    return low if len(low) else np.arange(count)


def _within(rows, extractor, count):
    """Return the indices of the features that lie between two rows; none where places are not told."""
    place, (above, below) = _places(extractor), rows
    row = place[:, 0] if len(place) == count else np.zeros(0)
    return np.flatnonzero((above < row) & (row <= below))


def _places(extractor):
    """Return the places of an extractor's features; none after a step, which may have mixed them."""
    while hasattr(extractor, "extractor"):  # the first of a chain, remembered or not
        if getattr(extractor, "steps", ()):
            return np.zeros((0, 2))
        extractor = extractor.extractor
    return getattr(extractor, "place_", np.zeros((0, 2)))


def _near(z):
    return np.clip(z, -_FAR, _FAR)
