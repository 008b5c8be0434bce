"""The verbs that ask runs and faces questions: figures, tables, report, audit, list."""

import click

from fer_cluster.options import FACES, VOTES, faces_of_runs, load_faces, reading

_REPORT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';"""  # how a report begins


@click.command(epilog=FACES, short_help="Draw the figures of runs from their files.")
@click.argument("folders", nargs=-1, required=True, metavar="DIR...")
@click.option("--out", default="figures", show_default=True, help="Folder for the pictures.")
@click.option(
    "--plot",
    multiple=True,
    metavar="NAME",
    help="Only this one; may be given several times.  [default: the quick ones of `list plots`]",
)
@click.option("--format", "suffix", default="png", show_default=True, help="png, pdf or svg.")
@click.option("--faces", metavar="FACES", help="Those of the runs, for plots that look at them.")
@VOTES
def figures(folders, out, plot, suffix, faces, votes):
    """Draw the figures of runs from their files, each with its numbers as CSV.

    \b
    fer-cluster figures paper --out figures
    fer-cluster figures runs/pixels-gmm --plot scatter --format pdf
    fer-cluster figures paper --plot moved --faces fer2013.csv
    fer-cluster figures runs/hog-kmeans --plot label_audit --faces fer2013.csv --votes fer2013new.csv
    fer-cluster figures runs/hog-kmeans --plot transfer:to=my_faces --faces fer2013.csv
    """
    from fer_cluster.drawing import draw
    from fer_cluster.runs import find_runs

    faces = faces_of_runs(faces, votes)
    paths = draw(find_runs(folders), out, plot, suffix, faces)
    click.echo(f"{sum(path.suffix != '.csv' for path in paths)} figures are in {out}", err=True)


@click.command(epilog=FACES, short_help="Analyse runs from their files: tables, and what they say.")
@click.argument("folders", nargs=-1, required=True, metavar="DIR...")
@click.option("--out", default="tables", show_default=True, help="Folder for the tables.")
@click.option(
    "--analysis",
    multiple=True,
    metavar="NAME",
    help="Only this one; may be given several times.  [default: the quick ones of `list analysis`]",
)
@click.option("--faces", metavar="FACES", help="Those of the runs, for analyses that look at them.")
@VOTES
def tables(folders, out, analysis, faces, votes):
    """Analyse runs from their files; each table is written as CSV, Markdown and LaTeX (booktabs).

    What it says in one sentence is shown at once.

    \b
    fer-cluster tables paper --out tables
    fer-cluster tables runs --analysis paired
    fer-cluster tables runs/pixels-kmeans --analysis nuisance --faces fer2013.csv
    """
    from fer_cluster import catalog
    from fer_cluster.errors import InputError
    from fer_cluster.runs import find_runs
    from fer_cluster.tables import sentences, tabulate

    faces = faces_of_runs(faces, votes)
    paths = tabulate(find_runs(folders), out, analysis, faces)
    if not paths:
        named = ", ".join(catalog.names("analysis"))
        raise InputError(f"No table is made of these runs unasked; name one by --analysis: {named}.")
    for name, sentence in sentences(paths):
        click.echo(f"{name}: {sentence}", err=True)
    click.echo(f"The tables are in {out}, each as .csv, .md and .tex", err=True)


@click.command(epilog=FACES, short_help="Write runs as one page that answers what they follow.")
@click.argument("folders", nargs=-1, required=True, metavar="DIR...")
@click.option("--out", default="report.html", show_default=True, help="The page.")
@click.option(
    "--faces", metavar="FACES", help="Those of the runs; those of toy:n=... are found by themselves."
)
@VOTES
@click.option("--no-images", is_flag=True, help="Points only: no face is seen in the page.")
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="Longest to cluster a run anew for a section (choice of k, stability): 0 for none, inf for all.",
)
def report(folders, out, faces, votes, no_images, patience):
    """Write runs as one self-contained HTML page: what their clusters follow, and how sure that is.

    Without the faces no nuisance is measured, and the page says so.

    \b
    fer-cluster report paper_toy
    fer-cluster report paper --faces fer2013.csv --votes fer2013new.csv --out paper.html
    fer-cluster report paper --faces fer2013.csv --no-images --patience inf
    """
    from fer_cluster.report.writing import write_report
    from fer_cluster.runs import find_runs

    check_report(out)
    given = faces_of_runs(faces, votes)
    runs = find_runs(folders)
    faces = _toy_faces(runs) if given is None else given
    path = write_report(runs, out, faces, images=not no_images, patience=patience)
    click.echo(f"The report is {path}; open it in a browser", err=True)


def check_report(path):
    """Raise an InputError where another file lies where a report would be written."""
    from fer_cluster.atomic import check_ours

    check_ours(path, _REPORT, "report")


def _toy_faces(runs):
    """Return the toy faces that runs were made of; None where they were made of others."""
    from fer_cluster.loading import load

    made_of = runs[0].spec["dataset"]
    if made_of["name"] != "toy":
        return None
    faces = load(f"toy:n={made_of['faces']}")
    return faces if faces.fingerprint == made_of["fingerprint"] else None


@click.command(epilog=FACES, short_help="Find blank, copied and disputed faces.")
@reading
@click.option("--out", default="audit", show_default=True, help="Folder for the tables and the figure.")
def audit(faces, votes, skip_bad, out):
    """Find blank, duplicated and contradictory faces, and labels that annotators dispute.

    Labels that clusters and neighbours doubt are found by fer-cluster tables RUN --analysis label_audit.

    \b
    fer-cluster audit fer2013.csv --votes fer2013new.csv --out audit
    """
    from fer_cluster.audit import audit

    findings = audit(load_faces(faces, votes, skip_bad), out)
    whole = findings[findings["split"] == "all"].drop(columns="split")
    click.echo(whole.to_string(index=False, float_format="{:.3f}".format), err=True)
    click.echo(f"The tables and the figure are in {out}", err=True)


@click.command("list", short_help="List the parts there are.")
@click.argument("kind", required=False)
def list_parts(kind):
    """List the parts of a KIND (datasets, features, steps, clusterers, ...), or of all.

    \b
    fer-cluster list
    fer-cluster list clusterers
    """
    from fer_cluster import catalog

    for one in [kind] if kind else catalog.KINDS:
        names = catalog.names(one)
        if names:
            click.echo(one)
        for name in names:
            click.echo(f"  {name:<20} {catalog.describe(one, name)}")
