"""Expectation and maximisation for mixtures of Gaussians, block by block."""

from dataclasses import dataclass

import numpy as np

from fer_cluster.clusterers._rows import less, mapped, spans

_ROWS = 2048
_CHUNKS = 8
_SHARE = 1e-6  # a row with less adds nothing to a cluster that float32 sums would show


@dataclass(frozen=True)
class Mixture:
    """Weights (k,), means (k, d) and covariances: (k, d, d), or (k, d) where diagonal."""

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    def whitening(self):
        """Return W with |(x - mean) W|^2 the squared Mahalanobis distance, and half the log determinants."""
        if self.covariances.ndim == 2:
            return self.covariances**-0.5, np.log(self.covariances).sum(1) / 2
        from scipy.linalg.lapack import dtrtri

        lower = np.stack([_cholesky(covariance) for covariance in self.covariances])
        half = np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(1)
        return np.stack([dtrtri(each, lower=1)[0].T for each in lower]), half


def _cholesky(covariance):
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:  # float32 sums hold six digits: a flatter direction may look negative
        values, vectors = np.linalg.eigh(covariance)
        values = np.maximum(values, 1e-6 * np.abs(values).max())
        return np.linalg.cholesky(vectors * values @ vectors.T)


def fitted(x, centres, *, shape, max_iter, tol, reg_covar):
    """Return the mixture that starts from centres, its bound, the passes made and whether it is at rest.

    Incremental EM (Neal and Hinton, 1998): the mixture is renewed after each
    eighth of the rows, not after all of them, and needs a third fewer passes.

    Parameters
    ----------
    x : ndarray, shape (n, d)
        May be memory-mapped.
    centres : ndarray, shape (k, d)
        Each row starts in the cluster of the nearest.
    shape : str
        ``full``, ``tied``, ``diag`` or ``spherical``.
    max_iter : int
    tol : float
        Gain of the mean log-likelihood in a pass that is rest.
    reg_covar : float
        Added to the variances.
    """
    parts = spans(x, _ROWS)
    chunks = [parts[first::_CHUNKS] for first in range(min(_CHUNKS, len(parts)))]
    diagonal = shape in ("diag", "spherical")
    nearest = _nearest(centres, x[: 16 * _ROWS].var(0).mean(), diagonal)
    moments = [_moments(x, nearest, centres, chunk) for chunk in chunks]
    total = [sum(parts) for parts in zip(*moments, strict=True)]
    mixture, bound = _renewed(total, centres, shape, reg_covar), -np.inf
    for passes in range(1, max_iter + 1):
        before, bound = bound, 0.0
        for place, chunk in enumerate(chunks):
            fresh = _moments(x, mixture, centres, chunk)
            total = [t - old + new for t, old, new in zip(total, moments[place], fresh, strict=True)]
            moments[place] = fresh
            bound += fresh[0] / len(x)
            mixture = _renewed(total, centres, shape, reg_covar)
        if abs(bound - before) < tol:
            return mixture, float(bound), passes, True
    return mixture, float(bound), max_iter, False


def _nearest(centres, variance, diagonal):
    """Return a mixture so narrow that each row belongs to the nearest centre alone."""
    k, d = centres.shape
    narrow = 1e-6 * (variance or 1.0) * np.ones((k, d))
    covariances = narrow if diagonal else narrow[:, :, None] * np.eye(d)
    return Mixture(np.full(k, 1 / k), centres, covariances)


def _moments(x, mixture, origin, parts):
    """Return the log-likelihood, sizes, sums and second moments of the clusters about an origin each."""
    middle = origin.mean(0)
    terms = _terms(mixture, middle, x.dtype)
    diagonal = mixture.covariances.ndim == 2
    origin = (origin - middle).astype(x.dtype)

    def sums(_, block):
        share, likelihood = _expected(block, *terms)
        each = [_weighted(block, *pair, diagonal) for pair in zip(share, origin, strict=True)]
        return likelihood.sum(dtype=np.float64), *map(np.stack, zip(*each, strict=True))

    blocks = mapped(sums, x, less(middle), parts)
    return [sum(np.asarray(part, dtype=np.float64) for part in parts) for parts in zip(*blocks, strict=True)]


def _weighted(block, share, origin, diagonal):
    """Return size, sum and second moments of one cluster from the rows that have a share in it."""
    rows = np.flatnonzero(share > _SHARE)
    share, apart = share.take(rows), block.take(rows, axis=0)
    apart -= origin
    total = share @ apart
    apart *= np.sqrt(share)[:, None]
    return share.sum(), total, np.einsum("ij,ij->j", apart, apart) if diagonal else apart.T @ apart


def expected(x, mixture):
    """Return the share of each cluster in each row, (n, k), and the log-likelihood of each row."""
    middle = mixture.means.mean(0)
    terms = _terms(mixture, middle, x.dtype)
    shares, likelihood = np.empty((len(x), len(mixture.weights))), np.empty(len(x))

    def place(rows, block):
        share, likelihood[rows] = _expected(block, *terms)
        shares[rows] = share.T

    mapped(place, x, less(middle), spans(x, _ROWS))
    return shares, likelihood


def _terms(mixture, middle, precision):
    """Return what an expectation needs: whitening, the whitened means less the middle, constants."""
    white, half = mixture.whitening()
    means = (mixture.means - middle)[:, :, None]
    if white.ndim == 3:
        white = white.transpose(0, 2, 1)  # (k, d, d), to multiply columns
    means = white @ means if white.ndim == 3 else white[:, :, None] * means
    constant = np.log(mixture.weights) - half - len(middle) / 2 * np.log(2 * np.pi)
    return tuple(a.astype(precision) for a in (white, means, constant[:, None]))


def _expected(block, white, means, constant):
    """Return the shares, (k, rows), and the log-likelihood of the rows of a block."""
    if white.ndim == 3:
        whitened = (white.reshape(-1, white.shape[2]) @ block.T).reshape(*white.shape[:2], -1)
    else:
        whitened = white[:, :, None] * block.T
    whitened -= means  # (k, d, rows)
    joint = constant - np.einsum("kdi,kdi->ki", whitened, whitened) / 2
    peak = joint.max(0)
    share = np.exp(joint - peak)
    total = share.sum(0)
    share /= total
    return share, peak + np.log(total)


def _renewed(moments, origin, shape, reg_covar):
    """Return the mixture of these moments about an origin each."""
    _, sizes, sums, squares = moments
    sizes = sizes + 1e-12 * sizes.sum()  # an empty cluster divides by something
    means = sums / sizes[:, None]
    if shape in ("diag", "spherical"):
        covariances = np.maximum(squares / sizes[:, None] - means**2, 0)
        if shape == "spherical":
            covariances[:] = covariances.mean(1, keepdims=True)
        return Mixture(sizes / sizes.sum(), origin + means, covariances + reg_covar)
    covariances = squares / sizes[:, None, None] - means[:, :, None] * means[:, None, :]
    variances = np.einsum("kii->ki", covariances)
    np.maximum(variances, 0, out=variances)  # float32 sums may leave less than nothing
    if shape == "tied":
        covariances[:] = np.tensordot(sizes / sizes.sum(), covariances, 1)
    covariances += reg_covar * np.eye(means.shape[1])
    return Mixture(sizes / sizes.sum(), origin + means, covariances)
