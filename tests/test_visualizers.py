"""Visualizers for any scikit-learn clusterer, and the silhouettes behind one of them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_samples, silhouette_score
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from test_plots import _outside, _overlapping, _texts, pixels
from test_purity_k import blobs_run

from fer_cluster import catalog
from fer_cluster.errors import InputError
from fer_cluster.visualizers import KElbowVisualizer, SilhouetteVisualizer, _criteria_of, _seeded

X, GROUP = make_blobs(240, 3, centers=4, cluster_std=0.6, random_state=3)
SMALL = {"references": 2, "repeats": 2}


class Counted(KMeans):
    """K-Means that counts its fits."""

    fits = 0

    def fit(self, X, y=None):
        Counted.fits += 1
        return super().fit(X)


@parametrize_with_checks(
    [
        KElbowVisualizer(KMeans(n_init=1), k=3, references=1, repeats=1),
        KElbowVisualizer(KMeans(n_init=1), k=3, metric="silhouette"),
        SilhouetteVisualizer(KMeans(2, n_init=1)),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", [KMeans(n_init=3), GaussianMixture(), AgglomerativeClustering()])
def test_the_number_of_groups_is_found(estimator):
    seen = KElbowVisualizer(estimator, k=(2, 7), **SMALL).fit(X)
    assert seen.chosen_["silhouette"] == seen.chosen_["calinski_harabasz"] == 4
    assert seen.chosen_["prediction_strength"] == 4
    assert ("bic" in seen.chosen_) == isinstance(estimator, GaussianMixture)
    assert sorted(seen.table_["k"].unique()) == [2, 3, 4, 5, 6]  # as Yellowbrick reads two numbers
    assert estimator.get_params() == type(estimator)(**estimator.get_params()).get_params()
    score = seen.table_.query("criterion == 'silhouette' and k == 4")["value"].item()
    assert score == pytest.approx(silhouette_score(X, GROUP), abs=0.01)


@pytest.mark.parametrize("k, numbers", [(4, [2, 3, 4]), ((2, 4), [2, 3]), ([3, 5], [3, 5])])
def test_numbers_of_clusters(k, numbers):
    seen = KElbowVisualizer(KMeans(n_init=1), k=k, references=1, repeats=1).fit(X)
    assert sorted(seen.table_["k"].unique()) == numbers


@pytest.mark.parametrize("estimator", [KMeans(n_init=1), GaussianMixture()])
def test_one_metric_is_that_of_all(estimator):
    whole = KElbowVisualizer(estimator, k=(2, 6), **SMALL).fit(X)
    assert not hasattr(whole, "elbow_value_")
    assert _criteria_of(estimator) == tuple(whole.chosen_)
    for metric, chosen in whole.chosen_.items():
        seen = KElbowVisualizer(estimator, k=(2, 6), metric=metric, **SMALL).fit(X)
        rows = whole.table_.query("criterion == @metric").reset_index(drop=True)
        pd.testing.assert_frame_equal(seen.table_, rows)
        assert seen.elbow_value_ == (None if pd.isna(chosen) else chosen)
        assert list(seen.chosen_) == [metric]


@pytest.mark.parametrize("metric, fits", [("silhouette", 1), ("gap", 3), ("stability", 4), (None, 8)])
def test_nothing_is_fitted_that_the_metric_does_not_need(metric, fits):
    Counted.fits = 0
    KElbowVisualizer(Counted(n_init=1), k=[3], metric=metric, **SMALL).fit(X)
    assert Counted.fits == fits


def test_one_metric_is_one_panel_and_forgotten_by_the_next_fit():
    from matplotlib.figure import Figure

    seen = KElbowVisualizer(KMeans(n_init=3), k=(2, 6), metric="silhouette", **SMALL).fit(X)
    (panel,) = seen.draw().axes
    assert seen.elbow_value_ == 4 and panel.get_xlabel() == "k; highest: k = 4"
    texts = _texts(seen.draw())
    assert not _outside(texts) and not _overlapping(texts)
    given = Figure().subplots()
    assert seen.draw(given) is given.figure and len(given.lines) == 2
    assert not hasattr(seen.set_params(metric=None).fit(X), "elbow_value_") and len(seen.draw().axes) == 8


def test_a_metric_that_chooses_none():
    seen = KElbowVisualizer(KMeans(n_init=1), k=[4], metric="gap", **SMALL).fit(X)
    assert seen.elbow_value_ is None and pd.isna(seen.chosen_["gap"])


def test_silhouettes_are_those_of_scikit_learn():
    seen = SilhouetteVisualizer(KMeans(4, n_init=3)).fit(X)
    ours = seen.table_["silhouette"].to_numpy()
    np.testing.assert_allclose(ours, silhouette_samples(X, seen.table_["cluster"]))
    assert seen.silhouette_score_ == pytest.approx(silhouette_score(X, GROUP), abs=0.01)
    few = SilhouetteVisualizer(KMeans(4, n_init=3), n_faces=50).fit(X)
    assert len(few.table_) == 50 and set(few.table_["n"]) == {50}


def test_what_has_no_seed_inside_a_pipeline_is_seeded():
    x = np.random.default_rng(0).normal(size=(240, 3))
    pipeline = make_pipeline(StandardScaler(), KMeans(5, n_init=1, init="random"))
    one, *others = (SilhouetteVisualizer(pipeline, random_state=seed).fit(x).table_ for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(one, others[0])
    assert not one.equals(others[1]) and pipeline[-1].random_state is None
    own = _seeded(make_pipeline(PCA(2), KMeans(5, random_state=3)), 7)
    assert (own[0].random_state, own[1].random_state) == (7, 3)


def test_noise_is_no_cluster():
    far = np.concatenate([X, 100 * np.eye(3)])
    seen = SilhouetteVisualizer(DBSCAN(eps=1.5)).fit(far)
    label = DBSCAN(eps=1.5).fit(far).labels_
    assert seen.table_["cluster"].tolist() == label[label >= 0].tolist() and (label[-3:] < 0).all()
    assert seen.silhouette_score_ == pytest.approx(silhouette_score(far[label >= 0], label[label >= 0]))
    (panel,) = seen.draw().axes
    noise = (label < 0).sum()
    assert panel.get_title(loc="left").endswith(f", {243 - noise} faces, {noise} of noise left out")
    assert len(panel.patches) == label.max() + 1
    with pytest.raises(InputError, match="'DBSCAN' has no silhouettes"):
        SilhouetteVisualizer(DBSCAN(eps=1e-6)).fit(X)


@pytest.mark.parametrize("visualizer", [KElbowVisualizer, SilhouetteVisualizer])
def test_show_draws_or_writes(visualizer, tmp_path):
    seen = visualizer(KMeans(3, n_init=1)).fit(X)
    figure = seen.show()
    assert pixels(figure) and "KMeans" in figure.axes[0].get_title(loc="left")
    assert "X, all, 240 faces" in figure.axes[0].get_title(loc="left")
    assert seen.show(outpath=tmp_path / "a.png") == tmp_path / "a.png"
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match=r"\.png, \.pdf or \.svg"):
        seen.show(outpath=tmp_path / "a.gif")


@pytest.mark.parametrize(
    "visualizer, said",
    [
        (KElbowVisualizer("kmeans"), "takes a scikit-learn clusterer, got 'kmeans'"),
        (KElbowVisualizer(), "takes a scikit-learn clusterer"),
        (KElbowVisualizer(KMeans(), metric="distortion"), "no 'distortion'; it has silhouette, calinski"),
        (KElbowVisualizer(KMeans(), metric="bic"), "no 'bic'; it has .*davies_bouldin, bic_spherical"),
        (KElbowVisualizer(GaussianMixture(), metric="silhouete"), "Did you mean 'silhouette'"),
        (SilhouetteVisualizer(), "takes a scikit-learn clusterer"),
        (SilhouetteVisualizer(KMeans(1)), "'KMeans' has no silhouettes"),
    ],
)
def test_what_cannot_be_seen_is_said(visualizer, said):
    with pytest.raises(InputError, match=said):
        visualizer.fit(X)


def test_an_estimator_without_a_number_of_clusters_is_refused():
    from sklearn.cluster import MeanShift

    with pytest.raises(InputError, match="neither n_clusters nor n_components"):
        KElbowVisualizer(MeanShift()).fit(X)


class TestOfRuns:
    def test_rows_are_those_of_the_part_reported_on(self):
        run, analysis = blobs_run(), catalog.make("analysis", "silhouette")
        table = analysis.table([run])
        rows = (run.faces["part"] == run.spec["report"]).to_numpy()
        np.testing.assert_array_equal(table["cluster"], run.faces["cluster"][rows])
        expected = silhouette_samples(run.features[rows], run.faces["cluster"][rows])
        np.testing.assert_allclose(table["silhouette"], expected)

    def test_the_sentence_tells_mean_worst_cluster_and_share_below_zero(self):
        table = pd.DataFrame({"cluster": [0, 0, 1, 1], "silhouette": [0.5, 0.75, -0.25, 0.05]})
        table = table.assign(run="a", dataset="toy", split="official", part="PrivateTest", n=4)
        said = catalog.make("analysis", "silhouette").say(table)
        assert said == (
            "a on 4 faces of PrivateTest: the mean silhouette is 0.26 (1 is far apart, 0 is side by side); "
            "cluster 1 is the least apart (-0.10), and 25.0 % of the faces lie nearer to another cluster."
        )

    def test_bars_are_the_sorted_silhouettes(self):
        plot = catalog.make("plots", "silhouette")
        data = plot.data([blobs_run()])
        figure = plot.draw(data)
        (panel,) = figure.axes
        for (_, rows), patch in zip(data.groupby("cluster"), panel.patches, strict=True):
            np.testing.assert_allclose(patch.get_data().values, np.sort(rows["silhouette"])[::-1])
        pixels(figure)
        texts = _texts(figure)
        assert not _outside(texts) and not _overlapping(texts)


@pytest.mark.parametrize("k", [2.5, None, (2, "x"), True, "many", [3, 0]])
def test_numbers_of_clusters_that_are_none_are_told(k):
    with pytest.raises(InputError, match="^k must be a whole number, a range"):
        KElbowVisualizer(KMeans(), k=k).fit(np.zeros((9, 2)))
