"""A bag of visual words: which of the commonest small patches of edges a face has, and where."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fer_cluster.blocks import blocks
from fer_cluster.errors import InputError, unknown
from fer_cluster.images import as_images
from fer_cluster.whole import check_numbers

__all__ = ["Patches"]

_AT_ONCE = 100  # images whose patches are in memory together
_CELLS = 3  # a patch is 3 x 3 cells
_DIRECTIONS = 8
_STEP = 3  # pixels from patch to patch
_MARGIN = 2  # pixels by which patches reach over the edge
_GRID = 4  # a face is parted into 4 x 4 fields
_FIELDS = {"face": (slice(0, 4), slice(0, 4)), "centre": (slice(1, 4), slice(1, 3))}


class Patches(TransformerMixin, BaseEstimator):
    """How much each field of the face resembles each of the words that patches were clustered into.

    Patches of 3 x 3 cells, described by how strongly edges run in eight
    directions, are clustered by K-Means; the centres are the words. A patch is
    coded by how much nearer than the mean each word is to it, and the codes are
    summed over the fields of a 4 x 4 grid.

    Parameters
    ----------
    n_words : int
    cell : int
        Side of a cell in pixels.
    mirror : bool
        Whether to average with the codes of the mirrored image.
    region : str
        ``face``: all 16 fields; ``centre``: the six that hold brows, eyes, nose and mouth.
    random_state : int

    Attributes
    ----------
    words_ : ndarray of float32, shape (n_words, 72)
    place_ : ndarray, shape (fields * n_words, 2)
        Row and column of each feature's field, as shares of height and width.

    References
    ----------
    Coates and Ng, Learning feature representations with K-Means, 2012; Lowe, Distinctive image
    features from scale-invariant keypoints, 2004.
    """

    def __init__(self, n_words=200, cell=4, mirror=True, region="centre", random_state=0):
        self.n_words = n_words
        self.cell = cell
        self.mirror = mirror
        self.region = region
        self.random_state = random_state

    def fit(self, images, y=None):
        """Learn the words of images, uint8 (n, height, width).

        Raises
        ------
        InputError
            Where the images are too small, the region is unknown, or words or cell are none.
        """
        images = as_images(images, "Patches")
        self.check()
        self.shape_ = images.shape[1:]
        self._place()
        random = np.random.default_rng(self.random_state)
        rows = np.sort(random.permutation(len(images))[:1200])
        self.words_ = self._words(images[rows], random)
        self.place_ = np.repeat(self.fields_, len(self.words_), axis=0)
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        check_numbers(self)
        if self.region not in _FIELDS:
            raise unknown("region", self.region, _FIELDS)

    def transform(self, images):
        """Return the codes, shape (n, fields * n_words), float32.

        Raises
        ------
        InputError
            Where the images have another shape than those of the fit.
        """
        check_is_fitted(self)
        images = as_images(images, "Patches", self.shape_)
        features = np.empty((len(images), len(self.place_)), np.float32)
        for rows, block in blocks(images):
            for start in range(0, len(block), _AT_ONCE):
                few = block[start : start + _AT_ONCE]
                codes = self._code(few)
                if self.mirror:
                    codes = (codes + self._code(few[:, :, ::-1])) / 2
                features[rows][start : start + _AT_ONCE] = codes
        return features

    def _place(self):
        """Learn where patches start, and which field each belongs to."""
        side = _CELLS * self.cell
        starts = [np.arange(0, length + 2 * _MARGIN - side + 1, _STEP) for length in self.shape_]
        centres = [
            (start + side / 2 - _MARGIN) / length for start, length in zip(starts, self.shape_, strict=True)
        ]
        fields = [np.floor(centre * _GRID).clip(0, _GRID - 1).astype(int) for centre in centres]
        wanted = np.zeros((_GRID, _GRID), bool)
        wanted[_FIELDS[self.region]] = True
        field = fields[0][:, None] * _GRID + fields[1]
        kept = wanted.ravel()[field] if field.size else np.zeros((0, 0), bool)
        if not kept.any():
            height, width = self.shape_
            raise InputError(f"Images of {height} x {width} are too small for patches of {side} pixels.")
        down, across = np.nonzero(kept)
        self.starts_ = starts[0][down], starts[1][across]
        present = np.unique(field[kept])
        self.pool_ = (field[kept] == present[:, None]).astype(np.float32)  # (fields, patches)
        self.fields_ = np.stack([present // _GRID, present % _GRID], axis=1) / _GRID + 0.5 / _GRID

    def _words(self, images, random):
        from sklearn.cluster import MiniBatchKMeans

        found = np.concatenate(
            [self._patches(images[start : start + _AT_ONCE]) for start in range(0, len(images), _AT_ONCE)]
        ).reshape(-1, _CELLS**2 * _DIRECTIONS)
        found = found[random.permutation(len(found))[:60000]]
        count = min(self.n_words, len(found))
        seed = int(random.integers(2**31))
        kmeans = MiniBatchKMeans(count, batch_size=4096, n_init=1, max_iter=30, random_state=seed)
        return kmeans.fit(found).cluster_centers_.astype(np.float32)

    def _code(self, images):
        patches = self._patches(images)
        x = patches.reshape(-1, patches.shape[-1])
        squared = (x * x).sum(1)[:, None] + (self.words_ * self.words_).sum(1) - 2 * x @ self.words_.T
        distance = np.sqrt(np.maximum(squared, 0, out=squared), out=squared)
        code = np.maximum(distance.mean(1, keepdims=True) - distance, 0)
        return (self.pool_ @ code.reshape(len(images), -1, len(self.words_))).reshape(len(images), -1)

    def _patches(self, images):
        """Return the described patches, shape (n, patches, 72), unit length where there are edges."""
        sums = _cell_sums(images, self.cell)
        down, across = self.starts_
        steps = [cell * self.cell for cell in range(_CELLS)]
        x = np.concatenate([sums[:, down + i, across + j] for i in steps for j in steps], axis=-1)
        x = np.minimum(x / (_length(x) + 20 * _CELLS * self.cell), 0.25)  # weak edges stay weak
        return x / (_length(x) + 1e-3)


def _cell_sums(images, cell):
    """Return the strength of edges in each direction in the cell at each pixel, (n, h, w, directions)."""
    margin = ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN))
    x = np.pad(images, margin, mode="edge").astype(np.float32)
    down, right = np.zeros((2, *x.shape), np.float32)
    down[:, 1:-1] = x[:, 2:] - x[:, :-2]
    right[:, :, 1:-1] = x[:, :, 2:] - x[:, :, :-2]
    strength = np.sqrt(down * down + right * right)
    turn = (np.arctan2(down, right) / (2 * np.pi) % 1) * _DIRECTIONS
    nearest = np.floor(turn)
    rest = turn - nearest
    nearest = nearest.astype(np.int8) % _DIRECTIONS
    maps = np.zeros((*x.shape, _DIRECTIONS), np.float32)
    for direction in range(_DIRECTIONS):  # shared between the two nearest directions
        share = (nearest == direction) * (1 - rest)
        share += (nearest == (direction - 1) % _DIRECTIONS) * rest
        np.multiply(strength, share, out=maps[..., direction])
    along = np.cumsum(np.pad(maps, ((0, 0), (1, 0), (0, 0), (0, 0))), axis=1)
    along = along[:, cell:] - along[:, :-cell]
    along = np.cumsum(np.pad(along, ((0, 0), (0, 0), (1, 0), (0, 0))), axis=2)
    return along[:, :, cell:] - along[:, :, :-cell]


def _length(x):
    return np.linalg.norm(x, axis=-1, keepdims=True)
