"""How much each face looks like each emotion of the textbook, read off the faces that are like it."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from fer_cluster.chain import Remembering, chained, spaces, wanted
from fer_cluster.errors import InputError
from fer_cluster.steps._subspace import matched
from fer_cluster.steps.action_units import EMOTIONS, ActionUnits
from fer_cluster.whole import check_numbers

__all__ = ["Expressions"]

_FAR = 3  # standard deviations beyond which no face is read farther
_RIDGE = {False: 0.01, True: 0.1}  # of the reader, without and with signs; chosen on PublicTest


class Expressions(TransformerMixin, BaseEstimator):
    """Seven numbers, one for each emotion, neutral the last: what the faces near a face express on average.

    What one face does with brows, eyes and mouth is hard to read
    (:class:`fer_cluster.steps.action_units.ActionUnits`); the mean over a
    thousand faces that look alike is not. K-Means parts a subspace into cells,
    the mean reading of a cell is that of each face in it, and a face has the
    mean over several subspaces and sizes of cells. No label is seen.

    Parameters
    ----------
    within : str
        Steps that give a subspace, joined by ``|``; what follows one another is parted by ``>``.
    n_fits : int
        How many times each is fitted, with seeds of its own.
    n_cells : sequence of int
        Numbers of cells, one partition for each.
    n_faces : int
        How many of the faces, at random, are photographed anew for the reading.
    random_state : int
    signs : bool
        Whether drawn signs, such as furrows, folds and teeth, are read as well as movements.
    gestures : bool
        Whether gestures, such as a shout or hands at the mouth, are read as well as signs.

    Attributes
    ----------
    names_ : list of str
        The emotions.
    cells_ : list of tuple
        Subspace, partition and the reading of each of its cells, shape (cells, 7), in standard
        deviations between cells of the emotion that differs most.

    References
    ----------
    The reading after Friesen and Ekman, EMFACS-7, 1983; that partitions together are steadier than one:
    Strehl and Ghosh, Cluster ensembles, JMLR 2002.
    """

    def __init__(
        self,
        within="self_training",
        n_fits=1,
        n_cells=(20, 40, 80),
        n_faces=5000,
        random_state=0,
        signs=False,
        gestures=False,
    ):
        self.within = within
        self.n_fits = n_fits
        self.n_cells = n_cells
        self.n_faces = n_faces
        self.random_state = random_state
        self.signs = signs
        self.gestures = gestures

    def fit(self, x, y=None, *, images, extractor):
        """Learn cells and readings of x, shape (n, d).

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
            The faces of which x are the features.
        extractor : object
            Its ``transform(images)`` gives such features.

        Raises
        ------
        InputError
            Where x and images do not match, or a step is unknown or asks for images later on.
        """
        x = validate_data(self, x, dtype=(np.float64, np.float32), ensure_min_samples=2)
        self.check()
        matched(x, images)
        extractor, seeds = Remembering(extractor), range(self.random_state, self.random_state + self.n_fits)
        told = ("n_faces", "random_state", "signs", "gestures")
        settings = {name: getattr(self, name) for name in told}
        reader = ActionUnits("emotions", ridge=_RIDGE[bool(self.signs or self.gestures)], **settings)
        read = reader.fit(x, images=images, extractor=extractor).transform(x).clip(-_FAR, _FAR)
        self.names_, self.cells_ = list(EMOTIONS), []
        for turn, (steps, near) in enumerate(spaces(self.within, seeds, extractor, images, x)):
            self.cells_ += [self._cells(steps.steps, near, read, count, turn) for count in self.n_cells]
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        check_numbers(self)
        for steps in str(self.within).split("|"):
            chain = chained(steps, self.random_state, object())
            _of_features_alone(chain)
            chain.check()

    def transform(self, x):
        """Return the mean readings, shape (n, 7)."""
        check_is_fitted(self)
        x = validate_data(self, x, reset=False, dtype=(np.float64, np.float32))
        total, last = np.zeros((len(x), len(self.names_)), np.float32), None
        for steps, partition, read in self.cells_:
            if last is not steps:
                near, last = _through(steps, x), steps
            total += read[partition.predict(near)]
        return total / len(self.cells_)

    def _cells(self, steps, near, read, count, turn):
        """Return the steps, the partition of a subspace and the scaled mean reading of each cell."""
        from sklearn.cluster import KMeans

        seed = (self.random_state * 1_009 + turn) % 2**32
        partition = KMeans(min(count, len(near)), n_init=1, random_state=seed)
        cell = partition.fit_predict(near.astype(np.float64))
        size = np.bincount(cell, minlength=partition.n_clusters)
        mean = np.stack([np.bincount(cell, one, partition.n_clusters) for one in read.T], 1)
        mean = mean / np.maximum(size, 1)[:, None] - read.mean(0)
        spread = np.sqrt((size[:, None] * mean**2).sum(0) / len(near)).max()
        return steps, partition, (mean / max(spread, 1e-9)).astype(np.float32)


def _of_features_alone(chain):
    for step in chain.steps:
        if wanted(step.transform, images=None):
            raise InputError(f"within cannot hold {type(step).__name__}, which reads images of every face.")


def _through(steps, x):
    for step in steps:
        x = step.transform(x)
    return x.astype(np.float64)
