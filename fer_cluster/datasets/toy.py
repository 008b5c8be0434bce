"""Faces drawn from action units, with every nuisance known."""

import numpy as np
import pandas as pd

from fer_cluster.datasets._action_units import activations, geometry
from fer_cluster.datasets._drawing import draw
from fer_cluster.datasets._people import POINTS, people
from fer_cluster.errors import InputError
from fer_cluster.faces import Faces

__all__ = ["Toy"]

# Shares near those of FER2013, but disgust often enough to be learnt.
SHARES = {
    "angry": 0.14,
    "disgust": 0.06,
    "fear": 0.14,
    "happy": 0.23,
    "sad": 0.16,
    "surprise": 0.11,
    "neutral": 0.16,
}
SPLIT = {"Training": 0.8, "PublicTest": 0.1, "PrivateTest": 0.1}

# Lowest and highest value of each circumstance: pose (degrees, share of the picture's
# side) and light are mostly near their middle, the rest is spread evenly.
NEAR_MIDDLE = {
    "yaw": (-20, 20),
    "pitch": (-8, 8),
    "roll": (-11, 11),
    "scale": (0.9, 1.1),
    "shift_x": (-0.04, 0.04),
    "shift_y": (-0.04, 0.04),
    "light_x": (-1, 1),
    "light_y": (-1, 1),
}
EVEN = {
    "brightness": (0.6, 1.3),
    "contrast": (0.7, 1.2),
    "background": (0.02, 0.95),
    "background_slope": (-1, 1),
    "clothes": (0.05, 0.8),
    "gaze_x": (-0.035, 0.035),
    "blur": (0.0, 0.2),
    "noise": (0.0, 0.015),
}
LOOKS = ["skin", "hair", "bald", "long_hair", "glasses", "beard"]


class Toy:
    """Faces drawn from the Facial Action Coding System; nothing is downloaded.

    ``about`` has ``emotion``, its ``intensity`` (0 where neutral) and the action
    units ``au1`` to ``au26`` (0 to 1). Drawn apart from these are ``split``,
    ``identity`` with the person's looks (``skin``, ``hair``, ``bald``,
    ``long_hair``, ``glasses``, ``beard``), the pose (``yaw``, ``pitch`` and ``roll``
    in degrees, ``scale``, ``gaze_x``, ``shift_x`` and ``shift_y`` in sides of the
    picture), where the light comes from (``light_x`` to the right, ``light_y``
    down), what is behind (``background``, ``background_slope``, ``clothes``) and
    the camera (``brightness``, ``contrast``, ``blur``, ``noise``).

    Parameters
    ----------
    n : int
        Number of faces; about twenty share an identity.
    size : int
        Side of the pictures in pixels, at least 16.
    seed : int
        The same seed gives the same faces.

    References
    ----------
    Units of each emotion: Friesen and Ekman, "EMFACS-7", 1983.
    """

    def __init__(self, n=2000, size=48, seed=0):
        self.n = n
        self.size = size
        self.seed = seed

    def load(self):
        """Return the drawn Faces.

        Raises
        ------
        InputError
            Where a parameter is not an integer or too small.
        """
        _check(n=(self.n, 1), size=(self.size, 16), seed=(self.seed, 0))
        who, what, where, part, noise = np.random.default_rng(self.seed).spawn(5)
        emotion = _dealt(SHARES, self.n, what)
        intensity = what.uniform(0.4, 1, self.n)
        active = activations(emotion, intensity, what)
        persons = people(max(2, round(self.n / 20)), who)
        identity = who.integers(len(persons), size=self.n)
        person = persons.iloc[identity].reset_index(drop=True)
        around = _circumstances(self.n, where)
        moved = geometry(person[list(POINTS)], active)
        images = draw(pd.concat([moved, person.drop(columns=list(POINTS)), around], axis=1), self.size, noise)
        about = pd.DataFrame({"emotion": emotion, "split": _dealt(SPLIT, self.n, part), "identity": identity})
        about["intensity"] = np.where(emotion == "neutral", 0, intensity)
        return Faces(images, pd.concat([about, active, person[LOOKS], around], axis=1), "toy")


def _check(**given):
    """Raise an InputError where a value is not an integer or below its least value."""
    for name, (value, least) in given.items():
        if not isinstance(value, int | np.integer) or value < least:
            raise InputError(f"toy needs {name} to be an integer of at least {least}, got {value!r}.")


def _dealt(shares, n, random):
    """Return n names in the given shares, as exactly as n allows, shuffled."""
    upto = np.cumsum(list(shares.values()))
    names = np.array(list(shares))[np.searchsorted(upto, (np.arange(n) + 0.5) / n)]
    return random.permutation(names)


def _circumstances(n, random):
    """Return pose, light and camera of n faces."""
    middle = {k: random.triangular(low, (low + high) / 2, high, n) for k, (low, high) in NEAR_MIDDLE.items()}
    even = {k: random.uniform(low, high, n) for k, (low, high) in EVEN.items()}
    return pd.DataFrame(middle | even)
