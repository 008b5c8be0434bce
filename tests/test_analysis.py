"""The tables of runs, by hand-computed numbers and by scikit-learn."""

from fractions import Fraction
from math import comb

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, classification_report
from test_classifier_plots import make_run

from fer_cluster import catalog
from fer_cluster.analysis.paired import Paired, _holm
from fer_cluster.analysis.per_emotion import PerEmotion
from fer_cluster.analysis.printed import Printed, printed_figures
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError

HAPPY, SAD, FEAR = (EMOTIONS.index(name) for name in ("happy", "sad", "fear"))
PARTS = [PerEmotion(), Paired(), Printed()]


def random_run(name="cnn3", n=300, seeds=2, accuracy=0.6, seed=0, **given):
    """Return a run that names about that share of the same faces rightly."""
    emotion = np.random.default_rng(1).integers(-1, 7, n)
    random = np.random.default_rng(seed)
    guess = random.integers(7, size=(seeds, n))
    predicted = np.where((random.random((seeds, n)) < accuracy) & (emotion >= 0), emotion, guess)
    return make_run(emotion, predicted, name=name, **given)


def report(run, seed):
    """Return the report of scikit-learn on one seed."""
    rows = (run.faces["emotion"].notna() & (run.faces["part"] == run.spec["report"])).to_numpy()
    truth, named = run.faces["emotion"][rows].astype(str), np.array(EMOTIONS)[run.predictions()[seed][rows]]
    return classification_report(truth, named, output_dict=True, zero_division=0)


# ---- every table


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_the_contract(part):
    runs = [random_run(), random_run("residual", seed=1)]
    before = [run.faces.copy() for run in runs]
    table = part.table(runs)
    pd.testing.assert_frame_equal(table, part.table(runs))
    for run, faces in zip(runs, before, strict=True):
        pd.testing.assert_frame_equal(run.faces, faces)
    sentence = part.say(table)
    assert sentence.endswith(".") and any(letter.isdigit() for letter in sentence) and "nan" not in sentence
    assert isinstance(part.compares, bool) and set(part.of) <= {"clusterer", "classifier"}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_unlabelled_faces_are_explained(part):
    with pytest.raises(InputError, match="label"):
        part.table([make_run([-1, -1], [HAPPY, SAD]), make_run([-1, -1], [SAD, SAD], name="residual")])


def test_the_catalog_finds_them():
    assert {"per_emotion", "paired", "printed"} <= set(catalog.names("analysis"))


# ---- per emotion


class TestPerEmotion:
    @pytest.mark.parametrize("seeds", [1, 3])
    def test_is_what_scikit_learn_reports(self, seeds):
        part = np.random.default_rng(5).choice(["train", "test"], 300)
        run = random_run(seeds=seeds, part=part)
        table = PerEmotion().table([run]).set_index("emotion")
        reports = [report(run, seed) for seed in range(seeds)]
        names = {"macro average": "macro avg", "weighted average": "weighted avg"}
        for row in (*EMOTIONS, *names):
            for metric, theirs in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
                values = [one[names.get(row, row)][theirs] for one in reports]
                assert table.loc[row, metric] == pytest.approx(np.mean(values))
                if seeds > 1:
                    assert table.loc[row, f"{metric}_sd"] == pytest.approx(np.std(values, ddof=1))
            assert table.loc[row, "support"] == reports[0][names.get(row, row)]["support"]
        accuracy = np.mean([one["accuracy"] for one in reports])
        assert table.loc["accuracy", "f1"] == pytest.approx(accuracy)
        assert table.loc["accuracy", ["precision", "recall"]].isna().all()
        if seeds == 1:
            assert table["f1_sd"].isna().all()

    def test_emotions_that_do_not_occur_are_not_averaged(self):
        run = make_run([HAPPY, HAPPY, SAD], [HAPPY, FEAR, SAD])  # fear is named, the other four are not
        table = PerEmotion().table([run]).set_index("emotion")
        theirs = report(run, 0)
        assert table.loc["macro average", "f1"] == pytest.approx(theirs["macro avg"]["f1-score"])
        assert table.loc["macro average", "f1"] == pytest.approx((2 / 3 + 1 + 0) / 3)

    def test_the_sentence(self):
        run = make_run([HAPPY, HAPPY, SAD, -1], [HAPPY, HAPPY, HAPPY, SAD])
        sentence = PerEmotion().say(PerEmotion().table([run]))
        assert sentence == (
            "cnn3 names 66.7 % of 3 labelled faces of test rightly; "
            "by F1 best happy (0.80), worst sad (0.00)."
        )

    def test_a_clustering_is_read_by_its_named_clusters(self):
        emotion, cluster = [HAPPY, HAPPY, SAD, SAD] * 2, [1, 1, 0, 1, 1, 0, 0, 0]
        part = np.repeat(["train", "test"], 4)  # named on the first: 0 is sad, 1 happy
        table = PerEmotion().table([make_run(emotion, cluster, part=part, kind="clusterer")])
        table = table.set_index("emotion")
        assert table.loc["accuracy", "f1"] == 0.75 and table.loc["happy", "recall"] == 0.5
        assert table.loc["sad", "precision"] == pytest.approx(2 / 3)


# ---- paired


def pair(right_first, right_second, **given):
    """Return two runs that name a happy face rightly where told, otherwise as sad."""
    rights = [np.atleast_2d(right_first), np.atleast_2d(right_second)]
    emotion = np.full(rights[0].shape[1], HAPPY)
    return [
        make_run(emotion, np.where(right, HAPPY, SAD), name=name, **given)
        for name, right in zip(("cnn3", "residual"), rights, strict=True)
    ]


class TestPaired:
    def test_mcnemar_is_the_binomial_by_hand(self):
        # 6 faces only the first names rightly, 1 only the second, 3 both, 2 neither
        first = [1] * 6 + [0] + [1] * 3 + [0] * 2
        second = [0] * 6 + [1] + [1] * 3 + [0] * 2
        (row,) = Paired(replicates=10).table(pair(first, second)).to_dict("records")
        assert (row["first"], row["second"], row["n"]) == ("cnn3", "residual", 12)
        assert (row["only_first"], row["only_second"]) == (6, 1)
        by_hand = 2 * sum(Fraction(comb(7, k), 2**7) for k in (0, 1))
        assert row["p"] == pytest.approx(float(by_hand)) == 0.125
        assert row["difference"] == pytest.approx(5 / 12)

    def test_the_test_is_of_the_first_seeds_and_the_difference_of_all(self):
        runs = pair([[1, 1, 0, 0], [1, 1, 1, 1]], [[1, 1, 0, 0], [0, 0, 0, 0]])
        (row,) = Paired(replicates=10).table(runs).to_dict("records")
        assert row["p"] == 1 and row["difference"] == 0.5

    def test_holm_by_hand(self):
        # .01 * 4, .03 * 2 raised by the .02 * 3 before it, .04 * 1 raised as well
        assert _holm(np.array([0.04, 0.01, 0.03, 0.02])) == pytest.approx([0.06, 0.04, 0.06, 0.06])
        assert _holm(np.array([0.9, 0.6])).tolist() == [1.0, 1.0]

    def test_identical_runs_do_not_differ(self):
        one = random_run(seeds=1)
        (row,) = Paired(replicates=50).table([one, random_run(seeds=1)]).to_dict("records")
        assert (row["difference"], row["low"], row["high"], row["p"], row["p_holm"]) == (0, 0, 0, 1, 1)
        assert (row["first"], row["second"]) == ("cnn3", "cnn3 (2)")

    def test_all_pairs_the_better_first_and_swapping_changes_nothing(self):
        runs = [random_run(name, seed=seed, accuracy=a) for name, seed, a in (("a", 1, 0.3), ("b", 2, 0.7))]
        runs.append(random_run("c", seed=3, accuracy=0.5))
        table = Paired(replicates=50).table(runs)
        assert list(zip(table["first"], table["second"], strict=True)) == [("b", "c"), ("b", "a"), ("c", "a")]
        truth = runs[0].faces["emotion"].cat.codes.to_numpy()
        theirs = [accuracy_score(truth[truth >= 0], row[truth >= 0]) for row in runs[1].predictions()]
        assert table["accuracy"][0] == pytest.approx(np.mean(theirs))
        assert (table["difference"] > 0).all() and (table["p_holm"] >= table["p"]).all()
        other = Paired(replicates=50).table(runs[::-1])
        columns = ["first", "second", "difference", "p", "p_holm"]
        pd.testing.assert_frame_equal(table[columns], other[columns])

    def test_the_interval_is_that_of_paired_differences(self):
        # One seed: each face differs by 1, 0 or -1; the normal interval of a mean of such differences
        random = np.random.default_rng(0)
        first, second = random.random(2000) < 0.6, random.random(2000) < 0.5
        (row,) = Paired(replicates=1000).table(pair(first, second)).to_dict("records")
        difference = first.astype(float) - second
        margin = 1.96 * difference.std() / np.sqrt(2000)
        assert row["low"] == pytest.approx(difference.mean() - margin, abs=0.15 * margin)
        assert row["high"] == pytest.approx(difference.mean() + margin, abs=0.15 * margin)

    @pytest.mark.parametrize("first", [True, False])
    def test_seeds_widen_the_interval(self, first):
        still = np.tile([1, 0], 500)
        wild = np.stack([np.ones(1000), np.zeros(1000)])  # one seed all right, the other all wrong
        runs = pair(wild, still) if first else pair(still, wild)
        (row,) = Paired(replicates=200).table(runs).to_dict("records")
        assert row["difference"] == 0 and row["high"] - row["low"] > 0.9

    @pytest.mark.parametrize(
        "other",
        [
            {"split": "official"},
            {"report": "train", "part": np.repeat("train", 300)},
            {"fingerprint": "another"},
            {"n": 299},
        ],
    )
    def test_other_faces_are_refused(self, other):
        with pytest.raises(InputError, match="same faces of one split"):
            Paired().table([random_run(), random_run("residual", **other)])

    def test_one_run_is_refused(self):
        with pytest.raises(InputError, match="two runs or more, got 1"):
            Paired().table([random_run()])


# ---- printed


class TestPrinted:
    def test_the_file_holds_the_figures_of_the_paper(self):
        printed = printed_figures()
        assert list(printed.columns) == ["system", "emotion", "metric", "value", "note"]
        told_in_words = printed[printed.isna().any(axis=1)]
        assert told_in_words[["system", "metric"]].to_numpy().tolist() == [["cnn4", "accuracy"]]
        assert not printed.duplicated(["system", "emotion", "metric", "note"]).any()
        for system, note in (("residual", "Table 1"), ("three_blocks", "Table 2")):
            rows = printed[(printed["system"] == system) & (printed["note"] == note)]
            assert len(rows) == 9 * 4 + 2  # seven emotions and two averages; accuracy and its support
            support = rows[rows["emotion"].isin(EMOTIONS) & (rows["metric"] == "support")]["value"]
            assert support.tolist() == [985, 102, 1043, 1765, 1210, 795, 1278] and support.sum() == 7178

    def test_its_figures_agree_with_each_other(self):
        # The averages of each table follow from its rows: no digit was mistyped
        tables = printed_figures().query("note.str.startswith('Table')")
        for _, rows in tables.groupby("system"):
            wide = rows.pivot(index="emotion", columns="metric", values="value")
            each = wide.loc[list(EMOTIONS)]
            weight = each["support"] / each["support"].sum()
            for metric in ("precision", "recall", "f1"):
                assert wide.loc["macro average", metric] == pytest.approx(each[metric].mean(), abs=0.0101)
                average = (each[metric] * weight).sum()
                assert wide.loc["weighted average", metric] == pytest.approx(average, abs=0.0101)
            f1 = 2 * each["precision"] * each["recall"] / (each["precision"] + each["recall"])
            assert (each["f1"] - f1).abs().max() < 0.0101
            assert wide.loc["all", "accuracy"] == wide.loc["weighted average", "recall"]

    def test_ours_stand_beside_the_printed_figure_of_the_same_name(self):
        paper = random_run("residual", seeds=2)
        official = random_run("residual", seeds=3, seed=4, split="official")
        table = Printed().table([official, random_run("other"), paper])
        assert list(table.columns) == [
            *("dataset", "system", "metric", "emotion", "printed", "paper", "official"),
            *("seeds_paper", "seeds_official", "note"),
        ]
        assert len(table) == len(printed_figures())
        rows = table.set_index(["system", "metric", "emotion", "note"])
        f1 = rows.loc[("residual", "f1", "happy", "Table 1")]
        assert f1["printed"] == 0.81 and f1["seeds_paper"] == 2 and f1["seeds_official"] == 3
        assert f1["paper"] == pytest.approx(np.mean([report(paper, s)["happy"]["f1-score"] for s in (0, 1)]))
        accuracy = rows.loc["residual"].loc["accuracy"]
        assert accuracy["paper"].nunique() == 1 and accuracy["printed"].tolist() == [0.6249, 0.62]
        assert table.loc[table["system"] == "cnn3", "paper"].isna().all()

    def test_the_sentence(self):
        emotion = np.arange(200) % 7
        right = make_run(emotion, np.where(np.arange(200) < 121, emotion, (emotion + 1) % 7), name="residual")
        close = make_run(emotion, np.where(np.arange(200) < 100, emotion, (emotion + 1) % 7), name="cnn3")
        table = Printed().table([right, close])
        # .605 - .6249 and .5 - .5114
        assert Printed().say(table) == (
            "Of 2 systems of the paper, run on toy, split paper: accuracy lies on average -1.6 points from "
            "the printed one, farthest residual (-2.0)."
        )

    def test_runs_of_other_names_are_explained(self):
        with pytest.raises(InputError, match="name of a system of the paper: cnn3, "):
            Printed().table([random_run("mine")])

    def test_two_runs_of_one_name_are_explained(self):
        with pytest.raises(InputError, match="Two runs are called 'residual'"):
            Printed().table([random_run("residual"), random_run("residual")])
