import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from test_analysis import random_run

from fer_cluster.cli import _run
from fer_cluster.experiment import read_experiment
from fer_cluster.loading import load
from fer_cluster.scoring import METRICS
from fer_cluster.shipped import homes

SMALL = ["toy:n=140", "--features", "pixels:n_components=5", "--seeds", "2"]


def call(capsys, *argv):
    """Run the command line in this process; return exit code, standard output, standard error."""
    code = _run([str(word) for word in argv])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_cluster_leaves_a_run_and_figures(capsys, tmp_path):
    code, out, err = call(capsys, "cluster", *SMALL, "--out", "run")
    assert code == 0 and out == ""
    assert err.rstrip().splitlines()[-1] == "The run and its figures are in run"
    files = {path.relative_to(tmp_path / "run").parts[0] for path in (tmp_path / "run").rglob("*")}
    assert files >= {"run.json", "faces.parquet", "features.npy", "figures"}
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    for scores in record["scores"].values():
        assert tuple(scores) == METRICS
        assert all(set(score) == {"mean", "sd", "low", "high"} for score in scores.values())
    pictures = {path.stem.split("_")[0] for path in (tmp_path / "run" / "figures").glob("*.png")}
    assert pictures >= {"scatter", "contingency", "montage"}


def test_the_help_of_compare_names_every_experiment_that_is_shipped(capsys):
    code, out, _ = call(capsys, "compare", "--help")
    names = {path.stem for home in homes() for path in home.glob("*.toml")}
    assert code == 0 and len(names) > 5 and names <= set(re.findall(r"\w+", out))


def test_faces_of_ones_own_are_clustered_by_the_shipped_encoder(capsys, tmp_path):
    (tmp_path / "mine").mkdir()
    for row, image in enumerate(load("toy:n=40").images):
        Image.fromarray(image).resize((80, 80)).convert("RGB").save(tmp_path / "mine" / f"{row}.png")
    given = ["--features", "pretrained", "--clusterer", "spherical", "--seeds", "2", "--out", "run"]
    code, _, err = call(capsys, "cluster", "mine", *given)
    assert code == 0, err
    figures = {path.name for path in (tmp_path / "run" / "figures").iterdir()}
    for plot in ("montage", "scatter"):
        drawn = {
            name.rpartition(".")[2] for name in figures if name.startswith(f"{plot}_pretrained-spherical")
        }
        assert drawn == {"png", "csv"}
    clusters = pd.read_parquet(tmp_path / "run" / "faces.parquet")["cluster"]
    assert len(clusters) == 40 and clusters.nunique() == 7


def test_json_is_alone_on_standard_output(capsys):
    code, out, _ = call(capsys, "cluster", *SMALL, "--out", "run", "--json")
    (record,) = json.loads(out).values()
    assert code == 0 and set(record["scores"]) == {"Training", "PublicTest", "PrivateTest"}


def test_a_run_that_is_there_is_not_made_again_and_another_one_not_replaced(capsys, tmp_path):
    assert call(capsys, "cluster", *SMALL, "--out", "run")[0] == 0
    record = tmp_path / "run" / "run.json"
    stamp = record.stat().st_mtime_ns
    code, _, err = call(capsys, "cluster", *SMALL, "--out", "run")
    assert code == 0 and "run holds this run already" in err and record.stat().st_mtime_ns == stamp
    for other in (["--k", "3"], ["--split", "all"], ["--seeds", "3"]):
        code, _, err = call(capsys, "cluster", *SMALL, "--out", "run", *other)
        assert code == 2 and "holds another run, which is not overwritten" in err
    assert record.stat().st_mtime_ns == stamp


def test_a_damaged_run_and_what_lies_beside_it_are_not_replaced(capsys, tmp_path):
    call(capsys, "cluster", *SMALL, "--out", "run")
    (tmp_path / "run" / "notes.txt").write_text("mine")
    (tmp_path / "run" / "run.json").write_text("{")
    code, _, err = call(capsys, "cluster", *SMALL, "--out", "run")
    assert code == 2 and "give another --out" in err and (tmp_path / "run" / "notes.txt").exists()
    code, _, err = call(capsys, "cluster", *SMALL, "--out", "run/notes.txt/deep")
    assert code == 2 and "is a file" in err


@pytest.mark.parametrize(
    "words, name",
    [
        (("audit", "toy:n=20", "--out", "mine"), "faces.csv"),
        (("audit", "toy:n=20", "--out", "mine"), "audit.csv"),
        (("compare", "mine/e.toml", "toy:n=20", "--out", "mine"), "README.md"),
        (("compare", "mine/e.toml", "toy:n=20", "--out", "mine"), "scores.csv"),
    ],
)
def test_files_of_the_user_beside_what_is_written_are_not_replaced(capsys, tmp_path, words, name):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "e.toml").write_text('seeds = 1\n[[runs]]\nfeatures = "pixels:2"\n')
    (tmp_path / "mine" / name).write_text("emotion,pixels\n")
    code, _, err = call(capsys, *words)
    assert code == 2 and f"{name} is no " in err and "not overwritten" in err
    assert (tmp_path / "mine" / name).read_text() == "emotion,pixels\n"
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == sorted(["e.toml", name])
    (tmp_path / "mine" / name).unlink()
    for _ in ("made", "made again"):
        assert call(capsys, *words)[0] == 0


def test_a_folder_beside_the_run_is_the_users(capsys, tmp_path):
    (tmp_path / "fer.training").mkdir()
    (tmp_path / "fer.training" / "notes.txt").write_text("mine")
    for _ in ("made", "found"):
        assert call(capsys, "cluster", *SMALL, "--out", "fer")[0] == 0
    assert (tmp_path / "fer.training" / "notes.txt").read_text() == "mine"


def test_a_page_of_the_user_is_not_replaced_by_a_report(capsys, tmp_path):
    assert call(capsys, "cluster", *SMALL, "--out", "run")[0] == 0
    (tmp_path / "paper").mkdir()
    mine = "<!doctype html>\n<title>My page</title>\n"
    for page in ("page.html", "paper/report.html"):
        (tmp_path / page).write_text(mine)
    report = ["report", "run", "--patience", "0", "--out"]
    for words in ([*report, "page.html"], ["reproduce", "toy:n=140", "--quick", "--out", "paper"]):
        code, _, err = call(capsys, *words)
        assert code == 2 and "is no report, so it is not overwritten" in err
    assert (tmp_path / "page.html").read_text() == (tmp_path / "paper" / "report.html").read_text() == mine
    for _ in ("made", "made again"):
        assert call(capsys, *report, "report.html")[0] == 0


def test_every_face_is_told_in_a_table(capsys, tmp_path):
    call(capsys, "cluster", *SMALL, "--out", "run")
    told = pd.read_csv(tmp_path / "run" / "faces.csv")
    kept = pd.read_parquet(tmp_path / "run" / "faces.parquet")
    assert list(told) == list(kept) and (told["cluster"] == kept["cluster"]).all()


def test_faces_without_labels_are_all_fitted_and_reported(capsys, tmp_path):
    (tmp_path / "mine").mkdir()
    for row, image in enumerate(load("toy:n=20").images):
        Image.fromarray(image).save(tmp_path / "mine" / f"{row}.png")
    assert call(capsys, "cluster", "mine", *SMALL[1:], "--k", "3", "--out", "run")[0] == 0
    assert set(pd.read_csv(tmp_path / "run" / "faces.csv")["part"]) == {"all"}


def test_compare_and_figures(capsys, tmp_path):
    (tmp_path / "two.toml").write_text(
        'splits=["official"]\nseeds=2\n[[runs]]\nfeatures="pixels:n_components=5"\nclusterer=["kmeans","one"]\n'
    )
    code, _, err = call(capsys, "compare", "two.toml", "toy:n=140", "--out", "out")
    assert code == 0 and "out/README.md" in err
    code, _, err = call(capsys, "figures", "out", "--out", "pictures", "--plot", "scores", "--format", "svg")
    assert code == 0
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {
        "scores_official.svg",
        "scores_official.csv",
    }


def test_tables_of_saved_runs_say_their_sentence(capsys, tmp_path):
    part = np.where(np.arange(300) % 2, "test", "train")
    random_run("cnn3", part=part).save("runs/cnn3")
    random_run("pixels-kmeans", part=part, seed=1, kind="clusterer").save("runs/pixels-kmeans")
    code, out, err = call(capsys, "tables", "runs", "--analysis", "paired", "--analysis", "per_emotion")
    assert code == 0 and out == ""
    stems = ["paired_paper", "per_emotion_cnn3_paper", "per_emotion_pixels-kmeans_paper"]
    *said, last = err.splitlines()
    assert last == "The tables are in tables, each as .csv, .md and .tex"
    pages = {stem: (tmp_path / "tables" / f"{stem}.md").read_text(encoding="utf-8") for stem in stems}
    assert said == [f"{stem}: {page.splitlines()[2]}" for stem, page in pages.items()]
    assert said[0].startswith("paired_paper: Pairs of runs that differ on the ")
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {
        f"{stem}.{suffix}" for stem in stems for suffix in ("csv", "md", "tex")
    }


def test_tables_look_at_faces_and_are_explained_where_there_are_none(capsys, tmp_path):
    assert call(capsys, "cluster", *SMALL, "--out", "run")[0] == 0
    tables = ["tables", "run", "--out", "seen"]
    code, _, err = call(capsys, *tables, "--analysis", "nuisance")
    assert code == 2 and "give faces" in err
    code, _, err = call(capsys, *tables, "--analysis", "pairs")
    assert code == 2 and "Did you mean 'paired'" in err
    code, _, err = call(capsys, *tables, "--analysis", "printed")
    assert code == 2 and "runs of a classifier; there is none" in err
    assert not (tmp_path / "seen").exists()
    code, _, err = call(capsys, *tables, "--analysis", "nuisance", "--faces", "toy:n=140")
    assert code == 0 and err.startswith("nuisance_official: ")
    assert (tmp_path / "seen" / "nuisance_official.tex").exists()


def test_tables_unasked(capsys, tmp_path):
    for name in ("cnn3", "residual"):
        part = np.where(np.arange(300) % 2, "test", "train")
        random_run(name, part=part, kind="clusterer").save(f"runs/{name}")
    code, _, err = call(capsys, "tables", "runs/cnn3")  # alone it is compared with nothing
    assert code == 2 and "No table is made of these runs unasked; name one by --analysis: " in err
    assert "nuisance, paired" in err and not (tmp_path / "tables").exists()
    code, _, err = call(capsys, "tables", "runs")
    assert code == 0 and "chance_paper: " in err and "paired_paper: " in err


def test_classify_leaves_a_run_figures_and_tables(capsys, tmp_path):
    net = ["toy:n=70", "--baseline", "three_blocks:width=4,dense=8", "--epochs", "2"]
    code, out, err = call(capsys, "classify", *net, "--out", "run", "--json")
    (record,) = json.loads(out).values()
    assert code == 0 and set(record["scores"]) == {"Training", "PublicTest", "PrivateTest"}
    assert err.rstrip().splitlines()[-1] == "The run, its figures and tables are in run"
    files = {str(path.relative_to(tmp_path / "run")) for path in (tmp_path / "run").rglob("*")}
    assert files >= {"run.json", "history.csv", "model_0/model.json", "model_0/weights.safetensors"}
    assert files >= {"figures/confusion_three_blocks_width=4_dense=8_official.png"}
    assert files >= {"tables/per_emotion_three_blocks_width=4_dense=8_official.md"}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]  # nothing is left of the training


def test_reproduce_leaves_every_figure_and_table_of_the_paper(capsys, tmp_path, monkeypatch):
    given = []  # the report takes long, and has tests of its own
    write = "fer_cluster.report.writing.write_report"
    monkeypatch.setattr(
        write, lambda runs, path, faces, patience: given.append((len(runs), patience)) or path
    )
    with pytest.warns(UserWarning, match="'vgg16_transfer.*' is left out: There are no weights"):
        code, _, err = call(capsys, "reproduce", "toy:n=140", "--quick", "--out", "paper")
    assert code == 0 and err.rstrip().splitlines()[-2].endswith("paper/README.md")
    assert "told in paper/report.html" in err.splitlines()[-1]
    experiment = read_experiment("paper")
    assert len(given) == 1 and given[0][0] > len(experiment.runs) and given[0][1] == 0
    for split in experiment.splits:
        for figure in experiment.figures:
            assert (tmp_path / "paper" / "figures" / f"{figure['name']}_{split}.png").exists()
        for table in experiment.tables:
            assert (tmp_path / "paper" / "tables" / f"{table['name']}_{split}.md").exists()
    assert {path.stem for path in (tmp_path / "paper" / "tables").glob("p*.md")} == {
        "printed",
        "paired_paper",
        "paired_official",
    }
    page = (tmp_path / "paper" / "README.md").read_text()
    assert "each face 1 time(s), as was asked" in page and "faces are drawn" in page
    assert "was not here: `vgg16_transfer`, `vgg16_transfer_30`." in page
    for picture in re.findall(r"\]\(([^)]+)\)", page):
        assert (tmp_path / "paper" / picture).exists()


def test_list_names_every_clusterer(capsys):
    code, out, _ = call(capsys, "list", "clusterers")
    assert code == 0 and {"kmeans", "gmm", "spherical", "chance", "one"} <= set(out.split())


@pytest.mark.parametrize(
    "argv, sentence",
    [
        (["clutser"], "Did you mean 'cluster'"),
        (["cluster", "--feature", "hog"], "'--features'"),
        (["cluster", "tyo"], "'toy'"),
        (["cluster", "--features", "os:getcwd"], "is no class"),
        (
            ["cluster", "toy:n=60", "--features", "sklearn.decomposition:PCA:n_components=500"],
            "PCA cannot be",
        ),
        (
            ["cluster", *SMALL, "--clusterer", "sklearn.cluster:KMeans:n_clusters=500"],
            "KMeans cannot be used",
        ),
        (["cluster", "no/such/file.csv"], "no/such/file.csv"),
        (["cluster", "toy:m=3"], "has no 'm'"),
        (["cluster", *SMALL, "--features", "hgo"], "Did you mean 'hog'"),
        (["cluster", *SMALL, "--features", "pixels:components=3"], "Did you mean 'n_components'"),
        (["cluster", *SMALL, "--clusterer", "kmean"], "Did you mean 'kmeans'"),
        (["cluster", *SMALL, "--then", "whitten:3"], "Did you mean 'whiten'"),
        (["cluster", *SMALL, "--projection", "tnse"], "Did you mean 'tsne'"),
        (["cluster", *SMALL, "--split", "offical"], "Did you mean 'official'"),
        (["cluster", *SMALL, "--k", "141"], "got 141"),
        (["cluster", *SMALL, "--k", "0"], "got 0"),
        (["cluster", *SMALL, "--k", "seven"], "seven"),
        (["cluster", *SMALL, "--seeds", "0"], "at least one seed"),
        (["classify", "toy:n=70", "--baseline", "cnn33"], "Did you mean 'cnn3'"),
        (["classify", "toy:n=70", "--baseline", "cnn3:epoch=3"], "Did you mean 'epochs'"),
        (["classify", "toy:n=70", "--epochs", "0"], "0 is not in the range"),
        (["classify", "toy:n=70", "--baseline", "cnn3:optimiser=adm,epochs=1"], "Did you mean 'adam'"),
        (["classify", "toy:n=70", "--baseline", "cnn3:device=tpu,epochs=1"], "device 'tpu'"),
        (["compare", "missing.toml", "--out", "x"], "missing.toml"),
        (["figures", "nothing_here"], "nothing_here"),
        (["tables", "nothing_here"], "nothing_here"),
        (["tables", "nothing_here", "--analyses", "paired"], "'--analysis'"),
        (["list", "clusterer"], "Did you mean 'clusterers'"),
        (["figures", ".", "--votes", "fer2013new.csv"], "--votes needs --faces"),
        (["tables", ".", "--votes", "fer2013new.csv"], "--votes needs --faces"),
        (["report", ".", "--votes", "fer2013new.csv"], "--votes needs --faces"),
    ],
)
def test_bad_words_are_one_sentence_and_exit_code_2(capsys, tmp_path, argv, sentence):
    code, out, err = call(capsys, *argv)
    assert code == 2 and out == ""
    assert sentence in err and "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up(capsys, tmp_path, monkeypatch):
    assert call(capsys, "cluster", *SMALL, "--out", "run")[0] == 0
    before = (tmp_path / "run" / "run.json").read_bytes()

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device", "features.npy")

    monkeypatch.setattr(np, "save", full)
    code, _, err = call(capsys, "cluster", *SMALL, "--out", "other")
    assert code == 2 and "No space left on device (features.npy)." in err
    assert (tmp_path / "run" / "run.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


TELLING = """
import signal, sys
from fer_cluster import clustering
from fer_cluster.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a child of a background shell ignores it
real = clustering._cluster_seeds
def told(*args):
    print("working", flush=True)
    return real(*args)
clustering._cluster_seeds = told
main(sys.argv[1:])
"""


def test_ctrl_c_leaves_nothing_half_written(tmp_path):
    command = [sys.executable, "-c", TELLING, "cluster", "toy:n=4000", "--seeds", "500", "--out", "run"]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": tmp_path}
    with subprocess.Popen(command, **options) as process:
        try:
            first = process.stdout.readline()  # not while it imports: compiled modules may lose the signal
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert first == "working\n" and process.returncode == 130
    assert "interrupted" in err and "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_ours_is_exit_code_1(tmp_path):
    code = (
        "import fer_cluster.catalog as c; c.names = lambda kind: 1 / 0\n"
        "from fer_cluster.cli import main; main(['list'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1 and "ZeroDivisionError" in done.stderr


def test_no_bar_where_there_is_no_terminal(tmp_path):
    command = [sys.executable, "-m", "fer_cluster", "cluster", *SMALL, "--out", "run"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0 and "it/s" not in done.stderr and "\r" not in done.stderr


def test_a_training_tells_of_itself_on_a_terminal(tmp_path):
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    command = [sys.executable, "-m", "fer_cluster", "classify", "toy:n=140", "--baseline", "cnn3"]
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 140))
    options = {"stdout": subprocess.DEVNULL, "stderr": theirs, "cwd": tmp_path}
    with subprocess.Popen([*command, "--epochs", "2", "--out", "run"], **options) as process:
        os.close(theirs)
        told = b""
        with contextlib.suppress(OSError):  # the end of what a terminal tells
            while more := os.read(ours, 4096):
                told += more
    os.close(ours)
    assert process.returncode == 0
    line = [part for part in told.decode().split("\r") if part.startswith("Cnn3")][-1]
    assert re.search(r"\dk? faces/s|s/ faces", line) and "loss" in line and "accuracy" in line and "<" in line


def test_quick_trains_for_one_epoch_on_any_faces(capsys, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(
        "fer_cluster.cli._compare", lambda *given, **options: asked.append((given[1], given[2], options))
    )
    np.savez(tmp_path / "mine.npz", pixels=load("toy:n=70").images)
    for faces in (str(tmp_path / "mine.npz"), "toy"):
        call(capsys, "reproduce", faces, "--quick")
    assert [options for *_, options in asked] == [{"seeds": 3, "epochs": 1}] * 2
    assert [len(faces) for faces, *_ in asked] == [70, 1000]
    assert [out for _, out, _ in asked] == ["paper", "paper_quick"]


def test_json_has_null_for_what_is_no_number(capsys, tmp_path):
    faces = load("toy:n=140")
    told = np.where(faces.about["split"] == "Training", "", faces.about["emotion"].astype(str))
    split = np.where(faces.about["split"] == "Training", "train", "test")
    np.savez(tmp_path / "blind.npz", pixels=faces.images, emotion=told.astype("U8"), split=split)
    code, out, _ = call(
        capsys, "cluster", str(tmp_path / "blind.npz"), "--seeds", "2", "--json", "--out", "run"
    )
    (run,) = json.loads(out, parse_constant=pytest.fail).values()
    scores = run["scores"]["Test"]
    assert code == 0 and scores["named_accuracy"]["mean"] is None and scores["ami"]["mean"] is not None
