"""Images changed at random where emotion is not, a batch at a time."""

import math
from dataclasses import dataclass

import torch
from torch.nn.functional import grid_sample

from fer_cluster.errors import InputError
from fer_cluster.training.changes import CHANGES, check_changes
from fer_cluster.training.glasses import with_glasses
from fer_cluster.training.strides import channels_last
from fer_cluster.training.views import cropped_size

OFTEN = 0.5  # chance of each change of an image, and of each direction of a shift; every image is scaled
SHIFT = 0.2  # share of a side, at most
ROTATE = 10.0  # degrees at most, either way
SCALE = 0.2  # a fifth smaller to a fifth larger
LIGHT = 0.5  # half as bright to half as bright again
FIELD = 0.3  # rise of the light from the middle to an edge, at most
CONTRAST = 0.5  # half to one and a half
ERASE = (0.02, 0.33)  # share of the area
ASPECT = 0.3  # height by width of what is erased, and the inverse


@dataclass(frozen=True)
class Augment:
    """Random changes of a batch of images, other ones for each image.

    Parameters
    ----------
    changes : str
        Any of ``CHANGES`` joined by ``+``. ``mirror`` swaps left and right; ``shift`` (down and
        across, each by its own chance), ``rotate`` and ``scale`` move the face, and what comes in
        from outside repeats the edge;
        ``light`` changes brightness and puts a slope of light across the face;
        ``contrast`` spreads grey values about their mean; ``erase`` fills a rectangle with noise;
        ``glasses`` draws rims or dark glasses before the eyes.
    crop : int
        Side in pixels of a square cut at random out of the moved face; 0 keeps the frame.

    References
    ----------
    Strengths after Khaireddin and Chen 2021: rotation and shift of their released code, scale of
    their text (the code only enlarges). Light and contrast as in colour jitter of 0.5; the slope of
    light is ours. Erasing: Zhong et al. 2020, AAAI.
    """

    changes: str = "+".join(CHANGES)
    crop: int = 0

    def __post_init__(self):
        check_changes(self.changes)
        if self.crop < 0:
            raise InputError(f"crop must be 0 (the whole frame) or more, got {self.crop}.")

    @torch.no_grad()
    def __call__(self, images):
        """Return the batch, changed.

        Parameters
        ----------
        images : tensor of uint8, shape (b, 1, height, width)

        Returns
        -------
        tensor of float32, shape (b, 1, crop, crop), or (b, 1, height, width) without a crop
            Grey values, 0 to 255, channels-last, on the device of the images.

        Raises
        ------
        InputError
            Where the crop is larger than the frame.
        """
        names = set(self.changes.split("+"))
        size = cropped_size(images, self.crop)
        if "mirror" in names:
            images = torch.where(_chosen(images), images.flip(3), images)
        if "glasses" in names:
            images = torch.where(_chosen(images), with_glasses(images.float()), images.float())
        if names & {"shift", "rotate", "scale"}:
            x = _moved(images, names, size)
        else:
            x = _random_crop(images, size).float()
        if names & {"light", "contrast"}:
            x = _relit(x, names)
        if "erase" in names:
            x = _erased(x)
        return channels_last(x)


def _moved(images, names, size):
    """Return images shifted, rotated, scaled and cropped at once, by one resampling.

    The grid is made by hand and not by ``affine_grid``: its matrix product loses a tenth of a
    pixel in the half precision that training may run in.
    """
    device = images.device
    angle = math.radians(ROTATE) * _spread(images) * _chosen(images) * ("rotate" in names)
    zoom = 1 + SCALE * _spread(images) * ("scale" in names)
    cosine, sine = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    place = []
    for axis, side in enumerate(size):
        frame = images.shape[2 + axis]
        shift = SHIFT * frame * _spread(images) * _chosen(images) * ("shift" in names)
        corner = (torch.rand_like(shift) * (frame - side + 1)).floor() - (frame - 1) / 2 - shift
        along = torch.arange(side, device=device, dtype=torch.float32)
        place.append(corner + along.view((-1, 1) if axis == 0 else (1, -1)))  # from the frame's centre
    (y, x), (height, width) = place, images.shape[2:]
    row = (cosine * y - sine * x) * (2 / height)
    column = (cosine * x + sine * y) * (2 / width)
    grid = torch.stack([column, row], -1).squeeze(1)  # (b, c, c, 2)
    return grid_sample(images.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)


def _random_crop(images, size):
    """Return a crop of each image at whole pixels, every place as likely as another."""
    if size == images.shape[2:]:
        return images
    device, index = images.device, []
    for side, frame in zip(size, images.shape[2:], strict=True):
        corner = (torch.rand(len(images), 1, device=device) * (frame - side + 1)).long()
        index.append(corner + torch.arange(side, device=device))
    image = torch.arange(len(images), device=device)[:, None, None]
    return images[image, 0, index[0][:, :, None], index[1][:, None, :]].unsqueeze(1)


def _relit(x, names):
    """Return images of other contrast about their mean, then of other light."""
    if "contrast" in names:
        gain = 1 + CONTRAST * _spread(x) * _chosen(x)
        x = torch.lerp(x.mean((2, 3), keepdim=True), x, gain)
    if "light" in names:
        chosen = _chosen(x)
        direction, rise = math.pi * _spread(x), FIELD * torch.rand(len(x), 1, 1, 1, device=x.device) * chosen
        down, across = (torch.linspace(-1, 1, side, device=x.device) for side in x.shape[2:])
        slope = rise * torch.sin(direction) * down[:, None] + rise * torch.cos(direction) * across
        x = x * (slope + (1 + LIGHT * _spread(x) * chosen))
    return x.clamp(0, 255)


def _erased(x):
    """Return images with a rectangle of noise, all other pixels as they were."""
    height, width = x.shape[2:]
    low, high = ERASE
    area = low + (high - low) * (_spread(x) + 1) / 2
    aspect = torch.exp(math.log(ASPECT) * _spread(x))
    tall = (height * (area * aspect).sqrt()).round().clamp(1, height)
    wide = (width * (area / aspect).sqrt()).round().clamp(1, width)
    inside = _chosen(x) & _between(tall, height).unsqueeze(3) & _between(wide, width).unsqueeze(2)
    return torch.where(inside, 255 * torch.rand_like(x), x)


def _between(length, side):
    """Return which of ``side`` pixels lie on a stretch of that length put at random, (b, 1, side)."""
    length = length.flatten(1).unsqueeze(1)
    start = (torch.rand_like(length) * (side - length + 1)).floor()
    pixel = torch.arange(side, device=length.device)
    return (pixel >= start) & (pixel < start + length)


def _spread(images):
    """Return a number for each image, evenly spread over -1 to 1, shape (b, 1, 1, 1)."""
    return 2 * torch.rand(len(images), 1, 1, 1, device=images.device) - 1


def _chosen(images):
    """Return which images are changed, shape (b, 1, 1, 1)."""
    return torch.rand(len(images), 1, 1, 1, device=images.device) < OFTEN
