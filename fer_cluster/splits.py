"""Which faces are fitted on, chosen on and reported on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer_cluster.errors import InputError, unknown

SPLITS = ("official", "paper", "all", "stratified")

# Faces per emotion in the paper's test set (supports of its Tables 1 and 2).
_PAPER_SUPPORT = [985, 102, 1043, 1765, 1210, 795, 1278]


@dataclass(frozen=True)
class Split:
    """The part that each face plays.

    Parameters
    ----------
    name : str
        ``official``, ``paper``, ``all`` or ``stratified``.
    part : ndarray of str, shape (n,)
        The part of each face: ``Training``, ``PublicTest``, ``test``, ...
    fit, report : str
        The part that is fitted on and the part that is reported on.
    """

    name: str
    part: np.ndarray
    fit: str
    report: str

    @property
    def parts(self):
        """Names of the parts that have faces, the fitted one first."""
        others = [str(name) for name in pd.unique(self.part) if name != self.fit]
        return [self.fit, *sorted(others, key=lambda name: (name == self.report, name))]

    @property
    def transductive(self):
        """Whether the faces reported on were also fitted on."""
        return self.fit == self.report


def split(faces, name=None, seed=0):
    """Return the Split of that name for the faces.

    Parameters
    ----------
    faces : Faces
    name : str, optional
        ``official``: as the data set says. ``paper``: the test faces of Bolcas
        2024. ``all``: fitted and scored on all faces. ``stratified``: a seeded
        fifth of each emotion is the test part, the same for all runs. By default ``official`` where
        the data set has a split of its own, ``all`` where no face has a label, else ``stratified``.
    seed : int
        Used by ``stratified`` only.

    Raises
    ------
    InputError
        Where the name is unknown, or the data set has no such split.
    """
    name = _usual(faces) if name is None else name
    if name not in SPLITS:
        raise unknown("split", name, SPLITS)
    if len(faces) < 2:
        raise InputError(f"{faces.name} has {len(faces)} faces; a split needs at least 2.")
    makers = {"official": _official, "paper": _paper, "all": _all}
    if name in makers:
        return makers[name](faces)
    return _stratified(faces, seed)


def _usual(faces):
    if _is_official(set(faces.about["split"].dropna())):
        return "official"
    return "stratified" if faces.about["emotion"].notna().any() else "all"


def _is_official(names):
    """Return whether parts of these names make a split: one to fit on and another."""
    return "Training" in names and len(names) > 1


def _official(faces):
    part = faces.about["split"]
    names = set(part.dropna())
    if not _is_official(names):
        have = ", ".join(sorted(names)) or "none"
        raise InputError(
            f"{faces.name} has no official split with a Training part and a test part "
            f"(its parts: {have}); use split 'stratified' or 'all'."
        )
    order = ["PrivateTest", "Test", "PublicTest", *sorted(names - {"Training"})]
    report = next(name for name in order if name in names)
    return Split("official", part.fillna("unused").to_numpy(str), "Training", report)


def _paper(faces):
    # The rows that sklearn's train_test_split(test_size=0.2, random_state=42) puts aside.
    shuffled = np.random.RandomState(42).permutation(len(faces))
    test = shuffled[: -(-len(faces) // 5)]
    part = np.full(len(faces), "train", dtype="<U5")
    part[test] = "test"
    support = faces.about["emotion"].iloc[test].value_counts(sort=False).tolist()
    if len(faces) == 35887 and support != _PAPER_SUPPORT:
        raise InputError(
            f"{faces.name}: these 35,887 faces are not in the row order of fer2013.csv, so the "
            "paper's test faces cannot be told; load the CSV, or use split 'official'."
        )
    return Split("paper", part, "train", "test")


def _all(faces):
    return Split("all", np.full(len(faces), "all"), "all", "all")


def _stratified(faces, seed):
    random = np.random.default_rng(seed)
    part = np.full(len(faces), "train", dtype="<U5")
    codes = faces.about["emotion"].cat.codes.to_numpy()
    for code in np.unique(codes):
        rows = random.permutation(np.flatnonzero(codes == code))
        least = int(code >= 0 and len(rows) > 1)  # an emotion of two faces or more is tested
        part[rows[: max(len(rows) // 5, least)]] = "test"
    known = np.flatnonzero(codes >= 0)
    among = known if len(known) > 1 else np.arange(len(part))
    if "test" not in part[among]:
        part[random.choice(among)] = "test"
    return Split("stratified", part, "train", "test")
