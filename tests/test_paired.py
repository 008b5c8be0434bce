"""AMI of pairs of runs, by scikit-learn on the same drawn faces, and which differences are called real."""

import numpy as np
import pytest
from scipy.stats import entropy, sem, t
from sklearn.metrics import adjusted_mutual_info_score, mutual_info_score
from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information
from test_analysis import pair, random_run
from test_classifier_plots import make_run

from fer_cluster.analysis.paired import Paired

N, REPLICATES = 200, 60  # more replicates than are held at once


def clustering(n=N, seeds=3, k=5, strength=0.5, seed=0, name="pixels-kmeans", **given):
    """Return clusters that follow emotion that closely; two emotions or more share one."""
    emotion = np.random.default_rng(1).integers(7, size=n)
    random = np.random.default_rng(seed)
    cluster = np.where(random.random((seeds, n)) < strength, emotion % k, random.integers(k, size=(seeds, n)))
    return make_run(emotion, cluster, name=name, kind="clusterer", **given)


def classifier():
    """Return a classifier of the faces of a clustering."""
    emotion = clustering().faces["emotion"].cat.codes.to_numpy()
    random = np.random.default_rng(5)
    named = np.where(random.random((2, N)) < 0.7, emotion, random.integers(7, size=(2, N)))
    return make_run(emotion, named)


def truth(run):
    return run.faces["emotion"].cat.codes.to_numpy()


def fixed_ami(emotion, cluster, faces):
    """Return AMI of drawn faces with the chance level of all faces, by scikit-learn's parts."""
    chance = expected_mutual_information(contingency_matrix(emotion, cluster), len(emotion))
    emotion, cluster = emotion[faces], cluster[faces]
    mean = (entropy(np.bincount(emotion)) + entropy(np.bincount(cluster))) / 2
    return (mutual_info_score(emotion, cluster) - chance) / (mean - chance)


def margin(runs, score):
    """Return half the width of the interval: faces drawn alike for both, and what the seeds of each add."""
    random = np.random.default_rng(0)
    drawn = [random.integers(N, size=N) for _ in range(REPLICATES)]
    means, added = [], []
    for run in runs:
        means.append([np.mean([score(truth(run), row, faces) for row in run.clusters]) for faces in drawn])
        each = [score(truth(run), row, np.arange(N)) for row in run.clusters]
        added.append(t.ppf(0.975, len(each) - 1) * sem(each))
    return np.linalg.norm([1.96 * np.std(np.subtract(*means), ddof=1), *added])


def test_ami_is_that_of_clusters_or_of_named_emotions_and_its_interval_draws_the_same_faces():
    runs = [classifier(), clustering()]
    (row,) = Paired(replicates=REPLICATES).table(runs).to_dict("records")
    assert row["first"] == "cnn3"
    amis = [np.mean([adjusted_mutual_info_score(truth(r), c) for c in r.clusters]) for r in runs]
    assert row["ami_difference"] == pytest.approx(amis[0] - amis[1], abs=1e-9)
    width = margin(runs, fixed_ami)
    assert row["ami_low"] == pytest.approx(row["ami_difference"] - width, abs=1e-9)
    assert row["ami_high"] == pytest.approx(row["ami_difference"] + width, abs=1e-9)
    # what the drawn tables' own chance levels would give is about as wide
    own = margin(runs, lambda emotion, row, faces: adjusted_mutual_info_score(emotion[faces], row[faces]))
    assert width == pytest.approx(own, rel=0.1)


def test_only_the_labelled_faces_of_the_part_reported_on_count():
    part = np.repeat(["train", "test"], N // 2)
    runs = [clustering(part=part), clustering(part=part, seed=1, strength=0.2, name="other")]
    for run in runs:
        run.faces.loc[N - 20 :, "emotion"] = np.nan
    (row,) = Paired(replicates=10).table(runs).to_dict("records")
    seen = slice(N // 2, N - 20)
    amis = {
        r.name: np.mean([adjusted_mutual_info_score(truth(r)[seen], c[seen]) for c in r.clusters])
        for r in runs
    }
    assert row["n"] == N // 2 - 20
    assert row["ami_difference"] == pytest.approx(amis[row["first"]] - amis[row["second"]], abs=1e-9)


def test_many_clusters_by_lot_are_no_better_than_one():
    # Drawn faces have the more mutual information the more clusters there are: percentiles would differ
    lot = clustering(n=2000, k=20, seeds=10, strength=0, name="chance")
    runs = [lot, clustering(n=2000, k=1, seeds=10, name="one")]
    table = Paired(replicates=200).table(runs)
    (row,) = table.to_dict("records")
    assert abs(row["ami_difference"]) < 0.003 and row["ami_low"] < 0 < row["ami_high"]
    assert row["ami_high"] - row["ami_low"] < 0.02
    assert "AMI with emotion 0 of 1" in Paired().say(table)


def test_the_same_clusters_by_other_names_do_not_differ():
    run = clustering()
    other = make_run(truth(run), np.array([3, 0, 4, 1, 2])[run.clusters[:1]], name="other", kind="clusterer")
    runs = [make_run(truth(run), run.clusters[:1], kind="clusterer"), other]
    table = Paired(replicates=30).table(runs)
    assert table[["ami_difference", "ami_low", "ami_high"]].to_numpy().tolist() == [[0, 0, 0]]
    assert "AMI with emotion 0 of 1" in Paired().say(table)


def test_real_is_what_holm_leaves():
    # 60 faces against 40 that only one names rightly: p = .057; 60 against 30: p = .002
    few = pair([1] * 60 + [0] * 40 + [1] * 100, [0] * 60 + [1] * 40 + [1] * 100)
    many = pair([1] * 60 + [0] * 30 + [1] * 110, [0] * 60 + [1] * 30 + [1] * 110)
    for runs, real in ((few, False), (many, True)):
        table = Paired(replicates=10).table(runs)
        assert table["real"].dtype == bool and table["real"].tolist() == [real]
    runs = [random_run(name, accuracy=a, seed=i) for i, (name, a) in enumerate((("a", 0.3), ("b", 0.35)))]
    runs += [random_run(name, accuracy=0.32, seed=9 + i) for i, name in enumerate("cd")]
    table = Paired(replicates=10).table(runs)
    assert (table["real"] == (table["p_holm"] < 0.05)).all()


def test_the_sentence_counts_both():
    runs = [clustering(strength=0.9), clustering(strength=0.5, name="weak", seed=3)]
    runs.append(clustering(strength=0.5, name="weak too", seed=4))
    table = Paired(replicates=50).table(runs)
    assert table["second"].tolist()[:2] != table["first"].tolist()[:2]
    sentence = Paired().say(table)
    assert f"{table['real'].sum()} of 3 (McNemar's exact test" in sentence
    assert "and in AMI with emotion 2 of 3 (95 % interval without 0, each by itself)" in sentence
