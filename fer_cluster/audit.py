"""What is wrong with a data set: blank, copied and contradictory faces, and outvoted labels."""

from pathlib import Path

import numpy as np
import pandas as pd

from fer_cluster.atomic import check_ours, writing
from fer_cluster.blocks import blocks
from fer_cluster.duplicates import content_keys, near_pairs
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError, unknown
from fer_cluster.votes import voted, votes_in

FINDINGS = {
    "constant": "all pixels are equal",
    "surplus copy": "equals an earlier face",
    "copy within a split": "equals another face of its split",
    "copy across splits": "equals a face of another split",
    "copy of a training face": "is not in Training, but a face there equals it",
    "copies contradict": "equal faces have several labels",
    "near copy within a split": "is nearly another face of its split",
    "near copy across splits": "is nearly a face of another split",
    "near copies contradict": "nearly equal faces have several labels",
    "label outvoted": "fewer FER+ voters saw the label than something else",
    "label tied": "as many FER+ voters saw something else",
}

_COUNTED_BY = ("split", "emotion")


def audit(faces, out=None, *, by="split"):
    """Count what is wrong with faces.

    Parameters
    ----------
    faces : Faces
        Where ``about`` has the votes of FER+, labels are compared with them.
    out : path-like, optional
        A folder for ``audit.csv`` (what is returned), ``faces.csv`` (what
        :func:`found` returns) and the figure ``audit.png``.
    by : str
        ``split`` or ``emotion``: what the faces are counted by.

    Returns
    -------
    DataFrame
        One row a finding and split, and one for all: ``finding``, ``split``,
        ``count`` (faces), ``of`` (faces that could have it), ``share``,
        ``groups`` (of copies; 0 for other findings), ``meaning``.

    Raises
    ------
    InputError
        Where ``by`` is neither, the votes lack an emotion, or other files of these names are there.
    """
    if by not in _COUNTED_BY:
        raise unknown("audit", by, _COUNTED_BY)
    if out is not None:
        check_ours(Path(out) / "faces.csv", "row,face,", "table of findings")
        check_ours(Path(out) / "audit.csv", "finding,", "count of findings")
    table = found(faces)
    findings = _tally(table, faces, by)
    if out is not None:
        _write(table, findings, Path(out))
    return findings


def found(faces):
    """Return one row a face and finding.

    Returns
    -------
    DataFrame
        ``row`` (counted from 1, as the lines of the data set's CSV below its
        header), ``face`` (the same from 0, as the map of a report counts),
        ``file`` where faces have one, ``split``, ``emotion``, ``finding``,
        ``group`` (number of the set of copies, missing for other findings)
        and ``detail``, which names other faces by ``row``.

    Raises
    ------
    InputError
        Where there is no face.
    """
    if not len(faces):
        raise InputError(f"{faces.name} has no face to audit.")
    about = faces.about
    keys = content_keys(faces.images)
    image = pd.factorize(keys)[0]  # equal faces have the same number
    split = pd.factorize(about["split"])[0]
    parts = [_rows("constant", _constant(faces.images))]
    parts += _copies(image, split, about)
    parts += _near_copies(faces.images, image, split, about)
    if votes_in(about):
        parts += _votes(about)
    table = pd.concat(parts, ignore_index=True)
    columns = [name for name in ("file", "split", "emotion") if name in about]
    facts = about[columns].iloc[table["row"]].reset_index(drop=True)
    numbers = pd.DataFrame({"row": table["row"] + 1, "face": table["row"]})
    table = pd.concat([numbers, facts, table[["finding", "group", "detail"]]], axis=1)
    return table.sort_values("row", kind="stable", ignore_index=True)


def _rows(finding, mask, group=None, detail=""):
    """Return the rows of a mask as findings."""
    rows = np.flatnonzero(mask)
    group = pd.array([pd.NA] * len(rows) if group is None else group[rows] + 1, dtype="Int64")
    detail = detail if isinstance(detail, str) else np.asarray(detail, object)[rows]
    return pd.DataFrame({"row": rows, "finding": finding, "group": group, "detail": detail})


def _constant(images):
    return np.concatenate([np.ptp(block, axis=(1, 2)) == 0 for _, block in blocks(images)])


def _copies(image, split, about):
    """Return the findings on faces that are pixel for pixel equal."""
    face = np.arange(len(image))
    first = pd.Series(face).groupby(image).transform("min").to_numpy()
    original = [f"equals row {row + 1}" for row in first]
    within, across = _others(image, face, split)
    training = (about["split"] == "Training").to_numpy()
    copied = ~training & (pd.Series(training).groupby(image).transform("any")).to_numpy()
    several, labels = _labels(about["emotion"], image)
    return [
        _rows("surplus copy", first < face, image, original),
        _rows("copy within a split", within, image, original),
        _rows("copy across splits", across, image, original),
        _rows("copy of a training face", copied, image, original),
        _rows("copies contradict", several, image, labels),
    ]


def _near_copies(images, image, split, about):
    """Return the findings on faces that are alike but not equal."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _, first = np.unique(image, return_index=True)
    pairs, likeness, mirrored = near_pairs(images, first)
    ends = image[pairs]  # numbers of images, shape (p, 2)
    graph = coo_array((np.ones(len(ends)), tuple(ends.T)), shape=(len(first), len(first)))
    group = connected_components(graph, directed=False)[1][image]
    within, across = _others(group, image, split)
    several, labels = _labels(about["emotion"], group)
    best = pd.DataFrame(
        {"image": ends.T.ravel(), "likeness": np.tile(likeness, 2), "mirrored": np.tile(mirrored, 2)}
    )
    best = best.sort_values("likeness").groupby("image").last()
    words = [f"likeness {a:.2f}{', mirrored' * bool(m)}" for a, m in best.to_numpy()]
    detail = pd.Series(words, best.index, dtype=object).reindex(image, fill_value="").to_numpy()
    return [
        _rows("near copy within a split", within, group, detail),
        _rows("near copy across splits", across, group, detail),
        _rows("near copies contradict", several & (within | across), group, labels),
    ]


def _others(group, image, split):
    """Return which faces have another image of their group in their own split, and in another split."""
    keys = pd.DataFrame({"group": group, "image": image, "split": split})

    def size(*names):
        return keys.groupby(list(names))["split"].transform("size").to_numpy()

    within = size("group", "split") - size("group", "image", "split")
    return within > 0, size("group") - size("group", "image") - within > 0


def _labels(emotion, group):
    """Return which labelled faces are in a group with several emotions, and these emotions as text."""
    seen = np.zeros((group.max(initial=-1) + 1, len(EMOTIONS)), bool)
    labelled = emotion.notna().to_numpy()
    seen[group[labelled], emotion.cat.codes.to_numpy()[labelled]] = True
    several = (seen.sum(axis=1) > 1)[group] & labelled
    text = np.full(len(group), "", object)
    for row in np.flatnonzero(several):
        text[row] = ", ".join(np.array(EMOTIONS)[seen[group[row]]])
    return several, text


def _votes(about):
    """Return the findings on labels that are not what most FER+ voters saw."""
    emotions, rest = voted(about)
    names = [*emotions, *(name.removeprefix("votes_") for name in rest)]
    votes = about[[*emotions.values(), *rest]].to_numpy()
    label = about["emotion"].cat.codes.to_numpy()
    face = np.arange(len(votes))
    own = votes[face, label]
    others = votes.copy()
    others[face, label] = -1
    rival, most = others.argmax(axis=1), others.max(axis=1)
    labelled = about["emotion"].notna().to_numpy() & (votes.sum(axis=1) > 0)
    detail = [f"{names[a]} {m}, {names[b]} {o}" for a, m, b, o in zip(rival, most, label, own, strict=True)]
    return [
        _rows("label outvoted", labelled & (own < most), detail=detail),
        _rows("label tied", labelled & (own == most), detail=detail),
    ]


def _tally(table, faces, by):
    """Count findings for each split or emotion, and for all; what does not occur counts 0."""
    names = [str(name) for name in _ordered(faces.about[by])]
    findings = [name for name in FINDINGS if "label" not in name or votes_in(faces.about)]
    rows = []
    for finding in findings:
        able = _able(finding, faces.about)
        some = table[table["finding"] == finding]
        for name in [*names, "all"]:
            of = able if name == "all" else able[able[by] == name]
            mine = some if name == "all" else some[some[by] == name]
            rows.append((finding, name, len(mine), len(of), mine["group"].nunique(), FINDINGS[finding]))
    counts = pd.DataFrame(rows, columns=["finding", by, "count", "of", "groups", "meaning"])
    counts.insert(4, "share", (counts["count"] / counts["of"].clip(lower=1)).round(4))
    return counts


def _ordered(column):
    """Return the values of a column: splits and emotions in their usual order."""
    order = [*EMOTIONS, "Training", "Validation", "PublicTest", "PrivateTest", "Test"]
    values = sorted(column.dropna().unique())
    return sorted(values, key=lambda value: order.index(value) if value in order else len(order))


def _able(finding, about):
    """Return the faces that a finding could be about."""
    if "label" in finding or "contradict" in finding:
        return about[about["emotion"].notna()]
    return about[about["split"] != "Training"] if "training" in finding else about


def _write(table, findings, out):
    from fer_cluster.picture import save
    from fer_cluster.plots.audit import Audit

    with writing(out / "faces.csv") as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
    save(Audit(), findings, out / "audit.png")
