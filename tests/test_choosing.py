"""Label-free choice between clusterings, by runs whose answer is known and by scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, silhouette_score
from test_classifier_plots import make_run

from fer_cluster.analysis.choosing import Choosing, _rank, _spearman, common_space
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.tables import tabulate

SMALL = Choosing(n_faces=150, n_components=3)
PARTS = np.repeat(["Training", "PublicTest", "PrivateTest"], [200, 180, 100])


def clustering(name, clusters, x, emotion, part=PARTS, **given):
    spec = {"kind": "clusterer", "split": "official", "fit": "Training", "report": "PrivateTest"} | given
    run = make_run(emotion, clusters, name=name, part=part, **spec)
    object.__setattr__(run, "features", x.astype(np.float32))
    return run


@pytest.fixture
def runs(random):
    """Return runs that are right, right but for a third of the faces, by chance, and of one cluster."""
    emotion = random.integers(0, 7, 480)
    x = random.normal(0, 0.3, (480, 7)) + 4 * np.eye(7)[emotion]
    third = np.where(random.random((3, 480)) < 1 / 3, random.integers(7, size=(3, 480)), emotion)
    made = {
        "chance": (random.integers(7, size=(3, 480)), random.normal(size=(480, 4))),
        "third": (third, x[:, :5]),
        "right": (np.stack([emotion, 6 - emotion, emotion]), x),
        "one": (np.zeros((3, 480), int), x),
    }
    return [clustering(name, clusters, features, emotion) for name, (clusters, features) in made.items()]


def test_the_right_run_is_chosen(runs):
    table = SMALL.table(runs)
    assert table["run"].tolist() == ["right", "third", "chance", "one", "rank correlation with AMI"]
    first = table.iloc[0]
    assert (first["part"], first["n"], first["mean_rank"]) == ("PublicTest", 180, 1)
    assert first["stability"] == 1 and first["ami"] == pytest.approx(1)
    sentence = SMALL.say(table)
    assert sentence.startswith("Of 4 runs, judged without labels on 180 faces of PublicTest, right is chosen")
    assert "AMI is 1.000; the highest is 1.000, of right. Rank correlation with AMI: stability " in sentence


def test_the_criteria_are_those_of_scikit_learn(runs):
    table = SMALL.table(runs).set_index("run")
    rows = np.flatnonzero(PARTS == "PublicTest")
    of = {run.name: run.clusters[:, rows] for run in runs}
    ours, third = table.loc["third"], of["third"]
    pairs = [adjusted_rand_score(third[a], third[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert ours["stability"] == pytest.approx(np.mean(pairs))
    agreement = [
        adjusted_mutual_info_score(third[s], of[n][s]) for n in ("chance", "right", "one") for s in range(3)
    ]
    assert ours["agreement"] == pytest.approx(np.mean(agreement))
    emotion = runs[0].faces["emotion"].cat.codes.to_numpy()[rows]
    assert ours["ami"] == pytest.approx(np.mean([adjusted_mutual_info_score(emotion, row) for row in third]))


def test_the_silhouette_is_that_of_scikit_learn_in_the_common_space(runs):
    table = Choosing(n_faces=999, n_components=3).table(runs).set_index("run")
    rows = np.flatnonzero(PARTS == "PublicTest")
    space = common_space([run.features[rows] for run in runs], 3)
    expected = [silhouette_score(space, row[rows]) for row in runs[1].clusters]
    assert table.loc["third", "silhouette"] == pytest.approx(np.mean(expected))


def test_the_common_space_is_the_whitened_pca_of_all_features(random):
    one, other = random.normal(size=(90, 4)) * [5, 2, 1, 1], 100 * random.normal(size=(90, 6))
    side_by_side = np.hstack([x / np.sqrt(x.var(0).sum()) for x in (one, other)])
    theirs = PCA(5, whiten=True, svd_solver="full").fit_transform(side_by_side) * np.sqrt(90 / 89)
    ours = common_space([one, other, one], 5)  # the same features count once
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=1e-6)
    assert common_space([one], 32).shape == (90, 4)  # no more than vary
    assert common_space([np.ones((9, 2)), random.normal(size=(9, 2))], 3).shape == (9, 2)


def test_ranks_and_their_correlation_by_hand():
    np.testing.assert_array_equal(_rank([0.3, np.nan, 0.9, 0.3]), [2.5, 4, 1, 2.5])
    # ranks 3 (missing), 1 and 2 of the three known, times 5 / 4: the places of four
    known = np.array([True, True, False, True])
    np.testing.assert_allclose(_rank([np.nan, 0.9, np.nan, 0.3], known), [3.75, 1.25, np.nan, 2.5])
    # ranks 1 2 3 4 and 2 1 4 3: 1 - 6 * (1 + 1 + 1 + 1) / (4 * 15)
    assert _spearman(_rank([9, 7, 5, 3]), _rank([7, 9, 3, 5])) == pytest.approx(0.6)
    assert _spearman(_rank([1, 2, 3]), _rank([3, 2, 1])) == pytest.approx(-1)
    assert np.isnan(_spearman(_rank([1, 1, 1]), _rank([3, 2, 1])))


def test_the_last_row_correlates_each_criterion_with_ami(runs):
    table = SMALL.table(runs)
    runs_only, last = table.iloc[:-1], table.iloc[-1]
    for criterion in ("stability", "silhouette", "agreement"):
        ranks = [_rank(runs_only[name]) for name in (criterion, "ami")]
        by_hand = 1 - 6 * ((ranks[0] - ranks[1]) ** 2).sum() / (4 * 15)
        if len(set(ranks[0])) == len(set(ranks[1])) == 4:
            assert last[criterion] == pytest.approx(by_hand)
    ranked = _spearman(_rank(-runs_only["mean_rank"]), _rank(runs_only["ami"]))
    assert last["mean_rank"] == pytest.approx(ranked) and ranked > 0.7


def test_one_cluster_is_no_success(runs):
    one = SMALL.table(runs).set_index("run").loc["one"]
    assert one[["stability", "silhouette", "agreement"]].isna().all() and one["mean_rank"] == 4


def test_labels_choose_nothing(runs, random):
    blind = [
        clustering(run.name, run.clusters, run.features, np.full(480, -1), fingerprint="f") for run in runs
    ]
    table, seen = SMALL.table(blind), SMALL.table(runs).iloc[:-1]
    criteria = ["run", "stability", "silhouette", "agreement", "mean_rank"]
    pd.testing.assert_frame_equal(table[criteria], seen[criteria])
    assert table["ami"].isna().all() and SMALL.say(table).endswith("is chosen (mean rank 1.0).")


def test_the_reported_part_is_never_looked_at(runs, random):
    part = np.where(PARTS == "PublicTest", "Training", PARTS)
    emotion = np.where(part == "PrivateTest", -1, random.integers(0, 7, 480))
    plain = [clustering(r.name, r.clusters, r.features, emotion, part=part) for r in runs]
    spoilt = [np.where(part == "PrivateTest", 3, r.clusters) for r in runs]
    others = [
        clustering(r.name, c, r.features, emotion, part=part) for r, c in zip(runs, spoilt, strict=True)
    ]
    table = SMALL.table(plain)
    pd.testing.assert_frame_equal(table, SMALL.table(others))
    assert table["part"].unique() == ["Training"] and table["n"].iloc[0] == 380


def test_too_few_or_other_faces_are_explained(runs):
    with pytest.raises(InputError, match="two runs or more, got 1"):
        SMALL.table(runs[:1])
    other = make_run([0] * 480, [[0, 1] * 240], kind="clusterer", part=PARTS, split="official")
    other.spec["dataset"]["fingerprint"] = "g"
    with pytest.raises(InputError, match="same faces and split, which 'chance' and 'cnn3' are not"):
        SMALL.table([runs[0], other])


def test_one_seed_has_no_stability_and_two_runs_no_correlation(runs):
    alone = [
        clustering(r.name, r.clusters[:1], r.features, r.faces["emotion"].cat.codes.to_numpy()) for r in runs
    ]
    table = SMALL.table(alone[:2])
    assert table["stability"].isna().all() and len(table) == 2
    assert table["mean_rank"].tolist() == [1.25, 1.75]  # silhouette 1 and 2, the same agreement 1.5
    assert "Rank correlation" not in SMALL.say(table)


@pytest.mark.parametrize("seeds", [1, 3])
def test_stability_that_cannot_be_known_is_missing_and_does_not_count(runs, seeds):
    chance, third, right, one = runs
    emotion = right.faces["emotion"].cat.codes.to_numpy()
    still = clustering("still", np.stack([emotion] * seeds), right.features, emotion)
    table = SMALL.table([chance, third, still, one])
    assert table["run"].tolist()[:4] == ["still", "third", "chance", "one"]
    assert table["stability"][:4].isna().tolist() == [True, False, False, True]
    # silhouette and agreement place them 1 to 4; stability third 1, chance 2, one 3, times 5 / 4
    expected = [1, (2 + 2 + 1.25) / 3, (3 + 3 + 2.5) / 3, (4 + 4 + 3.75) / 3]
    np.testing.assert_allclose(table["mean_rank"][:4], expected)
    assert "still is chosen (mean rank 1.0, its stability not known), whose AMI is 1.000" in SMALL.say(table)


def test_stability_known_of_two_runs_has_no_correlation(runs):
    emotion = runs[2].faces["emotion"].cat.codes.to_numpy()
    still = clustering("still", np.stack([emotion] * 3), runs[2].features, emotion)
    last = SMALL.table([runs[0], runs[1], still]).iloc[-1]
    assert last["run"].startswith("rank correlation")
    assert last[["stability", "silhouette"]].isna().tolist() == [True, False]


def test_written_where_asked_for(runs, tmp_path):
    paths = tabulate(runs, tmp_path, ["choosing"])
    assert [path.name for path in paths] == [f"choosing_official.{x}" for x in ("csv", "md", "tex")]
    assert "| rank correlation with AMI |" in paths[1].read_text(encoding="utf-8")
    assert set(EMOTIONS).isdisjoint(paths[0].read_text(encoding="utf-8").split(","))
