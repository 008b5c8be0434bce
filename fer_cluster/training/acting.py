"""Faces that act at random, and what each action changes in their features on average."""

import numpy as np
import torch

from fer_cluster.training.actions import ACTIONS, acted
from fer_cluster.training.gestures import GESTURES, gestured
from fer_cluster.training.signs import SIGNS, drawn

UNITS = (*ACTIONS, *SIGNS)
STRENGTH = 1.4  # of a movement at most, either way
FAINT = 0.5  # of a drawn sign at least


class Acting:
    """Lets a share of a batch act, each face one of the movements or drawn signs, as strongly as it comes.

    Parameters
    ----------
    share : float
        Of the faces; the first of each batch never acts.
    """

    def __init__(self, share):
        self.share = share

    @torch.no_grad()
    def __call__(self, images):
        """Return the batch and how far each face does each action, 0 where it does not.

        Parameters
        ----------
        images : tensor of uint8, shape (b, 1, height, width)

        Returns
        -------
        tensor of uint8, shape (b, 1, height, width)
        tensor of float32, shape (b, len(UNITS))
        """
        unit, amount = self._parts(len(images))
        changed = images.clone()
        for each in unit[amount != 0].unique().tolist():
            rows = torch.nonzero((unit == each) & (amount != 0))[:, 0]
            few, act = images[rows, 0].cpu().numpy(), acted if UNITS[each] in ACTIONS else drawn
            made = act(few, UNITS[each], amount[rows].numpy())
            changed[rows, 0] = torch.from_numpy(made).to(images.device)
        amounts = amount[:, None] * torch.nn.functional.one_hot(unit, len(UNITS))
        return changed, amounts.to(images.device)

    def _parts(self, count):
        """Return which action each of so many faces does, and how far, each shape (count,)."""
        unit, strength = torch.randint(len(UNITS), (count,)), torch.rand(count)
        moved, shown = STRENGTH * (2 * strength - 1), FAINT + (1 - FAINT) * strength
        acts = torch.rand(count) < self.share
        acts[:1] = False
        return unit, torch.where(unit < len(ACTIONS), moved, shown) * acts


def mean_changes(images, extractor, signs=True, gestures=False):
    """Return what each movement, sign and gesture changes in the features on average, (units, d), float64.

    Of a movement half the mean difference between faces that act and that do the opposite.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width)
    extractor : object
        Its ``transform(images)`` gives the features.
    signs, gestures : bool
        Whether signs are drawn, too, and gestures made.
    """

    def mean(faces):
        return extractor.transform(faces).mean(0, dtype=np.float64)

    change = [(mean(acted(images, action)) - mean(acted(images, action, -1))) / 2 for action in ACTIONS]
    plain = mean(images) if signs or gestures else None
    if signs:
        change += [mean(drawn(images, sign)) - plain for sign in SIGNS]
    if gestures:
        change += [mean(gestured(images, gesture)) - plain for gesture in GESTURES]
    return np.stack(change)
