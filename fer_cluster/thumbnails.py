"""Faces as a notebook shows them: one line about them, and a few small pictures of each emotion."""

from html import escape

import numpy as np

from fer_cluster.inline import address, as_png

_HEIGHT = 48  # pixels of a face
_ACROSS = 12  # faces of an emotion
_UNLABELLED = (3, 7)  # rows and columns of faces without emotion


def faces_html(faces):
    """Return faces as HTML: name, number and size, then the count of each emotion beside some faces of it.

    Parameters
    ----------
    faces : Faces
        They are seen at even distances, so that not all are of the first person.

    Returns
    -------
    str
        The pictures are within it, as PNG.
    """
    emotion = faces.about["emotion"]
    groups = [(name, np.flatnonzero(emotion == name), (1, _ACROSS)) for name in emotion.cat.categories]
    groups.append(("unlabelled", np.flatnonzero(emotion.isna()), _UNLABELLED))
    rows = "".join(_row(faces.images, name, some, shape) for name, some, shape in groups if len(some))
    return f"<div><p>{escape(repr(faces))}</p><table>{rows}</table></div>"


def picture(png, alt):
    """Return a picture as an HTML element that needs no file.

    Parameters
    ----------
    png : bytes
    alt : str
        What it shows, in words, for those who do not see it.
    """
    return f'<img src="{address(png, "image/png")}" alt="{escape(alt)}" style="max-width: 100%">'


def _row(images, name, rows, shape):
    """Return the row of one emotion: its name, its count, its faces."""
    count = min(len(rows), shape[0] * shape[1])
    seen = rows[np.linspace(0, len(rows) - 1, count).astype(int)]
    shown = picture(as_png(_sheet([images[row] for row in seen], shape[1])), f"{count} faces: {name}")
    return f"<tr><th>{escape(name)}</th><td>{len(rows):,}</td><td>{shown}</td></tr>"


def _sheet(images, columns):
    """Return images of one height side by side, line below line, as one array."""
    from PIL import Image

    height, width = images[0].shape
    size = (max(round(_HEIGHT * width / height), 1), _HEIGHT)
    small = [np.asarray(Image.fromarray(np.asarray(image)).resize(size)) for image in images]
    small += [np.full_like(small[0], 255)] * (-len(small) % min(columns, len(small)))
    lines = [np.hstack(small[start : start + columns]) for start in range(0, len(small), columns)]
    return np.vstack(lines)
