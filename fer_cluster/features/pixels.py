"""Grey values, standardised pixel by pixel and reduced to their principal components."""

import contextlib

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fer_cluster.blocks import blocks, release
from fer_cluster.errors import InputError

__all__ = ["Pixels"]

_FLUSH = 8  # blocks summed in float32 before they join the float64 sum


class Pixels(TransformerMixin, BaseEstimator):
    """Standardised pixels on their principal components.

    The same as scikit-learn's ``StandardScaler`` and
    ``PCA(svd_solver="covariance_eigh")`` to float32 accuracy, but in one
    blockwise pass over the images, which never become one float array.

    Parameters
    ----------
    n_components : int or None
        Number of components; None keeps as many as there can be.

    Attributes
    ----------
    mean_, scale_ : ndarray, shape (pixels,)
        Grey values; the scale of a constant pixel is 1.
    components_ : ndarray of float32, shape (n_components, pixels)
        Unit vectors of standardised pixels, largest variance first; the entry
        that is largest in absolute value is positive.
    explained_variance_, explained_variance_ratio_ : ndarray, shape (n_components,)
    """

    def __init__(self, n_components=50):
        self.n_components = n_components

    def fit(self, images, y=None):
        """Learn mean, scale and components of images, shape (n, height, width).

        Raises
        ------
        InputError
            Where there are fewer faces or pixels than components.
        """
        count = _checked(self.n_components, images)
        self.mean_, covariance = _moments(images)
        spread = np.sqrt(np.diag(covariance))
        self.scale_ = np.where(spread > 0, spread, 1.0)
        covariance /= np.outer(self.scale_, self.scale_).T
        covariance *= len(images) / max(len(images) - 1, 1)  # scaled by n, then PCA by n - 1
        variance, vectors = _leading(covariance, count)
        peak = np.take_along_axis(vectors, np.abs(vectors).argmax(0)[None], 0)
        self.components_ = np.ascontiguousarray((vectors * np.sign(peak)).T, dtype=np.float32)
        self.explained_variance_ = np.maximum(variance, 0.0)
        self.explained_variance_ratio_ = self.explained_variance_ / (np.trace(covariance) or 1.0)
        self.n_features_in_ = len(self.mean_)
        return self

    def transform(self, images, out=None):
        """Return images on the components, shape (n, n_components), float32.

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
        out : ndarray of float32, shape (n, n_components), optional
            Where to write, a memory-mapped array for instance.

        Raises
        ------
        InputError
            Where the images have another number of pixels than those of the fit.
        """
        check_is_fitted(self)
        if images.ndim < 2 or _pixels(images) != self.n_features_in_:
            raise InputError(
                f"Pixels was fitted on images of {self.n_features_in_} pixels, got shape {images.shape}."
            )
        out = np.empty((len(images), len(self.components_)), np.float32) if out is None else out
        weights = (self.components_ / self.scale_).T.astype(np.float32)
        for rows, x in _centred(images, self.mean_.astype(np.float32)):
            np.matmul(x, weights, out=out[rows])
            release(out)
        return out


def _checked(count, images):
    """Return the number of components, where the images allow it."""
    if images.ndim < 2 or not len(images):
        raise InputError(f"Pixels needs images of shape (n, height, width), got shape {images.shape}.")
    most = min(len(images), _pixels(images))
    if count is not None and not (isinstance(count, (int, np.integer)) and 1 <= count <= most):
        raise InputError(
            f"n_components must be between 1 and the smaller of faces and pixels ({most}), got {count!r}."
        )
    return most if count is None else int(count)


def _pixels(images):
    return int(np.prod(images.shape[1:]))


def _centred(images, centre):
    """Yield (rows, x): blocks as float32 less a centre, in one buffer used again and again."""
    buffer = None
    for rows, block in blocks(images):
        if buffer is None:
            buffer = np.empty((len(block), len(centre)), np.float32)
        x = buffer[: len(block)]
        np.subtract(block.reshape(x.shape), centre, out=x, dtype=np.float32)
        yield rows, x


def _moments(images):
    """Return the mean and the covariance (divided by n, upper triangle alone) of the pixels.

    Less a whole number near their mean, grey values and their products are small
    whole numbers, so that float32 sums of a few blocks are all but exact.
    """
    from scipy.linalg.blas import ssyrk

    pixels = _pixels(images)
    some = images[:: max(len(images) // 512, 1)]
    centre = some.reshape(-1, pixels).mean(0).round().astype(np.float32)
    total, cross = np.zeros(pixels), np.zeros((pixels, pixels), order="F")
    part = np.zeros((pixels, pixels), np.float32, order="F")
    for number, (_, x) in enumerate(_centred(images, centre), 1):
        total += x.sum(0)
        part = ssyrk(1.0, x.T, beta=1.0, c=part, overwrite_c=True)
        if number % _FLUSH == 0:
            cross += part
            part[:] = 0
    cross += part
    mean = total / len(images)
    cross /= len(images)
    cross -= np.outer(mean, mean).T  # as symmetric as its transpose, but in Fortran's order
    return centre + mean, cross


def _leading(covariance, count):
    """Return the largest eigenvalues, the largest first, and their vectors.

    ``covariance`` need only have its upper triangle.
    """
    from scipy.linalg import eigh
    from scipy.sparse.linalg import ArpackError

    size = len(covariance)
    if 8 * count <= size:
        with contextlib.suppress(ArpackError):
            return _lanczos(covariance.astype(np.float32), count)
    variance, vectors = eigh(covariance, lower=False, subset_by_index=[size - count, size - 1])
    return variance[::-1], vectors[:, ::-1]


def _lanczos(covariance, count):
    from scipy.linalg.blas import ssymv
    from scipy.sparse.linalg import LinearOperator, eigsh
    from threadpoolctl import threadpool_limits

    times = LinearOperator(covariance.shape, lambda x: ssymv(1.0, covariance, x), dtype=np.float32)
    start = np.random.default_rng(0).standard_normal(len(covariance)).astype(np.float32)
    with threadpool_limits(1, "blas"):  # hundreds of small products: a second thread only waits
        variance, vectors = eigsh(times, count, which="LA", v0=start)
    order = np.argsort(variance)[::-1]
    return variance[order].astype(float), vectors[:, order]
