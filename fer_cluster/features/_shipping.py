"""How an encoder becomes the files that are shipped."""

from pathlib import Path

import numpy as np

from fer_cluster.features._encoders import FILES, HOME


def ship(encoder, subspace, expressions, folder=HOME):
    """Write what is shipped: a trained encoder, in float16, and what fitted steps make of its features.

    Parameters
    ----------
    encoder : SelfNamed
    subspace : SignalToNuisance
    expressions : LearntExpressions
    folder : path-like
    """
    from safetensors.numpy import save  # which takes the memory of an array as it lies

    from fer_cluster.atomic import writing
    from fer_cluster.training.models import save_model

    save_model(encoder, folder, half=True)
    read = expressions.weights_ / expressions.scale_[:, None]
    learnt = {
        "subspace.weights": subspace.weights_,
        "subspace.level": -subspace.mean_ @ subspace.weights_,
        "expressions.weights": read,
        "expressions.level": expressions.shift_ - expressions.mean_ @ read,
    }
    tensors = {name: np.ascontiguousarray(array, np.float32) for name, array in learnt.items()}
    with writing(Path(folder) / FILES[2]) as path:
        path.write_bytes(save(tensors))
