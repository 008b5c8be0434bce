"""A face less its neutral self, which is told from the face's coarse shape without a label."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fer_cluster.blocks import blocks
from fer_cluster.chain import chained
from fer_cluster.errors import InputError, unknown
from fer_cluster.images import as_images
from fer_cluster.whole import check_numbers

__all__ = ["NeutralResidual"]

_NEUTRAL = ("low_frequency", "neighbours")
_GREY, _UNIT = 128, 40  # a residual of 0 is drawn in this grey, one of 1 brighter by so much


class NeutralResidual(TransformerMixin, BaseEstimator):
    """What differs from the face that one expects, given head, pose and light; then its description.

    Faces lose the plane of light across them and are standardised; principal
    components of the smoothed face stand for who it is and how the head is held. The
    neutral self is what goes with these components, the residual is the rest, and its
    description that of the residual drawn as a picture, averaged with that of the
    mirrored face.

    Parameters
    ----------
    neutral : str
        ``low_frequency``: the neutral self is predicted from the components by
        linear regression; ``neighbours``: it is the mean of the training faces
        nearest in them.
    describe : str
        What describes the residual: any part that finds features, and steps after it, such as
        ``pixels:64`` for its principal components or ``hog:cell=6;region=mouth > whiten:64``.
    n_coarse : int
        Number of components at most.
    smooth : float
        Standard deviation of the blur in pixels of a frame of 48.
    n_neighbours : int
        How many faces ``neighbours`` averages; fewer where there are fewer.
    random_state : int
        Of every part of the description that takes one and was not told.

    Attributes
    ----------
    neutral_ : object
        Its ``neutral(faces)`` gives the neutral selves of standardised faces.
    describe_ : object
        The fitted part that describes the residuals.

    References
    ----------
    The residual of a neutral self: Yu, Sun and Yang 2022, who generate it with a net that was told
    which faces are neutral. Both ways to do without that are ours.
    """

    def __init__(
        self,
        neutral="low_frequency",
        describe="hog:region=eyes_mouth",
        n_coarse=16,
        smooth=4.0,
        n_neighbours=20,
        random_state=0,
    ):
        self.neutral = neutral
        self.describe = describe
        self.n_coarse = n_coarse
        self.smooth = smooth
        self.n_neighbours = n_neighbours
        self.random_state = random_state

    def fit(self, images, y=None):
        """Learn neutral selves, and the description of residuals, of images, uint8 (n, height, width).

        Raises
        ------
        InputError
            Where the images or a parameter cannot be used.
        """
        images = as_images(images, "NeutralResidual")
        self.check()
        if len(images) < 2:
            raise InputError(f"NeutralResidual needs two or more images, got {len(images)}.")
        self.shape_ = images.shape[1:]
        self.neutral_ = self._untrained().fit(images)
        pictures = np.empty(images.shape, np.uint8)
        for rows, block in blocks(images):
            pictures[rows] = _drawn((self.residual(block) + self.residual(block[:, :, ::-1])) / 2)
        self.describe_ = chained(self.describe, self.random_state).fit(pictures)
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        if self.neutral not in _NEUTRAL:
            raise unknown("neutral", self.neutral, _NEUTRAL)
        check_numbers(self)
        if not self.smooth > 0:
            raise InputError(f"smooth must be above 0 pixels, got {self.smooth!r}.")
        chained(self.describe, self.random_state).check()

    def transform(self, images):
        """Return the description of the residuals, shape (n, d), float32.

        Raises
        ------
        InputError
            Where there is no image, or they have another shape than those of ``fit``.
        """
        check_is_fitted(self, "neutral_")
        images, found = as_images(images, "NeutralResidual", self.shape_), []
        if not len(images):
            raise InputError("NeutralResidual needs at least one image, got none.")
        for _, block in blocks(images):
            both = [
                self.describe_.transform(_drawn(self.residual(side))) for side in (block, block[:, :, ::-1])
            ]
            found.append(((both[0] + both[1]) / 2).astype(np.float32))
        return np.concatenate(found)

    def residual(self, images):
        """Return standardised faces less their neutral selves, float64, shape (n, height, width).

        Raises
        ------
        InputError
            Where the images have another shape than those of ``fit``.
        """
        from fer_cluster.features._neutral_residual import even

        check_is_fitted(self, "neutral_")
        faces = even(as_images(images, "NeutralResidual", self.shape_))
        return faces - self.neutral_.neutral(faces)

    def _untrained(self):
        from fer_cluster.features._neutral_residual import LowFrequency, Neighbours

        if self.neutral == "neighbours":
            return Neighbours(self.smooth, self.n_coarse, self.n_neighbours)
        return LowFrequency(self.smooth, self.n_coarse)


def _drawn(residual):
    """Return residuals as pictures, uint8."""
    return np.rint(_GREY + _UNIT * residual).clip(0, 255).astype(np.uint8)
