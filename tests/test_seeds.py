"""Runs that are alike but for their seeds: by hand-computed numbers."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t
from test_classifier_plots import make_run

from fer_cluster.analysis.seeds import Seeds
from fer_cluster.errors import InputError
from fer_cluster.scoring import METRICS


def run(name, features, ami, *, low=None, seeds=(0,), **more):
    scores = {"n": 100.0} | {key: {"mean": 0.2, "low": 0.1, "high": 0.3} for key in METRICS[1:]}
    scores["ami"] = {"mean": ami} if low is None else {"mean": ami, "low": low, "high": 2 * ami - low}
    spec = {"features": features, "then": [], "clusterer": "kmeans", "k": 7, "baseline": None} | more
    made = make_run([0, 1], [[0, 1]], name=name, kind="clusterer", scores=scores, **spec)
    return replace(made, spec=made.spec | {"seeds": list(seeds)})


def test_trainings_of_one_recipe_are_one_row():
    runs = [
        run("a-0", "simclr:epochs=6", 0.10, low=0.08),
        run("a-1", "simclr:epochs=6,random_state=1", 0.13, low=0.10),
        run("a-2", "simclr:random_state=2,epochs=6", 0.16, low=0.12),
        run("b", "simclr:epochs=16", 0.5, low=0.4),
    ]
    table = Seeds().table(runs)
    assert table["runs"].tolist() == ["a-0, a-1, a-2"] and table["trainings"].tolist() == [3]
    row = table.iloc[0]
    assert row["ami"] == pytest.approx(0.13) and row["ami_sd"] == pytest.approx(0.03)
    margin = np.hypot(t.ppf(0.975, 2) * 0.03 / np.sqrt(3), 0.03)
    assert row["ami_low"] == pytest.approx(0.13 - margin) and row["ami_high"] == pytest.approx(0.13 + margin)
    assert row["named_accuracy_sd"] == pytest.approx(0) and row["named_accuracy_high"] == pytest.approx(0.3)
    assert Seeds().say(table) == (
        "Of 1 recipes that were trained with several seeds a-0 differs most: "
        "AMI 0.130, standard deviation 0.030."
    )


@pytest.mark.parametrize(
    "first, second",
    [
        ("random_weights", "random_weights:random_state=2"),
        ("several:parts=pixels | hog", "several:parts=pixels | hog,random_state=7"),
        ("self_named:teacher=hog:random_state=0;cell=6,epochs=3", "self_named:teacher=hog:cell=6,epochs=3"),
        ("self_named:teacher=hog:random_state=0,epochs=3", "self_named:teacher=hog,epochs=3"),
    ],
)
def test_where_a_seed_is_told_it_is_left_out(first, second):
    assert len(Seeds().table([run("a", first, 0.1), run("b", second, 0.2)])) == 1


@pytest.mark.parametrize(
    "first, second",
    [
        ("pretrained:code=body", "pretrained:code=body,folder=~/a"),
        ("pretrained:code=body", "pretrained:folder=a/b.c,code=body"),
        ("pretrained > unit", "pretrained:folder=a > unit"),
        (
            "byol:teacher=pretrained,rounds=1",
            "byol:random_state=1,teacher=pretrained:folder=a,rounds=1",
        ),
    ],
)
def test_an_encoder_is_told_by_its_weights_and_not_by_where_it_lies(first, second):
    params = {"shipped": {"weights": "c0ffee"}}
    runs = [run("a", first, 0.1, params=params), run("b", second, 0.2, params=params)]
    assert len(Seeds().table(runs)) == 1
    others = [runs[0], run("b", second, 0.2, params={"shipped": {"weights": "decaf"}})]
    with pytest.raises(InputError, match="No two runs are alike"):
        Seeds().table(others)


def test_an_interval_is_missing_where_a_run_has_none():
    table = Seeds().table([run("a", "byol", 0.1, low=0.05), run("b", "byol:random_state=1", 0.2)])
    assert table["ami_low"].isna().all() and table["ami_sd"].iloc[0] == pytest.approx(0.1 / np.sqrt(2))


@pytest.mark.parametrize(
    "more",
    [
        {"k": 8},
        {"clusterer": "gmm"},
        {"then": ["unit"]},
        {"epochs": 2},
        {"members": {"cnn3": [0]}},
        {"teachers": {"cnn3": "c0ffee"}},
        {"split": "official"},
        {"labels": "emotion of train"},
        {"baseline": "cnn3"},
        {"fingerprint": "other faces"},
        {"params": {"clusterer": {"n_init": 5, "random_state": 0}}},
    ],
)
def test_what_differs_in_more_than_seeds_stays_apart(more):
    with pytest.raises(InputError, match="No two runs are alike"):
        Seeds().table([run("a", "byol", 0.1), run("b", "byol", 0.2, **more)])


def test_a_classifier_is_no_training_of_a_clusterer():
    other = run("b", "byol", 0.2)
    with pytest.raises(InputError, match="No two runs are alike"):
        Seeds().table([run("a", "byol", 0.1), replace(other, spec=other.spec | {"kind": "classifier"})])


def test_a_run_without_scores_is_left_out():
    unscored = replace(run("c", "byol", 0.6, seeds=(2,)), scores={})
    runs = [run("a", "byol", 0.1), run("b", "byol", 0.2, seeds=(1,)), unscored]
    assert Seeds().table(runs)["runs"].tolist() == ["a, b"]


def test_a_run_that_is_kept_twice_counts_once():
    runs = [run(name, "byol", 0.1) for name in "ab"]
    with pytest.raises(InputError, match="No two runs are alike"):
        Seeds().table(runs)
    assert Seeds().table([*runs, run("c", "byol", 0.3, seeds=(1,))])["trainings"].tolist() == [2]


def test_the_interval_covers_that_of_the_runs_where_it_ends_at_0():
    runs = [run(name, "byol", 0.01, low=0.0, seeds=(seed,)) for seed, name in enumerate("ab")]
    for one in runs:
        one.scores["test"]["ami"]["high"] = 0.05
    assert Seeds().table(runs)["ami_high"].tolist() == pytest.approx([0.05])


def test_the_best_is_first_and_the_least_steady_is_told():
    pairs = {"a": (0.1, 0.2), "b": (0.30, 0.32)}
    runs = [
        run(f"{name}{place}", name, ami, seeds=(place,))
        for name, two in pairs.items()
        for place, ami in enumerate(two)
    ]
    table = Seeds().table(runs)
    assert table["run"].tolist() == ["b0", "a0"]
    assert "a0 differs most: AMI 0.150, standard deviation 0.071" in Seeds().say(table)
