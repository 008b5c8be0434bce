"""Faces of which a few small places have moved: batches of smooth random local displacements."""

from dataclasses import dataclass

import torch
from torch.nn.functional import grid_sample

from fer_cluster.errors import InputError, unknown

# The half of each band that lies left in the picture, shares of the frame: (top, bottom, left, right).
# Read off the mean face of FER2013's Training images, whose faces are roughly registered.
BANDS = {
    "brows": (0.20, 0.31, 0.18, 0.44),
    "eyes": (0.32, 0.42, 0.20, 0.42),
    "nose": (0.55, 0.67, 0.38, 0.46),
    "mouth": (0.70, 0.88, 0.30, 0.50),
}
ALL = "+".join(BANDS)
FRAME = 48  # pixels of a side; displacements are told in pixels of such a frame
CENTRES = 3  # at most
LEAST = 0.4  # displacement and width are drawn from two fifths of the largest to the largest
MIRRORED = 0.5  # chance that what moves on one side moves on the other too
NUDGE = 0.5  # pixels that the whole image is shifted by at most, by a warp that displaces nothing


@dataclass(frozen=True)
class LocalField:
    """Random displacement fields, one for each image of a batch: bumps in the bands of a face.

    One to three centres c are drawn in the bands. A bump displaces a pixel p by
    a u exp(-|p - c|^2 / 2 s^2), u a random direction; where bumps add up to more
    than a whole one they are averaged, so that nothing moves farther than ``amplitude``.

    Parameters
    ----------
    bands : str
        Any of ``BANDS`` joined by ``+``.
    amplitude : float
        Largest a, in pixels of a frame of 48. It is never above s, so that no bump
        folds the image over.
    spread : float
        Largest s, likewise.

    References
    ----------
    The idea that local warps change an expression: Xue, Sun and Yang 2023. Shape, bands and
    constants are ours.
    """

    bands: str = ALL
    amplitude: float = 5.0
    spread: float = 7.0

    def __post_init__(self):
        for name in self.bands.split("+"):
            if name not in BANDS:
                raise unknown("bands", name, BANDS)
        if not (self.amplitude > 0 and self.spread > 0):
            told = f"{self.amplitude!r} and {self.spread!r}"
            raise InputError(f"amplitude and spread of a warp must be above 0 pixels, got {told}.")

    @torch.no_grad()
    def __call__(self, images):
        """Return displacements in pixels, shape (b, height, width, 2): down, right.

        Parameters
        ----------
        images : tensor, shape (b, 1, height, width)
        """
        unit = min(images.shape[2:]) / FRAME
        width = unit * self.spread * _between(images, LEAST, 1)
        length = torch.minimum(unit * self.amplitude * _between(images, LEAST, 1), width)
        angle = torch.pi * _between(images, -1, 1)
        push = length[..., None] * torch.stack([angle.sin(), angle.cos()], -1)
        centre, here = self._centres(images), self._sides(images)
        right_half = torch.tensor(images.shape[3] - 1.0, device=images.device)
        twin = torch.stack([centre[..., 0], right_half - centre[..., 1]], -1)
        twin_push = push * torch.tensor([1.0, -1.0], device=images.device)
        bumps = (torch.cat(pair, 1) for pair in ((centre, twin), (push, twin_push), (width, width)))
        return bumps_field(*bumps, here, images.shape[2:])

    def _centres(self, images):
        """Return rows and columns of centres in the left half of the bands, (b, CENTRES, 2)."""
        boxes = torch.tensor([BANDS[name] for name in self.bands.split("+")], device=images.device)
        which = torch.randint(len(boxes), (len(images), CENTRES), device=images.device)
        top, bottom, left, right = boxes[which].unbind(-1)
        height, width = images.shape[2:]
        row = torch.lerp(top, bottom, _between(images, 0, 1)) * height - 0.5
        column = torch.lerp(left, right, _between(images, 0, 1)) * width - 0.5
        return torch.stack([row, column], -1)

    def _sides(self, images):
        """Return 1 for each bump and each twin across the middle that is there, (b, 2 * CENTRES)."""
        count = torch.randint(1, CENTRES + 1, (len(images), 1), device=images.device)
        counted = torch.arange(CENTRES, device=images.device) < count
        both = _between(images, 0, 1)[:, :1] < MIRRORED
        left = _between(images, 0, 1) < 0.5
        return torch.cat([counted & (left | both), counted & (~left | both)], 1).float()


def bumps_field(centre, push, spread, here, shape):
    """Return the displacements of bumps, shape (b, height, width, 2), pixels.

    Parameters
    ----------
    centre, push : tensor, shape (b, m, 2)
        Row and column, and displacement down and right, in pixels.
    spread : tensor, shape (b, m)
        Standard deviation of each bump.
    here : tensor, shape (b, m)
        1 for a bump that is there, 0 for one that is not.
    shape : tuple of int
        Height and width.
    """
    rows, columns = (torch.arange(side, device=centre.device, dtype=torch.float32) for side in shape)
    narrow = -0.5 / spread.square()[..., None]
    down = torch.exp(narrow * (rows - centre[..., :1]).square())
    across = torch.exp(narrow * (columns - centre[..., 1:]).square())
    weight = here[..., None, None] * down[..., :, None] * across[..., None, :]  # (b, m, height, width)
    field = (weight[..., None] * push[:, :, None, None]).sum(1)
    return field / weight.sum(1).clamp(min=1)[..., None]


@torch.no_grad()
def nudge(images):
    """Return a shift of each whole image by less than a pixel, shape (b, 1, 1, 2)."""
    return NUDGE * (2 * torch.rand(len(images), 1, 1, 2, device=images.device) - 1)


@torch.no_grad()
def warped(images, field):
    """Return images whose grey values have moved by a field, interpolated between pixels.

    Parameters
    ----------
    images : tensor, shape (b, 1, height, width)
    field : tensor, shape (b, height, width, 2) or what broadcasts to it
        Pixels down and right: p shows what was at p - field(p); beyond the edge it repeats.

    Returns
    -------
    tensor of float32, shape (b, 1, height, width), channels-last
    """
    height, width = images.shape[2:]
    rows = torch.arange(height, device=images.device, dtype=torch.float32)[:, None] - field[..., 0]
    columns = torch.arange(width, device=images.device, dtype=torch.float32) - field[..., 1]
    grid = torch.broadcast_tensors((2 * columns + 1) / width - 1, (2 * rows + 1) / height - 1)
    grid = torch.stack(grid, -1).expand(len(images), -1, -1, -1)
    x = grid_sample(images.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)
    return x.contiguous(memory_format=torch.channels_last)


def local_warp(images, bands=ALL, amplitude=5.0, spread=7.0):
    """Return faces warped locally, each in its own way: see :class:`LocalField`."""
    return warped(images, LocalField(bands, amplitude, spread)(images))


def _between(images, low, high):
    """Return numbers evenly spread between two, one for each image and centre, (b, CENTRES)."""
    return low + (high - low) * torch.rand(len(images), CENTRES, device=images.device)
