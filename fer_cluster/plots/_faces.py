"""What the figures read from runs: which faces, what they are called."""

from textwrap import wrap

import numpy as np
import pandas as pd

from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import unknown
from fer_cluster.naming import keyed
from fer_cluster.written import three

KEYS = ["run", "dataset", "split"]


def named(runs):
    """Yield ``(keys, run)``: the run, data set and split; runs that share all three are numbered."""
    for key, run in keyed(runs, "split"):
        yield dict(zip(KEYS, key, strict=True)), run


def parts_of(run, parts):
    """Return the parts to draw: those named, by default the one reported on.

    Parameters
    ----------
    run : Run
    parts : str, sequence of str or None
        ``"Training+PrivateTest"`` or ``["Training", "PrivateTest"]``.

    Raises
    ------
    InputError
        Where the run has no such part.
    """
    if parts is None:
        return [run.spec["report"]]
    parts = parts.split("+") if isinstance(parts, str) else list(parts)
    have = pd.unique(run.faces["part"])
    for part in parts:
        if part not in have:
            raise unknown(f"The split {run.spec['split']!r} of {run.name!r}", part, have)
    return parts


def faces_of(run, parts):
    """Return the faces of those parts, and what a caption says of them."""
    parts = parts_of(run, parts)
    faces = run.faces[run.faces["part"].isin(parts)]
    about = {"part": " + ".join(parts), "fitted": run.spec["fit"] in parts, "seeds": len(run.spec["seeds"])}
    return faces, about


def count(faces, n_clusters):
    """Return counts of (emotion, cluster), float; unlabelled faces are left out."""
    from fer_cluster.metrics import contingency

    return contingency(faces["emotion"].cat.codes, faces["cluster"], len(EMOTIONS), n_clusters)


def n_clusters_of(run):
    """Return the number of clusters, empty ones too."""
    return int(max(run.spec.get("k") or 0, run.faces["cluster"].max() + 1))


def agreement(table):
    """Return the AMI of a table, rounded; NaN where no face is labelled."""
    from fer_cluster.metrics import ami

    return round(float(ami(table)), 4) if table.sum() else np.nan


def groups(data):
    """Return the rows of each run in the data of a figure, in their order."""
    return [rows for _, rows in data.groupby(KEYS, sort=False)]


def where(first):
    """Return the data set and the part that a row of the data of a figure is of, as text."""
    part = first["part"] if first["part"] == first["split"] else f"{first['part']} of split {first['split']}"
    return f"{first['dataset']}, {part}"


def caption(rows, width=56):
    """Return the lines that name a run and the faces drawn: run, data set and part."""
    first = rows.iloc[0]
    of = f"split {first['split']}"
    if first["part"] != first["split"]:
        of = f"{first['part']} of {of}"
    fitted = ", transductive: fitted on these faces" if first["fitted"] else ""
    return "\n".join([*wrap(first["run"], width), *wrap(f"{first['dataset']}, {of}{fitted}", width)])


def ami_of(rows):
    """Return the AMI of drawn faces as text; what is drawn of several seeds are the clusters of the first."""
    first = rows.iloc[0]
    if pd.isna(first["ami"]):
        return "no labels"
    which = ", first seed" if first["seeds"] > 1 else ""
    return f"AMI {three(first['ami'])}{which}"


def so_many(n, what="face"):
    """Return a count as text: 1 face, 3,589 faces."""
    return f"{n:,.0f} {what}{'' if n == 1 else 's'}"
