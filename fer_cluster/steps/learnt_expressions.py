"""How much each face looks like each emotion of the textbook, by names that the other faces taught."""

from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from fer_cluster.errors import InputError
from fer_cluster.steps._ridge import Ridge
from fer_cluster.steps._subspace import matched
from fer_cluster.steps._typical import strangeness
from fer_cluster.steps.action_units import EMOTIONS
from fer_cluster.steps.expressions import Expressions
from fer_cluster.whole import check_numbers

__all__ = ["LearntExpressions"]

_DISGUST = list(EMOTIONS).index("disgust")
_ROUNDS, _PACE = 50, 0.05  # of the shift that keeps how many faces have each name


class LearntExpressions(TransformerMixin, BaseEstimator):
    """Six numbers, one for each emotion but the neutral one: how much more a face looks like it than neutral.

    The readings of :class:`fer_cluster.steps.expressions.Expressions` name the
    faces, each after its strongest, or neutral where none is strong. These names are often wrong, but
    rarely in the way in which the features differ. So the faces are dealt into parts, and each part is
    named by a ridge regression that learnt the names of all other parts, better than it was; these
    names are learnt next.
    Each round keeps how many faces have each name, lest the common ones swallow the rare.
    No label is seen. With :class:`fer_cluster.clusterers.strongest.Strongest` at ``threshold=0`` the
    clusters are the names.

    Parameters
    ----------
    within : str
        Steps that give a subspace for the readings, joined by ``|``; what follows one another is
        parted by ``>``.
    n_fits : int
        How many times each is fitted, with seeds of its own.
    n_cells : sequence of int
        Numbers of cells of each subspace.
    threshold : float
        What the strongest reading must reach, else the face is named neutral at first, as are those
        that read neutral more strongly still.
    neutral_share : float
        In place of the threshold: how many of the faces are named neutral at first, those whose
        strongest reading is the weakest. 0 for the threshold.
    typical_share : float
        Sad and neutral faces are hard to tell apart by what moves. Of those that are named either at
        first, this share is neutral: those that are the most like all faces, as a mean face is neutral.
        For features that keep parts of the face apart (``rows``). 0 for what the faces read. Chosen on
        PublicTest.
    n_rounds : int
        How many times names are learnt.
    n_parts : int
        Parts that the faces are dealt into; each is named by what was learnt on the others.
    ridge : float
        Share of the mean variance of the features that is added to every variance.
    n_faces : int
        How many of the faces, at random, are photographed anew for the reading.
    random_state : int
    signs : bool
        Whether drawn signs, such as furrows, folds and teeth, are read as well as movements: see
        :class:`fer_cluster.steps.action_units.ActionUnits`.
    gestures : bool
        Whether gestures, such as a shout or hands at the mouth, are read as well as signs.
    rare_disgust : float
        How much stronger than all others the reading of disgust must be, in standard deviations between
        cells, as few photographs show it.

    Attributes
    ----------
    names_ : list of str
        The emotions but the neutral one.
    mean_, scale_ : ndarray, shape (d,)
    weights_ : ndarray, shape (d, 6)
    shift_ : ndarray, shape (6,)
        What is added to the regression, so that as many faces as before have each name.

    References
    ----------
    Lee, Pseudo-label, ICML workshop 2013, and cross-fitting, as in Chernozhukov et al., The Econometrics
    Journal 2018; the first names after Friesen and Ekman, EMFACS-7, 1983, and
    Galton, Composite portraits, 1878.
    """

    def __init__(
        self,
        within="signal_to_nuisance:8;ridge=0.3 | signal_to_nuisance:12;ridge=0.3",
        n_fits=1,
        n_cells=(20, 40, 80),
        threshold=0.5,
        neutral_share=0.0,
        typical_share=0.0,
        n_rounds=6,
        n_parts=2,
        ridge=0.5,
        n_faces=5000,
        random_state=0,
        signs=False,
        gestures=False,
        rare_disgust=0.0,
    ):
        self.within = within
        self.n_fits = n_fits
        self.n_cells = n_cells
        self.threshold = threshold
        self.neutral_share = neutral_share
        self.typical_share = typical_share
        self.n_rounds = n_rounds
        self.n_parts = n_parts
        self.ridge = ridge
        self.n_faces = n_faces
        self.random_state = random_state
        self.signs = signs
        self.gestures = gestures
        self.rare_disgust = rare_disgust

    def fit(self, x, y=None, *, images, extractor):
        """Read and learn the names of x, shape (n, d).

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
            The faces of which x are the features.
        extractor : object
            Its ``transform(images)`` gives such features.

        Raises
        ------
        InputError
            Where x and images do not match, a step is unknown or asks for images later on, or the
            rounds or parts are too few or too many.
        """
        x = validate_data(self, x, dtype=(np.float64, np.float32), ensure_min_samples=2)
        self.check()
        matched(x, images)
        if self.n_parts > len(x):
            raise InputError(f"n_parts must be 2 to the number of faces, {len(x)}, got {self.n_parts!r}.")
        reader = self._reader()
        read = reader.fit(x, images=images, extractor=extractor).transform(x)
        self.names_ = reader.names_[:-1]
        self.mean_, self.scale_ = x.mean(0, dtype=np.float64), x.std(0, dtype=np.float64) + 1e-3
        z = ((x - self.mean_) / self.scale_).astype(np.float32)
        name = self._first_names(read)
        self._learn(z, self._told_by_type(name, z) if self.typical_share else name)
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        check_numbers(self, signed=("threshold",))
        if self.n_parts < 2:
            raise InputError(f"n_parts must be a whole number of 2 or more, got {self.n_parts!r}.")
        for name in ("neutral_share", "typical_share"):
            share = getattr(self, name)
            if not isinstance(share, Real) or not 0 <= share < 1:
                raise InputError(f"{name} must be a number of 0 or more, below 1, got {share!r}.")
        self._reader().check()

    def transform(self, x):
        """Return how much more each face looks like each emotion than neutral, shape (n, 6)."""
        check_is_fitted(self)
        x = validate_data(self, x, reset=False, dtype=(np.float64, np.float32))
        z = ((x - self.mean_) / self.scale_).astype(np.float32)
        return z @ self.weights_ + self.shift_

    def _reader(self):
        told = ("within", "n_fits", "n_cells", "n_faces", "random_state", "signs", "gestures")
        return Expressions(**{name: getattr(self, name) for name in told})

    def _first_names(self, read):
        """Return the strongest reading of each face, of shape (n, 7), or neutral where none is strong."""
        told, neutral = read[:, :-1].copy(), np.maximum(read[:, -1], self.threshold)
        told[:, _DISGUST] -= self.rare_disgust
        if self.neutral_share:
            neutral = np.full(len(read), np.quantile(told.max(1), self.neutral_share))
        return np.column_stack([told, neutral]).argmax(1)

    def _told_by_type(self, name, z):
        """Return the names, neutral and sad given anew: the more typical faces of both are neutral."""
        sad, neutral = self.names_.index("sad"), len(self.names_)
        either = np.isin(name, (sad, neutral))
        if not either.any():
            return name
        strange = strangeness(z)[either]
        usual = strange <= np.quantile(strange, self.typical_share)
        name = name.copy()
        name[either] = np.where(usual, neutral, sad)
        return name

    def _learn(self, z, name):
        """Learn names of standardised features z, name them anew, and so on."""
        count = len(self.names_) + 1
        sizes = np.bincount(name, minlength=count) / len(z)
        part = np.random.default_rng(self.random_state).permutation(len(z)) % self.n_parts
        teachers = [Ridge(z, np.flatnonzero(part != own), self.ridge) for own in range(self.n_parts)]
        for _ in range(self.n_rounds):
            hot = np.eye(count, dtype=np.float32)[name]
            taught = [teacher.fit(hot) for teacher in teachers]
            score = np.empty((len(z), count), np.float32)
            for own, (weights, level) in enumerate(taught):
                score[part == own] = z[part == own] @ weights + level
            shift = _shift(score, sizes)
            name = (score + shift).argmax(1)
        weights, level = (np.mean(both, axis=0) for both in zip(*taught, strict=True))
        level = level + shift
        self.weights_ = (weights[:, :-1] - weights[:, -1:]).astype(np.float32)
        self.shift_ = (level[:-1] - level[-1]).astype(np.float32)


def _shift(score, sizes):
    """Return what to add to each name's score so that about the given shares of the faces have it."""
    shift = np.zeros(len(sizes))
    for _ in range(_ROUNDS):
        share = np.bincount((score + shift).argmax(1), minlength=len(sizes)) / len(score)
        shift += _PACE * (np.sqrt(sizes) - np.sqrt(share))
    return shift
