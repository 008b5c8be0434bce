"""The learning rate as a pure function of how far training is and what it has shown."""

import math

_PATIENCE, _FACTOR = 5, 0.75  # Khaireddin and Chen 2021


def rate(recipe, epoch, watched=()):
    """Return the learning rate; it rises over half of the epochs at most.

    Parameters
    ----------
    recipe : Recipe
    epoch : float
        Epochs done so far, with the fraction of the present one.
    watched : sequence of float
        Accuracy on the watched faces after each epoch that is done.
    """
    warm_up = min(recipe.warm_up, recipe.epochs / 2)
    if epoch < warm_up:
        return recipe.learning_rate * epoch / warm_up
    if recipe.schedule == "plateau":
        return recipe.learning_rate * _FACTOR ** plateaus(watched)
    if recipe.schedule == "cosine":
        passed = (epoch - warm_up) / (recipe.epochs - warm_up)
        return recipe.learning_rate * (1 + math.cos(math.pi * passed)) / 2
    return recipe.learning_rate


def plateaus(watched):
    """Return how often the accuracy had not risen for more than five epochs.

    >>> plateaus([0.1, 0.2, 0.2, 0.2, 0.2, 0.2, 0.1, 0.2])
    1
    """
    best, waited, count = -math.inf, 0, 0
    for accuracy in watched:
        best, waited = (accuracy, 0) if accuracy > best else (best, waited + 1)
        if waited > _PATIENCE:
            count, waited = count + 1, 0
    return count
