"""What a photograph shows besides emotion, measured without any model."""

import numpy as np
import pandas as pd

from fer_cluster.blocks import blocks

_AT_ONCE = 256  # images whose float copies stay in the processor's cache


def measure(images):
    """Return the nuisances of each face, a column for each of :data:`NUISANCES`.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width)
        Grey values, made 0 to 1; blank images have contrast, gradients,
        sharpness, asymmetry and tilt of 0.
    """
    table = np.empty((len(images), len(NUISANCES)))
    for rows, block in blocks(images):
        for start in range(0, len(block), _AT_ONCE):
            x = block[start : start + _AT_ONCE].astype(np.float32) / 255
            few = slice(rows.start + start, rows.start + start + len(x))
            table[few] = np.stack([nuisance(x) for nuisance in NUISANCES.values()], axis=1)
    return pd.DataFrame(table, columns=list(NUISANCES))


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
    flat = [x.max(axis) - x.min(axis) < 2 / 255 for axis in (2, 1)]
    kept = [1 - np.minimum(_run(side) + _run(side[:, ::-1]), side.shape[1]) / side.shape[1] for side in flat]
    return 1 - kept[0] * kept[1]


NUISANCES = {
    nuisance.__name__: nuisance
    for nuisance in (brightness, contrast, gradient_x, gradient_y, sharpness, asymmetry, tilt, border)
}


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


def _run(flat):
    """Return how many leading entries are true, shape (n,)."""
    return np.logical_and.accumulate(flat, axis=1).sum(1)


def _ratio(above, below, tiny=1e-3):
    """Return a ratio, 0 where what stands below is too small to be more than rounding."""
    return np.where(below > tiny, above / np.maximum(below, tiny), 0)
