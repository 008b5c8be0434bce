"""Accuracy with few labels: by clusters that are known, by hand and by scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from test_classifier_plots import make_run
from test_plots import LONG, _outside, _overlapping, _texts, pixels

from fer_cluster.analysis.label_efficiency import LabelEfficiency, _named_accuracy, _Task, _task
from fer_cluster.errors import InputError
from fer_cluster.plots.label_efficiency import LabelEfficiency as Plot
from fer_cluster.tables import tabulate

FEW = LabelEfficiency(draws=4)
PARTS = np.repeat(["train", "test"], [210, 140])
HAPPY, SAD = 3, 4


def clustering(emotion, clusters, x=None, *, part=PARTS, **given):
    run = make_run(emotion, clusters, part=part, kind="clusterer", **{"name": "pixels-kmeans"} | given)
    x = np.eye(7)[np.asarray(emotion)] if x is None else x
    object.__setattr__(run, "features", np.asarray(x, np.float32))
    return run


@pytest.fixture
def emotion(random):
    """Return thirty faces of each emotion to fit on, and twenty to report on."""
    return np.concatenate([random.permutation(210) % 7, random.permutation(140) % 7])


def of(table, method):
    return table[table["method"] == method].set_index("labels")


def test_pure_clusters_need_one_label_each(emotion, random):
    x = random.normal(size=(350, 3))  # tells the classifier nothing
    table = FEW.table([clustering(emotion, [emotion, 6 - emotion], x)])
    assert list(table.columns) == [
        *("run", "dataset", "split", "part", "n", "method", "labels", "accuracy", "low", "high")
    ]
    clusters, classifier = of(table, "clusters"), of(table, "classifier")
    assert clusters.index.tolist() == [7, 14, 35, 70, 140, 210]  # 1, 2, 5, 10, 20 a cluster, and all
    assert classifier.index.equals(clusters.index) and table["n"].eq(140).all()
    assert (clusters[["accuracy", "low", "high"]] == 1).all(axis=None)
    assert classifier["accuracy"].max() < 0.3
    assert "140 faces of test: with 7 labels the accuracy is 100.0 % by clusters, " in FEW.say(table)
    assert "the classifier never overtakes the clusters; with all 210 it is 100.0 % by" in FEW.say(table)


def test_useless_clusters_are_overtaken(emotion, random):
    table = FEW.table([clustering(emotion, random.integers(7, size=(2, 350)))])
    assert of(table, "classifier")["accuracy"].iloc[-1] == 1 and of(table, "clusters")["accuracy"].max() < 0.3
    assert "the classifier is ahead at every number of labels; with all 210 it is" in FEW.say(table)


@pytest.mark.parametrize(
    "classifier, said",
    [
        ([0.1, 0.4, 0.4, 0.6], "overtakes at 210 labels"),  # it was ahead at 14, but not at 35
        ([0.1, 0.4, 0.5, 0.6], "overtakes at 14 labels"),
        ([0.1, 0.4, 0.5, 0.5], "never overtakes the clusters"),
        ([0.3, 0.4, 0.5, 0.6], "ahead at every number of labels"),
    ],
)
def test_it_overtakes_where_it_stays_ahead(classifier, said):
    keys = {
        "run": "a",
        "dataset": "toy",
        "split": "paper",
        "part": "test",
        "n": 140,
        "labels": [7, 14, 35, 210],
    }
    rows = [
        pd.DataFrame(keys | {"method": "clusters", "accuracy": [0.2, 0.3, 0.4, 0.5]}),
        pd.DataFrame(keys | {"method": "classifier", "accuracy": classifier}),
    ]
    sentence = FEW.say(pd.concat(rows))
    assert said in sentence and "with all 210 it is 50.0 % by clusters" in sentence


def test_the_classifier_is_that_of_scikit_learn(emotion, random):
    x = 3 * random.normal(size=(350, 4)) + 2 * emotion[:, None]
    table = LabelEfficiency(draws=1, C=0.3).table([clustering(emotion, emotion, x)])
    scaler = StandardScaler().fit(np.float32(x)[:210])
    z = scaler.transform(np.float32(x).astype(float))
    theirs = (
        LogisticRegression(C=0.3, max_iter=2000).fit(z[:210], emotion[:210]).score(z[210:], emotion[210:])
    )
    last = of(table, "classifier").iloc[-1]
    assert last["accuracy"] == last["low"] == last["high"] == pytest.approx(theirs)
    assert 0.2 < theirs < 0.9


def test_the_classifier_learns_of_faces_drawn_from_the_part_as_a_whole(emotion, monkeypatch):
    """Of 210 faces 10 are in the second cluster: one label a cluster is no half of them."""
    told = []
    note = lambda self, task, chosen: told.append(np.array(chosen)) or 0.0  # noqa: E731
    monkeypatch.setattr(LabelEfficiency, "_classified", note)
    LabelEfficiency(draws=40, most=1).table([clustering(emotion, np.arange(350) < 10)])
    pools = np.concatenate(told[:40])
    assert [len(one) for one in told] == [2] * 40 + [210]
    assert (pools < 10).mean() < 0.25 and len(np.unique(pools)) > 40


def test_features_are_standardised_by_the_faces_fitted_on(emotion, random):
    x = random.normal(size=(350, 3)) * np.where(PARTS == "train", 1, 9)[:, None] + 5
    z = _task(clustering(emotion, emotion, x)).x[:210]
    np.testing.assert_allclose([z.mean(0), z.std(0)], [[0] * 3, [1] * 3], atol=1e-6)


def test_with_all_labels_each_cluster_has_its_commonest_emotion():
    # Both clusters have 2 happy faces and 1 sad one, so both are named happy: no names one-to-one
    train, test = [HAPPY, HAPPY, SAD] * 2, [HAPPY, SAD, HAPPY, HAPPY]
    cluster = [0, 0, 0, 1, 1, 1, 0, 0, 1, 1]
    part = np.repeat(["train", "test"], [6, 4])
    table = LabelEfficiency(draws=2).table([clustering(train + test, cluster, part=part)])
    last = of(table, "clusters").loc[6]
    assert last["accuracy"] == 0.75 and table["labels"].unique().tolist() == [2, 4, 6]


def test_one_label_names_as_often_as_its_emotion_is_met():
    # One cluster, 80 % happy: one label is right with 0.8 of the draws, so 0.8 * 0.8 + 0.2 * 0.2 are
    emotion = np.tile([HAPPY] * 4 + [SAD], 100)
    run = clustering(emotion, np.zeros(500, int), np.zeros((500, 2)), part=np.repeat(["train", "test"], 250))
    table = LabelEfficiency(draws=400, most=1).table([run])
    first = of(table, "clusters").loc[1]
    assert first["accuracy"] == pytest.approx(0.68, abs=0.03)
    assert (first["low"], first["high"]) == (pytest.approx(0.2), pytest.approx(0.8))
    assert of(table, "classifier").loc[1, "accuracy"] == pytest.approx(0.68, abs=0.03)  # it has one class
    assert table["labels"].unique().tolist() == [1, 250]


def test_ties_are_broken_at_random_and_empty_clusters_take_the_commonest():
    emotion = np.array([HAPPY, SAD, SAD, SAD, HAPPY, SAD, SAD])
    cluster = np.array([0, 0, 1, 1, 0, 0, 2])  # the third cluster is met among those reported on only
    task = _Task(None, emotion, cluster[None], np.arange(4), np.arange(4, 7))
    values = [_named_accuracy(task, cluster, task.fit, np.random.default_rng(seed)) for seed in range(200)]
    assert np.unique(values).tolist() == pytest.approx([2 / 3])  # one of happy and sad, and the sad one
    task = _Task(None, emotion, cluster[None], np.arange(4), np.array([4, 6]))
    values = [_named_accuracy(task, cluster, task.fit, np.random.default_rng(seed)) for seed in range(200)]
    assert set(values) == {0.5, 1.0} and 0.6 < np.mean(values) < 0.9


def test_each_draw_takes_the_next_seed(emotion):
    table = FEW.table([clustering(emotion, [emotion, np.zeros_like(emotion)])])  # right, and one cluster
    low, high = of(table, "clusters").loc[210, ["low", "high"]]
    assert (low, high) == (pytest.approx(1 / 7 + 0.025 * 6 / 7), pytest.approx(1 - 0.025 * 6 / 7))
    assert of(table, "clusters").iloc[0]["accuracy"] == pytest.approx((1 + 1 / 7) / 2)
    assert of(table, "clusters").index[0] == 4  # the mean of 7 labels and 1


def test_the_labels_of_the_reported_part_and_of_others_are_not_seen(emotion):
    part = np.where(np.arange(350) < 30, "PublicTest", PARTS)
    other = np.where(part == "PublicTest", (emotion + 1) % 7, emotion)
    tables = [
        FEW.table([clustering(one, emotion, np.eye(7)[emotion], part=part)]) for one in (emotion, other)
    ]
    pd.testing.assert_frame_equal(*tables)
    flipped = np.where(PARTS == "test", 6 - emotion, emotion)  # the happy ones stay: 20 of 140
    table = FEW.table([clustering(flipped, emotion, np.eye(7)[emotion])])
    assert of(table, "clusters")["accuracy"].tolist() == pytest.approx([1 / 7] * 6)


def test_the_same_twice_and_runs_are_left_alone(emotion, random):
    runs = [clustering(emotion, random.integers(5, size=(3, 350)), name=name) for name in ("a", "a")]
    faces = runs[0].faces.copy()
    table = FEW.table(runs)
    pd.testing.assert_frame_equal(table, FEW.table(runs))
    pd.testing.assert_frame_equal(runs[0].faces, faces)
    assert table["run"].unique().tolist() == ["a", "a (2)"]
    assert FEW.say(table).count("by clusters") == 4


@pytest.mark.parametrize("wrong", [0, -1, "weak"])
def test_a_penalty_that_cannot_be_used_is_told_at_once(wrong):
    with pytest.raises(InputError, match=f"C must be a number above 0, got {wrong!r}"):
        LabelEfficiency(C=wrong)


def test_what_cannot_be_scored_is_explained(emotion):
    run = clustering(emotion, emotion, part=np.repeat("train", 350), report="train")
    with pytest.raises(InputError, match="scores faces that were not labelled"):
        FEW.table([run])
    blind = clustering(np.full(350, -1), emotion, np.eye(7)[emotion])
    with pytest.raises(InputError, match="'pixels-kmeans' has no labelled faces in train"):
        FEW.table([blind])


def test_written_as_table(emotion, tmp_path):
    paths = tabulate([clustering(emotion, emotion)], tmp_path, ["label_efficiency"])
    assert [path.name for path in paths] == [
        f"label_efficiency_pixels-kmeans_paper.{x}" for x in ("csv", "md", "tex")
    ]
    assert len(pd.read_csv(paths[0])) == 12


class TestPlot:
    def test_draws_both_lines_with_bands_from_the_csv(self, emotion, random, tmp_path):
        runs = [
            clustering(emotion, random.integers(7, size=(2, 350)), name=name) for name in (LONG, "b", "c")
        ]
        plot = Plot(draws=3)
        data = plot.data(runs)
        pd.testing.assert_frame_equal(data, LabelEfficiency(draws=3).table(runs))
        data.to_csv(tmp_path / "data.csv", index=False)
        figure = plot.draw(data)
        assert pixels(figure) == pixels(plot.draw(pd.read_csv(tmp_path / "data.csv")))
        assert len(figure.axes) == 3
        ax = figure.axes[0]
        assert ax.get_xlabel().endswith("\nbands: 95 % of draws; at the last point, of seeds")
        assert ax.get_xscale() == "log" and len(ax.lines) == len(ax.collections) == 2
        shown = of(data[data["run"] == LONG], "clusters")
        np.testing.assert_allclose(ax.lines[0].get_xdata(), shown.index)
        np.testing.assert_allclose(ax.lines[0].get_ydata(), 100 * shown["accuracy"])

    def test_text_is_legible_and_does_not_overlap(self, emotion):
        data = Plot(draws=2).data([clustering(emotion, emotion, name=name) for name in (LONG, "b", "c")])
        for some in (data, data[data["run"] == "b"]):
            texts = _texts(Plot().draw(some))
            assert min(text.get_fontsize() for text, _ in texts) >= 8
            assert not _overlapping(texts) and not _outside(texts)

    def test_draws_into_a_given_panel(self, emotion):
        from matplotlib.figure import Figure

        panel = Figure().subplots()
        assert Plot().draw(Plot(draws=2).data([clustering(emotion, emotion)]), ax=panel) is panel.figure
        assert len(panel.lines) == 2
