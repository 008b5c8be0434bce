"""Doubted labels: by hand, by scikit-learn, and by labels that were made wrong."""

import sys

import numpy as np
import pandas as pd
import pytest
from cleanlab.filter import find_label_issues
from sklearn.metrics import pairwise_distances
from test_annotators import random_run, with_votes
from test_label_efficiency import clustering
from test_plots import LONG, _outside, _overlapping, _texts, pixels

from fer_cluster.analysis import _doubts
from fer_cluster.analysis.label_audit import LabelAudit, _precision, _scored, _seen
from fer_cluster.catalog import make
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.faces import Faces
from fer_cluster.plots.label_audit import LabelAudit as Plot
from fer_cluster.tables import tabulate

HAPPY, SAD, FEAR = 3, 4, 2
FEW = LabelAudit(shown=60)


@pytest.fixture
def spoilt(random):
    """Return a run whose features and clusters follow the truth, the rows of its wrong labels, the truth."""
    truth = random.integers(7, size=420)
    wrong = np.sort(random.permutation(420)[:60])
    emotion = truth.copy()
    emotion[wrong] = (truth[wrong] + random.integers(1, 7, 60)) % 7
    clusters = np.where(random.random((2, 420)) < 0.2, random.integers(7, size=(2, 420)), truth)
    part = np.where(np.arange(420) % 2, "test", "train")
    run = clustering(emotion, clusters, np.eye(7)[truth] + random.normal(0, 0.4, (420, 7)), part=part)
    return with_votes(run, 8 * np.eye(7, dtype=int)[truth], 2), wrong + 1, truth


def test_labels_made_wrong_are_found(spoilt):
    run, wrong, truth = spoilt
    table = FEW.table([run])
    assert len(table) == 60 and table["rank"].tolist() == list(range(1, 61)) and table["of"].unique() == [420]
    hits = table["row"].isin(wrong)
    assert hits.mean() > 0.8 and hits[:30].all()
    np.testing.assert_array_equal(hits, table["outvoted"])
    assert table["confidence"].is_monotonic_decreasing and table["confidence"].between(0, 1).all()
    face = table.loc[hits, "row"] - 1
    assert (table.loc[hits, "suggested"] == np.array(EMOTIONS)[truth[face]]).mean() > 0.9
    np.testing.assert_array_equal(table["voters"], np.array(EMOTIONS)[truth[table["row"] - 1]])
    np.testing.assert_array_equal(table["emotion"], run.faces["emotion"].iloc[table["face"]])
    np.testing.assert_array_equal(table["part"], run.faces["part"].iloc[table["row"] - 1])
    np.testing.assert_allclose(table["precision"], hits.cumsum() / table["rank"])
    assert table["base_rate"].unique() == pytest.approx([60 / 420])
    last = table.filter(like="precision_").iloc[-1]
    assert len(last) == 4 and last.between(0.6, 1).all()
    np.testing.assert_allclose(table["confidence"], table[["by_clusters", "by_neighbours"]].mean(axis=1))


def test_doubts_by_hand():
    # on a line: cluster 0 at 0, 1, 3, 7; cluster 1 at 2, 4; a face alone at 20
    x = np.array([[0], [1], [3], [7], [2], [4], [20]], float)
    emotion, cluster = np.array([HAPPY, HAPPY, SAD, HAPPY, SAD, SAD, FEAR]), np.array([0, 0, 0, 0, 1, 1, 2])
    shares = _doubts.shares_in_clusters(x, emotion, cluster, 2)
    np.testing.assert_allclose(shares[:, HAPPY], [0.5, 0.5, 1, 0.5, 0, 0, 0])
    np.testing.assert_allclose(shares[:, SAD], [0.5, 0.5, 0, 0.5, 1, 1, 0])
    np.testing.assert_allclose(_doubts.doubt(emotion, shares), [0.5, 0.5, 1, 0.5, 0, 0, 0])
    run = clustering(emotion, [cluster, np.zeros(7, int)], x, part=["train"] * 7)  # the first seed counts
    table = LabelAudit(neighbours=2).table([run]).set_index("row").sort_index()
    np.testing.assert_allclose(table["by_clusters"], [0.5, 0.5, 1, 0.5, 0, 0, 0])
    np.testing.assert_allclose(table["by_neighbours"], [0.5, 0.5, 0, 1, 0.5, 0, 1])
    np.testing.assert_allclose(table["confidence"], [0.5, 0.5, 0.5, 0.75, 0.25, 0, 0.5])
    suggested = ["sad", "sad", "happy", "sad", "happy", "sad"]  # of the last all say sad
    assert table["suggested"].tolist()[:6] == suggested and table.loc[7, "suggested"] in ("happy", "sad")


@pytest.mark.parametrize(
    ("n", "asked", "count"), [(2, 200, 1), (8, 200, 7), (420, 200, 10), (600, 200, 12), (600, 5, 5)]
)
def test_few_faces_are_asked_where_there_are_few(random, n, asked, count):
    emotion, x = random.integers(2, size=n), random.normal(size=(n, 2))
    run = clustering(emotion, np.zeros(n, int), x, part=["train"] * n)
    table = LabelAudit(neighbours=asked).table([run]).sort_values("row")
    distance = pairwise_distances(x) + np.diag(np.full(n, np.inf))
    others = emotion[distance.argsort(axis=1)[:, :count]] != emotion[:, None]
    for name in ("by_clusters", "by_neighbours", "confidence"):
        np.testing.assert_allclose(table[name], others.mean(axis=1))


def test_neighbours_by_distances(random):
    x, emotion = random.normal(size=(80, 3)), random.integers(7, size=80)
    distance = pairwise_distances(x) + np.diag(np.full(80, np.inf))
    near = emotion[distance.argsort(axis=1)[:, :5]]
    expected = [[(row == code).mean() for code in range(7)] for row in near]
    np.testing.assert_allclose(_doubts.shares_of_neighbours(x, emotion, 5), expected)


def test_probabilities_are_of_a_probe_that_never_saw_the_face(random):
    emotion = random.integers(3, size=90)
    x = np.eye(3)[emotion] + random.normal(0, 0.3, (90, 3))
    ours = _doubts.probabilities(x, emotion, 3, 0)
    np.testing.assert_allclose(ours.sum(1), 1, atol=1e-6)
    fold = np.random.default_rng(0).permutation(90) % 3
    probe = make("baselines", "linear_probe").fit(x[fold != 1], emotion[fold != 1])
    np.testing.assert_allclose(ours[fold == 1][:, :3], probe.predict_proba(x[fold == 1]))
    other = emotion.copy()
    other[7] = (emotion[7] + 1) % 3  # its own label changes nothing about a face
    np.testing.assert_allclose(_doubts.probabilities(x, other, 3, 0)[7], ours[7])
    one = _doubts.probabilities(x, np.full(90, SAD), 3, 0)
    assert one[:, SAD].all()
    assert _doubts.probabilities(x[:3], emotion[:3], 5, 0).sum() == pytest.approx(3)  # fewer than folds


def test_order():
    assert _doubts.ordered([0.1, 0.9, 0.5], 0).tolist() == [1, 2, 0]
    orders = {tuple(_doubts.ordered([1, 1, 2], seed)) for seed in range(20)}
    assert orders == {(2, 0, 1), (2, 1, 0)}


def test_scores_by_hand():
    emotion = np.array([HAPPY, HAPPY, SAD, SAD, FEAR])
    votes, others = np.zeros((5, 7), int), np.array([[0], [5], [0], [0], [0]])
    votes[0, HAPPY], votes[1, HAPPY] = 9, 4  # right; outvoted by something else
    votes[2, [SAD, HAPPY]], votes[3, [SAD, FEAR]] = 3, [2, 7]  # tied, which is not outvoted; outvoted
    orders = {"": np.array([3, 4, 1, 0, 2]), "_cleanlab": np.array([1, 3])}
    scored = _scored(emotion, votes, others, orders, 4)
    assert scored["outvoted"].tolist() == [True, pd.NA, True, False]  # nobody voted on the last face
    np.testing.assert_allclose(scored["precision"], [1, 1, 1, 2 / 3])
    np.testing.assert_allclose(scored["precision_cleanlab"], [1, 1, np.nan, np.nan])
    assert scored["base_rate"] == 2 / 4  # of happy and of sad one of two
    np.testing.assert_allclose(scored["base_rate_of_emotions"], 0.5)
    assert _seen(votes, others).tolist() == ["happy", "something else", "tied", "fear", "no votes"]
    assert np.isnan(_precision(np.array([0.0]), np.array([False]), 1)).all()


def test_faces_without_votes_count_neither_way():
    emotion = np.array([SAD, SAD, SAD, HAPPY])
    votes, others = np.zeros((4, 7), int), np.zeros((4, 1), int)
    votes[0, FEAR] = votes[2, SAD] = votes[3, HAPPY] = 9  # outvoted; nobody; right; right
    scored = _scored(emotion, votes, others, {"": np.array([1, 0, 2])}, 3)
    np.testing.assert_allclose(scored["precision"], [np.nan, 1, 1 / 2])
    np.testing.assert_allclose(scored["base_rate_of_emotions"], [np.nan, 1 / 2, 1 / 2])  # of sad one of two
    assert scored["base_rate"] == 1 / 3


def test_votes_are_those_of_the_labelled_faces(spoilt):
    run, wrong, _ = spoilt
    run.faces.loc[:29, "emotion"] = None
    table = LabelAudit(shown=390).table([run])
    np.testing.assert_array_equal(table["outvoted"], table["row"].isin(wrong))


def test_the_sentence(spoilt):
    keys = {
        "run": "a",
        "split": "paper",
        "of": 35887,
        "emotion": "fear",
        "suggested": "sad",
        "base_rate": 0.25,
    }
    table = pd.DataFrame(keys | {"rank": np.arange(1, 1001)})
    table.loc[:9, "suggested"] = "happy"
    start = "a: of the 1,000 labels of 35,887 that clusters and neighbours doubt most, 990 are fear for sad"
    assert LabelAudit().say(table) == f"{start}; no votes are known to score them by."
    table = table.assign(precision=1 - table["rank"] / 2000, precision_self_confidence=0.5)
    table = table.assign(base_rate_of_emotions=0.4)
    assert LabelAudit().say(table) == (
        f"{start}. FER+ voters outvote 95.0, 75.0, 50.0 % of the first 100, 500 and 1,000; 50.0, 50.0, "
        "50.0 % by self-confidence of a classifier; 40.0, 40.0, 40.0 % of faces with such labels and "
        "25.0 % of all."
    )
    assert "nan" not in FEW.say(FEW.table([spoilt[0]]))


def test_cleanlab_itself(spoilt):
    run, wrong, _ = spoilt
    table = LabelAudit(shown=420).table([run])
    emotion = run.faces["emotion"].cat.codes.to_numpy()
    probability = _doubts.probabilities(np.asarray(run.features), emotion, 5, 0)
    found = np.flatnonzero(find_label_issues(emotion, probability, n_jobs=1))
    ranked = found[probability[found, emotion[found]].argsort()]
    expected = np.isin(ranked + 1, wrong).cumsum() / np.arange(1, len(found) + 1)
    assert len(found) > 30 and expected[29] > 0.9
    np.testing.assert_allclose(table["precision_cleanlab"][: len(found)], expected)
    assert table["precision_cleanlab"][len(found) :].isna().all() and "% by cleanlab" in FEW.say(table)


def test_cleanlab_is_told_of_no_emotion_that_does_not_occur(random):
    emotion = random.integers(3, size=90)
    probability = random.dirichlet(np.ones(3), 90)
    seven = np.zeros((90, 7))
    seven[:, [FEAR, HAPPY, 6]] = probability
    expected = find_label_issues(emotion, probability, return_indices_ranked_by="self_confidence", n_jobs=1)
    found = _doubts.by_cleanlab(np.array([FEAR, HAPPY, 6])[emotion], seven)
    assert len(found) and found.tolist() == expected.tolist()


def test_without_cleanlab_the_rest_is_the_same(spoilt, monkeypatch):
    whole = FEW.table([spoilt[0]])
    monkeypatch.setitem(sys.modules, "cleanlab.filter", None)
    table = FEW.table([spoilt[0]])
    pd.testing.assert_frame_equal(table, whole.drop(columns="precision_cleanlab"))
    assert "cleanlab" not in FEW.say(table)


def test_without_votes_nothing_is_scored(spoilt):
    run = spoilt[0]
    emotion = run.faces["emotion"].cat.codes
    bare = clustering(emotion, run.clusters, run.features, part=run.faces["part"])
    table, scored = FEW.table([bare]), FEW.table([run])
    pd.testing.assert_frame_equal(table, scored[table.columns])
    assert "precision" not in table and "voters" not in table and "no votes are known" in FEW.say(table)
    with pytest.raises(InputError, match="no FER\\+ votes"):
        Plot().data([bare])
    faces = Faces(np.zeros((420, 2, 2), np.uint8), run.faces.filter(regex="emotion|votes_"))
    with pytest.raises(InputError, match="not the faces of"):
        FEW.table([bare], faces)
    bare.spec["dataset"]["fingerprint"] = faces.fingerprint
    pd.testing.assert_frame_equal(FEW.table([bare], faces), scored)


def test_faces_without_a_label_are_left_out_and_rows_count_from_one_faces_from_zero(spoilt):
    run, _, _ = spoilt
    emotion = run.faces["emotion"].cat.codes.to_numpy(copy=True)
    emotion[:30] = -1
    some = clustering(emotion, run.clusters, run.features, part=run.faces["part"])
    some.faces["file"] = [f"{place}.png" for place in range(1, 421)]
    table = LabelAudit(shown=9999).table([some])
    assert sorted(table["row"]) == list(range(31, 421)) and table["of"].unique() == [390]
    assert (table["file"] == table["row"].astype(str) + ".png").all()
    assert (table["file"].to_numpy() == some.faces["file"].iloc[table["face"]]).all()


def test_a_single_fold_is_told_at_once():
    with pytest.raises(InputError, match="folds must be a whole number of 2 or more, got 1"):
        LabelAudit(folds=1)


def test_a_single_face_is_explained():
    with pytest.raises(InputError, match="asks other labelled faces; 'pixels-kmeans' has a single one"):
        LabelAudit().table([clustering([SAD, -1], [0, 0], np.zeros((2, 1)), part=["test"] * 2)])


def test_the_same_twice_and_written(spoilt, tmp_path):
    run, _, _ = spoilt
    faces = run.faces.copy()
    pd.testing.assert_frame_equal(FEW.table([run, run])[:60], FEW.table([run]))
    pd.testing.assert_frame_equal(run.faces, faces)
    bare = clustering(run.faces["emotion"].cat.codes, run.clusters, run.features, part=run.faces["part"])
    faces = Faces(np.zeros((420, 2, 2), np.uint8), run.faces.filter(regex="emotion|votes_"))
    bare.spec["dataset"]["fingerprint"] = faces.fingerprint
    paths = tabulate([bare], tmp_path, ["label_audit"], faces=faces)
    name = "label_audit_pixels-kmeans_paper"
    assert [path.name for path in paths] == [f"{name}.csv", f"{name}.md", f"{name}.tex"]
    written = pd.read_csv(paths[0])
    assert len(written) == 420 and {"row", "face", "emotion", "suggested", "confidence"} <= set(written)


class TestPlot:
    def test_draws_each_order_from_the_csv(self, random, tmp_path):
        runs = [random_run(random, name=name) for name in (LONG, "b", "b")]
        data = Plot().data(runs)
        assert data["run"].unique().tolist() == [LONG, "b", "b (2)"]
        data.to_csv(tmp_path / "data.csv", index=False)
        figure = Plot().draw(data)
        assert pixels(figure) == pixels(Plot().draw(pd.read_csv(tmp_path / "data.csv")))
        lines = {line.get_label(): line for line in figure.axes[0].lines}
        assert len(figure.axes) == 3 and {
            "neighbours within the cluster and anywhere",
            "base rate of all labels",
        } <= set(lines)
        shown = data[(data["run"] == LONG) & (data["rank"] >= 20)]
        drawn = lines["self-confidence of a classifier"]
        np.testing.assert_allclose(drawn.get_ydata(), 100 * shown["precision_self_confidence"])

    def test_text_is_legible_and_does_not_overlap(self, random):
        data = Plot().data([random_run(random, name=name) for name in (LONG, "b", "c")])
        for some in (data, data[data["run"] == "b"]):
            texts = _texts(Plot().draw(some))
            assert min(text.get_fontsize() for text, _ in texts) >= 8
            assert not _overlapping(texts) and not _outside(texts)

    def test_draws_into_a_given_panel(self, spoilt):
        from matplotlib.figure import Figure

        panel = Figure().subplots()
        assert Plot().draw(Plot().data([spoilt[0]]), ax=panel) is panel.figure and len(panel.lines) >= 6
