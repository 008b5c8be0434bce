"""The geometry of a face without landmarks: where its dark and edge-rich bands lie."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fer_cluster.blocks import CACHED, blocks
from fer_cluster.errors import InputError
from fer_cluster.features._registration import aligner, check_aligned
from fer_cluster.images import as_images

__all__ = ["Geometry"]

_LEAST = 16  # pixels of a side
_FAINT = 8.0  # grey values; the contrast of a blank image

# Windows of half a face: (top, bottom) as shares of the height, (inner, outer) as shares of the
# way from the middle to the side.
_BANDS = {
    "brows": (0.17, 0.35, 0.08, 0.72),
    "eyes": (0.32, 0.50, 0.12, 0.72),
    "nose": (0.48, 0.68, 0.00, 0.40),
    "mouth": (0.66, 0.94, 0.00, 0.64),
}
_LIPS = (0.66, 0.94, 0.00, 0.25)  # the middle of the mouth
_PUPIL = (0.32, 0.50, 0.28, 0.66)
_FROWN = (0.20, 0.42, 0.00, 0.12)  # between the brows
_CHEEK = (0.50, 0.80, 0.44, 0.84)


class Geometry(TransformerMixin, BaseEstimator):
    """Forty-four lengths and strengths, measured on each half of a face and averaged.

    Level edges are steps of grey value from row to row (brows, lids, lips), upright
    edges those from column to column. A row is a share of the height, counted from the top;
    ``out`` is the way from the middle of the face, a share of that to its side.

    For each BAND, ``brows``, ``eyes``, ``nose`` and ``mouth``:

    ================= ======================================================================
    ``BAND_row``      mean row of the level edges
    ``BAND_tall``     standard deviation of the row of the level edges
    ``BAND_peak``     row with most level edges
    ``BAND_out``      mean way out of the level edges
    ``BAND_wide``     standard deviation of the way out of the level edges
    ``BAND_slant``    by how many rows the level edges fall on the way out (a share of the
                      height for the whole way; corners that hang are positive)
    ``BAND_strength`` logarithm of level edges in the band over those of the frame
    ``BAND_level``    share of level among level and upright edges
    ================= ======================================================================

    And of one place each:

    ================== =====================================================================
    ``brow_above_eye`` ``eyes_row`` less ``brows_row``
    ``eye_to_mouth``   ``mouth_row`` less ``eyes_row``
    ``nose_to_mouth``  ``mouth_row`` less ``nose_row``
    ``mouth_open``     longest run of dark rows at the middle of the mouth, share of the height;
                       a row is dark that is nearer to the darkest than to the mean
    ``mouth_dark``     how far the darkest of these rows lies below their mean, in standard
                       deviations of the frame
    ``mouth_bright``   how far the brightest of these rows (teeth) lies above their mean, likewise
    ``mouth_width``    way out within which four fifths of the level edges of the mouth lie
    ``eye_open``       as ``mouth_open``, at the pupil
    ``eye_dark``       as ``mouth_dark``, at the pupil
    ``brow_dark``      as ``mouth_dark``, at the brow
    ``frown``          logarithm of upright edges between the brows over those of the frame
    ``cheek``          logarithm of all edges of the cheek over those of the frame (folds)
    ================== =====================================================================

    Parameters
    ----------
    aligned : bool
        Whether each face is first brought into register with the mean of the faces fitted on,
        without a label; rows and ways out are then those of the face more than of the frame.

    Attributes
    ----------
    names_ : list of str
        Of the features, in their order.
    registration_ : Registration or None
        What aligns the faces.

    References
    ----------
    Windows and numbers are ours; integral projections of edges to find the parts of a face:
    Kanade, Picture processing system by computer complex and recognition of human faces, 1973.
    """

    def __init__(self, aligned=False):
        self.aligned = aligned

    def fit(self, images, y=None):
        """Learn the shape of the images, uint8 (n, height, width), and what aligns them.

        Raises
        ------
        InputError
            Where images are no such array, too small, or none to align with; or ``aligned`` is
            neither True nor False.
        """
        images = as_images(images, "Geometry")
        self.check()
        if min(images.shape[1:]) < _LEAST:
            height, width = images.shape[1:]
            raise InputError(
                f"Images of {height} x {width} are too small; a side has {_LEAST} pixels or more."
            )
        self.shape_ = images.shape[1:]
        self.registration_ = aligner(self.aligned, images)
        self.names_ = list(_measured(np.zeros((1, *self.shape_), np.uint8)))
        return self

    def check(self):
        """Raise an InputError where ``aligned`` is neither True nor False."""
        check_aligned(self.aligned)

    def transform(self, images):
        """Return the numbers, shape (n, 44), float32.

        Raises
        ------
        InputError
            Where the images have another shape than those of the fit.
        """
        check_is_fitted(self)
        images = as_images(images, "Geometry", self.shape_)
        if self.registration_ is not None:
            images = self.registration_.transform(images)
        features = np.empty((len(images), len(self.names_)), np.float32)
        for rows, few in blocks(images, CACHED):
            measured = np.stack(list(_measured(few).values()), axis=1)  # (2 * few, 44)
            features[rows] = (measured[: len(few)] + measured[len(few) :]) / 2
        return features


def _measured(images):
    """Return the numbers of the left halves, then those of the right ones, by name."""
    x = images.astype(np.float32)
    contrast = np.maximum(x.std((1, 2), keepdims=True), _FAINT)
    x = (x - x.mean((1, 2), keepdims=True)) / contrast
    level, upright = np.zeros((2, *x.shape), np.float32)
    level[:, 1:-1] = np.abs(x[:, 2:] - x[:, :-2])
    upright[:, :, 1:-1] = np.abs(x[:, :, 2:] - x[:, :, :-2])
    x, level, upright = _halves(x), _halves(level), _halves(upright)
    found = {}
    for name, window in _BANDS.items():
        found |= {f"{name}_{what}": value for what, value in _band(level, upright, window).items()}
    found["brow_above_eye"] = found["eyes_row"] - found["brows_row"]
    found["eye_to_mouth"] = found["mouth_row"] - found["eyes_row"]
    found["nose_to_mouth"] = found["mouth_row"] - found["nose_row"]
    lips, pupil, brow = (_profile(x, window) for window in (_LIPS, _PUPIL, _BANDS["brows"]))
    found["mouth_open"], found["mouth_dark"] = _run(lips) / x.shape[1], lips.mean(1) - lips.min(1)
    found["mouth_bright"] = lips.max(1) - lips.mean(1)
    found["mouth_width"] = _reach(level, _BANDS["mouth"], 0.8)
    found["eye_open"], found["eye_dark"] = _run(pupil) / x.shape[1], pupil.mean(1) - pupil.min(1)
    found["brow_dark"] = brow.mean(1) - brow.min(1)
    found["frown"] = _strength(upright, _FROWN)
    found["cheek"] = _strength(level + upright, _CHEEK)
    return found


def _halves(x):
    """Return the left halves mirrored, then the right ones: each begins at the middle, (2 n, h, half)."""
    half = x.shape[2] // 2
    return np.concatenate([x[:, :, :half][:, :, ::-1], x[:, :, x.shape[2] - half :]])


def _band(level, upright, window):
    edges, row, out = _cut(level, window)
    weight = edges + 1e-6  # where there is no edge, the middle of the window
    weight = weight / weight.sum((1, 2), keepdims=True)
    down, along = weight.sum(2), weight.sum(1)
    mean_row, mean_out = down @ row, along @ out
    row_gap, out_gap = row - mean_row[:, None], out - mean_out[:, None]
    variance = (along * out_gap**2).sum(1)
    together = np.einsum("nhw,nh,nw->n", weight, row_gap, out_gap)
    beside = _cut(upright, window)[0].sum((1, 2))
    strong = edges.sum((1, 2))
    return {
        "row": mean_row,
        "tall": np.sqrt((down * row_gap**2).sum(1)),
        "peak": row[down.argmax(1)],
        "out": mean_out,
        "wide": np.sqrt(variance),
        "slant": together / variance,
        "strength": _strength(level, window),
        "level": (strong + 1e-6) / (strong + beside + 2e-6),
    }


def _cut(x, window):
    """Return a window of half faces, and the rows and ways out of its pixels' centres as shares."""
    height, half = x.shape[1:]
    top, bottom = (round(share * height) for share in window[:2])
    inner, outer = (round(share * half) for share in window[2:])
    row = (np.arange(top, bottom, dtype=np.float32) + 0.5) / height
    out = (np.arange(inner, outer, dtype=np.float32) + 0.5) / half
    return x[:, top:bottom, inner:outer], row, out


def _profile(x, window):
    """Return the mean grey value of each row of a window, (n, rows)."""
    return _cut(x, window)[0].mean(2)


def _strength(edges, window):
    return np.log((_cut(edges, window)[0].mean((1, 2)) + 0.01) / (edges.mean((1, 2)) + 0.01))


def _reach(edges, window, share):
    """Return the way out within which a share of the edges lies; none of them: that of the window."""
    window, _, out = _cut(edges, window)
    within = np.cumsum(window.sum(1) + 1e-6, axis=1)
    return out[(within < share * within[:, -1:]).sum(1)]


def _run(profile):
    """Return the longest run of rows nearer to the darkest than to the mean; 0 where all are alike."""
    mean, darkest = profile.mean(1, keepdims=True), profile.min(1, keepdims=True)
    dark = (profile < (mean + darkest) / 2) & (mean - darkest > 1e-3)
    run, longest = np.zeros((2, len(profile)), np.float32)
    for row in dark.T:
        run = (run + 1) * row
        longest = np.maximum(longest, run)
    return longest
