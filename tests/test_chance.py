"""Chance clusters of the same sizes, by hand, by scikit-learn and by the hypergeometric law."""

from dataclasses import replace
from math import comb

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score
from test_classifier_plots import make_run
from test_plots import LONG, _outside, _overlapping, _texts, pixels

from fer_cluster import catalog
from fer_cluster.analysis._null import beyond, null_tables
from fer_cluster.analysis.chance import Chance
from fer_cluster.errors import InputError
from fer_cluster.metrics import contingency, purity
from fer_cluster.picture import save
from fer_cluster.tables import tabulate

HAPPY, SAD = 3, 4
QUICK = Chance(permutations=99)


def clustering(emotion, clusters, **given):
    return make_run(emotion, clusters, **{"name": "pixels-kmeans", "kind": "clusterer"} | given)


def random_run(n=400, k=5, seeds=3, right=0.3, name="pixels-kmeans", seed=0, **given):
    """Return a run of that share of faces by emotion, the others at random; half are fitted on."""
    random = np.random.default_rng(seed)
    emotion = random.integers(-1, 7, n)
    lot = random.integers(k, size=(seeds, n))
    clusters = np.where((random.random((seeds, n)) < right) & (emotion >= 0), np.abs(emotion) % k, lot)
    return clustering(emotion, clusters, part=np.repeat(["train", "test"], n // 2), name=name, **given)


def by_metric(run, **given):
    return replace(QUICK, **given).table([run]).set_index("metric")


def test_tables_keep_emotions_and_sizes_and_are_hypergeometric():
    emotion, cluster = np.repeat([HAPPY, SAD], [3, 3]), np.array([[0, 0, 1, 1, 1, 1]])
    blocks = null_tables(emotion, cluster, 3, 4000, np.random.default_rng(0))
    tables = np.concatenate(list(blocks))
    assert tables.shape == (4000, 1, 7, 3)
    assert (tables.sum(2) == [2, 4, 0]).all() and (
        tables.sum(3) == contingency(emotion, cluster[0], 7).sum(1)
    ).all()
    shares = np.bincount(tables[:, 0, HAPPY, 0].astype(int)) / 4000
    by_hand = [comb(3, h) * comb(3, 2 - h) / comb(6, 2) for h in (0, 1, 2)]
    np.testing.assert_allclose(shares, by_hand, atol=0.03)


def test_a_permutation_is_the_same_for_all_seeds():
    random = np.random.default_rng(1)
    emotion, cluster = random.integers(0, 7, 60), random.integers(0, 4, 60)
    tables = np.concatenate(list(null_tables(emotion, np.stack([cluster, 3 - cluster]), 4, 70, random)))
    np.testing.assert_array_equal(tables[:, 0], tables[:, 1, :, ::-1])


def test_beyond_by_hand():
    found = beyond(0.5, np.array([0.1, 0.2, 0.5, 0.6]))
    assert found["p"] == 3 / 5 and found["null"] == pytest.approx(0.35)  # two of four reach it
    assert found["effect"] == pytest.approx(0.15 / 0.65)
    assert beyond(0.9, np.arange(101) / 200)["low"] == pytest.approx(0.0125)
    assert np.isnan(beyond(1.0, np.ones(4))["effect"]) and beyond(1.0, np.ones(4))["p"] == 1


def test_the_values_are_those_of_scikit_learn_on_the_part_reported_on():
    run = random_run()
    rows = (run.faces["emotion"].notna() & (run.faces["part"] == "test")).to_numpy()
    emotion = run.faces["emotion"].cat.codes.to_numpy()[rows]
    table = by_metric(run)
    for metric, score in (("ami", adjusted_mutual_info_score), ("ari", adjusted_rand_score)):
        values = [score(emotion, row) for row in run.clusters[:, rows]]
        assert table.loc[metric, "value"] == pytest.approx(np.mean(values))
        assert table.loc[metric, "value_sd"] == pytest.approx(np.std(values, ddof=1))
    assert table.loc["named_accuracy", "value"] == pytest.approx(
        (run.predictions()[:, rows] == emotion).mean()
    )
    assert (table["n"] == rows.sum()).all() and (table["seeds"] == 3).all()


def test_the_null_is_that_of_shuffled_labels():
    run = random_run(seeds=1)
    rows = (run.faces["emotion"].notna() & (run.faces["part"] == "test")).to_numpy()
    emotion, cluster = run.faces["emotion"].cat.codes.to_numpy()[rows].astype(int), run.clusters[0, rows]
    random = np.random.default_rng(9)
    shuffled = [random.permutation(emotion) for _ in range(400)]
    purities = [purity(contingency(one, cluster, 7, 5)) for one in shuffled]
    named = [(run.predictions()[0, rows] == one).mean() for one in shuffled]
    table = by_metric(run, permutations=800)
    for metric, null in (("purity", purities), ("named_accuracy", named)):
        assert table.loc[metric, "null"] == pytest.approx(np.mean(null), abs=0.004)
        assert table.loc[metric, "low"] == pytest.approx(np.percentile(null, 2.5), abs=0.015)
        assert table.loc[metric, "high"] == pytest.approx(np.percentile(null, 97.5), abs=0.015)
    assert abs(table.loc["ami", "null"]) < 0.005 and abs(table.loc["ari", "null"]) < 0.005


def test_right_clusters_are_above_chance_and_lots_are_not():
    right, lot = by_metric(random_run(right=0.5)), by_metric(random_run(right=0.0, seed=3))
    assert (right["p"] == 0.01).all() and (right["effect"] > 0.1).all()
    assert (lot["p"] > 0.05).all() and lot["effect"].abs().max() < 0.06


def test_p_values_of_chance_are_uniform():
    p = [by_metric(random_run(100, 4, 2, right=0.0, seed=seed)).loc["ami", "p"] for seed in range(80)]
    assert 0.4 < np.mean(p) < 0.6 and 0.01 < np.mean(np.array(p) <= 0.1) < 0.2


def test_seeds_that_agree_do_not_narrow_the_band():
    one = random_run(seeds=1)
    three = random_run(seeds=1)
    three.spec["seeds"] = [0, 1, 2]
    three.faces["cluster_1"] = three.faces["cluster_2"] = three.faces["cluster"]
    columns = ["value", "null", "low", "high", "p", "effect"]
    pd.testing.assert_frame_equal(by_metric(one)[columns], by_metric(three)[columns])
    assert by_metric(one)["value_sd"].isna().all() and (by_metric(three)["value_sd"] < 1e-12).all()


def test_one_cluster_is_chance():
    run = clustering([HAPPY] * 6 + [SAD] * 4, [0] * 10, part=["train", "test"] * 5)
    table = by_metric(run)
    assert (table["p"] == 1).all() and table["effect"].abs().max() < 1e-9
    assert table.loc["purity", ["value", "null", "low", "high"]].tolist() == pytest.approx([0.6] * 4)


def test_named_accuracy_needs_other_labels_to_name_by():
    part = ["train"] * 4 + ["test"] * 4
    blind = clustering([-1] * 4 + [HAPPY, SAD] * 2, [0, 1] * 4, part=part)
    fitted = clustering([HAPPY, SAD] * 2, [0, 1] * 2, fit="all", report="all", part=["all"] * 4)
    for run in (blind, fitted):
        assert list(by_metric(run).index) == ["ami", "ari", "purity", "hungarian_accuracy"]
    with pytest.raises(InputError, match="no labelled faces in test"):
        QUICK.table([clustering([-1, -1], [0, 1])])


def test_the_same_table_each_time_and_the_runs_are_left_alone():
    run = random_run()
    before = run.faces.copy()
    pd.testing.assert_frame_equal(QUICK.table([run]), QUICK.table([run]))
    pd.testing.assert_frame_equal(run.faces, before)


def test_the_sentence():
    runs = [random_run(right=0.5), random_run(right=0.0, seed=3, name="lot")]
    table = QUICK.table(runs)
    sentence = QUICK.say(table)
    ami = table.iloc[0]
    assert sentence.startswith(
        "1 of 2 runs has an AMI above chance (p < .05). The highest, of pixels-kmeans on "
    )
    assert (
        f"is {ami['value']:.3f}, where chance gives " in sentence
        and "(p = 0.01); its purity is 0." in sentence
    )
    assert QUICK.say(QUICK.table(runs[1:])).startswith("0 of 1 run have an AMI")


def test_written_unasked_of_clusterings(tmp_path):
    paths = tabulate([random_run(), random_run(name="b")], tmp_path)
    assert {"chance_paper.csv", "chance_paper.md"} <= {path.name for path in paths}


# ---- the picture


@pytest.fixture
def plot():
    return catalog.make("plots", "chance", permutations=99)


def test_the_picture_is_of_the_table_and_redrawn_from_its_csv(plot, tmp_path):
    runs = [random_run(right=0.0, name="lot", seed=3), random_run(right=0.5)]
    pd.testing.assert_frame_equal(plot.data(runs), QUICK.table(runs))
    _, table = save(plot, runs, tmp_path / "chance.png")
    figure = plot.draw(pd.read_csv(table))
    assert pixels(figure) == pixels(plot.draw(plot.data(runs)))
    labels = {
        label.get_text().split("\n")[0]: label.get_position()[1] for label in figure.axes[0].get_yticklabels()
    }
    assert labels["pixels-kmeans"] < labels["lot"]  # best on top: the axis runs downwards
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [dot.get_markerfacecolor() for dot in dots] == ["white", "black"]  # the lot is not above chance


def test_text_of_the_picture_is_legible(plot):
    runs = [random_run(name=LONG), random_run(seed=1, right=0), random_run(seed=2, k=1, name="one")]
    for some in (runs, runs[1:2]):
        texts = _texts(plot.draw(plot.data(some)))
        assert not _overlapping(texts) and not _outside(texts)
        assert min(text.get_fontsize() for text, _ in texts) >= 8


def test_drawn_into_given_axes(plot):
    from matplotlib.figure import Figure

    ax = Figure((12, 5)).subplots()
    assert plot.draw(plot.data([random_run()]), ax=ax) is ax.figure
    assert ax.lines and ax.get_title() == "AMI"
