"""Parquet files of encoded images, as the Hugging Face hub serves them, or of pixels."""

import hashlib
import json
import re
from math import isqrt

import numpy as np
import pandas as pd

from fer_cluster.datasets._cache import Reading
from fer_cluster.datasets._decimal import values
from fer_cluster.datasets._images import BATCH, read_images
from fer_cluster.datasets._labels import class_names, emotions, splits
from fer_cluster.datasets._words import roles, split_of
from fer_cluster.errors import InputError


def read_parquet(path, files, images, rejects):
    """Read a Parquet file or the shards of a data set.

    Parameters
    ----------
    path : pathlib.Path
        The file, or the folder of the shards.
    files : list of pathlib.Path
        The shards; ``train-00000-of-00002.parquet`` names its split.
    images : Store
    rejects : Rejects

    Returns
    -------
    Reading

    Raises
    ------
    InputError
        Where a file is no Parquet or has no images, or at the first row that
        cannot be used.
    """
    import pyarrow as pa

    facts, strange, digest = [], set(), hashlib.sha256()
    items = (item for file in files for item in _items(file, path, digest, facts, strange))
    try:
        good, notes = read_images(items, images, rejects)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise InputError(f"{path} is no Parquet that can be read ({reason}).") from error
    about = pd.concat(facts, ignore_index=True)[good] if len(good) else pd.DataFrame()
    note = f"no emotion is called {', '.join(sorted(strange)[:10])}; such faces are unlabelled"
    return Reading(about, None if len(rejects) else digest.hexdigest(), notes + ((note,) if strange else ()))


def _items(file, path, digest, facts, strange):
    """Yield a name and the image of each row of a shard; note the facts about the rows."""
    import pyarrow.parquet as pq

    with file.open("rb") as content:
        known = f"{file.relative_to(path)}\0{_split_of_shard(file, path)}\0"
        digest.update(known.encode() + hashlib.file_digest(content, "sha256").digest())
    with pq.ParquetFile(file) as shard:
        names = shard.schema_arrow.names
        place = {role: names[index] for role, index in roles(names, file).items()}
        classes = _class_names(shard.schema_arrow.metadata, place.get("emotion"))
        wanted = [
            name for name in names if name in place.values() or _is_plain(shard.schema_arrow.field(name).type)
        ]
        first = 0
        for batch in shard.iter_batches(BATCH, columns=wanted):
            about, faults = _facts(batch, place, classes, strange)
            about["split"] = about.get("split", _split_of_shard(file, path))
            pixels = batch.column(place["pixels"])
            about |= _paths(pixels)
            facts.append(pd.DataFrame(about, index=range(len(batch))))
            for row, image in enumerate(pixels.to_pylist()):
                name = f"{file.name}: row {first + row + 1}" if file != path else None
                yield name, faults.get(row) or _content(image)
            first += len(batch)


def _facts(batch, place, classes, strange):
    """Return emotion, split and the other plain columns of some rows, and what is wrong with rows."""
    about, faults = {}, {}
    if "emotion" in place:
        labels = batch.column(place["emotion"]).to_pylist()
        if classes:
            about["emotion"], odd, faults = class_names(labels, classes)
            strange.update(odd)
        else:
            about["emotion"], faults = emotions(labels)
    if "split" in place:
        about["split"], wrong = splits(batch.column(place["split"]).to_pylist())
        faults = wrong | faults
    others = [name for name in batch.schema.names if name not in place.values()]
    return about | {name: batch.column(name).to_pylist() for name in others}, faults


def _content(image):
    """Return an encoded image as bytes, pixels as an array, or the reason why there is neither."""
    image = image.get("bytes") if isinstance(image, dict) else image
    if isinstance(image, str):
        found = values(image.encode())
        image = found[0] if found else "has pixels that are no whole numbers from 0 to 255"
    elif isinstance(image, list):
        image = _nested(image)
    if isinstance(image, np.ndarray) and not image.size:
        return "has no pixels"
    if isinstance(image, np.ndarray) and image.ndim == 1:
        side = isqrt(image.size)
        image = (
            image.reshape(side, side)
            if side * side == image.size
            else f"has {image.size:,} pixels, no square"
        )
    return "has no image" if image is None else image


def _nested(image):
    """Return lists of pixels as an array of one or two dimensions, or the reason why they are none."""
    try:
        array = np.array(image)
    except ValueError:
        return "has rows of pixels that are not of one length"
    if array.size and (array.dtype.kind not in "iu" or array.min() < 0 or array.max() > 255):
        return "has pixels that are no whole numbers from 0 to 255"
    return array.astype(np.uint8) if array.ndim < 3 else "is no grey image"


def _is_plain(kind):
    import pyarrow.types as is_a

    if is_a.is_dictionary(kind):
        kind = kind.value_type
    checks = (is_a.is_integer, is_a.is_floating, is_a.is_boolean, is_a.is_string, is_a.is_large_string)
    return any(check(kind) for check in checks)


def _class_names(metadata, label):
    """Return the names that a ClassLabel of the ``datasets`` library gives to codes, or None."""
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
        return [str(name) for name in features[label]["names"]]
    except (KeyError, TypeError, ValueError):
        return None


def _paths(pixels):
    """Return the file names that an image column keeps beside the content, if it does."""
    import pyarrow as pa

    if pa.types.is_struct(pixels.type) and pixels.type.get_field_index("path") >= 0:
        return {"file": pixels.field("path").to_pylist()}
    return {}


def _split_of_shard(file, path):
    """Return the split that a shard or a folder of shards is named after, or None."""
    stem = re.sub(r"-\d+-of-\d+$", "", file.stem)
    folders = file.relative_to(path).parts[:-1] if file != path else ()
    words = [stem, re.split(r"[-.]", stem)[0], *folders[::-1]]
    return next(filter(None, map(split_of, words)), None)
