"""Spectral embedding of a graph of mutual nearest neighbours."""

import numpy as np

_DENSE = 300  # rows up to which all eigenvectors are found at once
_ONE_SIDED = 0.1  # enough that the graph hangs together, too little to bridge what is apart


def mutual(x, count):
    """Return the symmetric sparse graph of nearest neighbours, shape (n, n).

    Pairs that are among each other's nearest weigh 1, pairs of which one is among the
    nearest of the other .1: without these a graph of mutual neighbours falls into
    pieces that are smaller than the clusters.
    """
    from sklearn.neighbors import kneighbors_graph

    near = kneighbors_graph(x, min(count, len(x) - 1), mode="connectivity", include_self=False)
    return (1 - _ONE_SIDED) * near.minimum(near.T) + _ONE_SIDED * near.maximum(near.T)


def embedded(graph, count, random):
    """Return the leading eigenvectors of the normalised graph, rows at unit length, shape (n, count)."""
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import eigsh

    scale = diags_array(1 / np.sqrt(np.asarray(graph.sum(1)).ravel()))
    normalised = scale @ graph @ scale
    if graph.shape[0] <= max(_DENSE, 2 * count + 1):
        vectors = np.linalg.eigh(normalised.toarray())[1][:, -count:]
    else:
        vectors = eigsh(normalised, count, which="LA", v0=random.uniform(0.5, 1.5, graph.shape[0]))[1]
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
