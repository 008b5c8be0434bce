"""Glasses drawn on faces at random, for nets that are to look past them."""

import torch

LEVEL = (0.35, 0.41)  # of the eyes, down the face (of FER2013's mean face .37)
APART = (0.165, 0.205)  # of each eye from the middle, across (.185)
WIDE, TALL = (0.1, 0.165), (0.07, 0.14)  # half the width and height of a glass
SQUARE = (2.0, 5.0)  # power of its outline: 2 an ellipse, more the nearer to a rectangle
THICK = (0.4, 1.2)  # half the thickness of a rim, pixels of a frame of 48
TONE, STRENGTH = (0.0, 90.0), (0.5, 1.0)  # grey value of rims, and how much they cover
SHADES = 0.2  # share of glasses that are dark


def with_glasses(images):
    """Return images with glasses before the eyes, others for each.

    Rims, a bridge and temples, soft at their edges, where the eyes of upright faces that fill the image
    are. Ours, after the drawn glasses of the toy faces.

    Parameters
    ----------
    images : tensor of float32, shape (b, 1, height, width)

    Returns
    -------
    tensor of float32, shape (b, 1, height, width)
    """

    def draw(low, high):
        return low + (high - low) * torch.rand(len(images), 1, 1, 1, device=images.device)

    height, width = images.shape[2:]
    y, x = ((torch.arange(side, device=images.device) + 0.5) / side for side in (height, width))
    down = y[:, None] - draw(*LEVEL)
    across = (x - draw(0.47, 0.53)).abs() - draw(*APART)  # from the middle of the nearer glass
    wide, tall, square = draw(*WIDE), draw(*TALL), draw(*SQUARE)
    place = ((across / wide).abs() ** square + (down / tall).abs() ** square) ** (1 / square)  # 1 on the rim
    outside, thick = (place - 1) * tall * height, draw(*THICK) * height / 48  # pixels
    rim = (thick + 0.5 - outside.abs()).clamp(0, 1)
    bar = (thick + 0.5 - (down + tall / 4).abs() * height).clamp(0, 1) * (across.abs() > wide)
    shade = (draw(0, 1) < SHADES) * (0.5 - outside).clamp(0, 1)
    return torch.lerp(
        images, draw(*TONE).expand_as(images), draw(*STRENGTH) * torch.maximum(rim, bar).maximum(shade)
    )
