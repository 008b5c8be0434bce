"""How far each face has its brows, eyes, nose and mouth moved, read without a label."""

import numpy as np
from sklearn.utils.validation import validate_data

from fer_cluster.errors import InputError, unknown
from fer_cluster.steps._subspace import Directions, augmented, matched, mean_square

__all__ = ["ActionUnits"]

# What expresses each emotion (EMFACS, Friesen and Ekman 1983), in the actions that a warp can make. Anger
# has the lips pressed or parted, so they do not tell; sadness deepens the furrow beside the nose (11), to
# which the wrinkled nose is nearest; the lips of a neutral face are closed. These three were chosen on
# PublicTest.
EMOTIONS = {
    "angry": {"brows_together": 1, "brows_slanted": -1, "eyes_wide": -0.5},
    "disgust": {"nose_wrinkled": 1, "lip_corners_up": -1},
    "fear": {"brows_up": 1, "brows_together": 0.5, "eyes_wide": 1, "lips_stretched": 1, "jaw_drop": 0.5},
    "happy": {"lip_corners_up": 1, "cheeks_up": 1, "lips_stretched": 0.5},
    "sad": {"brows_slanted": 1, "brows_together": 0.5, "lip_corners_up": -1, "nose_wrinkled": 0.5},
    "surprise": {"brows_up": 1, "eyes_wide": 1, "jaw_drop": 1},
    "neutral": {"lips_apart": -1},
}
# The same with signs that are drawn. Anger has the furrow, low brows and folds, and bares its teeth; disgust
# has the folds and narrow eyes; fear and surprise open eyes and mouth; the brows and lips of sadness go down;
# a neutral face has a closed mouth and none of these. Of what the textbook allows, chosen on PublicTest.
SIGNED = {
    "angry": {
        **{"brows_together": 1, "brows_slanted": -1, "eyes_wide": -0.5, "lip_corners_up": -0.5},
        **{"furrow": 1, "brows_low": 1, "folds": 1, "bared_teeth": 0.5},
    },
    "disgust": {
        **{"nose_wrinkled": 1, "lip_corners_up": -1},
        **{"folds": 1, "eyes_closed": 0.5, "bared_teeth": 0.5, "lip_corners_down": 0.5},
    },
    "fear": {"open_mouth": 1, "eye_white": 1, "lip_corners_down": 1},
    "happy": {"lip_corners_up": 1, "lip_corners_down": -1, "teeth": 0.3},
    "sad": {"lip_corners_up": -1, "furrow": 1, "brows_low": 1, "lip_corners_down": 1, "eye_white": -0.5},
    "surprise": {"brows_up": 1, "eyes_wide": 1, "jaw_drop": 1, "open_mouth": 1},
    "neutral": {
        **{"open_mouth": -1, "folds": -1, "bared_teeth": -1, "furrow": -1, "eyes_closed": -1},
        **{"lips_pressed": 1, "lip_corners_down": 0.5},
    },
}
# The same with gestures, and with cheeks and teeth of a smile. What was missing was found on cells of
# Training that its labels told to be angry, afraid or sad, and that were read otherwise; then chosen on
# PublicTest.
GESTURED = {
    "angry": {**SIGNED["angry"], "shout": 1},
    "disgust": SIGNED["disgust"],
    "fear": {**SIGNED["fear"], "hands_at_mouth": 1},
    "happy": {**SIGNED["happy"], "teeth": 0.5, "cheeks_up": 0.5, "lips_stretched": 0.5},
    "sad": {**SIGNED["sad"], "head_tilted": 0.5, "hand_on_brow": 0.5, "head_bowed": 0.5},
    "surprise": SIGNED["surprise"],
    "neutral": {**SIGNED["neutral"], "head_tilted": -1, "shout": -1, "hands_at_mouth": -1},
}
CODES = ("units", "emotions")


class ActionUnits(Directions):
    """One number for each facial action: corners of the lips up, jaw dropped, brows together, ...

    Faces are warped as if they acted; the mean change of their features, in
    directions that other light and pose leave alone, reads how far a face acts
    by itself. No label is seen: what is known beforehand is where brows, eyes,
    nose and mouth are in an upright face, and how each can move.

    Parameters
    ----------
    code : str
        ``units``: ten numbers, one for each action. ``emotions``: seven sums of these, one for
        each emotion, neutral the last, of the actions that express it by the textbook.
    signs : bool
        Whether signs that no warp can make, such as furrows, folds and teeth, are drawn on the faces and read
        too: ten units more.
    gestures : bool
        Whether gestures, such as a shout, hands at the mouth and a bowed head, are made and read as well as
        signs: five units more.
    n_faces : int
        How many of the faces, at random, are photographed anew.
    n_actors : int
        How many of the faces, at random, act.
    ridge : float
        Share of the mean variance over faces that is added to every nuisance variance.
    random_state : int

    Attributes
    ----------
    names_ : list of str
        What each number reads.
    mean_ : ndarray, shape (d,)
    weights_ : ndarray, shape (d, numbers)

    References
    ----------
    Friesen and Ekman, EMFACS-7, 1983, for units and emotions; the matched filter of the mean change
    against the nuisances is the linear discriminant of Fisher 1936.
    """

    def __init__(
        self,
        code="units",
        n_faces=5000,
        n_actors=600,
        ridge=0.01,
        random_state=0,
        signs=False,
        gestures=False,
    ):
        self.code = code
        self.n_faces = n_faces
        self.n_actors = n_actors
        self.ridge = ridge
        self.random_state = random_state
        self.signs = signs
        self.gestures = gestures

    def fit(self, x, y=None, *, images, extractor):
        """Learn what each action changes in x, shape (n, d).

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
            The faces of which x are the features.
        extractor : object
            Its ``transform(images)`` gives such features.

        Raises
        ------
        InputError
            Where x and images do not match, the code is unknown, or no feature varies.
        """
        from fer_cluster.training.acting import mean_changes

        x = validate_data(self, x, dtype=(np.float64, np.float32), ensure_min_samples=2)
        self.check()
        matched(x, images)
        if not np.ptp(x, axis=0).any():
            raise InputError("No feature varies between the faces.")
        random = np.random.default_rng(self.random_state)
        self.mean_, scale = x.mean(0, dtype=np.float64), x.std(0, dtype=np.float64) + 1e-3
        nuisance = mean_square(augmented(x, images, extractor, random, self.n_faces) / scale)
        actors = np.sort(random.permutation(len(images))[: self.n_actors])
        change = mean_changes(images[actors], extractor, *self._shown()) / scale
        floor = self.ridge * ((x.std(0) / scale) ** 2).mean() + 1e-12
        weights = np.linalg.solve(nuisance + floor * np.eye(len(nuisance)), change.T) / scale[:, None]
        self.names_, self.weights_ = self._read(self._of_unit_variance(x, weights))
        self.weights_ = self._of_unit_variance(x, self.weights_)
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        super().check()
        if self.code not in CODES:
            raise unknown("code", self.code, CODES)

    def _shown(self):
        """Return whether signs are drawn and gestures made: who makes gestures shows signs, too."""
        return bool(self.signs or self.gestures), bool(self.gestures)

    def _of_unit_variance(self, x, weights):
        spread = ((x - self.mean_.astype(x.dtype)) @ weights.astype(x.dtype)).std(0, dtype=np.float64)
        return weights / np.where(spread > 1e-9, spread, 1)

    def _read(self, weights):
        """Return names and weights of the code."""
        from fer_cluster.training.actions import ACTIONS
        from fer_cluster.training.gestures import GESTURES
        from fer_cluster.training.signs import SIGNS

        signs, gestures = self._shown()
        units = [*ACTIONS, *(SIGNS if signs else ()), *(GESTURES if gestures else ())]
        emotions = GESTURED if gestures else SIGNED if signs else EMOTIONS
        if self.code == "units":
            return units, weights
        sums = np.array([[told.get(unit, 0) for unit in units] for told in emotions.values()], float)
        return list(emotions), weights @ (sums / np.linalg.norm(sums, axis=1, keepdims=True)).T
