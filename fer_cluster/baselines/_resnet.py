"""The residual net of eighteen layers for small images."""

from torch import nn

from fer_cluster.training.residual import Residual, start


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
