"""The table of scores that a person reads: its columns, and the controls beside a clustering."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_classifier_plots import make_run

from fer_cluster.cli import _run
from fer_cluster.clustering import cluster
from fer_cluster.page import write_page
from fer_cluster.report.writing import write_report
from fer_cluster.runs import load_run
from fer_cluster.scoring import METRICS
from fer_cluster.summary import HEADER, controls, ranked, summary

PIXELS = "pixels:n_components=5"
SCORES = {metric: {"mean": place / 100, "low": 0.0, "high": 0.5} for place, metric in enumerate(METRICS, 1)}
FIRST = ["AMI", "ARI", "NMI", "Hungarian", "named", "from", "to", "balanced", "purity", "by chance"]


def shown(run):
    """Return the one row of a run: the text under each name of the header."""
    ((_, [(_, cells)]),) = ranked([run])
    return dict(zip(HEADER, map(str, cells), strict=True))


def scored(kind, name="a"):
    return make_run([3, 4], [3, 4], name=name, kind=kind, scores=SCORES, labels="none")


def test_ami_comes_first_then_ari_and_nmi_of_clusterings_and_classifiers():
    assert list(HEADER[:10]) == FIRST
    clustering, classifier = shown(scored("clusterer")), shown(scored("classifier"))
    for row in (clustering, classifier):
        assert [row[name] for name in ("AMI", "ARI", "NMI", "named")] == ["0.020", "0.030", "0.040", "0.100"]
    chance = ("Hungarian", "purity", "by chance")
    assert [clustering[name] for name in chance] == ["0.090", "0.070", "0.080"]
    assert [classifier[name] for name in chance] == ["", "", ""]


def test_the_columns_stand_below_their_names_and_are_narrow():
    head, *rows = summary([scored("clusterer", "hog-whiten_64-unit"), scored("classifier")]).splitlines()[1:4]
    assert len(head) <= 120 and {len(row) for row in rows} == {len(head)}
    for row in rows:
        assert row[: head.index("ARI") + 3].endswith("0.030")
        assert row[: head.index("NMI") + 3].endswith("0.040")


def test_the_report_and_the_page_have_the_columns_too(tiny, tmp_path):
    run = cluster(tiny, PIXELS, seeds=1, projection=None)
    page = write_report([run], tmp_path / "report.html", patience=0).read_text(encoding="utf-8")
    assert page.index(">AMI</") < page.index(">ARI</") < page.index(">NMI</") < page.index(">Hungarian</")
    experiment = type("Experiment", (), {"title": "one", "runs": ()})
    page = write_page(experiment, [run], [], [], tmp_path / "page.md").read_text(encoding="utf-8")
    assert "AMI    ARI    NMI  Hungarian" in page


def test_runs_of_other_faces_have_a_table_of_their_own():
    runs = [scored("clusterer", name) for name in "ab"]
    other = replace(runs[1], spec=runs[1].spec | {"dataset": {"name": "mine", "fingerprint": "m"}})
    titles = [title.split(",")[0] for title, _ in ranked([runs[0], other])]
    assert titles == ["toy", "mine"]


def test_the_controls_score_as_runs_of_them_do(tiny):
    run = cluster(tiny, PIXELS, seeds=3, k=5, projection=None)
    for control in controls(run):
        seeds = 3 if control.name == "chance" else 1
        peer = cluster(tiny, PIXELS, control.name, seeds=seeds, k=5, projection=None)
        assert control.scores == {"PrivateTest": peer.scores["PrivateTest"]}
        assert control.spec["seeds"] == peer.spec["seeds"] and control.spec["clusterer"] == control.name
    assert [control.name for control in controls(run)] == ["chance", "one"]
    assert run.spec["clusterer"] == "kmeans" and len(run.scores) == 3  # and the run is left alone


def test_controls_of_clusterings_alone_and_of_labelled_faces(tiny):
    for control in ("chance:n_clusters=3", "one"):
        assert controls(cluster(tiny, PIXELS, control, seeds=1, projection=None)) == []
    assert controls(scored("classifier")) == []
    tiny.about["emotion"] = pd.Categorical([None] * 70, tiny.about["emotion"].cat.categories)
    assert controls(cluster(tiny, PIXELS, seeds=1, projection=None)) == []


def test_cluster_prints_the_controls_and_keeps_them_out_of_the_rest(capsys, tmp_path):
    words = ["cluster", "toy:n=140", "--features", PIXELS, "--seeds", "2", "--out", str(tmp_path / "run")]
    assert _run(words) == 0
    told = capsys.readouterr().err
    names = [line.split()[0] for line in told.splitlines() if line.startswith("  ")][1:]
    assert sorted(names) == ["chance", "one", load_run(tmp_path / "run").name]
    assert "chance" not in json.loads((tmp_path / "run" / "run.json").read_text())["spec"]["clusterer"]
    assert _run([*words, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 1


def test_controls_score_as_chance_and_one_cluster_do():
    random = np.random.default_rng(0)
    emotion, clusters = random.integers(7, size=3_000), random.integers(7, size=(10, 3_000))
    given = {"kind": "clusterer", "clusterer": "kmeans", "labels": "none", "fit": "test"}
    lot, one = controls(make_run(emotion, clusters, **given))
    assert len(lot.spec["seeds"]) == 5 and lot.scores["test"]["ami"]["mean"] == pytest.approx(0, abs=0.005)
    assert one.scores["test"]["named_accuracy"] == pytest.approx(np.bincount(emotion).max() / 3_000)
