"""All scores in one table: by hand-computed numbers, whatever the run lacks."""

from dataclasses import replace

import pandas as pd
import pytest
from test_classifier_plots import make_run

from fer_cluster.analysis.leaderboard import Leaderboard
from fer_cluster.errors import InputError
from fer_cluster.intervals import wilson
from fer_cluster.scoring import METRICS


def scores(n=100.0, **given):
    return {"n": n} | dict.fromkeys(METRICS[1:], 0.1) | given


def run(name, kind="clusterer", labels="none", bare=None, **given):
    """Return a run of these scores, that took 30 + 90 seconds and 5 for the map."""
    spec = {"labels": labels, "chosen_with": "PublicTest", "device": "cpu (bfloat16)"}
    spec["seconds"] = {"features": 30.0, "projection": 5.0, kind: 90.0}
    made = make_run([0, 1], [[0, 1], [1, 0]], name=name, kind=kind, scores=scores(**given), **spec)
    return replace(made, scores_without_duplicates={"test": scores(**bare)} if bare else {})


def test_each_run_has_a_row_the_best_first():
    several = {"mean": 0.3, "sd": 0.1, "low": 0.25, "high": 0.35}
    scored = {"named_accuracy": several, "ami": several, "ari": several, "purity": several}
    clusters = run("clusters", **scored, bare={"named_accuracy": 0.2, "ami": 0.15})
    probe = run("probe", "classifier", "emotion of Training", named_accuracy=0.5)
    table = Leaderboard().table([clusters, probe])
    assert table["run"].tolist() == ["probe", "clusters"]
    first, second = table.iloc[0], table.iloc[1]
    assert (second["named_accuracy"], second["named_accuracy_low"], second["ami_high"]) == (0.3, 0.25, 0.35)
    assert (second["ari_low"], second["ari_high"], second["purity_low"]) == (0.25, 0.35, 0.25)
    assert "purity_chance_low" not in table
    assert (second["named_accuracy_without_copies"], second["ami_without_copies"]) == (0.2, 0.15)
    assert (first["named_accuracy_low"], first["named_accuracy_high"]) == wilson(0.5, 100)
    assert pd.isna(first["ami_low"]) and pd.isna(first["ami_without_copies"])
    assert pd.isna(first["hungarian_accuracy"]) and second["hungarian_accuracy"] == 0.1
    assert second[["seeds", "minutes", "device"]].tolist() == [2, 2.0, "cpu (bfloat16)"]
    assert Leaderboard().say(table) == (
        "Of 2 runs probe (50.0 %, AMI 0.100) is the highest; of the 1 that saw no label, controls apart, "
        "clusters (30.0 %, AMI 0.300)."
    )


def test_the_sentence_where_none_or_all_learnt_from_labels():
    learnt = Leaderboard().table([run("probe", "classifier", "emotion of Training")])
    assert Leaderboard().say(learnt) == (
        "Of 1 runs probe (10.0 %, AMI 0.100) is the highest; all but controls learnt from labels."
    )
    blind = Leaderboard().table([run("a"), run("b", named_accuracy=0.2)])
    assert Leaderboard().say(blind) == "Of 2 runs b (20.0 %, AMI 0.100) is the highest, without a label."


def test_a_control_is_never_the_best_without_a_label():
    one = run("one", named_accuracy=0.5)
    one.spec["clusterer"] = "one"
    table = Leaderboard().table([one, run("a")])
    assert table["kind"].tolist() == ["one", "method"]
    assert Leaderboard().say(table) == (
        "Of 2 runs one (50.0 %, AMI 0.100) is the highest; of the 1 that saw no label, controls apart, "
        "a (10.0 %, AMI 0.100)."
    )


def test_runs_without_scores_are_left_out_and_none_is_explained():
    bare = replace(run("bare"), scores={}, scores_without_duplicates={})
    assert Leaderboard().table([run("a"), bare])["run"].tolist() == ["a"]
    with pytest.raises(InputError, match="have no labels"):
        Leaderboard().table([bare, bare])


def test_what_one_may_choose_by_stands_beside_what_is_reported():
    part = run("a")
    assert pd.isna(Leaderboard().table([part]).loc[0, "named_accuracy_to_choose_by"])
    part.spec["fit"] = "train"
    part.scores["train"], part.scores["public"] = scores(named_accuracy=0.8), scores(named_accuracy=0.7)
    row = Leaderboard().table([part]).iloc[0]
    assert (row["named_accuracy_to_choose_by"], row["named_accuracy"]) == (0.7, 0.1)


def test_the_sentence_tells_what_would_have_been_chosen_where_that_is_not_the_best():
    both = []
    for name, public, test in (("a", 0.5, 0.2), ("b", 0.4, 0.3)):
        one = run(name, named_accuracy=test)
        one.spec["fit"] = "train"
        one.scores["train"], one.scores["public"] = scores(), scores(named_accuracy=public)
        both.append(one)
    probe = run("probe", "classifier", "emotion of Training", named_accuracy=0.9)
    assert Leaderboard().say(Leaderboard().table([*both, probe])) == (
        "Of 3 runs probe (90.0 %, AMI 0.100) is the highest; of the 2 that saw no label, controls apart, "
        "b (30.0 %, AMI 0.100); what one may choose by chooses a (20.0 %, AMI 0.100)."
    )


def test_ami_comes_first_and_a_classifier_has_no_purity():
    table = Leaderboard().table([run("a"), run("probe", "classifier", "emotion of Training")])
    shown = [name for name in table if name in METRICS]
    assert shown == [
        *("ami", "ari", "nmi", "hungarian_accuracy", "named_accuracy", "balanced_accuracy"),
        *("purity", "purity_chance"),
    ]
    assert table.set_index("run")["purity"].isna().to_dict() == {"a": False, "probe": True}


def test_what_was_not_recorded_is_missing():
    old = run("old")
    for key in ("seconds", "device"):
        old.spec.pop(key)
    row = Leaderboard().table([old]).iloc[0]
    assert pd.isna(row["minutes"]) and row["device"] is None


def test_what_was_told_a_part_of_the_labels_is_neither_a_method_nor_blind():
    weak = run("weak", labels="which faces are neutral", named_accuracy=0.9)
    table = Leaderboard().table([weak, run("a")])
    assert table["kind"].tolist() == ["weak", "method"]
    told = Leaderboard().say(table)
    assert told.endswith("of the 1 that saw no label, controls apart, a (10.0 %, AMI 0.100).")
