"""The mean face of each cluster: what its faces share, once they are laid on each other."""

import numpy as np

from fer_cluster.inline import address, as_png


def portraits(run, faces):
    """Return ``(cluster, count, image)`` of the clusters of the first seed in the part reported on.

    Parameters
    ----------
    run : Run
    faces : Faces
        Those of the run.

    Returns
    -------
    list of (int, int, str)
        The image is a data address of PNG.
    """
    cluster = run.faces["cluster"].to_numpy()
    reported = run.in_part(run.spec["report"])
    found = []
    for number in np.unique(cluster[reported]):
        rows = np.flatnonzero(reported & (cluster == number))
        mean = faces.images[rows].astype(np.float32).mean(0)
        found.append((int(number), len(rows), address(as_png(mean.round().astype(np.uint8)), "image/png")))
    return found
