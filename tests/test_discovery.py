"""Emotions held out of the fit, where it is known whether they are found again."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score, f1_score
from test_plots import LONG, _outside, _overlapping, _texts, pixels
from test_purity_k import blobs_run

from fer_cluster import catalog
from fer_cluster.analysis._effects import corrected
from fer_cluster.analysis._novelty import auroc, auroc_interval, distances
from fer_cluster.analysis.discovery import Discovery, best_cluster
from fer_cluster.clusterers.spherical import Spherical
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.picture import save

SMALL = Discovery(permutations=99, seeds=2)
SHARED = ("run", "dataset", "split", "part", "n")


def of(table, name="angry"):
    return table.set_index("emotion").loc[name]


def codes(run):
    return run.faces["emotion"].cat.codes.to_numpy().astype(int)


def test_what_a_clusterer_from_outside_refuses_is_explained():
    params = {"clusterer": {"n_clusters": 161}}
    with pytest.raises(InputError, match="KMeans cannot be used here"):
        SMALL.table([blobs_run(clusterer="sklearn.cluster:KMeans", params=params)])


# ---- where the truth is known


def test_groups_far_apart_are_told_by_distance_and_lose_their_cluster():
    run = blobs_run(groups=4)
    table = SMALL.table([run])
    emotion = codes(run)
    assert table["emotion"].tolist() == list(EMOTIONS[:4]) and (table["n"] == 160).all()
    assert table["faces"].tolist() == np.bincount(emotion[160:]).tolist()
    assert table["held_out"].tolist() == np.bincount(emotion[:160]).tolist()
    np.testing.assert_allclose(table[["ami", "f1"]], 1)
    np.testing.assert_allclose(table["auroc_held_out"], 1, atol=0.01)
    assert (table["auroc"] < 0.8).all() and (table["ami_held_out"] < 0.95).all()
    assert (table["f1_held_out"] < 0.9).all() and (table["precision"] < 0.9).all()  # among others
    said = SMALL.say(table)
    assert "of 4 emotions, each held out" in said and "Labels are used to hold an emotion out" in said
    assert "stands out most (AUROC 1.00, where it was fitted on 0." in said and "nan" not in said


def test_an_emotion_whose_faces_stay_in_the_fit_without_labels_is_found_again():
    """Only labelled faces can be held out, so that the cluster of the others is there."""
    run = blobs_run(groups=4)
    unlabelled = (np.arange(320) % 2 == 0) & (np.arange(320) < 160)
    run.faces["emotion"] = run.faces["emotion"].where(~unlabelled)
    table = SMALL.table([run])
    np.testing.assert_allclose(table[["f1_held_out", "precision", "recall", "ami_held_out"]], 1)
    assert (table["p"] == 0.01).all() and (table["p_corrected"] == 0.01).all()
    assert "corrected p < 0.05) number 4; best is" in SMALL.say(table)
    assert table["held_out"].sum() == 80


def test_random_features_find_nothing():
    run, random = blobs_run(groups=4), np.random.default_rng(3)
    object.__setattr__(run, "features", random.normal(size=(320, 5)).astype(np.float32))
    table = SMALL.table([run])
    inside = (table["f1_held_out"] > table["null_low"] - 0.02) & (table["f1_held_out"] < table["null_high"])
    assert inside.all() and (table["p_corrected"] > 0.05).all() and (table["effect"].abs() < 0.1).all()
    assert ((table["low"] < 0.5) & (table["high"] > 0.5)).sum() >= 3
    assert "number 0; best is" in SMALL.say(table)


def test_chances_are_corrected_over_the_emotions():
    run = blobs_run(groups=4, spread=5.0)
    table = Discovery(permutations=199, seeds=1).table([run])
    np.testing.assert_allclose(table["p_corrected"], corrected(table["p"].to_numpy()))
    assert (table["p_corrected"] > table["p"]).any()


def test_an_emotion_that_is_not_reported_is_not_held_out():
    run = blobs_run(groups=4)
    gone = (codes(run) == 3) & (np.arange(320) >= 160)
    run.faces["emotion"] = run.faces["emotion"].where(~gone)
    assert SMALL.table([run])["emotion"].tolist() == list(EMOTIONS[:3])


def test_numbers_are_means_over_the_seeds():
    run = blobs_run(clusterer="chance", params={"clusterer": {"n_clusters": 3}})
    second = replace(run, spec=run.spec | {"seeds": [1]})
    given = ((run, 1), (second, 1), (run, 2))
    one, other, both = (of(Discovery(permutations=9, seeds=seeds).table([run])) for run, seeds in given)
    for name in ("f1", "f1_held_out", "ami", "ami_held_out", "precision", "recall"):
        assert one[name] != other[name] and both[name] == pytest.approx((one[name] + other[name]) / 2)


def test_the_interval_is_that_of_the_faces_held_out_among_the_others():
    row = of(Discovery(permutations=9, seeds=1).table([blobs_run(groups=4, spread=2.5)]))
    ends = auroc_interval(row["auroc_held_out"], row["faces"], row["n"] - row["faces"])
    assert (row["low"], row["high"]) == pytest.approx(ends)


def test_one_cluster_finds_nothing_and_has_no_centres():
    run = blobs_run(clusterer="one", params={"clusterer": {}})
    table = SMALL.table([run])
    share = table["faces"] / table["n"]
    np.testing.assert_allclose(table["f1_held_out"], 2 * share / (1 + share))
    assert (table["p"] == 1).all() and table[["auroc", "auroc_held_out", "low", "high"]].isna().all(axis=None)
    assert "nearest centre" not in SMALL.say(table) and "nan" not in SMALL.say(table)


def test_numbers_are_those_of_scikit_learn(random):
    run = blobs_run(groups=4, spread=2.5)  # groups overlap
    row = of(Discovery(permutations=9, seeds=1).table([run]), "disgust")
    emotion, x = codes(run), run.features
    fitted = (np.arange(320) < 160) & (emotion != 1)
    model = catalog.make("clusterers", "kmeans:n_clusters=4,random_state=0").fit(x[fitted])
    told, truth = model.predict(x[160:]), emotion[160:]
    assert row["f1_held_out"] == pytest.approx(max(f1_score(truth == 1, told == c) for c in range(4)))
    assert row["ami_held_out"] == pytest.approx(adjusted_mutual_info_score(truth, told))
    apart = np.linalg.norm(x[160:] - model.cluster_centers_[told], axis=1)
    new, others = apart[truth == 1], apart[truth != 1]
    assert row["auroc_held_out"] == pytest.approx((new[:, None] > others).mean(), abs=1e-4)


def test_what_is_lost_most_is_told_and_the_seed_deals_the_emotions():
    run = blobs_run(groups=4, spread=2.5)
    table, other = (Discovery(permutations=20, seeds=1, random_state=seed).table([run]) for seed in (0, 1))
    assert (table["null"] != other["null"]).any()
    table["f1"], table["f1_held_out"] = 0.9, [0.8, 0.5, 0.7, 0.6]
    assert "most is lost of disgust (" in SMALL.say(table)


# ---- the numbers by hand


def test_the_best_cluster_by_hand():
    tables = np.array([[[6.0, 0, 2], [2, 8, 0]], [[0, 8, 0], [5, 5, 0]]])
    f1, precision, recall = best_cluster(tables, 0)
    np.testing.assert_allclose(f1, [12 / 16, 16 / 21])  # 6 of 8 faces in a cluster of 8; 8 of 8 in one of 13
    np.testing.assert_allclose(precision, [6 / 8, 8 / 13])
    np.testing.assert_allclose(recall, [6 / 8, 1])


def test_chance_is_that_of_emotions_dealt_anew(random):
    run = blobs_run(groups=3, clusterer="chance", params={"clusterer": {"n_clusters": 3}})
    row = of(Discovery(permutations=400, seeds=1).table([run]))
    truth = codes(run)[160:] == 0
    clusters = catalog.make("clusterers", "chance:n_clusters=3,random_state=0").fit_predict(
        run.features[160:]
    )
    dealt = [random.permutation(truth) for _ in range(200)]
    theirs = [max(f1_score(one, clusters == c) for c in range(3)) for one in dealt]
    assert row["null"] == pytest.approx(np.mean(theirs), abs=0.015)
    assert row["null_high"] == pytest.approx(np.percentile(theirs, 97.5), abs=0.03)
    assert row["effect"] == pytest.approx((row["f1_held_out"] - row["null"]) / (1 - row["null"]))


def test_auroc_counts_ties_half_and_its_interval_covers(random):
    assert auroc(np.array([1.0, 2, 2, 3]), np.array([False, False, True, True])) == 3.5 / 4
    assert auroc_interval(1.0, 9, 9) == (1, 1)
    low, high = auroc_interval(0.7, 50, 150)
    drawn = [auroc(*_two(random, 0.7416, 50, 150)) for _ in range(300)]  # AUROC .7: Phi(d / sqrt 2)
    assert np.mean(drawn) == pytest.approx(0.7, abs=0.01)
    assert (high - low) / 2 == pytest.approx(1.96 * np.std(drawn), rel=0.15)


def _two(random, d, news, others):
    new = np.arange(news + others) < news
    return random.normal(size=news + others) + d * new, new


def test_distances_are_in_the_space_of_the_clusterer(random):
    x = random.normal(size=(200, 4)) * random.uniform(1, 50, (200, 1))
    model = Spherical(n_clusters=3).fit(x)
    cosine = (x / np.linalg.norm(x, axis=1, keepdims=True)) @ model.cluster_centers_.T
    np.testing.assert_allclose(distances(model, x), 1 - cosine.max(1), atol=1e-6)
    straight = KMeans(3, n_init=1, random_state=0).fit(x)
    np.testing.assert_allclose(distances(straight, x), straight.transform(x).min(1))
    model.cluster_centers_ = random.normal(size=(3, 9))  # those of a code
    assert distances(model, x) is None and distances(object(), x) is None


# ---- the contract


def test_tables_are_the_same_each_time_and_runs_as_they_were():
    run = blobs_run()
    before = run.faces.copy()
    table = SMALL.table([run])
    pd.testing.assert_frame_equal(table, SMALL.table([run]))
    pd.testing.assert_frame_equal(run.faces, before)
    assert list(table.columns[:5]) == list(SHARED)


@pytest.mark.parametrize(
    "given, match",
    [
        ({"seeds": 0}, "seeds must be a whole number of 1 or more, got 0"),
        ({"permutations": 0}, "permutations must"),
    ],
)
def test_numbers_that_cannot_be_are_explained(given, match):
    with pytest.raises(InputError, match=match):
        Discovery(**given).table([blobs_run()])


def test_what_has_too_few_emotions_is_explained():
    with pytest.raises(InputError, match="occur in both train and test, but 'pixels-kmeans' has 1 of them"):
        SMALL.table([blobs_run(groups=1)])
    run = blobs_run()
    run.faces["emotion"] = run.faces["emotion"].where(np.arange(320) < 160)
    with pytest.raises(InputError, match="no labelled faces in test"):
        SMALL.table([run])


# ---- the picture


def test_the_picture_is_of_the_table_and_redrawn_from_its_csv(tmp_path):
    plot = catalog.make("plots", "discovery:seeds=2")
    one = {"name": LONG, "clusterer": "one", "params": {"clusterer": {}}}
    runs = [blobs_run(spread=2.0), blobs_run(**one)]
    data = plot.data(runs)
    pd.testing.assert_frame_equal(data, Discovery(seeds=2).table(runs))
    _, table = save(plot, runs, tmp_path / "discovery.png")
    figure = plot.draw(data)
    assert pixels(plot.draw(pd.read_csv(table))) == pixels(figure)
    first = data[:4].sort_values("f1_held_out", ascending=False)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == [f"{row['emotion']} ({row['faces']})" for _, row in first.iterrows()]
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o" and line.get_markersize() == 5]
    np.testing.assert_allclose([dot.get_xdata()[0] for dot in dots], first["f1_held_out"])
    assert "has no centres" in figure.axes[3].texts[0].get_text()
    texts = _texts(figure)
    assert not _overlapping(texts) and not _outside(texts)
    assert min(text.get_fontsize() for text, _ in texts) >= 8
