"""Colours of clusters, of faces without a label, and of lines in a figure."""

import numpy as np

from fer_cluster.emotions import COLOURS

UNLABELLED = "#D0D0D0"

# Of Okabe and Ito's palette, as those of emotions; the style of a line tells them apart, too.
BLUE, VERMILION, PURPLE, SKY = "#0072B2", "#D55E00", "#CC79A7", "#56B4E9"

# Farthest-point search in CIELAB among muted, dark and pale colours, seen by normal eyes
# and with each of the three colour deficiencies (Machado 2009), away from every emotion.
# fmt: off
_CLUSTERS = (
    "#2D2D87", "#7A0C12", "#C3C378", "#8796FF", "#00CFDD",
    "#693C5A", "#A67B5B", "#87C3A5", "#964B00", "#4B004B",
    "#C34B96", "#E1C34B", "#004B2D", "#C3873C", "#002D2D",
    "#8796C3", "#874BA5", "#FF7887", "#964B5A", "#4B3C78",
)
# fmt: on


def of_emotions(emotion):
    """Return RGB of each face by emotion, grey where it has none: (n, 3)."""
    from matplotlib.colors import to_rgb

    palette = np.array([to_rgb(colour) for colour in (*COLOURS.values(), UNLABELLED)])
    return palette[emotion.codes]  # the code of a missing emotion, -1, is the last row


def of_clusters(cluster):
    """Return RGB of each cluster number: (n, 3); from the 21st on colours come again."""
    from matplotlib.colors import to_rgb

    palette = np.array([to_rgb(colour) for colour in _CLUSTERS])
    return palette[np.asarray(cluster) % len(palette)]
