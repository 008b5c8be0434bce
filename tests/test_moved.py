"""Faces that change cluster with the image, where the truth is known, and pipelines made anew."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, t
from sklearn.metrics import adjusted_rand_score
from test_plots import LONG, _outside, _overlapping, _texts, pixels

from fer_cluster import catalog, cluster
from fer_cluster.analysis._changes import CHANGES
from fer_cluster.analysis._pipeline import rebuilt
from fer_cluster.analysis.moved import Moved, _dealt_anew, interval
from fer_cluster.clusterers.kmeans import KMeans
from fer_cluster.datasets.toy import Toy
from fer_cluster.errors import InputError
from fer_cluster.features.brightness import Brightness
from fer_cluster.features.pixels import Pixels
from fer_cluster.intervals import wilson
from fer_cluster.picture import save
from fer_cluster.runs import load_run
from fer_cluster.steps.remove_nuisances import RemoveNuisances
from fer_cluster.steps.self_training import SelfTraining

BRIGHTER, DARKER = (name for name in CHANGES if name.startswith(("brighter", "darker")))
RIGHT, TURNED = (name for name in CHANGES if name.startswith(("shifted right", "turned")))


@pytest.fixture(scope="module")
def faces():
    return Toy(n=300, size=24).load()


@pytest.fixture(scope="module")
def runs(faces):
    given = {"split": "stratified", "projection": None, "seeds": 2}
    return {
        "light": cluster(faces, "brightness", "kmeans", k=3, **given),
        "lamp": cluster(faces, "brightness:gradient_x", "kmeans", k=2, **given),
        "steps": cluster(faces, "pixels:20", "kmeans", then=("whiten:8", "unit"), **given),
        "one": cluster(faces, "pixels:20", "one", **given),
    }


def of(table):
    return table.set_index("change")["changed"]


# ---- the changes


def test_changes_are_what_they_are_called():
    image = np.zeros((1, 9, 9), np.uint8)
    image[0, 4, 2:5] = (100, 200, 250)
    changed = {name.split(" by ")[0]: change(image) for name, change in CHANGES.items()}
    for one in changed.values():
        assert one.dtype == np.uint8 and one.shape == image.shape
    np.testing.assert_array_equal(changed["mirrored"][0, 4], [0, 0, 0, 0, 250, 200, 100, 0, 0])
    np.testing.assert_array_equal(changed["brighter"][0, 4, 2:5], [120, 220, 255])
    np.testing.assert_array_equal(changed["darker"][0, 4, :5], [0, 0, 80, 180, 230])
    np.testing.assert_array_equal(changed["shifted right"][0, 4], [0, 0, 0, 0, 100, 200, 250, 0, 0])
    np.testing.assert_array_equal(changed["shifted down"][0, 6, 2:5], [100, 200, 250])
    mean = image.mean()
    np.testing.assert_allclose(
        changed["0.8 times the contrast"][0, 4, 2:5], mean + 0.8 * (image[0, 4, 2:5] - mean), atol=0.51
    )
    edge = np.tile(np.arange(9, dtype=np.uint8), (1, 9, 1))
    np.testing.assert_array_equal(CHANGES[RIGHT](edge)[0, 0], [0, 0, 0, 1, 2, 3, 4, 5, 6])


def test_turning_clockwise_moves_what_is_above_to_the_right():
    image = np.zeros((1, 41, 41), np.uint8)
    image[0, 4, 20] = 255  # 16 above the middle
    turned = CHANGES[TURNED](image)[0].astype(float)
    row, column = (np.average(np.arange(41), weights=turned.sum(axis)) for axis in (1, 0))
    assert column - 20 == pytest.approx(16 * np.sin(np.radians(8)), abs=0.3)
    assert 20 - row == pytest.approx(16 * np.cos(np.radians(8)), abs=0.3)


# ---- shares where the truth is known


def test_clusters_of_brightness_change_with_the_light_alone(faces, runs):
    table = Moved().table([runs["light"]], faces)
    changed = of(table)
    assert changed["mirrored"] == 0 and changed[TURNED] < 0.1 and min(changed[[BRIGHTER, DARKER]]) > 0.2
    part = runs["light"].faces["part"].to_numpy()
    light = faces.images.mean((1, 2))[:, None]
    model = KMeans(n_clusters=3, random_state=0).fit(light[part == "train"])
    test = faces.images[part == "test"]
    brighter = np.clip(test.astype(int) + 20, 0, 255).mean((1, 2))[:, None]
    expected = (model.predict(brighter) != model.predict(light[part == "test"])).mean()
    assert table["seeds"][0] == 2 and changed[BRIGHTER] == pytest.approx(expected, abs=0.02)
    said = Moved().say(table)
    assert f"'{changed.idxmax()}' puts most" in said and "'mirrored' fewest (0.0 %)" in said
    assert f"{(part == 'test').sum()} faces of test" in said and "made anew:" not in said


def test_clusters_of_the_lamp_change_with_the_mirror(faces, runs):
    table = Moved().table([runs["lamp"]], faces)
    changed = of(table)
    assert changed["mirrored"] > 0.8 > 0.2 > changed[[BRIGHTER, DARKER]].max()
    row = table.set_index("change").loc["mirrored"]
    sizes = np.bincount(runs["lamp"].clusters[0][runs["lamp"].faces["part"] == "test"])
    assert row["expected"] == pytest.approx(1 - np.square(sizes / sizes.sum()).sum(), abs=0.02)
    assert row["ratio"] == pytest.approx(row["changed"] / row["expected"]) and row["ratio"] > 1.5


def test_one_cluster_is_never_left(faces, runs):
    table = Moved().table([runs["one"]], faces)
    assert (table["changed"] == 0).all() and (table["expected"] == 0).all() and table["ratio"].isna().all()
    assert "all lie in one cluster; at most 0.0 % leave it, whatever is changed." in Moved().say(table)
    table.loc[table["change"] == "mirrored", "changed"] = 1.0
    assert "all lie in one cluster; at most 100.0 % leave it, by 'mirrored'." in Moved().say(table)


# ---- the interval


def test_the_interval_is_that_of_wilson_for_one_seed():
    for count in (0, 7, 40):
        theirs = binomtest(count, 40).proportion_ci(method="wilson")
        ours = interval(np.arange(40)[None] < count)
        np.testing.assert_allclose(ours, (theirs.low, theirs.high), atol=5e-4)


def test_seeds_that_differ_widen_the_interval_and_alike_ones_do_not_narrow_it(random):
    once = random.random((1, 400)) < 0.5
    width = np.diff(interval(once))
    assert np.diff(interval(np.repeat(once, 5, axis=0))) == pytest.approx(width)
    assert np.diff(interval(np.concatenate([once, np.zeros((1, 400), bool)]))) > 3 * width
    assert np.diff(interval(random.random((20, 400)) < 0.5)) < 0.5 * width


def test_the_interval_counts_no_more_answers_than_there_are(random):
    moved = np.stack([np.arange(100) % 2 == 0, np.arange(100) % 2 == 1])  # each face once of two times,
    moved[:, :2] = [[True, False], [True, False]]  # but for two
    np.testing.assert_allclose(interval(moved), wilson(0.5, 200))


def test_the_interval_of_two_seeds_by_hand():
    moved = np.arange(100) < np.array([[30], [40]])  # of ten faces of a hundred one seed says so
    of_faces, of_seeds = moved.mean(0).var() / 100, t.ppf(0.975, 1) * np.sqrt(0.005 / 2) / 1.96
    count = 0.35 * 0.65 / (of_faces + of_seeds**2)
    np.testing.assert_allclose(interval(moved), np.clip(wilson(0.35, count), 0, 1))


def test_who_is_dealt_anew_stays_where_most_are():
    assert _dealt_anew(np.array([0, 0, 0, 1])) == 1 - (9 + 1) / 16


def test_seeds_and_faces_are_drawn_as_asked(faces, runs):
    one, other = (
        Moved(n_faces=40, seeds=1, random_state=seed).table([runs["light"]], faces) for seed in (0, 1)
    )
    assert (one["seeds"] == 1).all() and not one["changed"].equals(other["changed"])


# ---- the pipeline made anew


def test_the_pipeline_gives_the_clusters_of_the_run(faces, runs):
    for run in runs.values():
        pipeline = rebuilt(run, faces, 2)
        clusters = pipeline.clusters(faces.images)
        for own, anew in zip(run.clusters, clusters, strict=True):
            assert adjusted_rand_score(own, anew) > 0.99
        np.testing.assert_array_equal(pipeline.fitted(), clusters[:, run.faces["part"] == "train"])
        table = Moved(n_faces=40).table([run], faces)
        assert (table["refit_ari"] > 0.99).all() and (table["n"] == 40).all()


def test_no_label_is_used(faces, runs):
    blind = replace(runs["steps"], faces=runs["steps"].faces.assign(emotion=pd.Categorical([None] * 300)))
    pd.testing.assert_frame_equal(
        Moved(n_faces=30).table([blind], faces), Moved(n_faces=30).table([runs["steps"]], faces)
    )


def test_parameters_that_the_run_recorded_are_taken(faces):
    seeded = cluster(
        faces, "random_weights:width=2", "kmeans", split="stratified", projection=None, seeds=[5]
    )
    params = seeded.spec["params"]
    assert params["features"]["random_state"] == 5
    assert rebuilt(seeded, faces, 1).chain.extractor.random_state == 5
    part = Brightness(names="gradient_x+contrast")  # an object is recorded by its class and its parameters
    pair = cluster(faces, part, "kmeans", split="stratified", projection=None, seeds=1)
    pipeline = rebuilt(pair, faces, 1)
    assert pair.spec["features"] == "brightness" and pipeline.chain.extractor.names == part.names
    assert pipeline.x.shape == (244, 2) and pipeline.clusterers[0].n_clusters == 7
    assert Moved(n_faces=50).table([pair], faces)["refit_ari"][0] == pytest.approx(1)


@pytest.mark.parametrize(
    "step",
    [
        SelfTraining(n_names=(5, 10), n_rounds=1, n_faces=50),
        RemoveNuisances(names=("brightness", "contrast")),
    ],
    ids=["numbers", "words"],
)
def test_parameters_that_json_cannot_hold_are_taken(step, faces, tmp_path):
    given = {"split": "stratified", "projection": None, "seeds": 1}
    cluster(faces, "pixels:20", "kmeans", then=[step], **given).save(tmp_path / "run")
    run = load_run(tmp_path / "run")
    (made,) = rebuilt(run, faces, 1).chain.steps
    assert made.get_params() == step.get_params()
    assert Moved(n_faces=50).table([run], faces)["refit_ari"][0] == pytest.approx(1)


def test_features_that_the_run_keeps_are_not_trusted_blindly(faces, runs):
    run = replace(runs["one"], spec=runs["one"].spec | {"clusterer": "kmeans"}, features=runs["one"].features)
    pipeline = rebuilt(run, faces, 1)
    np.testing.assert_allclose(pipeline.x, run.features[run.faces["part"] == "train"], rtol=1e-3, atol=1e-3)
    mirrored = rebuilt(replace(run, features=-run.features), faces, 1)
    np.testing.assert_allclose(mirrored.x, pipeline.x, rtol=1e-3, atol=1e-3)


def test_clusters_that_differ_from_the_run_are_told(faces, runs):
    run = runs["light"]
    other = run.faces.assign(cluster=np.arange(300) % 3, cluster_1=np.arange(300) % 3)
    table = Moved().table([replace(run, faces=other)], faces)
    assert abs(table["refit_ari"][0]) < 0.1
    assert "told of clusters made anew: they agree with the run's own by an adj" in Moved().say(table)
    title = catalog.make("plots", "moved").draw(table).axes[0].get_title(loc="left")
    assert "made anew (ARI" in title


def test_what_was_trained_is_taken_from_the_run_or_refused(faces, runs):
    run = runs["one"]
    for features in ("simclr", "several:pixels:8|simclr"):
        trained = replace(run, spec=run.spec | {"features": features, "params": {}})
        with pytest.raises(InputError, match="'pixels_20-one' cannot be made anew: its features .* trained"):
            Moved().table([trained], faces)
    own = Pixels(n_components=3).fit(faces.images)
    given = replace(trained, models=(own,))
    assert rebuilt(given, faces, 1).chain.extractor is own


def test_what_a_clusterer_from_outside_refuses_is_explained(faces, runs):
    spec = runs["light"].spec
    params = spec["params"] | {"clusterer": {"n_clusters": 999}}
    run = replace(runs["light"], spec=spec | {"clusterer": "sklearn.cluster:KMeans", "params": params})
    with pytest.raises(InputError, match="KMeans cannot be used here: n_samples="):
        Moved().table([run], faces)


@pytest.mark.parametrize(
    "given, match",
    [({"n_faces": 0}, "n_faces must be a whole number of 1 or more, got 0"), ({"seeds": 0}, "seeds must be")],
)
def test_numbers_that_cannot_be_are_explained(given, match, faces, runs):
    with pytest.raises(InputError, match=match):
        Moved(**given).table([runs["light"]], faces)


def test_other_faces_and_classifiers_are_refused(faces, runs, tiny):
    with pytest.raises(InputError, match="made of other faces than these of 'tiny'"):
        Moved().table([runs["light"]], tiny)
    with pytest.raises(InputError, match="is no clustering"):
        Moved().table([replace(runs["light"], spec=runs["light"].spec | {"kind": "classifier"})], faces)


# ---- the picture


def test_the_picture_is_of_the_table_and_redrawn_from_its_csv(faces, runs, tmp_path):
    plot = catalog.make("plots", "moved:n_faces=40,seeds=1")
    some = [runs["light"], replace(runs["lamp"], name=LONG), runs["one"]]
    data = plot.data(some, faces)
    pd.testing.assert_frame_equal(data, Moved(n_faces=40, seeds=1).table(some, faces))
    pd.testing.assert_frame_equal(data, plot.data(some, faces))
    told = type("Told", (), {"data": lambda self, runs: data, "draw": lambda self, data: plot.draw(data)})()
    _, table = save(told, some, tmp_path / "moved.png")
    figure = plot.draw(data)
    assert pixels(plot.draw(pd.read_csv(table))) == pixels(figure)
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    np.testing.assert_allclose([dot.get_xdata()[0] for dot in dots], 100 * of(data[:8]))
    texts = _texts(figure)
    assert not _overlapping(texts) and not _outside(texts)
    assert min(text.get_fontsize() for text, _ in texts) >= 8
