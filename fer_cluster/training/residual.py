"""The residual block of the nets for small images, and how such nets begin."""

from torch import nn
from torch.nn import functional


class Residual(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut, added: (b, inside, h, w) -> (b, outside, h / stride, ...).

    He et al. 2016, with the shortcut of He et al. 2019 (Bag of tricks, ResNet-D): where the map is
    halved, it takes means of 2 x 2 before its 1 x 1 convolution. Nothing of the map is left out, and
    a 1 x 1 convolution at every second pixel, whose gradient has crashed on processors, is not needed.

    Parameters
    ----------
    inside, outside : int
        Channels of the map that comes in and of the one that goes out.
    stride : int
        What each side is divided by, rounded up.
    """

    def __init__(self, inside, outside, stride=1):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(inside, outside, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(),
            nn.Conv2d(outside, outside, 3, padding=1, bias=False),
            nn.BatchNorm2d(outside),
        )
        self.shortcut = nn.Identity()
        if stride > 1 or inside != outside:
            pool = [nn.AvgPool2d(stride, ceil_mode=True, count_include_pad=False)] if stride > 1 else []
            self.shortcut = nn.Sequential(
                *pool, nn.Conv2d(inside, outside, 1, bias=False), nn.BatchNorm2d(outside)
            )

    def forward(self, x):
        """Return the sum, rectified."""
        return functional.relu(self.branch(x) + self.shortcut(x))


def start(net):
    """Draw the convolutions after He et al. 2015; let every residual branch begin at zero.

    With the last scale of each branch at zero a block begins as its shortcut,
    which eases the first epochs at a high learning rate (Goyal et al. 2017).
    """
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, Residual):
            nn.init.zeros_(module.branch[-1].weight)
