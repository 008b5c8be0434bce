"""Images changed at random where emotion is not, a batch at a time, and several views of one image."""

import math
from dataclasses import dataclass

import torch
from torch.nn.functional import grid_sample

from fer_cluster.errors import InputError, unknown
from fer_cluster.training.changes import CHANGES, VIEWS, check_changes

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
        ``contrast`` spreads grey values about their mean; ``erase`` fills a rectangle with noise.
    crop : int
        Side of a square cut at random out of the moved face; 0 keeps the frame.

    References
    ----------
    Strengths after Khaireddin and Chen 2021: rotation and shift of their released code, scale of
    their text (the code only enlarges). Light and contrast as in colour jitter of 0.5; the slope of
    light is ours. Erasing: Zhong et al. 2020, AAAI.
    """

    changes: str = "+".join(CHANGES)
    crop: int = 0

    def __post_init__(self):
        check_changes(self.changes, self.crop)

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
        size = _side(images, self.crop)
        if "mirror" in names:
            images = torch.where(_chosen(images), images.flip(3), images)
        if names & {"shift", "rotate", "scale"}:
            x = _moved(images, names, size)
        else:
            x = _random_crop(images, size).float()
        if names & {"light", "contrast"}:
            x = _relit(x, names)
        if "erase" in names:
            x = _erased(x)
        return _channels_last(x)


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


def _channels_last(x):
    """Return images (b, 1, height, width) with the strides of channels-last, which copies nothing."""
    return x.squeeze(1).unsqueeze(3).permute(0, 3, 1, 2)


def centre_crop(images, crop):
    """Return the middle of images (..., height, width); a crop of 0 keeps the frame.

    Raises
    ------
    InputError
        Where the crop is larger than the frame.
    """
    height, width = _side(images, crop)
    top, left = (images.shape[-2] - height) // 2, (images.shape[-1] - width) // 2
    return images[..., top : top + height, left : left + width]


def mirror_views(images):
    """Return the images and their mirror images, shape (2, b, 1, height, width)."""
    return torch.stack([images, images.flip(-1)])


def ten_crop(images, crop):
    """Return the four corners, the centre and their mirror images, shape (10, b, 1, crop, crop).

    Raises
    ------
    InputError
        Where the crop is not smaller than the frame.
    """
    if not 0 < crop < min(images.shape[-2:]):
        raise InputError(f"ten_crop needs a crop of 1 to {min(images.shape[-2:]) - 1} pixels, got {crop}.")
    ends = (slice(None, crop), slice(-crop, None))
    crops = [images[..., rows, columns] for rows in ends for columns in ends]
    return mirror_views(torch.stack([*crops, centre_crop(images, crop)])).flatten(0, 1)


def views(images, kind, crop):
    """Return the views that a prediction is averaged over, shape (views, b, 1, crop, crop).

    Parameters
    ----------
    images : tensor, shape (b, 1, height, width)
    kind : str
        ``one`` (the centre), ``mirror`` (it and its mirror image) or ``ten_crop``.
    crop : int
        Side of the square that the net sees; 0 the whole frame.

    Raises
    ------
    InputError
        Where the kind is unknown or the crop does not fit.
    """
    if kind not in VIEWS:
        raise unknown("views", kind, VIEWS)
    if kind == "ten_crop":
        return ten_crop(images, crop)
    middle = centre_crop(images, crop)
    return mirror_views(middle) if kind == "mirror" else middle[None]


def _side(images, crop):
    """Return height and width of what is left of images by a crop."""
    frame = images.shape[-2:]
    if crop > min(frame):
        raise InputError(f"crop must be 1 to {min(frame)} pixels, or 0 for the whole frame, got {crop}.")
    return torch.Size((crop, crop)) if crop else frame


def one_hot(targets, n_classes):
    """Return one where the target (b,) is and zero elsewhere, float32 (b, n_classes)."""
    hot = torch.zeros(len(targets), n_classes, device=targets.device)
    return hot.scatter_(1, targets.long()[:, None], 1.0)


def mixed(images, targets, mixup=0.0, cutmix=0.0):
    """Return images mixed with others of their batch, and targets mixed alike.

    Parameters
    ----------
    images : tensor, shape (b, 1, height, width)
    targets : tensor of float, shape (b, c)
        Such as :func:`one_hot` labels.
    mixup : float
        alpha of the Beta distribution that the share of one image is drawn from,
        once a batch (Zhang et al. 2018, ICLR); 0 for none.
    cutmix : float
        The same for a rectangle out of the other image (Yun et al. 2019, ICCV).
        Where both are given, one of them is drawn for each batch.

    Returns
    -------
    images : tensor of float32, shape (b, 1, height, width), channels-last
    targets : tensor of float32, shape (b, c)
    """
    images = images.float()
    if mixup <= 0 and cutmix <= 0:
        return images, targets
    cut = cutmix > 0 and (mixup <= 0 or torch.rand(()).item() < 0.5)  # on the CPU: nobody waits for the GPU
    alpha = float(cutmix if cut else mixup)
    share = torch.distributions.Beta(alpha, alpha).sample().item()
    other = torch.randperm(len(images), device=images.device)
    if cut:
        rows, columns, share = _rectangle(images.shape[2:], share)
        x = images.clone()
        x[:, :, rows, columns] = images[other, :, rows, columns]
    else:
        x = torch.lerp(images, images[other], 1 - share)
    return _channels_last(x), torch.lerp(targets, targets[other], 1 - share)


def _rectangle(frame, share):
    """Return rows and columns of a rectangle cut at random, and the share of the frame that is left."""
    stretches = []
    for side in frame:
        half = int(side * math.sqrt(1 - share)) // 2
        centre = int(torch.randint(side, ()))
        stretches.append(slice(max(centre - half, 0), min(centre + half, side)))
    area = math.prod(stretch.stop - stretch.start for stretch in stretches)
    return *stretches, 1 - area / math.prod(frame)
