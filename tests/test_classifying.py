import json
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score

from fer_cluster import classifying, comparing
from fer_cluster.baselines.cnn3 import Cnn3
from fer_cluster.classifying import classify
from fer_cluster.clustering import cluster
from fer_cluster.comparing import compare
from fer_cluster.emotions import EMOTIONS
from fer_cluster.ensembles import ensemble
from fer_cluster.errors import InputError
from fer_cluster.experiment import read_experiment
from fer_cluster.faces import Faces
from fer_cluster.page import write_page
from fer_cluster.plots.scores import Scores
from fer_cluster.record import chosen_by
from fer_cluster.runs import load_run
from fer_cluster.scoring import spread, value
from fer_cluster.splits import split
from fer_cluster.summary import summary
from fer_cluster.training import loop
from fer_cluster.training.models import load_model

NET = "three_blocks:width=4,dense=8,learning_rate=0.01"
NET3 = '[[runs]]\nbaseline = "cnn3"\n'
PIXELS = {"features": "pixels:n_components=5"}


@pytest.fixture
def net(tiny):
    return classify(tiny, NET, seeds=2, epochs=3)


def test_emotion_written_in_the_brightness_is_learnt(tiny):
    run = classify(tiny, "linear_probe:C=100.0", **PIXELS)
    assert run.scores["PrivateTest"]["named_accuracy"] > 0.8  # chance: .14
    assert run.name == "pixels_n_components=5-linear_probe_C=100.0"


def test_scores_are_those_of_the_predictions(net):
    rows = net.faces[net.faces["part"] == "PrivateTest"]
    columns = [rows["predicted"], rows["predicted_1"]]
    accuracy = [accuracy_score(rows["emotion"], column) for column in columns]
    f1 = [
        f1_score(rows["emotion"], column, average="macro", labels=EMOTIONS, zero_division=0)
        for column in columns
    ]
    assert value(net.scores["PrivateTest"]["named_accuracy"]) == pytest.approx(np.mean(accuracy))
    assert value(net.scores["PrivateTest"]["macro_f1"]) == pytest.approx(np.mean(f1))


def test_features_are_the_probabilities_of_every_seed(net):
    assert net.features.shape == (70, 14)
    np.testing.assert_allclose(net.features.reshape(70, 2, 7).sum(2), 1, atol=1e-5)
    np.testing.assert_array_equal(net.features.reshape(70, 2, 7).argmax(2).T, net.predictions())
    np.testing.assert_allclose(net.faces["confidence"], net.features[:, :7].max(1))


def test_an_emotion_that_is_never_seen_has_probability_0(tiny):
    seen = (tiny.about["emotion"] != "fear") | (tiny.about["split"] != "Training")
    faces = Faces(tiny.images[seen], tiny.about[seen].reset_index(drop=True), "tiny")
    run = classify(faces, "majority")
    assert (run.features[:, EMOTIONS.index("fear")] == 0).all() and run.features.shape[1] == 7


def test_only_the_labels_of_the_fit_part_are_learnt_from(tiny):
    about = tiny.about.copy()
    other = np.asarray(about["split"] != "Training")
    about.loc[other, "emotion"] = about.loc[other, "emotion"].to_numpy()[::-1]
    options = {"epochs": 2}
    ours, again = (classify(faces, NET, **options) for faces in (tiny, Faces(tiny.images, about, "tiny")))
    np.testing.assert_array_equal(ours.features, again.features)


def test_faces_without_a_label_are_not_learnt_from(tiny):
    about = tiny.about.copy()
    about.loc[about.index[::2], "emotion"] = None
    labelled = Faces(tiny.images[1::2], tiny.about[1::2].reset_index(drop=True), "tiny")
    ours = classify(Faces(tiny.images, about, "tiny"), "knn:n_neighbors=1", **PIXELS)
    assert np.isfinite(ours.features).all() and len(ours.faces) == 70
    share = classify(Faces(tiny.images, about, "tiny"), "majority").features[0]
    np.testing.assert_allclose(share, classify(labelled, "majority").features[0])
    with pytest.raises(InputError, match="no labelled faces"):
        classify(Faces(tiny.images, about.assign(emotion=None), "tiny"), "majority")


def test_what_is_watched(tiny, net):
    assert net.spec["watched"] == "PublicTest"
    assert {"watch_loss", "watch_accuracy"} <= set(net.history.columns)
    assert "nothing is chosen" in classify(tiny, NET, split="paper", epochs=1).spec["watched"]
    assert classify(tiny, NET + ",keep=best", split="paper", epochs=1).spec["watched"] == "a tenth of train"


def test_a_learning_rate_that_watched_faces_lower_is_a_choice_too(tiny):
    parts, emotion = split(tiny, "paper"), tiny.about["emotion"].cat.codes.to_numpy()
    _, watched, name = classifying._rows(parts, emotion, Cnn3(schedule="plateau"), 0)
    assert name == "a tenth of train" and set(parts.part[watched]) == {"train"}


def test_faces_that_no_part_uses_are_not_watched(tiny):
    about = tiny.about.assign(split=tiny.about["split"].where(tiny.about["split"] != "PublicTest"))
    parts, emotion = split(Faces(tiny.images, about)), tiny.about["emotion"].cat.codes.to_numpy()
    rows, watched, name = classifying._rows(parts, emotion, Cnn3(), 0)
    assert name == "PrivateTest, by which nothing is chosen" and len(rows) == 49
    assert set(parts.part[watched]) == {"PrivateTest"}


def test_another_seed_holds_out_another_tenth(tiny):
    parts, emotion = split(tiny, "paper"), tiny.about["emotion"].cat.codes.to_numpy()
    one, other = (classifying._rows(parts, emotion, Cnn3(keep="best"), seed)[1] for seed in (0, 1))
    assert len(one) == len(other) and not np.array_equal(one, other)


def test_a_part_without_labels_is_not_watched(tiny):
    about = tiny.about.copy()
    about.loc[about["split"] == "PublicTest", "emotion"] = None
    faces = Faces(tiny.images, about, "tiny")
    assert classify(faces, NET, epochs=1).spec["watched"] == "PrivateTest, by which nothing is chosen"
    assert classify(faces, NET + ",keep=best", epochs=1).spec["watched"] == "a tenth of Training"
    about.loc[about["split"] == "PrivateTest", "emotion"] = None
    assert classify(Faces(tiny.images, about, "tiny"), NET, epochs=1).spec["watched"] == "nothing"


def test_a_tenth_is_held_out_of_the_fitted_faces(tiny):
    parts = split(tiny, "paper")
    emotion = tiny.about["emotion"].cat.codes.to_numpy()
    chooser = Cnn3(keep="best")
    rows, watched, _ = classifying._rows(parts, emotion, chooser, 0)
    assert len(watched) == 5 and not set(rows) & set(watched)
    assert set(rows) | set(watched) == set(np.flatnonzero(parts.part == "train"))


def test_save_and_load(net, tmp_path, tiny):
    net.save(tmp_path / "run")
    loaded = load_run(tmp_path / "run")
    np.testing.assert_array_equal(loaded.predictions(), net.predictions())
    pd.testing.assert_frame_equal(loaded.history, net.history, check_dtype=False)
    assert loaded.scores == net.scores and loaded.spec == json.loads(json.dumps(net.spec))
    model = load_model(tmp_path / "run" / "model_1")
    np.testing.assert_array_equal(model.predict_proba(tiny.images), net.features[:, 7:])


def test_a_training_that_was_cut_off_goes_on(tiny, tmp_path, monkeypatch):
    whole = classify(tiny, NET, epochs=3)
    monkeypatch.setattr(loop, "_SAVE_AFTER", 0)
    real = loop.Loop._epoch

    def cut_off(self, epoch, progress):
        if epoch == 2:
            raise KeyboardInterrupt
        return real(self, epoch, progress)

    monkeypatch.setattr(loop.Loop, "_epoch", cut_off)
    with pytest.raises(KeyboardInterrupt):
        classify(tiny, NET, epochs=3, checkpoint=tmp_path / "state")
    done = []
    monkeypatch.setattr(loop.Loop, "_epoch", lambda *args: done.append(args[1]) or real(*args))
    again = classify(tiny, NET, epochs=3, checkpoint=tmp_path / "state")
    assert done == [2]
    np.testing.assert_array_equal(again.features, whole.features)


def test_images_and_features_are_not_mixed_up(tiny):
    with pytest.raises(InputError, match="leave out features 'pixels'"):
        classify(tiny, NET, features="pixels")
    with pytest.raises(InputError, match="Did you mean 'cnn3'"):
        classify(tiny, "cnn33")
    with pytest.raises(InputError, match="too small"):
        classify(tiny, "cnn3")
    with pytest.raises(InputError, match="at least one seed"):
        classify(tiny, "majority", seeds=0)


def test_an_ensemble_is_the_mean_of_probabilities(tiny, net, tmp_path):
    probe = classify(tiny, "linear_probe", **PIXELS)
    both = ensemble([net, probe], "both")
    expected = (net.features[:, :7] + net.features[:, 7:] + probe.features) / 3
    np.testing.assert_allclose(both.features, expected, atol=1e-6)
    assert both.spec["chosen_with"] == net.spec["chosen_with"] != "nothing"  # what its members were
    both_ways = ensemble([net, probe], chosen_with="PublicTest").spec["chosen_with"]
    assert both_ways == f"PublicTest and {net.spec['chosen_with']}"
    assert both.spec["seconds"]["baseline"] == sum(run.spec["seconds"]["baseline"] for run in (net, probe))
    assert both.spec["members"] == {net.name: [0, 1], probe.name: [0]}
    np.testing.assert_array_equal(both.predictions()[0], expected.argmax(1))
    both.save(tmp_path / "both")
    for entry in ({"baseline": "majority"}, {"features": "pixels", "clusterer": "one"}):
        assert comparing.finished(tmp_path / "both", entry, "official", tiny) is None
    with pytest.raises(InputError, match="only classifiers"):
        ensemble([net, cluster(tiny, "pixels:n_components=5", seeds=1)])
    with pytest.raises(InputError, match="another split"):
        ensemble([net, classify(tiny, "majority", split="paper")])


def test_clusters_are_named_on_the_fit_part(tiny):
    run = cluster(tiny, "pixels:n_components=5", seeds=2)
    rows = (run.faces["part"] == "PrivateTest").to_numpy()
    right = run.predictions()[:, rows] == tiny.about["emotion"].cat.codes.to_numpy()[rows]
    assert value(run.scores["PrivateTest"]["named_accuracy"]) == pytest.approx(right.mean())


TOML = f"""
title = "both"
baseline_seeds = 2
seeds = 3
[[runs]]
features = "pixels:n_components=5"
[[runs]]
name = "net"
baseline = "{NET}"
[[runs]]
name = "none"
baseline = "vgg16_transfer:weights=not_there.safetensors"
optional = true
[[runs]]
baseline = ["majority"]
[[runs]]
name = "knn"
baseline = "knn:n_neighbors=3"
features = "pixels:n_components=5"
[[runs]]
name = "together"
ensemble = ["net", "majority"]
[[tables]]
name = "table_1"
analysis = "per_emotion"
run = "net"
"""


@pytest.fixture
def experiment(tmp_path):
    (tmp_path / "both.toml").write_text(TOML)
    return read_experiment(tmp_path / "both.toml", epochs=1)


def test_an_experiment_lays_both_kinds_side_by_side_and_resumes(experiment, tiny, tmp_path, monkeypatch):
    with pytest.warns(UserWarning, match="'none' is left out"):
        runs = compare(experiment, tiny, tmp_path / "out")
    names = [run.name for run in runs]
    assert names == ["pixels_n_components=5-kmeans", "net", "majority", "knn", "together"]
    assert [len(run.spec["seeds"]) for run in runs] == [3, 2, 2, 2, 1]
    assert not list((tmp_path / "out").rglob("*.training*"))
    monkeypatch.setattr(comparing, "_made", lambda *args: pytest.fail("a finished run was made again"))
    experiment = read_experiment(tmp_path / "both.toml", epochs=1)
    kept = [entry for entry in experiment.runs if entry["name"] != "none"]
    again = compare(
        type(experiment)(experiment.title, experiment.splits, tuple(kept)), tiny, tmp_path / "out"
    )
    assert [run.scores for run in again] == [run.scores for run in runs]


def test_epochs_are_told(experiment, tiny, tmp_path):
    runs = [classify(tiny, NET, epochs=1, name="net"), classify(tiny, "majority")]
    assert runs[0].spec["epochs"] == 1 and len(runs[0].history) == 1
    table = tmp_path / "tables" / "long.md"
    table.parent.mkdir()
    table.write_text("# T\n\nA sentence.\n\n" + "| a |\n" * 100)
    text = write_page(
        experiment, runs, [tmp_path / "figures" / "f.png"], [table], tmp_path / "p.md"
    ).read_text()
    assert "each face 1 time(s), as was asked" in text and "![f](figures/f.png)" in text
    assert "A sentence." in text and "All 98 rows: [tables/long.md](tables/long.md)" in text
    fewer = write_page(experiment, runs[1:], [], [], tmp_path / "q.md").read_text()
    left = [re.search("^Left out.*: (.*)[.]$", page, re.M)[1].split(", ") for page in (text, fewer)]
    assert "time(s)" not in fewer
    assert set(left[1]) - set(left[0]) == {f"`{runs[0].name}`"}


@pytest.mark.parametrize(
    "toml, sentence",
    [
        ('[[runs]]\nbaseline = "cnn33"', "Did you mean 'cnn3'"),
        ('[[runs]]\nbaseline = "cnn3:epoch=3"', "Did you mean 'epochs'"),
        ('[[runs]]\nbaseline = "cnn3"\nclusterer = "kmeans"', "has no 'clusterer'"),
        ('[[runs]]\nname = "e"\nensemble = ["a"]\nseeds = 3', "has no 'seeds'"),
        (
            '[[runs]]\nbaseline = "cnn3"\n[[tables]]\nname="t"\nanalysis="per_emotio"\nrun="cnn3"',
            "'per_emotion'",
        ),
        (
            '[[runs]]\nbaseline = "cnn3"\n[[tables]]\nname="t"\nanalysis="paired"\nrun="cnn"',
            "Did you mean 'cnn3'",
        ),
    ],
)
def test_a_wrong_experiment_is_one_sentence(tmp_path, toml, sentence):
    (tmp_path / "wrong.toml").write_text(toml)
    with pytest.raises(InputError, match=sentence):
        read_experiment(tmp_path / "wrong.toml")


@pytest.mark.parametrize(
    "baseline, told",
    [("cnn3", "a tenth of the paper"), ("residual:width=2", "a tenth of the paper"), ("resnet18", "nothing")],
)
def test_sizes_that_labels_chose_are_told_unasked(baseline, told):
    assert chosen_by("nothing", {"features": "none", "then": [], "baseline": baseline}, {}).startswith(told)
    assert chosen_by("PublicTest", {"features": "none", "then": [], "baseline": baseline}, {}) == "PublicTest"


def test_the_interval_of_one_seed_is_wilsons():
    scores = {"n": 100.0, "named_accuracy": 0.5, "ami": 0.1}
    found = spread("named_accuracy", scores)  # by hand: (.5 + .019208 -+ .099879) / 1.038416
    assert found == pytest.approx({"mean": 0.5, "low": 0.4038, "high": 0.5962}, abs=1e-4)
    fewer = spread("named_accuracy", {"n": 25.0, "named_accuracy": 0.5})
    assert fewer == pytest.approx({"mean": 0.5, "low": 0.3175, "high": 0.6825}, abs=1e-4)
    assert spread("ami", scores) == {"mean": 0.1}
    several = {"mean": 0.15, "sd": 0.02, "low": 0.1, "high": 0.2}
    assert spread("named_accuracy", {"n": 5, "named_accuracy": several}) == several


def test_tables_and_pictures_have_the_interval_of_one_seed(tiny):
    run = classify(tiny, "knn:n_neighbors=1", **PIXELS)
    low = spread("named_accuracy", run.scores["PrivateTest"])["low"]
    table = run.scores_table().query("part == 'PrivateTest' and duplicates == 'with'").set_index("metric")
    data = Scores().data([run]).query("duplicates == 'with'").set_index("metric")
    for rows in (table, data):
        assert rows.loc["named_accuracy", "low"] == low < rows.loc["named_accuracy", "mean"]
        assert set(rows.index[rows["low"].isna()]) == {"n", "purity_chance"} and rows["sd"].isna().all()


def test_the_summary_tells_who_saw_labels(tiny, net):
    lines = summary([cluster(tiny, "pixels:n_components=5", seeds=2), net]).splitlines()
    assert [line.split()[-1] for line in lines[2:4]] in (["none", "learnt"], ["learnt", "none"])
