"""Criteria of the number of clusters, by hand, by scikit-learn, and on groups that are there or are not."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score
from test_plots import LONG, _outside, _overlapping, _texts, pixels
from test_purity_k import blobs_run

from fer_cluster import catalog
from fer_cluster.analysis._criteria import gap, indices, log_within, prediction_strength, reference, spherical
from fer_cluster.analysis._refit import clusterer_of
from fer_cluster.analysis.choose_k import ChooseK, choice
from fer_cluster.errors import InputError
from fer_cluster.picture import save

SMALL = ChooseK(ks=range(2, 7), references=3, repeats=2)
EIGHT = ["silhouette", "calinski_harabasz", "davies_bouldin", "bic_spherical", "aic_spherical"]
EIGHT += ["gap", "prediction_strength", "stability"]


def values(table, criterion):
    return table[table["criterion"] == criterion].set_index("k")["value"]


def chosen(table):
    return table.groupby("criterion", sort=False)["chosen"].first()


def noise_run(**given):
    run = blobs_run(n=600)
    noise = np.random.default_rng(2).uniform(size=(600, 3)).astype(np.float32)
    object.__setattr__(run, "features", noise)
    return run


# ---- the criteria


def test_dispersion_is_the_inertia_of_kmeans(random):
    x = random.normal(size=(90, 4)) + 100
    fitted = KMeans(3, n_init=1, random_state=0).fit(x)
    assert log_within(x, fitted.labels_) == pytest.approx(np.log(fitted.inertia_))
    assert log_within(x, 5 * fitted.labels_) == pytest.approx(np.log(fitted.inertia_))  # numbers with gaps
    assert np.isfinite(log_within(x[:3], np.arange(3)))


def test_references_fill_the_box_of_the_principal_axes(random):
    turned = random.uniform(-1, 1, size=(4000, 2)) * [10, 1] @ np.array([[0.6, 0.8], [-0.8, 0.6]]) + 50
    drawn = reference(turned, random)
    along, ours = (PCA(2).fit(turned).transform(x) for x in (turned, drawn))
    assert (ours.min(0) >= along.min(0) - 1e-9).all() and (ours.max(0) <= along.max(0) + 1e-9).all()
    np.testing.assert_allclose(ours.std(0), np.ptp(along, axis=0) / np.sqrt(12), rtol=0.05)
    assert abs(np.corrcoef(ours.T)[0, 1]) < 0.05
    assert reference(turned[:2].astype(np.float32), random).dtype == np.float32  # fewer faces than axes


def test_gap_by_hand():
    value, error = gap(1.0, [1.5, 2.5])
    assert value == 1 and error == pytest.approx(0.5 * np.sqrt(1.5))


def test_prediction_strength_by_hand():
    own = np.array([0, 0, 0, 1, 1, 1, 1, 2])
    predicted = np.array([0, 0, 1, 1, 1, 1, 1, 0])
    assert prediction_strength(own, own) == 1
    assert prediction_strength(own, predicted) == pytest.approx(1 / 3)  # of three pairs of cluster 0 one
    assert prediction_strength(predicted, own) == pytest.approx(1 / 3)  # of 0: one of 3; of 1: 6 of 10
    assert np.isnan(prediction_strength(np.arange(3), np.zeros(3, int)))


def test_spherical_criteria_are_those_of_the_densities(random):
    x, labels = random.normal(size=(60, 3)), np.arange(60) % 4 // 2
    means = np.stack([x[labels == j].mean(0) for j in (0, 1)])
    variance = np.square(x - means[labels]).sum() / (60 * 3)
    density = [multivariate_normal(mean, variance * np.eye(3)).logpdf for mean in means]
    log_likelihood = sum(np.log(0.5) + density[j](row) for j, row in zip(labels, x, strict=True))
    found = spherical(x, labels, 2)
    assert found["aic_spherical"] == pytest.approx(
        -2 * log_likelihood + 2 * 8
    )  # 6 means, 1 share, 1 variance
    assert found["bic_spherical"] == pytest.approx(-2 * log_likelihood + 8 * np.log(60))


def test_one_cluster_has_no_silhouette(random):
    assert np.isnan(list(indices(random.normal(size=(9, 2)), np.zeros(9, int)).values())).all()


def test_choices_by_hand():
    def of(criterion, value, sd=None):
        spread = [0.0] * 4 if sd is None else sd
        return choice(criterion, pd.DataFrame({"k": [2, 3, 4, 6], "value": value, "value_sd": spread}))

    assert of("silhouette", [0.1, 0.3, 0.3, 0.2]) == 3 and of("stability", [np.nan, 0.3, 0.4, 0.2]) == 4
    assert of("davies_bouldin", [2.0, 1.0, 3.0, 1.5]) == 3 and of("bic", [4.0, 3.0, 2.0, 1.0]) == 6
    assert of("prediction_strength", [0.9, 0.5, 0.8, 0.7]) == 4
    assert of("prediction_strength", [0.7, 0.5, 0.6, 0.7]) == 1
    assert of("gap", [1.0, 1.2, 1.1, 0.0]) == 3 and of("gap", [1.0, 1.2, 1.3, 1.4], [0, 0.1, 0.15, 0]) == 3
    assert of("gap", [1.0, 1.2, 1.3, 1.4], [0.5, 0, 0.15, 0]) == 3  # the error is that of the next
    assert of("gap", [1.0, 1.2, 1.3, 1.4]) is pd.NA and of("silhouette", [np.nan] * 4) is pd.NA


# ---- the table


def test_all_criteria_find_groups_far_apart():
    table = SMALL.table([blobs_run()])
    assert chosen(table).to_dict() == dict.fromkeys(EIGHT, 4)
    assert table["criterion"].unique().tolist() == EIGHT and len(table) == 5 * len(EIGHT)
    assert set(table["part"]) == {"train"} and set(table["n"]) == {160}
    assert SMALL.say(table) == (
        "pixels-kmeans on 160 faces of train, 2 to 6 clusters tried: all 8 criteria choose 4."
    )


def test_the_scores_are_those_of_scikit_learn():
    run = blobs_run(spread=1.5)
    x = run.features[:160]
    table = SMALL.table([run])
    for k in (2, 5):
        labels = clusterer_of(run, n_clusters=k).fit(x).predict(x)
        theirs = (silhouette_score, calinski_harabasz_score, davies_bouldin_score)
        for criterion, score in zip(EIGHT, theirs, strict=False):
            assert values(table, criterion)[k] == pytest.approx(score(x, labels), rel=1e-5)


def test_where_no_groups_are_some_criteria_say_so():
    table = ChooseK(ks=range(1, 6), references=5, repeats=2).table([noise_run()])
    assert chosen(table)["gap"] == 1 and chosen(table)["prediction_strength"] < 4
    assert np.isnan(values(table, "silhouette")[1]) and not values(table, "silhouette")[2:].isna().any()
    assert values(table, "prediction_strength")[1] == values(table, "stability")[1] == 1


class Half:
    """One cluster where it was fitted on the first face, else the even and the odd ones."""

    def __init__(self, x):
        self.first = 0 in x

    def predict(self, x):
        return np.zeros(len(x), int) if self.first else x[:, 0].astype(int) % 2


def test_each_half_is_told_its_own_clusters_by_the_other():
    x = np.arange(40.0)[:, None]
    table = ChooseK(ks=2, repeats=1).criteria(lambda x, k: Half(x), x, only="prediction_strength")
    random = np.random.default_rng(0)
    drawn = x[np.sort(random.permutation(40))]
    for _ in range(10):
        reference(drawn, random)
    halves = np.split(random.permutation(40), 2)
    one = next(half for half in halves if 0 in half)  # all of it is one cluster, which the other halves
    even = (one % 2 == 0).sum()
    together = (even * (even - 1) + (20 - even) * (19 - even)) / (20 * 19)
    assert table["value"].tolist() == pytest.approx([(1 + together) / 2])
    assert table["value_sd"].tolist() == pytest.approx([(1 - together) / np.sqrt(2)])


def test_references_and_halves_are_drawn_anew_each_time():
    table = ChooseK(ks=4, references=3, repeats=3).table([noise_run()]).set_index("criterion")
    assert (table.loc[["gap", "prediction_strength", "stability"], "value_sd"] > 0).all()


def test_the_faces_are_drawn_at_random_and_the_seed_is_that_of_the_run(monkeypatch):
    seen, run = [], blobs_run()
    run.spec["seeds"] = [7, 8]
    note = lambda part, x: seen.append((part.random_state, x)) or part.fit(x)  # noqa: E731
    monkeypatch.setattr("fer_cluster.analysis._refit.fitted", note)
    ChooseK(ks=2, n_faces=50, references=1, repeats=1).table([run])
    assert {seed for seed, _ in seen} == {7}
    assert len(seen[0][1]) == 50 and not np.array_equal(seen[0][1], run.features[:50])


def test_the_sentence_tells_where_they_disagree():
    table = SMALL.table([blobs_run()])
    table.loc[table["criterion"] == "gap", "chosen"] = pd.NA
    table.loc[table["criterion"] == "silhouette", "chosen"] = 2
    assert SMALL.say(table).endswith(
        "the criteria disagree: 2 by silhouette; 4 by Calinski-Harabasz, Davies-Bouldin, BIC (spherical), "
        "AIC (spherical), prediction strength, stability; none by gap statistic."
    )
    table.loc[table["criterion"] == "bic_spherical", "chosen"] = 6
    assert "stability; 6, the most tried, by BIC (spherical); none by" in SMALL.say(table)


def test_mixtures_have_criteria_of_their_own():
    params = {"clusterer": {"n_clusters": 4, "covariance_type": "diag", "random_state": 0}}
    run = blobs_run(clusterer="gmm:covariance_type=diag", params=params)
    table = ChooseK(ks=(3, 4), references=2, repeats=1).table([run])
    x = run.features[:160]
    for k in (3, 4):
        fitted = clusterer_of(run, n_clusters=k).fit(x)
        assert values(table, "bic")[k] == pytest.approx(fitted.bic(x))
        assert values(table, "aic")[k] == pytest.approx(fitted.aic(x))
    assert "bic_spherical" not in set(table["criterion"]) and chosen(table)["bic"] == 4


def test_neither_labels_nor_the_reported_part_are_looked_at():
    run, other = blobs_run(), blobs_run()
    other.faces["emotion"] = other.faces["emotion"].where(np.zeros(320, bool))
    other.faces["cluster"] = 0
    other.features[160:] = 7
    pd.testing.assert_frame_equal(SMALL.table([run]), SMALL.table([other]))


def test_faces_are_drawn_and_k_may_be_given_in_any_way():
    table = ChooseK(ks=4, n_faces=50, references=2, repeats=2).table([blobs_run()])
    assert set(table["n"]) == {50} and table["k"].unique().tolist() == [4]
    pd.testing.assert_frame_equal(
        table,
        catalog.make("analysis", "choose_k:ks=(4,),n_faces=50,references=2,repeats=2").table([blobs_run()]),
    )


@pytest.mark.parametrize("clusterer", ["kmeans", "sklearn.cluster:KMeans"])
def test_more_clusters_than_a_half_has_faces_are_left_out(clusterer):
    few = ChooseK(ks=(81, 80, 2), references=1, repeats=1)
    assert few.table([blobs_run(clusterer=clusterer)])["k"].unique().tolist() == [2, 80]


def test_what_cannot_be_refitted_is_explained():
    with pytest.raises(InputError, match="its clusterer one takes no n_clusters"):
        SMALL.table([blobs_run(clusterer="one")])
    with pytest.raises(InputError, match="Half of the faces of 'pixels-kmeans': ks must have .* up to 80, "):
        ChooseK(ks=(81, 161)).table([blobs_run()])
    with pytest.raises(InputError, match="repeats must be a whole number of 1 or more, got 0"):
        ChooseK(repeats=0).table([blobs_run()])


# ---- the picture


@pytest.fixture(scope="module")
def of_one():
    return SMALL.table([blobs_run()])


def test_the_picture_is_of_the_table_and_redrawn_from_its_csv(of_one, tmp_path):
    plot = catalog.make("plots", "choose_k:ks=(3,4)")
    _, table = save(plot, [blobs_run(n=120)], tmp_path / "choose_k.png")
    data = pd.read_csv(table)
    assert set(data["k"]) == {3, 4}
    data = pd.concat([of_one, of_one.assign(run="other")], ignore_index=True)
    data.loc[data["criterion"] == "gap", "chosen"] = pd.NA
    data.to_csv(table, index=False)
    figure = plot.draw(pd.read_csv(table))
    assert pixels(figure) == pixels(plot.draw(data))
    silhouette = figure.axes[0]
    np.testing.assert_allclose(silhouette.lines[0].get_ydata(), values(data[:40], "silhouette"))
    assert silhouette.get_xlabel() == "k; highest: k = 4" and list(silhouette.lines[1].get_xdata()) == [4, 4]
    assert len(figure.axes[5].lines) == 1
    told = [panel.get_xlabel().split("\n") for panel in figure.axes[5:8]]
    assert told[0] == ["k; first not below next: none", "band: ± a standard error"]
    assert told[1][1:] == told[2][1:] == ["band: ± sd over halvings"]


def test_text_of_the_picture_is_legible(of_one):
    plot = catalog.make("plots", "choose_k")
    for data in (of_one, pd.concat([of_one.assign(run=LONG), of_one])):
        texts = _texts(plot.draw(data))
        assert not _overlapping(texts) and not _outside(texts)
        assert min(text.get_fontsize() for text, _ in texts) >= 8


def test_large_numbers_are_no_formulas(of_one):
    from matplotlib import rc_context

    data = of_one.assign(value=1e6 * of_one["value"])
    with rc_context({"text.parse_math": False}):  # as pictures are written
        texts = [text.get_text() for text, _ in _texts(catalog.make("plots", "choose_k").draw(data))]
    assert "1e6" in texts and not [text for text in texts if "\\" in text]
