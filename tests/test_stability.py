"""Stability, by hand-computed similarities, scikit-learn, and groups that are there or are not."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score, jaccard_score
from test_plots import LONG, _outside, _overlapping, _texts, pixels
from test_purity_k import blobs_run

from fer_cluster import catalog
from fer_cluster.analysis import stability
from fer_cluster.analysis.stability import Stability, agreements, jaccard
from fer_cluster.errors import InputError
from fer_cluster.picture import save

SMALL = Stability(refits=4)


def fitted_run(**given):
    """Return a run of groups far apart whose clusters are the groups."""
    run = blobs_run(**given)
    groups = run.faces["emotion"].cat.codes.to_numpy().astype(np.int32)
    run.faces["cluster"], run.faces["cluster_1"] = groups, 3 - groups
    return run


def test_similarities_by_hand():
    one, other = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 2, 2, 2])
    # 0: {a b c} with {a b} 2/3, with nothing 0, with {c d e} 1/5; 1: {d e} with {c d e} 2/3
    np.testing.assert_allclose(jaccard(one, other), [[2 / 3, 0, 1 / 5], [0, 0, 2 / 3]])


def test_similarities_are_those_of_scikit_learn(random):
    one, other = random.integers(4, size=(2, 90))
    theirs = [[jaccard_score(one == a, other == b) for b in range(4)] for a in range(4)]
    np.testing.assert_allclose(jaccard(one, other), theirs)
    clusters = random.integers(3, size=(4, 50))
    theirs = [adjusted_rand_score(clusters[a], clusters[b]) for a, b in combinations(range(4), 2)]
    np.testing.assert_allclose(agreements(clusters), theirs)


def test_groups_that_are_there_come_out_again():
    table = SMALL.table([fitted_run()])
    assert table["measure"].tolist() == ["seeds", "bootstrap", *["jaccard"] * 4]
    np.testing.assert_allclose(table["value"], 1)
    assert table["repeats"].tolist() == [1, 6, 4, 4, 4, 4]
    assert table["cluster"].tolist() == [pd.NA, pd.NA, 0, 1, 2, 3]
    assert table["n"].tolist()[:2] == [160, 160] and table["n"][2:].sum() == 160


def test_groups_that_are_not_there_do_not():
    run = fitted_run(groups=4)
    object.__setattr__(run, "features", np.random.default_rng(0).normal(size=(320, 6)).astype(np.float32))
    table = SMALL.table([run]).set_index("measure")
    assert table.loc["seeds", "value"] == 1  # of the run itself, which was not made of these features
    assert table.loc["bootstrap", "value"] < 0.6 and (table.loc["jaccard", "value"] < 0.5).all()


def test_a_split_group_is_the_one_that_is_not_stable():
    run = fitted_run()
    cluster = run.faces["cluster"].to_numpy().copy()
    halves = np.random.default_rng(0).random(320) < 0.5
    run.faces["cluster"] = np.where((cluster == 2) & halves, 4, cluster).astype(np.int32)
    table = SMALL.table([run]).set_index("cluster")
    assert table.loc[[0, 1, 3], "value"].tolist() == [1, 1, 1]
    size = {c: (run.faces["cluster"][160:] == c).sum() for c in (2, 4)}
    for c in (2, 4):
        assert table.loc[c, "value"] == pytest.approx(size[c] / (size[2] + size[4]))
    assert "3 of 5 clusters are stable" in SMALL.say(SMALL.table([run]))


def test_only_the_reported_part_is_compared_and_no_label_is_used():
    run, other = fitted_run(), fitted_run()
    other.faces.loc[:159, "cluster"] = 0
    other.faces["emotion"] = other.faces["emotion"].where(np.zeros(320, bool))
    pd.testing.assert_frame_equal(SMALL.table([run]), SMALL.table([other]))
    before = run.faces.copy()
    pd.testing.assert_frame_equal(SMALL.table([run]), SMALL.table([run]))
    pd.testing.assert_frame_equal(run.faces, before)


def test_each_refit_has_faces_drawn_with_replacement_and_a_seed_of_its_own(monkeypatch):
    seen, run = [], fitted_run()
    real = stability.fitted
    note = lambda part, x: seen.append((part.random_state, x)) or real(part, x)  # noqa: E731
    monkeypatch.setattr(stability, "fitted", note)
    Stability(refits=3, random_state=5).table([run])
    assert [seed for seed, _ in seen] == [5, 6, 7]
    assert all(len(x) == 160 and 80 < len(np.unique(x, axis=0)) < 120 for _, x in seen)  # .63 * 160
    one, other = seen[0][1], seen[1][1]
    assert not np.array_equal(one, other)
    Stability(refits=2, random_state=6).table([run])
    assert not np.array_equal(seen[3][1], one)


def test_the_spread_is_over_the_repeats():
    run = fitted_run(seeds=3)
    groups = run.faces["cluster"].to_numpy()
    run.faces["cluster_1"] = np.where(groups == 3, 2, groups)
    table = SMALL.table([run])
    values = agreements(run.clusters[:, 160:])
    assert len(values) == 3 and table["value_sd"][0] == pytest.approx(values.std(ddof=1))


def test_what_is_just_stable_is_called_so():
    table = SMALL.table([fitted_run()])
    table["value"] = 0.75
    assert "4 of 4 clusters are stable" in SMALL.say(table)


def test_one_seed_has_no_agreement_of_seeds():
    run = fitted_run(seeds=1)
    table = SMALL.table([run])
    assert np.isnan(table["value"][0]) and table["repeats"][0] == 0
    assert SMALL.say(table) == (
        "pixels-kmeans on 160 faces of test: 4 bootstrap refits by an adjusted Rand index of 1.00; "
        "4 of 4 clusters are stable (Jaccard similarity of 0.75 or more), the least so is cluster 0 (1.00)."
    )


def test_what_cannot_be_refitted_is_explained():
    with pytest.raises(InputError, match="two refits or more, got refits=1"):
        Stability(refits=1).table([fitted_run()])
    with pytest.raises(InputError, match="is no clustering"):
        SMALL.table([fitted_run(kind="classifier", params={})])
    params = {"clusterer": {"n_clusters": 161}}
    with pytest.raises(InputError, match="KMeans cannot be used here: n_samples=160 should be >= n_cl"):
        SMALL.table([fitted_run(clusterer="sklearn.cluster:KMeans", params=params)])
    assert len(SMALL.table([fitted_run(clusterer="one", params={"clusterer": {}})])) == 6


# ---- the picture


def test_the_picture_is_of_the_table_and_redrawn_from_its_csv(tmp_path):
    plot = catalog.make("plots", "stability:refits=4")
    runs = [fitted_run(), fitted_run(seed=1, name=LONG, seeds=1)]
    pd.testing.assert_frame_equal(plot.data(runs), SMALL.table(runs))
    _, table = save(plot, runs, tmp_path / "stability.png")
    figure = plot.draw(pd.read_csv(table))
    assert pixels(figure) == pixels(plot.draw(plot.data(runs)))
    first, second = figure.axes
    labels = [label.get_text() for label in first.get_yticklabels()]
    assert labels[:2] == ["all, other seeds (ARI)", "all, faces drawn anew (ARI)"] and len(labels) == 6
    assert len(second.get_yticklabels()) == 5  # one seed has no agreement
    dots = [line for line in first.lines if line.get_marker() == "o"]
    np.testing.assert_allclose([dot.get_xdata()[0] for dot in dots], 1)
    (dashed,) = [line for line in first.lines if line.get_linestyle() == "--"]
    assert dashed.get_zorder() > first.xaxis.get_zorder()  # else the grid hides it
    assert first.get_xlabel().endswith("stable; grey: mean ± sd over pairs of fits")


def test_text_of_the_picture_is_legible():
    plot = catalog.make("plots", "stability")
    for runs in ([fitted_run()], [fitted_run(name=LONG), fitted_run(seed=1)]):
        texts = _texts(plot.draw(SMALL.table(runs)))
        assert not _overlapping(texts) and not _outside(texts)
        assert min(text.get_fontsize() for text, _ in texts) >= 8
