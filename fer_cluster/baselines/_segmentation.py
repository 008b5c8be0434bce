"""VGG19 with blocks that weigh its maps before the pools."""

import torch
from torch import nn
from torch.nn import functional

from fer_cluster.baselines._resnet import start
from fer_cluster.baselines._vgg import convolution
from fer_cluster.training.residual import Residual

STAGES = ((1, 2), (2, 2), (4, 4), (8, 4), (8, 4))  # width, as a multiple, and convolutions of each stage
SEEN_BY_CODE = (0, 1, 2, 4)  # the released code has no block in the fourth stage
GATES = {"softmax": lambda x: x.softmax(1), "sigmoid": lambda x: x.sigmoid()}


class Segmentation(nn.Module):
    """VGG19 with batch normalisation whose maps ``x`` become ``x * (1 + mask(x))`` before the pools.

    The names of its layers, ``features.0`` to ``features.52`` and
    ``classifier.0`` to ``classifier.6``, are those of torchvision's VGG19.
    """

    def __init__(self, n_classes, *, variant, gate, width, dense, dropout, channels, side, pool):
        super().__init__()
        self.gate, self.channels, self.side = gate, channels, side
        self.features, self.masks = nn.Sequential(), nn.ModuleDict()
        self._stack(channels, width, variant)
        self.pool = nn.AdaptiveAvgPool2d(pool)
        flat = width * STAGES[-1][0] * pool**2
        self.classifier = nn.Sequential(
            *_dense(flat, dense, dropout), *_dense(dense, dense, dropout), nn.Linear(dense, n_classes)
        )
        _start(self)

    def _stack(self, inside, width, variant):
        for stage, (multiple, convolutions) in enumerate(STAGES):
            outside = width * multiple
            for _ in range(convolutions):
                self.features.extend(convolution(inside, outside))
                inside = outside
            if variant == "figure":
                self.masks[str(len(self.features) - 1)] = UNet(outside)
            elif variant == "code" and stage in SEEN_BY_CODE:
                self.masks[str(len(self.features) - 1)] = Bottle(outside)
            self.features.append(nn.MaxPool2d(2))

    def forward(self, x):
        """Return the logits (b, n_classes) of grey images (b, 1, h, w)."""
        if self.side:
            x = functional.interpolate(x, size=(self.side, self.side), mode="bilinear", align_corners=False)
        x = x.expand(-1, self.channels, -1, -1)
        for place, layer in enumerate(self.features):
            x = layer(x)
            if str(place) in self.masks:
                x = (x * (1 + self.mask(place, x))).to(x.dtype)
        return self.classifier(self.pool(x).flatten(1))

    def mask(self, place, x):
        """Return the weights, between 0 and 1, of the maps ``x`` that leave one layer."""
        return GATES[self.gate](self.masks[str(place)](x).float())  # 1 + 1/512 is 1 in half precision


class Bottle(nn.Sequential):
    """The block of the released code: out to twice the channels and back, nothing halved."""

    def __init__(self, channels):
        super().__init__(Residual(channels, 2 * channels), Residual(2 * channels, channels))


class UNet(nn.Module):
    """The block of the paper's figure: three levels, skips that are joined on, a 1 x 1 convolution.

    The figure leaves the widths open; here every level is as wide as the maps.
    Odd sizes are halved upwards, and enlarged to the size of the skip.
    """

    def __init__(self, channels):
        super().__init__()
        self.down = nn.ModuleList([_twice(channels, channels) for _ in range(3)])
        self.up = nn.ModuleList([_twice(2 * channels, channels) for _ in range(2)])
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        """Return maps of the shape of ``x``, before the gate."""
        skips = []
        for level, down in enumerate(self.down):
            x = down(functional.max_pool2d(x, 2, ceil_mode=True) if level else x)
            skips.append(x)
        for up, skip in zip(self.up, skips[-2::-1], strict=True):
            x = functional.interpolate(x, size=skip.shape[2:], mode="bilinear", align_corners=False)
            x = up(torch.cat([skip, x], dim=1))
        return self.out(x)


def published(tensors):
    """Return the tensors of a file of VGG19, timm's or torchvision's, under the names of this net.

    Files older than PyTorch 0.4.1 lack the counts of batches, which nothing here reads.
    """
    named = {}
    for name, tensor in tensors.items():
        for theirs, ours in (("pre_logits.fc1", "classifier.0"), ("pre_logits.fc2", "classifier.3")):
            if name.startswith(theirs):
                name, tensor = name.replace(theirs, ours), tensor.flatten(1) if tensor.ndim > 1 else tensor
        named[name] = tensor
        if name.endswith("running_mean"):
            count = name.replace("running_mean", "num_batches_tracked")
            named[count] = tensors.get(count, torch.tensor(0))
    return named


def _twice(inside, outside):
    return nn.Sequential(*convolution(inside, outside), *convolution(outside, outside))


def _dense(inside, outside, dropout):
    return nn.Linear(inside, outside), nn.ReLU(), nn.Dropout(dropout)


def _start(net):
    start(net)
    for module in net.modules():
        if isinstance(module, UNet):  # every mask begins as 1 / channels everywhere
            nn.init.zeros_(module.out.weight)
            nn.init.zeros_(module.out.bias)
