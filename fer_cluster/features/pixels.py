"""Grey values, standardised pixel by pixel and reduced to their principal components."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

from fer_cluster import processor
from fer_cluster.axes import largest, signed
from fer_cluster.blocks import release
from fer_cluster.errors import InputError
from fer_cluster.images import as_images
from fer_cluster.whole import is_whole

__all__ = ["Pixels"]

_COMPONENTS = 50  # by default, or as many as there are
_CORES = 4  # at most; each has a covariance matrix of its own
_ROWS = 6144  # images a block: fewer, larger products cost fewer additions in float64
_WIDTH = 32  # vectors that are multiplied at a time
_STRAY = 3e-4  # sine of the angle that a component may be off


# Not a BaseEstimator: importing that takes longer than the components of 35,887 faces.
class Pixels:
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

    def __init__(self, n_components=_COMPONENTS):
        self.n_components = n_components

    def fit(self, images, y=None):
        """Learn mean, scale and components of images, shape (n, height, width).

        Raises
        ------
        InputError
            Where there are fewer faces or pixels than components, or these are no number.
        """
        images = as_images(images, "Pixels")
        self.check()
        count = _counted(self.n_components, images)
        self.shape_ = images.shape[1:]
        self.mean_, self.scale_, covariance = _moments(images)
        variance, vectors = _leading(covariance, count)
        self.components_ = np.ascontiguousarray(signed(vectors).T, dtype=np.float32)
        self.explained_variance_ = np.maximum(variance, 0.0).astype(float)
        self.explained_variance_ratio_ = self.explained_variance_ / (np.trace(covariance) or 1.0)
        self.n_features_in_ = len(self.mean_)
        return self

    def check(self):
        """Raise an InputError where the number of components is none, whatever the images."""
        if self.n_components is not None and not is_whole(self.n_components):
            told = f"a whole number of 1 or more, or None for all, got {self.n_components!r}"
            raise InputError(f"n_components must be {told}.")

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
            Where the images have another shape than those of the fit.
        """
        if not hasattr(self, "components_"):
            from sklearn.utils.validation import check_is_fitted

            check_is_fitted(self)
        images = as_images(images, "Pixels", self.shape_)
        out = np.empty((len(images), len(self.components_)), np.float32) if out is None else out
        weights = (self.components_ / self.scale_).T.astype(np.float32)

        def project(shares):
            for rows, x in shares:
                np.matmul(x, weights, out=out[rows])
                release(out)

        for _ in _on_all_cores(project, images, self.mean_.astype(np.float32)):
            pass
        return out

    def fit_transform(self, images, y=None):
        """Return the images it was fitted on, on the components."""
        return self.fit(images).transform(images)

    def get_params(self, deep=True):
        """Return the parameters by name, as scikit-learn asks."""
        return {"n_components": self.n_components}

    def set_params(self, **params):
        """Set the parameters by name, as scikit-learn asks; those not named stay."""
        self.n_components = params.pop("n_components", self.n_components)
        if params:
            raise ValueError(f"Pixels has no parameter {next(iter(params))!r}.")
        return self

    def __sklearn_tags__(self):
        from sklearn.utils import Tags, TargetTags, TransformerTags

        return Tags(None, TargetTags(required=False), TransformerTags(preserves_dtype=[]))

    def __repr__(self):
        return f"Pixels(n_components={self.n_components})"


def _counted(count, images):
    """Return the number of components, where the images allow it."""
    if not len(images):
        raise InputError(f"Pixels needs images of shape (n, height, width), got shape {images.shape}.")
    most = min(len(images), _pixels(images))
    if count == _COMPONENTS and most < count:
        warnings.warn(f"Pixels has {most} components, as there are no more among these faces.", stacklevel=3)
        return most
    if count is not None and count > most:
        raise InputError(
            f"n_components must be between 1 and the smaller of faces and pixels ({most}), got {count!r}."
        )
    return most if count is None else int(count)


def _pixels(images):
    return int(np.prod(images.shape[1:]))


def _on_all_cores(work, images, centre):
    """Yield what each core makes of its share of the images, ``work(shares)``.

    ``shares`` yields (rows, x): blocks as float32 less a centre, in one buffer used
    again and again. Each core has blocks of its own, and BLAS one thread.
    """
    cores = max(1, min(processor.cores(), _CORES, -(-len(images) // _ROWS)))

    def shares(first):
        buffer = np.empty((min(_ROWS, len(images)), len(centre)), np.float32)
        for start in range(first * _ROWS, len(images), cores * _ROWS):
            rows = slice(start, start + _ROWS)
            block = images[rows]
            x = buffer[: len(block)]
            np.subtract(block.reshape(x.shape), centre, out=x, dtype=np.float32)
            yield rows, x
            release(images)

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(cores) as pool:
        yield from pool.map(work, map(shares, range(cores)))


def _moments(images):
    """Return mean, scale and the covariance of the standardised pixels.

    Less a whole number near their mean, grey values and their products are small
    whole numbers, so that the float32 sums of a block are all but exact.
    """
    n, pixels = len(images), _pixels(images)
    centre = _middle(images)

    def sums(shares):
        total, cross = np.zeros(pixels), np.zeros((pixels, pixels))
        part = np.empty((pixels, pixels), np.float32)
        for _, x in shares:
            total += x.sum(0)
            cross += np.matmul(x.T, x, out=part)  # of a matrix with itself: numpy makes one triangle only
        return total, cross

    (total, cross), *others = _on_all_cores(sums, images, centre)
    for more in others:
        total += more[0]
        cross += more[1]
    mean = total / n
    spread = np.sqrt(np.maximum(np.diag(cross) / n - mean**2, 0))
    scale = np.where(spread > 0, spread, 1.0)
    weight = 1 / (scale * np.sqrt(max(n - 1, 1)))  # scaled by n, then the covariance by n - 1
    cross *= weight
    cross *= weight[:, None]
    mean_weighted = mean * weight * np.sqrt(n)
    cross -= np.outer(mean_weighted, mean_weighted)
    return centre + mean, scale, cross


def _middle(images):
    """Return the rounded mean of a few rows here and there."""
    total, rows = np.zeros(_pixels(images)), 0
    for start in range(0, len(images), max(len(images) // 16, 1)):
        some = images[start : start + 32]
        total += some.reshape(len(some), -1).sum(0)
        rows += len(some)
        release(images)
    return (total / rows).round().astype(np.float32)


def _leading(matrix, count):
    """Return the largest eigenvalues, the largest first, and their vectors."""
    found = None
    if 8 * count <= len(matrix):
        with threadpool_limits(1, "blas"):  # in so small products a second thread waits more than it works
            found = _krylov(matrix, count)
    return largest(matrix, count) if found is None else found


def _krylov(matrix, count):
    """Return what :func:`_leading` does by block Lanczos, or None where it does not settle.

    Each step multiplies a block of vectors and makes it orthogonal to all before;
    the matrix seen from their span, ``small``, soon has the same leading eigenvalues.
    """
    size, exact, matrix = len(matrix), matrix, matrix.astype(np.float32)
    block = matrix @ np.random.default_rng(0).standard_normal((size, _WIDTH), dtype=np.float32)
    block = np.linalg.qr(block)[0]
    basis, small = np.empty((size, 0), np.float32), np.empty((0, 0), np.float32)
    while basis.shape[1] + _WIDTH <= size // 2:
        basis = np.hstack([basis, block])
        block = matrix @ block
        small = _grown(small, basis.T @ block)
        for _ in range(2):
            block -= basis @ (basis.T @ block)
        block, rest = np.linalg.qr(block)
        if basis.shape[1] >= 5 * count:
            values, vectors = np.linalg.eigh(small)
            gaps = np.abs(np.diff(values[::-1][: count + 1]))
            gaps = np.minimum(gaps, np.append(np.inf, gaps[:-1]))
            stray = np.linalg.norm(rest @ vectors[-_WIDTH:, ::-1][:, :count], axis=0)
            if (stray < _STRAY * gaps).all():
                return _ritz(exact, basis @ vectors[:, -count - _WIDTH :], count)
    return None


def _ritz(matrix, span, count):
    """Return the leading eigenvalues and vectors of a matrix seen from a span, in float64."""
    span = np.linalg.qr(span.astype(float))[0]
    values, vectors = largest(span.T @ matrix @ span, count)
    return values, span @ vectors


def _grown(small, columns):
    """Return a symmetric matrix with these columns, and rows, added."""
    old = len(small)
    grown = np.empty((len(columns), len(columns)), np.float32)
    grown[:old, :old], grown[:, old:], grown[old:, :old] = small, columns, columns[:old].T
    return grown
