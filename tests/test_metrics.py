import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as peer

from fer_cluster import metrics, scoring
from fer_cluster.emotions import as_emotion
from fer_cluster.intervals import wilson
from fer_cluster.scoring import value

# Three emotions in three clusters, counted by hand below.
TABLE = np.array([[5.0, 1, 0], [1, 3, 1], [0, 2, 4]])  # 17 faces


def test_purity_by_hand():
    assert metrics.purity(TABLE) == pytest.approx((5 + 3 + 4) / 17)
    assert metrics.purity(np.array([[4.0, 2, 0], [0, 3, 3]])) == pytest.approx((4 + 3 + 3) / 12)


def test_hungarian_accuracy_by_hand():
    # Column-wise the best is 6 + 5 + 0; one-to-one, emotion 0 keeps cluster 0 and 1 takes cluster 1.
    table = np.array([[6.0, 5, 0], [0, 4, 0], [1, 0, 0]])
    assert metrics.hungarian_accuracy(table) == pytest.approx((6 + 4 + 0) / 16)


def test_mutual_information_by_hand():
    halves = np.array([[2.0, 0], [0, 2]])
    assert metrics.mutual_information(halves) == pytest.approx(np.log(2))
    assert metrics.nmi(halves) == pytest.approx(1)
    assert metrics.mutual_information(np.ones((2, 2))) == pytest.approx(0)


def test_expected_mutual_information_by_hand():
    # Two faces each in two emotions and clusters: of the 6 ways, 2 are perfect (log 2), 4 are even (0).
    assert metrics.expected_mutual_information(np.array([[2.0, 0], [0, 2]])) == pytest.approx(np.log(2) / 3)


def test_named_scores_by_hand():
    naming = np.array([0, 1, 1])
    confused = metrics.confusion(TABLE, naming)
    assert confused.tolist() == [[5, 1, 0], [1, 4, 0], [0, 6, 0]]
    assert metrics.accuracy(confused) == pytest.approx(9 / 17)
    assert metrics.balanced_accuracy(confused) == pytest.approx((5 / 6 + 4 / 5 + 0) / 3)
    assert metrics.macro_f1(confused) == pytest.approx((10 / 12 + 8 / 16 + 0) / 3)


def test_an_emotion_that_is_named_but_never_true_counts_for_the_macro_f1_alone():
    confused = np.array([[2.0, 2, 0], [0, 0, 0], [0, 0, 4]])
    assert metrics.macro_f1(confused) == pytest.approx((4 / 6 + 0 + 1) / 3)
    assert metrics.balanced_accuracy(confused) == pytest.approx((2 / 4 + 1) / 2)


def test_naming_is_one_to_one_then_the_commonest():
    table = np.array([[9.0, 8, 1], [2, 1, 0]])
    # One-to-one: emotion 1 loses least in cluster 0, so that emotion 0 takes cluster 1 (8 + 2 = 10 = 9 + 1).
    naming = metrics.name_clusters(table)
    assert sorted(naming[:2].tolist()) == [0, 1]
    assert naming[2] == 0


def test_no_cluster_is_named_after_an_emotion_that_nobody_shows():
    table = np.zeros((7, 4), int)
    table[[3, 4]] = [[30, 9, 1, 0], [10, 8, 2, 0]]  # happy and sad faces alone
    assert metrics.name_clusters(table).tolist() == [3, 4, 4, 3]


def test_naming_of_a_cluster_without_fit_faces_is_the_commonest_emotion():
    table = np.array([[1.0, 0, 0], [0, 5, 0]])
    assert metrics.name_clusters(table)[2] == 1


def test_one_cluster():
    table = np.array([[3.0], [1], [2]])
    assert metrics.purity(table) == metrics.hungarian_accuracy(table) == pytest.approx(0.5)
    assert metrics.ami(table) == metrics.ari(table) == metrics.nmi(table) == 0
    assert metrics.completeness(table) == 1


@pytest.mark.parametrize("n, k", [(12, 3), (300, 7), (3589, 20)])
@pytest.mark.parametrize("follow", [0.0, 0.3, 1.0])
def test_equal_to_scikit_learn(random, n, k, follow):
    emotion = random.choice(7, n, p=[0.14, 0.02, 0.14, 0.25, 0.16, 0.11, 0.18])
    cluster = np.where(random.random(n) < follow, emotion % k, random.integers(k, size=n))
    table = metrics.contingency(emotion, cluster, n_clusters=k)
    naming = metrics.name_clusters(table)
    confused = metrics.confusion(table, naming)
    pairs = [
        (metrics.ami(table), peer.adjusted_mutual_info_score(emotion, cluster)),
        (metrics.ari(table), peer.adjusted_rand_score(emotion, cluster)),
        (metrics.nmi(table), peer.normalized_mutual_info_score(emotion, cluster)),
        (metrics.homogeneity(table), peer.homogeneity_score(emotion, cluster)),
        (metrics.completeness(table), peer.completeness_score(emotion, cluster)),
        (metrics.accuracy(confused), peer.accuracy_score(emotion, naming[cluster])),
        (metrics.balanced_accuracy(confused), peer.balanced_accuracy_score(emotion, naming[cluster])),
        (metrics.macro_f1(confused), peer.f1_score(emotion, naming[cluster], average="macro")),
    ]
    for ours, theirs in pairs:
        assert float(ours) == pytest.approx(theirs, abs=1e-9)


def test_a_stack_scores_as_its_tables_do(random):
    tables = random.integers(0, 50, size=(4, 7, 5)).astype(float)
    for score in (metrics.ami, metrics.ari, metrics.nmi, metrics.purity, metrics.hungarian_accuracy):
        assert score(tables) == pytest.approx([float(score(table)) for table in tables])


def test_scores_do_not_depend_on_the_numbers_of_clusters(random):
    table = random.integers(0, 50, size=(7, 5)).astype(float)
    shuffled = table[:, random.permutation(5)]
    for score in (metrics.ami, metrics.ari, metrics.purity, metrics.hungarian_accuracy):
        assert score(shuffled) == pytest.approx(float(score(table)))


def test_purity_by_chance_is_that_of_shuffled_labels(random):
    emotion, cluster = random.integers(7, size=400), random.integers(20, size=400)
    drawn = [metrics.purity(metrics.contingency(random.permutation(emotion), cluster)) for _ in range(300)]
    table = metrics.contingency(emotion, cluster)
    assert metrics.purity_chance(table, draws=300) == pytest.approx(np.mean(drawn), abs=0.003)


def test_unlabelled_faces_are_left_out():
    assert metrics.contingency([-1, 0, 1], [0, 0, 1], 2).tolist() == [[1, 0], [0, 1]]


def test_two_clusterings_are_crossed_whatever_their_numbers_of_clusters():
    one, other = np.array([0, 0, 1, 1, 2]), np.array([3, 3, 0, 3, 0])
    table = metrics.crossed(one, other)
    assert table.tolist() == [[0, 0, 0, 2], [1, 0, 0, 1], [1, 0, 0, 0]]
    assert metrics.crossed(other, one).tolist() == table.T.tolist()


def scores_of(emotion, clusters, part, fit="Training"):
    return scoring.score(np.asarray(emotion), np.atleast_2d(clusters), np.asarray(part), fit)


def test_named_accuracy_takes_names_from_the_fit_part_only():
    emotion = np.array([0, 0, 1, 1, 1, 1, 0, 0])
    cluster = np.array([0, 0, 1, 1, 0, 0, 1, 1])  # the test part has the clusters the other way round
    part = np.repeat(["Training", "PrivateTest"], 4)
    scores = scores_of(emotion, cluster, part)
    assert scores["Training"]["named_accuracy"] == 1
    assert scores["PrivateTest"]["named_accuracy"] == 0
    assert value(scores["PrivateTest"]["hungarian_accuracy"]) == 1


def test_faces_of_other_parts_do_not_name_clusters_however_many_they_are():
    emotion = np.repeat([0, 1, 1, 0], [2, 2, 6, 6])
    cluster = np.repeat([0, 1, 0, 1], [2, 2, 6, 6])
    scores = scores_of(emotion, cluster, np.repeat(["Training", "PrivateTest"], [4, 12]))
    assert scores["Training"]["named_accuracy"] == 1 and scores["PrivateTest"]["named_accuracy"] == 0


def test_faces_that_no_part_uses_have_no_scores():
    part = np.repeat(["Training", "unused", "Test"], 2)
    assert set(scores_of([0, 1] * 3, [0, 1] * 3, part)) == {"Training", "Test"}


def test_without_copies_named_faces_are_scored_by_their_names_too():
    rows = pd.DataFrame({"emotion": as_emotion([0, 1] * 4), "part": "all"})
    rows["duplicate"] = np.arange(8) < 2
    both = scoring.with_and_without(rows, np.array([[1, 0] * 4]), "all", named=True)
    assert [scores["all"]["named_accuracy"] for scores in both] == [0, 0]
    assert [scores["all"]["n"] for scores in both] == [8, 6]


def test_every_key_and_no_sd_for_one_seed():
    scores = scores_of([0, 1, 0, 1], [0, 1, 0, 1], ["Training"] * 4)["Training"]
    assert tuple(scores) == scoring.METRICS
    for metric, score in scores.items():
        bare = metric in ("n", "purity_chance", "named_accuracy")
        assert type(score) is float if bare else tuple(score) == ("mean", "low", "high")


@pytest.mark.parametrize("right", [True, False])
def test_an_accuracy_of_few_faces_is_not_sure_where_all_are_right_or_wrong(right):
    emotion = np.tile([0, 1], 15)
    part = np.repeat(["fit", "report"], 15)
    clusters = emotion if right else np.where(part == "fit", emotion, 1 - emotion)
    (score,) = [scores_of(emotion, np.stack([clusters] * 3), part, "fit")["report"]["named_accuracy"]]
    assert (score["low"], score["high"]) == pytest.approx(wilson(float(right), 15))


def test_the_interval_of_one_seed_is_that_of_faces_drawn_with_replacement(random):
    emotion = random.integers(7, size=600)
    cluster = np.where(random.random(600) < 0.5, emotion, random.integers(7, size=600))
    score = scores_of(emotion, cluster, np.repeat("all", 600), "all")["all"]
    for metric, of in (("ami", peer.adjusted_mutual_info_score), ("ari", peer.adjusted_rand_score)):
        rows = random.integers(600, size=(300, 600))
        sd = np.std([of(emotion[some], cluster[some]) for some in rows])
        assert score[metric]["mean"] == pytest.approx(of(emotion, cluster))
        assert score[metric]["high"] - score[metric]["low"] == pytest.approx(2 * 1.96 * sd, rel=0.2)


def test_several_seeds_have_mean_sd_and_interval(random):
    emotion, clusters = random.integers(7, size=900), random.integers(7, size=(10, 900))
    score = scores_of(emotion, clusters, np.repeat("Training", 900))["Training"]["ami"]
    each = [peer.adjusted_mutual_info_score(emotion, row) for row in clusters]
    assert score["mean"] == pytest.approx(np.mean(each))
    assert score["sd"] == pytest.approx(np.std(each, ddof=1))
    assert score["low"] < score["mean"] < score["high"]


def test_the_interval_covers_what_it_says():
    """Of 100 samples of 400 faces about 95 have the true accuracy in the interval of theirs."""
    random, covered = np.random.default_rng(1), 0
    for _ in range(100):
        emotion = random.integers(2, size=400)
        clusters = np.where(random.random((4, 400)) < 0.7, emotion, 1 - emotion)
        score = scores_of(emotion, clusters, np.repeat("all", 400), "all")["all"]["hungarian_accuracy"]
        covered += score["low"] <= 0.7 <= score["high"]
    assert 88 <= covered <= 100


def test_the_interval_of_equal_seeds_is_as_wide_as_that_of_a_share():
    emotion = np.arange(400) % 2
    clusters = np.tile(np.where(np.arange(400) % 10 < 7, emotion, 1 - emotion), (4, 1))
    score = scores_of(emotion, clusters, np.repeat("all", 400), "all")["all"]["hungarian_accuracy"]
    assert score["high"] - score["low"] == pytest.approx(2 * 1.96 * np.sqrt(0.7 * 0.3 / 400), rel=0.15)


@pytest.mark.parametrize("k", [22, 50, 130])
@pytest.mark.parametrize("kinds", [2, 7])
def test_many_clusters_are_scored_from_the_codes_of_a_table(random, k, kinds):
    """Codes of pandas are int8, which a table of seven rows and many columns outgrows."""
    emotion = random.integers(kinds, size=1000) * 3 % 7
    cluster = np.where(random.random(1000) < 0.3, emotion, random.integers(k, size=1000))
    score = scores_of(emotion.astype(np.int8), cluster.astype(np.int32), np.repeat("all", 1000), "all")["all"]
    assert score["ami"]["mean"] == pytest.approx(peer.adjusted_mutual_info_score(emotion, cluster))


def test_an_interval_stays_within_what_a_score_can_be():
    score = scores_of([0, 1, 0], [[0, 1, 0], [0, 1, 1], [1, 0, 1]], ["all"] * 3, "all")["all"]
    assert all(-1 <= one["low"] <= one["high"] <= 1 for name, one in score.items() if name not in ("n",))


def test_no_labels_no_scores():
    assert scores_of([-1, -1], [0, 1], ["Training", "Training"]) == {}
