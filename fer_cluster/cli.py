"""The command line: verbs are the library's functions."""

import sys
import warnings

import click

from fer_cluster import questions
from fer_cluster.options import FACES, load_faces, reading


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="fer-cluster")
def cli():
    """Tell what an unsupervised method finds in faces: emotion, or the lamp in the room.

    \b
    fer-cluster reproduce                                   the paper on drawn toy faces
    fer-cluster reproduce fer2013.csv --out paper           the paper on FER2013
    fer-cluster cluster fer2013.csv --clusterer gmm --k 10  one clustering, with its scores
    fer-cluster classify fer2013.csv --baseline cnn3        one supervised baseline on the same faces
    fer-cluster list clusterers                             the parts there are
    """


_SPLIT = click.option(
    "--split",
    help="official: the data set's own; paper: the 80/20 of Bolcas 2024; stratified: a fifth of each emotion "
    "is for the test; all: fitted and scored on all.  [default: what the faces have]",
)
_EPOCHS = click.option("--epochs", type=click.IntRange(1), help="In place of the nets' own numbers.")


@cli.command(epilog=FACES, short_help="Reproduce the paper and what it hides.")
@reading
@click.option(
    "--quick",
    is_flag=True,
    help="3 seeds, 1 epoch; 1,000 toy faces where none are given: a first look in minutes.",
)
@_EPOCHS
@click.option(
    "--out",
    help="Folder for runs, figures, tables; resumes.  [default: paper; of toy faces paper_toy, paper_quick]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON, nothing else.")
def reproduce(faces, votes, skip_bad, quick, epochs, out, as_json):
    """Reproduce the paper: its systems, figures and tables, and what they hide.

    On the toy faces the nets are trained for 2 epochs only, which is told.

    \b
    fer-cluster reproduce --quick
    fer-cluster reproduce fer2013.csv --votes fer2013new.csv --out paper
    """
    toy = faces.split(":")[0] == "toy"
    epochs = epochs or (1 if quick else _TOY_EPOCHS if toy else None)
    out = out or ("paper" if not toy else "paper_quick" if quick else "paper_toy")
    questions.check_report(f"{out}/report.html")
    faces = "toy:n=1000" if quick and faces == "toy" else faces
    faces = load_faces(faces, votes, skip_bad)
    runs = _compare("paper", faces, out, as_json, seeds=3 if quick else None, epochs=epochs)
    if runs:  # of several processes only the first writes
        _report(runs, faces, out, **({"patience": 0} if toy else {}))


def _report(runs, faces, out, **choices):
    """Write the report of the paper's runs and name its path."""
    from fer_cluster.report.writing import write_report

    path = write_report(runs, f"{out}/report.html", faces, **choices)
    click.echo(f"What the clusters follow is told in {path}; open it in a browser", err=True)


_TOY_EPOCHS = 2


@cli.command(epilog=FACES, short_help="Cluster faces and score the clusters.")
@reading
@click.option(
    "--features", default="pixels", show_default=True, help="name:param=value,...; names: list features."
)
@click.option("--then", multiple=True, help="A step after the features; may be given several times.")
@click.option("--clusterer", default="kmeans", show_default=True, help="Likewise; names: list clusterers.")
@click.option("--projection", default="pca", show_default=True, help="pca, umap or tsne.")
@click.option("--k", default=7, show_default=True, help="Number of clusters.")
@_SPLIT
@click.option("--seeds", default=10, show_default=True, help="How many seeds of the clusterer.")
@_EPOCHS
@click.option(
    "--out",
    help="Folder of the run and its figures; a training that was cut off goes on.  [default: runs/NAME]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON, nothing else.")
def cluster(faces, votes, skip_bad, features, then, clusterer, out, as_json, **options):
    """Cluster faces without a label and score the clusters against emotion.

    \b
    fer-cluster cluster
    fer-cluster cluster fer2013.csv --features pixels:n_components=100 --split paper
    fer-cluster cluster faces/ --features hog --then whiten:128 --then unit --k 20
    """
    from fer_cluster.clustering import cluster, describe, run_name

    out, state = _places(out, run_name(describe(features, clusterer, then=then)))
    faces = load_faces(faces, votes, skip_bad)
    parts = {"features": features, "clusterer": clusterer, "then": then, **options}
    run = _found(out, parts, faces)
    _keep(run or cluster(faces, checkpoint=state, **parts), out, as_json, faces, new=run is None)


@cli.command(epilog=FACES, short_help="Train a supervised baseline and score it on the same faces.")
@reading
@click.option(
    "--baseline", default="cnn3", show_default=True, help="name:param=value,...; names: list baselines."
)
@click.option("--features", help="What a probe sees, name:param=value,...  [default: pixels]")
@click.option("--then", multiple=True, help="A step after the features; may be given several times.")
@_SPLIT
@click.option("--seeds", default=1, show_default=True, help="How many seeds of the baseline.")
@_EPOCHS
@click.option("--out", help="Folder of the run, its figures and tables.  [default: runs/NAME]")
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON, nothing else.")
def classify(faces, votes, skip_bad, baseline, features, then, out, as_json, **options):
    """Train a baseline on the labels of the training faces and score it on the test faces.

    A training that was cut off goes on where it was.

    \b
    fer-cluster classify --baseline cnn3 --epochs 5
    fer-cluster classify fer2013.csv --baseline three_blocks --split paper --seeds 3
    fer-cluster classify fer2013.csv --baseline linear_probe --features hog --then whiten:256
    """
    from fer_cluster.classifying import classify, describe, run_name

    out, state = _places(out, run_name(describe(baseline, features, then=then)))
    faces = load_faces(faces, votes, skip_bad)
    parts = {"baseline": baseline, "features": features, "then": then, **options}
    run = _found(out, parts, faces)
    _keep(run or classify(faces, checkpoint=state, **parts), out, as_json, new=run is None)


def _places(out, name):
    """Return the folder of a run and that of the state of its training, before anything is made."""
    from pathlib import Path

    from fer_cluster.run_folder import check_free, state_folder

    out = Path(out or f"runs/{name}")
    check_free(out)
    return out, state_folder(out)


def _found(out, parts, faces):
    """Return the run of these parts and faces that its folder has already; never overwrite another."""
    from fer_cluster.comparing import finished
    from fer_cluster.errors import InputError
    from fer_cluster.runs import load_run
    from fer_cluster.splits import split

    if not (out / "run.json").exists():
        return None
    try:
        load_run(out)
    except InputError as error:
        raise InputError(f"{str(error).rstrip('.')}; give another --out, or remove it.") from error
    run = finished(out, parts, split(faces, parts["split"]).name, faces)
    if run is None:
        raise InputError(
            f"{out} holds another run, which is not overwritten; give another --out, or remove it."
        )
    click.echo(f"{out} holds this run already; its figures are drawn anew.", err=True)
    return run


def _keep(run, out, as_json, faces=None, new=True):
    """Write a run and its figures, a classifier's tables too; the state of its training is done with."""
    from fer_cluster.atomic import writing
    from fer_cluster.drawing import draw
    from fer_cluster.run_folder import clear_state
    from fer_cluster.summary import controls
    from fer_cluster.tables import tabulate
    from fer_cluster.training.parallel import is_first

    if not is_first():
        return
    if new:
        run.save(out)
    with writing(out / "faces.csv") as path:
        run.faces.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")
    draw([run], out / "figures", faces=faces)
    tables = tabulate([run], out / "tables") if run.spec["kind"] == "classifier" else []
    clear_state(out)
    _tell([run], as_json, () if as_json else controls(run))
    left = "The run, its figures and tables" if tables else "The run and its figures"
    click.echo(f"{left} are in {out}", err=True)


@cli.command(epilog=FACES, short_help="Lay the runs of an experiment side by side.")
@click.argument("experiment")
@reading
@click.option("--out", required=True, help="Folder for runs and figures; resumes.")
@click.option("--seeds", type=int, help="Of each clusterer, in place of the file's; baselines have one.")
@_EPOCHS
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON, nothing else.")
def compare(experiment, faces, votes, skip_bad, out, seeds, epochs, as_json):
    """Run an EXPERIMENT and lay its runs side by side.

    It is a TOML file, or one that is shipped: classical, frontier, frontier_gpu, gpu, meaning, paper,
    paper_nets or two_cores.

    \b
    fer-cluster compare paper toy --out comparison
    fer-cluster compare paper toy:n=100 --seeds 2 --epochs 1 --out rehearsal
    fer-cluster compare experiments/paper.toml fer2013.csv --out comparison
    """
    _compare(experiment, load_faces(faces, votes, skip_bad), out, as_json, seeds, epochs)


def _compare(experiment, faces, out, as_json, seeds=None, epochs=None):
    from pathlib import Path

    from fer_cluster.comparing import compare
    from fer_cluster.drawing import draw_experiment
    from fer_cluster.experiment import read_experiment
    from fer_cluster.page import check_page, write_page
    from fer_cluster.tables import tabulate_experiment
    from fer_cluster.training.parallel import is_first

    out = Path(out)
    experiment = read_experiment(experiment, seeds, epochs)
    check_page(experiment, out / "README.md")
    runs = compare(experiment, faces, out)
    if not is_first():
        return
    figures = draw_experiment(experiment, runs, out / "figures", faces)
    tables = tabulate_experiment(experiment, runs, out / "tables", faces)
    page = write_page(experiment, runs, figures, tables, out / "README.md")
    _tell(runs, as_json)
    click.echo(f"Figures, tables and scores are told of in {page}", err=True)
    return runs


for _verb in (questions.figures, questions.tables, questions.report, questions.audit, questions.list_parts):
    cli.add_command(_verb)


def _tell(runs, as_json, controls=()):
    """Print the scores: JSON on standard output, or a table for a person, with controls, on the other."""
    import json

    from fer_cluster.runs import without_nan
    from fer_cluster.summary import summary

    if as_json:
        told = {f"{r.spec['split']}/{r.name}": {"scores": without_nan(r.scores)} for r in runs}
        click.echo(json.dumps(told, indent=1, allow_nan=False))
    else:
        click.echo(summary([*runs, *controls]), err=True)


def _note(message, category, filename, lineno, file=None, line=None):
    """Show a warning that is meant for the user as one line; leave out those for programmers."""
    if issubclass(category, UserWarning):
        click.echo(f"Note: {message}", err=True)


def main(argv=None):
    """Run the command line and leave with its exit code."""
    warnings.showwarning = _note
    sys.exit(_run(argv))


def _run(argv):
    """Return 0 for done, 2 for input that cannot be used, 130 for an interruption."""
    from fer_cluster.errors import InputError

    try:
        return cli.main(argv, prog_name="fer-cluster", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except InputError as error:
        click.echo(f"fer-cluster: {error}", err=True)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        click.echo(f"fer-cluster: {error.strerror or error}{where}.", err=True)
    except (click.Abort, KeyboardInterrupt):
        click.echo("fer-cluster: interrupted; what was finished stays.", err=True)
        return 130
    return 2
