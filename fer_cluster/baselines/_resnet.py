"""The residual net of eighteen layers for small images."""

from torch import nn

from fer_cluster.training.residual import Residual


def resnet18(width, n_classes):
    """Return the net for grey images of any size: a 3 x 3 stem, four stages of two, one mean of each map."""
    layers, inside = [nn.Conv2d(1, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()], width
    for stage in range(4):
        outside = width * 2**stage
        layers += [Residual(inside, outside, 1 if stage == 0 else 2), Residual(outside, outside)]
        inside = outside
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inside, n_classes))
    start(net)
    return net


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
