"""Whether faces are FER2013, and all of it."""

import warnings

from fer_cluster.faces import Faces

COUNTS = {"Training": 28709, "PublicTest": 3589, "PrivateTest": 3589}


def official(faces, asked=False):
    """Return faces that are FER2013, or said to be, under its name; warn where they only look like it.

    Parameters
    ----------
    faces : Faces
    asked : bool
        Whether they are said to be FER2013, whatever their layout.
    """
    counts = faces.about["split"].value_counts(dropna=False).to_dict()
    layout = faces.images.shape[1:] == (48, 48) and set(counts) <= set(COUNTS) and set(counts) != {"Training"}
    if not (asked or layout):
        return faces
    wrong = [
        f"{counts.get(name, 0):,} {name} faces instead of {count:,}"
        for name, count in COUNTS.items()
        if counts.get(name, 0) != count
    ]
    if wrong:
        warnings.warn(f"{faces.name} is not FER2013 as published: it has {', '.join(wrong)}.", stacklevel=2)
    return Faces(faces.images, faces.about, "fer2013" if asked or not wrong else faces.name)
