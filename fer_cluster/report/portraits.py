"""The mean face of each cluster: what its faces share, once they are laid on each other."""

import base64
import io

import numpy as np


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
    reported = (run.faces["part"] == run.spec["report"]).to_numpy()
    found = []
    for number in np.unique(cluster[reported]):
        rows = np.flatnonzero(reported & (cluster == number))
        mean = faces.images[rows].astype(np.float32).mean(0)
        found.append((int(number), len(rows), address(_png(mean.round().astype(np.uint8)), "image/png")))
    return found


def address(data, kind):
    """Return bytes as a data address."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _png(image):
    from PIL import Image

    held = io.BytesIO()
    Image.fromarray(image).save(held, "PNG")
    return held.getvalue()
