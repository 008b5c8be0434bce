"""The report of runs: one page that holds all it needs, opened by a double click."""

import re
from importlib.resources import files
from pathlib import Path

from fer_cluster.atomic import writing
from fer_cluster.errors import InputError
from fer_cluster.inline import address
from fer_cluster.report.again import again
from fer_cluster.report.face_map import face_map
from fer_cluster.report.points import is_drawn, same_faces
from fer_cluster.report.portraits import portraits
from fer_cluster.report.sections import PATIENCE, sections
from fer_cluster.report.template import render
from fer_cluster.report.verdict import in_short, verdicts
from fer_cluster.runs import told_apart
from fer_cluster.summary import HEADER, UNLABELLED, collapses, ranked
from fer_cluster.typeset import texts

_LONGEST = 200  # rows of a table that are shown; its CSV has all
_NUMBER = re.compile(r"-?[\d,]*\.?\d+")


def write_report(runs, out, faces=None, images=True, patience=PATIENCE):
    """Write runs as one self-contained HTML page.

    Parameters
    ----------
    runs : sequence of Run
        Of the same faces, clusterings and classifiers.
    out : path-like
        The page, ``report.html``.
    faces : Faces, optional
        Those of the runs: without them no nuisance is measured, and none is seen.
    images : bool
        Whether faces may be seen in the page; of data that may not be passed on, none should.
    patience : float
        Seconds that clustering a run anew may take for a section (choice of k, purity
        against k, stability, changed faces): 0 leaves these out, infinity none.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    InputError
        Where there is no run, or they are of different faces, or not of those given.
    """
    if not runs:
        raise InputError("There is no run to report.")
    same_faces(runs, faces)
    page = _page(told_apart(runs), faces, images and faces is not None, patience)
    with writing(out) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return Path(out)


def _page(runs, faces, images, patience):
    """Return the page as text."""
    drawn = [run for run in runs if is_drawn(run)]
    found = sections(runs, faces, images, patience)
    return render(
        "report.html",
        title=f"What the clusters follow: {runs[0].spec['dataset']['name']}",
        dataset=runs[0].spec["dataset"],
        images=images,
        summary=in_short(found),
        verdicts=verdicts(runs, found, faces),
        scores=[(about, _table("scores", ["run", *HEADER], rows)) for about, rows in _ranked(runs)],
        unlabelled=UNLABELLED,
        collapses=collapses(runs),
        map=face_map(drawn, faces, images).parts() if drawn else None,
        portraits=[(_titled(run), portraits(run, faces)) for run in drawn] if images else [],
        sections=[(one.heading, [_shown(each) for each in one.shown], one.left_out) for one in found],
        provenance=[_provenance(run) for run in runs],
        script=files("fer_cluster.report").joinpath("report.js").read_text("utf-8"),
    )


def _ranked(runs):
    return [(about, [[name, *map(str, cells)] for name, cells in rows]) for about, rows in ranked(runs)]


def _table(stem, head, rows, numeric=None, csv=None):
    """Return what the template needs of a table of text."""
    numeric = numeric or [_is_numeric([row[place] for row in rows]) for place in range(len(head))]
    if csv is None:
        csv = "\n".join(",".join(_quoted(cell) for cell in row) for row in [head, *rows]) + "\n"
    link = address(csv.encode("utf-8"), "text/csv;charset=utf-8")
    kept = {"head": list(zip(head, numeric, strict=True)), "numeric": numeric, "rows": rows[:_LONGEST]}
    return kept | {"more": len(rows) - _LONGEST, "csv": link, "file": f"{stem}.csv"}


def _is_numeric(cells):
    """Return whether all cells that are not empty are numbers, and there are some."""
    told = [cell for cell in cells if cell]
    return bool(told) and all(_NUMBER.fullmatch(cell) for cell in told)


def _quoted(cell):
    return '"' + cell.replace('"', '""') + '"' if re.search(r'[",\n\r]', cell) else cell


def _shown(one):
    """Return what the template needs of a section's picture and table."""
    picture = address(one.picture, "image/png") if one.picture else ""
    table = None
    if len(one.table):
        _, head, numeric, rows = texts(one.table)
        csv = one.table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
        table = _table(one.stem, head, rows, numeric, csv)
    return {"name": one.name, "sentence": one.sentence, "picture": picture, "table": table}


def _titled(run):
    return f"{run.name}, split {run.spec['split']}"


def _provenance(run):
    """Return the name of a run, with its split, and what is needed to make it again, in words."""
    spec = run.spec
    told = {
        "made again by": again(run),
        "fitted on, scored on": f"{spec['fit']}, {spec['report']}",
        "labels learnt from": spec["labels"],
        "chosen with": spec["chosen_with"],
        "seeds": ", ".join(map(str, spec["seeds"])),
        "parameters": "; ".join(f"{part}: {held}" for part, held in spec.get("params", {}).items()),
        "seconds": ", ".join(f"{part} {value:.1f}" for part, value in spec.get("seconds", {}).items()),
        "versions": ", ".join(f"{name} {version}" for name, version in spec.get("versions", {}).items()),
        "commit": spec.get("commit") or "",
        "device": spec.get("device") or "",
    }
    return _titled(run), {key: value for key, value in told.items() if value}
