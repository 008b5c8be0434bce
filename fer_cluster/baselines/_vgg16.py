"""The convolutions of VGG16 without a gradient, and a small head that learns."""

import hashlib

import torch
from torch import nn

CONVOLUTIONS = (1, 1, "pool", 2, 2, "pool", 4, 4, 4, "pool", 8, 8, 8, "pool", 8, 8, 8, "pool")  # widths
MEAN = (0.485, 0.456, 0.406)  # of ImageNet's red, green and blue, as torchvision takes them
SD = (0.229, 0.224, 0.225)


def convolutions(width):
    """Return the stack, numbered as in torchvision: `0.weight` ... `28.bias` at width 64."""
    layers, channels = [], 3
    for times in CONVOLUTIONS:
        if times == "pool":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(channels, width * times, 3, padding=1), nn.ReLU(inplace=True)]
            channels = width * times
    return nn.Sequential(*layers)


class Vgg16(nn.Module):
    """Grey images (b, 1, height, width) of 0..1 -> logits (b, n_classes); only the head is trained.

    Parameters
    ----------
    height, width : int
        Of the images, in pixels.
    n_classes : int
    dense : int
    dropout : float
    normalise : bool
        Whether to take off ImageNet's mean and divide by its standard deviation.
    first : int
        Channels of the first convolution.
    remember : bool
        Whether to keep what the frozen stack makes of each image, until :meth:`forget`.
    """

    def __init__(self, height, width, n_classes, *, dense, dropout, normalise, first, remember):
        super().__init__()
        self.features = convolutions(first).requires_grad_(False)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(8 * first * (height // 32) * (width // 32), dense),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(dense, n_classes),
        )
        mean, sd = (MEAN, SD) if normalise else ((0.0,) * 3, (1.0,) * 3)
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.register_buffer("sd", torch.tensor(sd)[:, None, None], persistent=False)
        self.remember = remember
        self.known = {}

    def __getstate__(self):
        """Leave what is remembered out of copies and of files."""
        return self.__dict__ | {"known": {}}

    def forward(self, images):
        """Return the logits, shape (b, n_classes)."""
        seen = self._recalled(images) if self.remember else self.describe(images)
        return self.head(seen)

    def forget(self):
        """Keep nothing any more: the images to come are each seen once."""
        self.remember, self.known = False, {}

    @torch.no_grad()
    def describe(self, images):
        """Return what the frozen stack makes of images, shape (b, channels, rows, columns)."""
        return self.features((images - self.mean) / self.sd)

    def _recalled(self, images):
        """Return the same, running only images that were never seen: ten epochs cost little more than one."""
        keys = [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images.cpu().numpy()]
        new = [place for place, key in enumerate(keys) if key not in self.known]
        if new:
            described = self.describe(images[new])
            self.known.update(zip((keys[place] for place in new), described, strict=True))
        return torch.stack([self.known[key] for key in keys])
