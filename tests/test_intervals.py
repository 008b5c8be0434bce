"""Intervals against SciPy's, and how often they hold the truth."""

import numpy as np
import pytest
from scipy import stats
from test_metrics import scores_of

from fer_cluster.intervals import over_seeds, wilson


def test_the_interval_over_seeds_is_students(random):
    values = random.normal(size=(5, 3))
    low, high = stats.t.interval(0.95, 2, values.mean(1), stats.sem(values, axis=1))
    np.testing.assert_allclose(over_seeds(values), (high - low) / 2)


def test_one_seed_adds_nothing():
    assert over_seeds([0.3]) == 0
    np.testing.assert_array_equal(over_seeds(np.ones((4, 1))), np.zeros(4))


def test_three_seeds_hold_the_truth_as_often_as_said(random):
    values = random.normal(size=(4000, 3))
    assert np.mean(np.abs(values.mean(1)) <= over_seeds(values)) == pytest.approx(0.95, abs=0.015)


def test_a_share_has_the_interval_of_scipy():
    found = stats.binomtest(30, 100).proportion_ci(method="wilson")
    assert wilson(0.3, 100) == pytest.approx((found.low, found.high), abs=1e-4)


def test_scores_of_seeds_that_differ_have_an_interval_over_faces_and_seeds():
    """Of 500 faces 300, 350 and 400 are right by the three seeds."""
    emotion = np.arange(500) % 2
    rank = np.random.default_rng(0).permutation(500)
    clusters = np.stack([np.where(rank < right, emotion, 1 - emotion) for right in (300, 350, 400)])
    score = scores_of(emotion, clusters, np.repeat("all", 500), "all")["all"]["hungarian_accuracy"]
    right = np.stack([rank < 300, rank < 350, rank < 400]).mean(0)
    of_seeds = stats.t.ppf(0.975, 2) * 0.1 / np.sqrt(3)
    half = np.hypot(1.96 * right.std() / np.sqrt(500), of_seeds)
    assert score["mean"] == pytest.approx(0.7)
    assert (score["high"] - score["low"]) / 2 == pytest.approx(half, rel=0.03)


def test_seeds_that_err_on_other_faces_make_the_mean_surer():
    """Each of four seeds is wrong on a quarter of its own: of every face three of four are right."""
    emotion, quarter = np.arange(400) % 2, np.arange(400) // 2 % 4
    clusters = np.stack([np.where(quarter == seed, 1 - emotion, emotion) for seed in range(4)])
    score = scores_of(emotion, clusters, np.repeat("all", 400), "all")["all"]["hungarian_accuracy"]
    assert (score["low"], score["high"]) == pytest.approx((0.75, 0.75))
