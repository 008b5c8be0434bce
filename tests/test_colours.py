"""Colours that people tell apart, whatever they see of red, green and blue."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from fer_cluster.colours import of_clusters
from fer_cluster.emotions import COLOURS

# What is left of linear RGB (Machado, Oliveira and Fernandes 2009, severity 1).
SIGHT = {
    "all colours": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
WHITE = np.array([0.95047, 1, 1.08883])


def lab(colour, sight):
    """Return a colour in CIELAB as somebody sees it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    share = np.array(XYZ) @ np.clip(np.array(SIGHT[sight]) @ linear, 0, 1) / WHITE
    root = np.where(share > (6 / 29) ** 3, np.cbrt(share), share / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def test_white_and_a_red_are_where_they_should_be():
    np.testing.assert_allclose(lab("white", "all colours"), [100, 0, 0], atol=0.02)
    np.testing.assert_allclose(lab("red", "all colours"), [53.24, 80.09, 67.2], atol=0.05)


@pytest.mark.parametrize("sight", SIGHT)
def test_emotions_are_told_apart_by_everybody(sight):
    seen = {name: lab(colour, sight) for name, colour in COLOURS.items()}
    assert min(np.linalg.norm(seen[a] - seen[b]) for a, b in combinations(seen, 2)) > 16


@pytest.mark.parametrize("sight", SIGHT)
def test_no_cluster_has_the_colour_of_an_emotion(sight):
    clusters = [lab(colour, sight) for colour in of_clusters(np.arange(7))]
    emotions = [lab(colour, sight) for colour in COLOURS.values()]
    assert min(np.linalg.norm(one - other) for one in clusters for other in emotions) > 8
