"""UMAP of umap-learn, as the plane of a picture and the manifold of a clusterer both have it."""

import warnings


def reducer(count, *, n_neighbors, min_dist, random_state, n_components=2):
    """Return an unfitted ``umap.UMAP`` that starts from the principal components.

    Parameters
    ----------
    count : int
        Rows that it will be fitted on; there are fewer neighbours than rows.
    n_neighbors : int
    min_dist : float
    random_state : int, RandomState or None
        With a seed the points are the same in every run, on one core; None uses all.
    n_components : int
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # it would like TensorFlow, for what is not used
        from umap import UMAP

    return UMAP(
        n_components=n_components,
        n_neighbors=max(2, min(n_neighbors, count - 1)),
        min_dist=min_dist,
        init="pca",
        random_state=random_state,
        n_jobs=-1 if random_state is None else 1,
    )
