"""What a photograph shows besides emotion, measured without any model."""

import numpy as np
import pandas as pd

from fer_cluster.blocks import CACHED, blocks

KNOWN = " (known)"  # added to the name of a nuisance that the data set tells, where it is measured too
_FLAT = 2 / 255  # range of a row or column of one grey value, but for rounding
_REACH = 0.6  # half frames from the middle, where an edge weighs a third


def measure(images, names=None):
    """Return the nuisances of each face, a column for each name.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width)
        Grey values, made 0 to 1; blank images have 0 of all but brightness and border.
    names : iterable of str, optional
        Some of :data:`NUISANCES`; all of them by default.
    """
    names = list(NUISANCES if names is None else names)
    table = np.empty((len(images), len(names)))
    for rows, few in blocks(images, CACHED):
        x = few.astype(np.float32) / 255
        table[rows] = np.stack([NUISANCES[name](x) for name in names], axis=1)
    return pd.DataFrame(table, columns=names)


def brightness(x):
    """Mean grey value."""
    return x.mean((1, 2))


def contrast(x):
    """Standard deviation of the grey values."""
    return x.std((1, 2))


def gradient_x(x):
    """Light from the right: rise of the best-fitting plane from the left edge to the right."""
    return _slope(x.mean(1))


def gradient_y(x):
    """Light from below: rise of the best-fitting plane from the top edge to the bottom."""
    return _slope(x.mean(2))


def sharpness(x):
    """Standard deviation of the Laplacian over that of the grey values."""
    laplacian = 4 * x[:, 1:-1, 1:-1] - x[:, :-2, 1:-1] - x[:, 2:, 1:-1] - x[:, 1:-1, :-2] - x[:, 1:-1, 2:]
    return _ratio(laplacian.std((1, 2)), contrast(x))


def asymmetry(x):
    """How far the face is from its mirror image: 1 less their correlation, 0 to 2."""
    centred = x - brightness(x)[:, None, None]
    variance = (centred * centred).mean((1, 2))
    covariance = (centred * centred[:, :, ::-1]).mean((1, 2))
    return _ratio(variance - covariance, variance, tiny=1e-6)


def tilt(x):
    """Turn of the head in the image plane, degrees, clockwise positive.

    How far the rows of the right half lie below those of the left half (eyes
    below eyes, mouth below mouth): where their correlation is highest.
    """
    height, width = x.shape[1:]
    half, reach = width // 2, max(height // 8, 1)
    left, right = (_without_trend(side.mean(2)) for side in (x[:, :, :half], x[:, :, width - half :]))
    inner = left[:, reach : height - reach]
    shifts = np.arange(-reach, reach + 1)
    matches = [_correlation(inner, right[:, reach + s : height - reach + s]) for s in shifts]
    best = shifts[np.argmax(matches, axis=0)]
    best = np.where(np.max(matches, axis=0) > 0, best, 0)
    return np.rad2deg(np.arctan2(best, width - half))


def border(x):
    """Share of the frame in rows and columns of one grey value at its edges (bars, padding)."""
    flat = [_spread(x, axis) < _FLAT for axis in (2, 1)]
    kept = [1 - np.minimum(_run(side) + _run(side[:, ::-1]), side.shape[1]) / side.shape[1] for side in flat]
    return 1 - kept[0] * kept[1]


def scale(x):
    """Size of the face: mean distance of edges that lie across from the middle, in half frames.

    Eyes, brows and mouth are such edges. They weigh by the root of their strength, and
    less the further they lie from the middle, where hair and shoulders are; those of
    bars do not count. A weak measure: it ranks faces, and is no size in pixels.
    """
    varied = _spread(x, 2) >= _FLAT
    edges = np.sqrt(np.abs(x[:, 2:] - x[:, :-2])) * (varied[:, 2:] & varied[:, :-2])[:, :, None]
    down, across = ((2 * np.arange(length) + 1) / length - 1 for length in x.shape[1:])
    distance = np.hypot(down[1:-1, None], across).astype(x.dtype)
    near = np.exp(-((distance / _REACH) ** 2))
    return _ratio(np.tensordot(edges, near * distance), np.tensordot(edges, near))


def watermark(x):
    """Thin bright or dark marks such as letters and lines: cubic mean of what a median of 3 takes away.

    Medians along the rows, then along the columns, in grey values of 0 to 1. Rims of
    glasses and ink drawings are such marks too.
    """
    marks = np.abs(x - _median(_median(x, 2), 1))
    return np.cbrt((marks * marks * marks).mean((1, 2)))


NUISANCES = {
    nuisance.__name__: nuisance
    for nuisance in (
        *(brightness, contrast, gradient_x, gradient_y, sharpness, asymmetry, tilt, border),
        *(scale, watermark),
    )
}
# What features take for "all": those that they were scored with, so that their scores stay what they were.
IN_FEATURES = tuple(name for name in NUISANCES if name not in ("scale", "watermark"))
LABELS = {
    "brightness": "brightness",
    "contrast": "contrast",
    "gradient_x": "light from the right",
    "gradient_y": "light from below",
    "sharpness": "sharpness",
    "asymmetry": "asymmetry (head turned)",
    "tilt": "tilt of the head",
    "border": "bars at the edge",
    "scale": "size of the face",
    "watermark": "watermark",
}


def in_words(name):
    """Return what people are shown for a factor: that of :data:`LABELS`, else its name in words.

    A nuisance that the data set tells of as well, ``"tilt (known)"``, keeps the addition.
    """
    bare = name.removesuffix(KNOWN)
    return LABELS.get(bare, bare.replace("_", " ")) + name[len(bare) :]


def _slope(profile):
    """Return the rise of the best-fitting line over the whole profile, shape (n, length)."""
    length = profile.shape[1]
    place = (np.arange(length, dtype=np.float32) + 0.5) / length - 0.5
    return profile @ (place / max((place * place).sum(), 1e-9))


def _without_trend(profile):
    """Return profiles less their mean and slope, shape (n, length)."""
    length = profile.shape[1]
    place = (np.arange(length, dtype=np.float32) + 0.5) / length - 0.5
    return profile - profile.mean(1, keepdims=True) - _slope(profile)[:, None] * place


def _correlation(one, other):
    """Return the correlation of profiles, shape (n, length); 0 where one does not vary."""
    one, other = (profile - profile.mean(1, keepdims=True) for profile in (one, other))
    below = np.sqrt((one * one).mean(1) * (other * other).mean(1))
    return _ratio((one * other).mean(1), below, tiny=1e-6)


def _median(x, axis):
    """Return the median of each pixel and its two neighbours along an axis; the outermost stay."""
    x = np.moveaxis(x, axis, 0)
    before, here, after = x[:-2], x[1:-1], x[2:]
    inner = np.maximum(np.minimum(before, here), np.minimum(np.maximum(before, here), after))
    return np.moveaxis(np.concatenate([x[:1], inner, x[-1:]]), 0, axis)


def _spread(x, axis):
    """Return the range of the grey values along an axis."""
    return x.max(axis) - x.min(axis)


def _run(flat):
    """Return how many leading entries are true, shape (n,)."""
    return np.logical_and.accumulate(flat, axis=1).sum(1)


def _ratio(above, below, tiny=1e-3):
    """Return a ratio, 0 where what stands below is too small to be more than rounding."""
    return np.where(below > tiny, above / np.maximum(below, tiny), 0)
