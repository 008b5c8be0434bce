"""Purity against the number of clusters, by runs whose answer is known and by their own scores."""

import numpy as np
import pandas as pd
import pytest
from test_classifier_plots import make_run
from test_plots import LONG, _outside, _overlapping, _texts, pixels

from fer_cluster import catalog
from fer_cluster.analysis._refit import clusterer_of, features_of
from fer_cluster.analysis.purity_k import PurityK
from fer_cluster.clustering import cluster
from fer_cluster.errors import InputError
from fer_cluster.picture import save
from fer_cluster.runs import load_run
from fer_cluster.scoring import value

SMALL = PurityK(ks=(2, 4, 12), permutations=49)


def blobs_run(
    groups=4, n=320, spread=0.3, seeds=2, seed=0, name="pixels-kmeans", clusterer="kmeans", **given
):
    """Return a run whose features lie in groups far apart, each of one emotion; its clusters are random."""
    random = np.random.default_rng(seed)
    emotion = random.integers(0, groups, n)
    x = random.normal(0, spread, (n, 5)) + 4 * np.eye(max(groups, 5))[emotion][:, :5]
    clusters = random.integers(groups, size=(seeds, n))
    spec = {"kind": "clusterer", "clusterer": clusterer, "k": groups} | given
    spec.setdefault("params", {"clusterer": {"n_clusters": groups, "random_state": 0}})
    run = make_run(emotion, clusters, name=name, part=np.repeat(["train", "test"], n // 2), **spec)
    object.__setattr__(run, "features", x.astype(np.float32))
    return run


# ---- the clusterer of a run


class Stranger:
    def predict(self, x): ...


def test_the_clusterer_is_made_with_what_the_run_recorded():
    params = {"n_clusters": 5, "hidden": "(8, 4)", "epochs": 3, "random_state": 9, "gone": 1}
    part = clusterer_of(
        blobs_run(clusterer="dec:epochs=3", params={"clusterer": params}), seed=2, n_clusters=6
    )
    assert (part.n_clusters, part.hidden, part.epochs, part.random_state) == (6, (8, 4), 3, 2)
    recorded = {"clusterer": {"covariance_type": "diag", "n_clusters": 3}}
    part = clusterer_of(blobs_run(clusterer="gmm:n_clusters=3", params=recorded), n_clusters=4)
    assert (part.covariance_type, part.n_clusters) == ("diag", 4)  # the text does not overrule


@pytest.mark.parametrize(
    "given, match",
    [
        ({"kind": "classifier"}, "it is no clustering"),
        ({"clusterer": "one"}, "its clusterer one takes no n_clusters"),
        ({"clusterer": "agglomerativeclustering"}, "clusterers has no 'agglomerativeclustering'"),
        ({"clusterer": "sklearn.cluster:AgglomerativeClustering"}, "cannot place faces"),
        ({"clusterer": "test_purity_k:Stranger"}, "takes no parameters by set_params"),
    ],
)
def test_what_cannot_be_refitted_is_explained(given, match):
    with pytest.raises(InputError, match=match) as raised:
        clusterer_of(blobs_run(**given), n_clusters=3)
    assert str(raised.value).count("\n") == 0


def test_features_are_those_of_the_part():
    run = blobs_run()
    np.testing.assert_array_equal(features_of(run, "test"), run.features[160:])
    kept = np.arange(320) % 3 == 0
    np.testing.assert_array_equal(features_of(run, "test", kept), run.features[160:][kept[160:]])
    for features in (np.zeros((0, 0)), np.zeros((320, 0)), np.ones((9, 2)), np.ones((320, 2))):
        object.__setattr__(run, "features", features)
        with pytest.raises(
            InputError, match="'pixels-kmeans' cannot be refitted: .*features of.* faces of test"
        ):
            features_of(run, "test")


# ---- the table


def test_the_refit_with_its_own_number_is_the_run(tiny, tmp_path):
    run = cluster(tiny, "pixels:n_components=5", "gmm:covariance_type=diag", k=4, seeds=[3], projection=None)
    run.save(tmp_path / "run")
    table = PurityK(ks=(4,)).table([load_run(tmp_path / "run")]).set_index("metric")
    for metric in ("purity", "ami"):
        assert table.loc[metric, "value"] == pytest.approx(value(run.scores["PrivateTest"][metric]))
    expected = run.scores["PrivateTest"]["purity_chance"]
    assert table.loc["purity", "null"] == pytest.approx(expected, abs=0.05)
    assert table.loc["purity", "n"] == 14 and table.loc["purity", "part"] == "PrivateTest"


def test_purity_grows_by_itself_and_ami_finds_the_groups():
    table = SMALL.table([blobs_run()])
    assert table["k"].tolist() == [2, 2, 4, 4, 12, 12]
    wide = table.pivot(index="k", columns="metric", values="value")
    assert wide.loc[4].tolist() == pytest.approx([1, 1]) and wide.loc[12, "purity"] == pytest.approx(1)
    assert wide.loc[2, "purity"] < 0.8 and wide.loc[12, "ami"] < 0.8
    null = table[table["metric"] == "purity"].set_index("k")["null"]
    assert null.is_monotonic_increasing and null[12] > null[2] + 0.04


def test_groups_are_beyond_every_permutation():
    table = SMALL.table([blobs_run()]).set_index(["k", "metric"])
    assert table.loc[4, "p"].tolist() == [1 / 50, 1 / 50]
    assert table.loc[4, "low"].max() < table.loc[4, "null"].max() < table.loc[4, "high"].max()


def test_features_without_emotion_are_within_the_band():
    run = blobs_run(seed=1)
    object.__setattr__(run, "features", np.random.default_rng(5).normal(size=(320, 3)).astype(np.float32))
    table = SMALL.table([run])
    assert (table["value"] <= table["high"] + 0.03).all() and (table["p"] > 0.01).all()
    grown = table[table["metric"] == "purity"].set_index("k")["value"]
    assert grown[12] > grown[2]  # though nothing was found


def test_labels_do_not_reach_the_refit():
    run = blobs_run()
    before = run.faces.copy()
    blind = blobs_run()
    blind.faces.loc[:159, "emotion"] = np.nan  # those fitted on
    pd.testing.assert_frame_equal(SMALL.table([run]), SMALL.table([blind]))
    pd.testing.assert_frame_equal(run.faces, before)
    blind.faces["emotion"] = blind.faces["emotion"].where(np.arange(320) % 2 == 0)
    assert (SMALL.table([blind])["n"] == 80).all()
    blind.faces["emotion"] = blind.faces["emotion"].where(np.zeros(320, bool))
    with pytest.raises(InputError, match="no labelled faces"):
        SMALL.table([blind])


def test_too_many_clusters_are_explained():
    with pytest.raises(
        InputError, match="'pixels-kmeans': ks must have a number up to 160, .* got 161, 200."
    ):
        PurityK(ks=(161, 200)).table([blobs_run()])


@pytest.mark.parametrize("clusterer", ["kmeans", "sklearn.cluster:KMeans"])
def test_more_clusters_than_faces_fitted_on_are_left_out(clusterer):
    table = PurityK(ks=(2, 160, 161), permutations=9).table([blobs_run(clusterer=clusterer)])
    assert table["k"].unique().tolist() == [2, 160]


def test_the_sentence():
    table = SMALL.table([blobs_run()])
    rows = table[table["metric"] == "purity"].set_index("k")
    assert SMALL.say(table) == (
        "The purity of pixels-kmeans on 160 labelled faces of test goes from "
        f"{rows.loc[2, 'value']:.3f} with 2 clusters to 1.000 with 12, by chance from "
        f"{rows.loc[2, 'null']:.3f} to {rows.loc[12, 'null']:.3f}; it is farthest from chance with 4, "
        f"1.000 where chance gives {rows.loc[4, 'null']:.3f}. AMI is highest with 4 clusters, 1.000."
    )


def test_what_is_farthest_from_chance_is_told_by_the_effect():
    table = SMALL.table([blobs_run()])
    table.loc[table["metric"] == "purity", "effect"] = [0.99, 0.5, 0.6]
    assert "it is farthest from chance with 2," in SMALL.say(table)


def test_the_seeds_are_that_of_the_run_and_that_of_the_permutations(monkeypatch):
    seen, run = [], blobs_run()
    run.spec["seeds"] = [7, 8]
    note = lambda part, x: seen.append(part.random_state) or part.fit(x)  # noqa: E731
    monkeypatch.setattr("fer_cluster.analysis.purity_k.fitted", note)
    one, other = (PurityK(ks=4, permutations=20, random_state=seed).table([run]) for seed in (0, 1))
    assert seen == [7, 7] and (one["null"] != other["null"]).all()


def test_the_faces_fitted_on_limit_the_number_of_clusters():
    run = blobs_run()
    run.faces["part"] = np.where(np.arange(320) < 40, "train", "test")
    assert PurityK(ks=(2, 41), permutations=5).table([run])["k"].unique().tolist() == [2]


# ---- the picture


def test_the_picture_is_of_the_table_and_redrawn_from_its_csv(tmp_path):
    plot = catalog.make("plots", "purity_k:ks=(2,4,12)")
    runs = [blobs_run(), blobs_run(seed=1, name=LONG)]
    data = plot.data(runs)
    columns = ["run", "k", "metric", "n", "value"]
    pd.testing.assert_frame_equal(data[columns], SMALL.table(runs)[columns])
    _, table = save(plot, runs, tmp_path / "purity_k.png")
    figure = plot.draw(pd.read_csv(table))
    assert pixels(figure) == pixels(plot.draw(data))
    line = next(line for line in figure.axes[0].lines if line.get_label() == "clusters")
    rows = data[(data["run"] == "pixels-kmeans") & (data["metric"] == "purity")]
    np.testing.assert_allclose(line.get_xydata(), rows[["k", "value"]].to_numpy())
    assert "k = 4, 1.000" in figure.axes[1].get_xlabel()


def test_text_of_the_picture_is_legible():
    plot = catalog.make("plots", "purity_k")
    for runs in ([blobs_run()], [blobs_run(name=LONG), blobs_run(seed=1)]):
        texts = _texts(plot.draw(SMALL.table(runs)))
        assert not _overlapping(texts) and not _outside(texts)
        assert min(text.get_fontsize() for text, _ in texts) >= 8
