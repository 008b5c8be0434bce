"""What the verdict on clusters is counted by: scipy, scikit-learn and values known by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, f_oneway, ttest_ind
from sklearn.metrics import adjusted_mutual_info_score

from fer_cluster import load
from fer_cluster.analysis._effects import corrected, differences, eta_squared
from fer_cluster.analysis._following import Crossing, tail, within
from fer_cluster.faces import Faces
from fer_cluster.factors import cut, kinds, nuisances, numbers
from fer_cluster.nuisances import NUISANCES


def test_p_is_that_of_the_g_test_and_the_band_that_of_independence(random):
    cluster_of = random.integers(6, size=(1, 800))
    factors = [np.where(random.random(800) < share, cluster_of[0], random.integers(6, size=800)) for share in
               (0, 0.06, 0.1, 0.15)]  # fmt: skip
    crossing = Crossing(factors, cluster_of)
    null, p = crossing.by_chance(600, np.random.default_rng(0))
    for ours, factor in zip(p, factors, strict=True):
        table = pd.crosstab(factor, cluster_of[0])
        g_test = chi2_contingency(table, correction=False, lambda_="log-likelihood").pvalue
        assert np.log10(ours) == pytest.approx(max(np.log10(g_test), -6), rel=0.15, abs=0.1)
    assert np.abs(null.mean(1)).max() < 0.002 and p[3] < 1e-4 < p[0]
    inside = np.percentile(null[0], [2.5, 97.5])
    fresh = [Crossing([random.permutation(factors[0])], cluster_of).ami().mean() for _ in range(200)]
    assert 0.9 <= np.mean((fresh > inside[0]) & (fresh < inside[1])) <= 0.99


def test_faces_are_dealt_without_replacement():
    """Where each face is a cluster every deal is as good, and nothing is beyond chance."""
    crossing = Crossing([np.arange(30) % 3], np.arange(30)[None])
    assert crossing.by_chance(20, np.random.default_rng(0))[1].tolist() == [1]


def test_no_p_is_smaller_than_permutations_tell(random):
    null = random.gamma(20, size=(3, 200))
    p = tail(np.array([20.0, 60.0, 1e4]), null)
    assert 0.3 < p[0] < 0.7 and (p[1:] == 1e-6).all()


def test_intervals_hold_the_truth_about_as_often_as_they_say(random):
    """The difference between two factors that clusters follow alike is zero."""
    held = []
    for _ in range(60):
        one, other, half = (
            random.integers(4, size=300),
            random.integers(4, size=300),
            random.random(300) < 0.5,
        )
        crossing = Crossing([one, other], np.where(half == 1, one, other)[None])
        drawn = crossing.resampled(60, random)
        held.append(abs(np.subtract(*crossing.ami().mean(1))) < 1.96 * (drawn[0] - drawn[1]).std(ddof=1))
    assert 0.85 <= np.mean(held) <= 1


def test_random_clusters_are_misjudged_as_rarely_as_said(random):
    found = []
    for _ in range(60):
        factors = [random.integers(7, size=200) for _ in range(8)]
        crossing = Crossing(factors, random.integers(7, size=(2, 200)))
        found.append(crossing.by_chance(60, random)[1])
    assert 0.02 < (np.array(found) < 0.05).mean() < 0.09
    assert np.mean([corrected(p).min() < 0.05 for p in found]) < 0.15


def test_false_discovery_is_corrected_by_hand():
    p = np.array([0.01, 0.04, 0.03, 0.005, 1, 0])
    expected = [0.01 * 6 / 3, 0.04 * 6 / 5, 0.03 * 6 / 4, 0.005 * 6 / 2, 1, 0]
    np.testing.assert_allclose(corrected(p), expected)
    np.testing.assert_allclose(corrected(np.array([0.03, 0.031])), [0.031, 0.031])  # not 0.06


def test_eta_squared_is_that_of_an_analysis_of_variance(random):
    cluster_of = random.integers(4, size=200)
    values = random.normal(size=200) + cluster_of
    f = f_oneway(*(values[cluster_of == label] for label in range(4))).statistic
    assert eta_squared(values[:, None], cluster_of[None]) == pytest.approx(3 * f / (3 * f + 196))
    # kinds 3:1 and 0:4 in two clusters: 1 - (6/16 * 4 + 0) / (2 * 3/8 * 5/8 * 8), Goodman and Kruskal's tau
    kind, two = np.array([0, 0, 0, 1, 1, 1, 1, 1]), np.array([[0, 0, 0, 0, 1, 1, 1, 1]])
    assert eta_squared(np.eye(2)[kind], two) == pytest.approx(1 - 1.5 / 3.75)


def test_within_is_the_mean_of_scikit_learns_over_groups(random):
    group, factor = random.integers(3, size=300), random.integers(4, size=300)
    clusters = np.where(random.random((2, 300)) < 0.4, factor, random.integers(4, size=(2, 300)))
    clusters[:, group == 2] = 1
    scores = [
        adjusted_mutual_info_score(factor[group == g], row[group == g]) for row in clusters for g in (0, 1)
    ]
    weights = [(group == g).sum() for _ in clusters for g in (0, 1)]
    assert within(group, factor, clusters) == pytest.approx(np.average(scores, weights=weights))


def test_groups_of_one_kind_tell_nothing(random):
    group, clusters = np.repeat([0, 1], 50), random.integers(3, size=(1, 100))
    factor = np.where(group == 0, random.integers(2, size=100), 1)
    alone = adjusted_mutual_info_score(factor[:50], clusters[0, :50])
    assert within(group, factor, clusters) == pytest.approx(alone)


def test_differences_are_those_of_cohen_and_welch(random):
    frame = pd.DataFrame({"a": random.normal(size=90), "b": random.integers(2, size=90) * 1.0})
    cluster_of = np.repeat([0, 1, 4, 5], [40, 39, 10, 1])
    table = differences(frame, cluster_of).set_index(["cluster", "factor"])
    for label in (0, 1, 4):
        for name in frame:
            one, other = frame.loc[cluster_of == label, name], frame.loc[cluster_of != label, name]
            row, n, m = table.loc[(label, name)], len(one), len(other)
            pooled = np.sqrt(((n - 1) * one.var() + (m - 1) * other.var()) / (n + m - 2))
            assert row["d"] == pytest.approx((one.mean() - other.mean()) / pooled)
            assert row["p"] == pytest.approx(ttest_ind(one, other, equal_var=False).pvalue)
            assert row["size"] == n
    assert table.loc[5, "d"].isna().all() and (table.loc[5, "p"] == 1).all()
    equal = differences(pd.DataFrame({"a": np.repeat([0.0, 1.0], 20)}), np.repeat([0, 1], 20))
    assert np.isfinite(equal["d"]).all() and (equal["p_corrected"] < 1e-6).all()


# ---- factors


def test_bins_hold_equal_counts_and_equal_values_share_one(random):
    assert (np.bincount(cut(random.normal(size=700))) == 100).all()
    np.testing.assert_array_equal(cut([0, 0, 0, 0, 0, 0, 3, 5]), [0, 0, 0, 0, 0, 0, 1, 2])
    np.testing.assert_array_equal(cut([1, 1, 1, 1, 1, 1, 1, 1, 1, 0]), [1] * 9 + [0])
    np.testing.assert_array_equal(cut([2, 2, 2]), [0, 0, 0])


def test_columns_of_the_data_set_are_numbers_kinds_or_left_out():
    n = 40
    about = pd.DataFrame(
        {
            "emotion": ["happy", "sad"] * 20,
            "Emotion_label": "x",
            "votes_happy": 3,
            "person": np.arange(n) // 10,
            "file": [f"{i}.png" for i in range(n)],
            "place": ["a", None] * 20,
            "yaw": np.where(np.arange(n) == 3, np.nan, np.arange(n)),
            "tilt": np.arange(n) * 2.0,
            "pair": np.arange(n) // 2,
            "few": np.minimum(np.arange(n), 24),
            "one": 7.5,
        }
    )
    images = np.random.default_rng(0).integers(0, 256, size=(n, 16, 16)).astype(np.uint8)
    frame = nuisances(Faces(images, about, "f"), np.arange(n))
    told = [name for name in frame if name not in NUISANCES]
    assert told == ["person", "file", "place", "yaw", "tilt (known)", "pair", "few", "one"]
    assert frame.loc[3, "yaw"] == pytest.approx(about["yaw"].mean())
    found = kinds(frame)
    assert not {"file", "few", "one", "border"} & set(found)
    assert [found[name].max() + 1 for name in ("person", "pair", "place", "yaw")] == [4, 20, 2, 7]
    assert {"yaw", "tilt (known)", "brightness"} <= set(numbers(frame)) and "one" not in numbers(frame)


def test_identity_is_among_the_factors_of_toy_faces_and_random_clusters_do_not_follow_it(random):
    faces = load("toy:n=1000")
    reported = np.flatnonzero(faces.about["split"] == "PrivateTest")
    found = kinds(nuisances(faces, reported))
    assert found["identity"].max() + 1 == faces.about["identity"].iloc[reported].nunique()
    assert set(NUISANCES) | {"yaw", "roll", "scale (known)"} <= set(found)
    crossing = Crossing([found["identity"]], random.integers(7, size=(200, len(reported))))
    assert abs(crossing.ami().mean()) < 0.01
    assert (crossing.by_chance(60, random)[1] > 0.01).all()
