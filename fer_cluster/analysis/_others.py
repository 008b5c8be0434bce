"""Faces of another data set than those of a run."""

from pathlib import Path

import numpy as np

from fer_cluster import catalog
from fer_cluster.faces import Faces


def loaded(faces):
    """Return the faces of a data set, of a file or of a folder; Faces as they are.

    Parameters
    ----------
    faces : str or Faces
        ``toy:n=500``, a file of faces or a folder of images. A data set goes before a file of its name.

    Raises
    ------
    InputError
        Where there is no such data set or file, or it cannot be used.
    """
    if isinstance(faces, Faces):
        return faces
    path = Path(faces).expanduser()
    if faces.partition(":")[0] in catalog.names("datasets") or not path.exists():
        return catalog.make("datasets", faces).load()
    return catalog.make("datasets", "folder" if path.is_dir() else "table", path=path).load()


def scaled(images, shape):
    """Return images, uint8 (n, height, width), at another height and width.

    By linear interpolation over all that a new pixel covers.
    """
    if images.shape[1:] == tuple(shape):
        return images
    from PIL import Image

    size, way = tuple(shape)[::-1], Image.Resampling.BILINEAR
    return np.stack([np.asarray(Image.fromarray(image).resize(size, way)) for image in images])
