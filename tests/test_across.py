"""Clusterings on other faces than their own, where it is known what must come of it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score
from test_plots import LONG, _outside, _overlapping, _texts, pixels

from fer_cluster import catalog, cluster
from fer_cluster.analysis.transfer import Transfer
from fer_cluster.datasets.toy import Toy
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.faces import Faces
from fer_cluster.features.pixels import Pixels
from fer_cluster.images import scaled
from fer_cluster.picture import save


def shades(turn=0, name="shades", size=16, n=140, seed=7):
    """Return faces whose emotion is written in their brightness, one step further by each turn."""
    random = np.random.default_rng(seed)
    shade = np.arange(n) % 7
    images = 30 * shade[:, None, None] + random.integers(0, 20, size=(n, size, size))
    split = np.where(np.arange(n) < n // 2, "Training", "PrivateTest")
    about = pd.DataFrame({"emotion": [EMOTIONS[code] for code in (shade + turn) % 7], "split": split})
    return Faces(images.astype(np.uint8), about, name)


@pytest.fixture(scope="module")
def home():
    return shades()


@pytest.fixture(scope="module")
def run(home):
    return cluster(home, "brightness", "kmeans", split="official", seeds=2, projection=None)


def table_of(run, home, other, **given):
    return Transfer(to=other, **given).table([run], home)


# ---- where the truth is known


def test_what_means_the_same_elsewhere_is_worth_as_much(run, home):
    """Larger images of the same shades are scaled, and named rightly by the names from home."""
    table = table_of(run, home, shades(name="large", size=32, seed=8))
    assert table["place"].tolist() == ["home", "away", "there"]
    assert table["fitted_on"].tolist() == ["shades", "shades", "large"]
    assert table["scored_on"].tolist() == ["shades", "large", "large"] and (table["n"] == 70).all()
    np.testing.assert_allclose(table[["ami", "purity", "named_accuracy", "refit_ari"]], 1)
    np.testing.assert_allclose(table["commonest"], 1 / 7)
    said = Transfer().say(table)
    assert "AMI 1.000 there on 70 faces of PrivateTest, 1.000 on 70 of large" in said and "nan" not in said


def test_shades_of_other_emotions_are_found_but_named_wrongly(run, home):
    table = table_of(run, home, shades(turn=1, name="turned")).set_index("place")
    np.testing.assert_allclose(table["ami"], 1)
    assert table["named_accuracy"].round(9).tolist() == [1, 0, 1]
    assert "100.0 % there and 0.0 % of turned are right" in Transfer().say(table.reset_index())


def test_random_emotions_are_found_nowhere(run, home, random):
    other = shades(name="lots")
    about = other.about.assign(emotion=random.permutation(other.about["emotion"]))
    table = table_of(run, home, Faces(other.images, about, "lots")).set_index("place")
    assert table.loc["home", "ami"] == pytest.approx(1)
    for place in ("away", "there"):
        assert abs(table.loc[place, "ami"]) < 0.1
        assert table.loc[place, "ami_low"] < 0 < table.loc[place, "ami_high"]
        assert abs(table.loc[place, "purity"] - table.loc[place, "purity_chance"]) < 0.1


def test_scores_are_those_of_the_run_and_of_scikit_learn():
    faces, other = Toy(n=280, size=24).load(), Toy(n=210, size=24, seed=1).load()
    run = cluster(faces, "pixels:20", "kmeans", split="official", seeds=2, projection=None)
    row, away, there = Transfer(to=other).table([run], faces).to_dict("records")
    for metric in ("ami", "purity", "named_accuracy"):
        for place, end in (("mean", ""), ("low", "_low"), ("high", "_high")):
            assert row[metric + end] == pytest.approx(run.scores["PrivateTest"][metric][place], abs=1e-6)
    model = Pixels(n_components=20).fit(faces.images[run.faces["part"] == "Training"])
    rows = (other.about["split"] == "PrivateTest").to_numpy()
    x, truth = model.transform(other.images[rows]), other.about["emotion"].cat.codes[rows]
    fitted = run.features[run.faces["part"] == "Training"]
    clusters = [catalog.make("clusterers", "kmeans", random_state=s).fit(fitted).predict(x) for s in (0, 1)]
    theirs = [adjusted_mutual_info_score(truth, one) for one in clusters]
    assert away["ami"] == pytest.approx(np.mean(theirs), abs=1e-6) and away["n"] == rows.sum()
    anew = cluster(other, "pixels:20", "kmeans", split="official", seeds=2, projection=None)
    assert there["ami"] == pytest.approx(anew.scores["PrivateTest"]["ami"]["mean"], abs=1e-6)
    assert [one["scored_on"] for one in (row, away, there)] == ["toy", "toy (other)", "toy (other)"]


def test_only_labelled_faces_are_scored_and_the_commonest_is_theirs(run, home):
    other = shades(name="some", seed=8)
    emotion, place = other.about["emotion"].to_numpy(object), np.arange(140)
    emotion[(place >= 70) & (place % 7 < 3)] = "sad"
    emotion[(place >= 70) & (place % 2 == 1)] = None
    some = Faces(other.images, other.about.assign(emotion=emotion), "some")
    table = table_of(run, home, some).set_index("place")
    assert table["n"].tolist() == [70, 35, 35]
    assert table["commonest"].tolist() == pytest.approx([1 / 7, 4 / 7, 4 / 7])


def test_clusters_made_anew_that_are_others_are_told(run, home, random):
    clusters = {name: random.permutation(run.faces[name]) for name in ("cluster", "cluster_1")}
    table = table_of(replace(run, faces=run.faces.assign(**clusters)), home, shades(name="o", seed=8))
    assert (table["refit_ari"].abs() < 0.2).all()


def test_one_seed_has_an_interval_over_faces(run, home):
    table = table_of(run, home, "toy:n=140,size=16", seeds=1, n_faces=30)
    assert (table["seeds"] == 1).all() and table["n"].tolist()[0] == 30
    away = table.set_index("place").loc["away"]
    assert away["ami_low"] < away["ami"] < away["ami_high"] and away["scored_on"] == "toy"


# ---- what cannot be


def test_a_recipe_that_cannot_be_fitted_there_is_left_out(run, home):
    given = run.spec | {"features": "simclr", "params": {}}
    trained = replace(run, spec=given, models=(Pixels(n_components=3).fit(home.images),))
    table = table_of(trained, home, shades(seed=8))
    assert table["place"].tolist() == ["home", "away"] and table["ami"][1] > 0.9
    assert "the same recipe cannot be fitted on shades (other) at once" in Transfer().say(table)


def test_own_faces_and_unlabelled_ones_are_refused(run, home):
    with pytest.raises(InputError, match="to other faces, but shades are its own"):
        table_of(run, home, shades())
    blind = Faces(home.images, home.about[["split"]], "blind")
    with pytest.raises(InputError, match="with labels, but blind has none in Training"):
        table_of(run, home, blind)
    with pytest.raises(InputError, match="'nowhere' is neither a file, a folder nor a data set"):
        table_of(run, home, "nowhere")
    with pytest.raises(InputError, match="made of other faces than these of 'large'"):
        table_of(run, shades(name="large", size=32), home)


# ---- other faces


def test_faces_are_named_by_name_by_path_and_as_they_are(tmp_path, home, run):
    path = tmp_path / "some, more=1.npz"
    other = shades(name="other", seed=9)
    np.savez(path, pixels=other.images, emotion=other.about["emotion"].cat.codes.to_numpy())
    for given, called in ((other, "other"), (str(path), "some, more=1"), ("toy:n=70,size=16", "toy")):
        assert set(table_of(run, home, given)["scored_on"]) == {"shades", called}


def test_scaling_keeps_flat_images_and_shapes(random):
    images = random.integers(256, size=(3, 10, 12)).astype(np.uint8)
    assert scaled(images, (10, 12)) is images
    flat = np.full((2, 10, 12), 77, np.uint8)
    np.testing.assert_array_equal(scaled(flat, (20, 7)), np.full((2, 20, 7), 77))
    halves = np.repeat(np.array([[[0, 200]]], np.uint8), 8, axis=2).repeat(16, axis=1)
    small = scaled(halves, (4, 4))[0]
    np.testing.assert_array_equal(small[:, 0], 0)
    np.testing.assert_array_equal(small[:, 3], 200)


# ---- the picture


def test_the_picture_is_of_the_table_and_redrawn_from_its_csv(run, home, tmp_path):
    plot = catalog.make("plots", "transfer", to=shades(turn=1, name="turned"))
    data = plot.data([run], home)
    pd.testing.assert_frame_equal(data, table_of(run, home, plot.to))
    data = pd.concat([data, data.assign(run=LONG)], ignore_index=True)
    told = type("Told", (), {"data": lambda self, runs: data, "draw": lambda self, data: plot.draw(data)})()
    _, table = save(told, [run], tmp_path / "transfer.png")
    figure = plot.draw(data)
    assert pixels(plot.draw(pd.read_csv(table))) == pixels(figure) and len(figure.axes) == 6
    named = [line for line in figure.axes[2].lines if line.get_marker() == "o"]
    np.testing.assert_allclose([dot.get_xdata()[0] for dot in named], data["named_accuracy"][:3], atol=1e-9)
    assert figure.axes[0].get_title(loc="left") == (
        f"{run.name}\nshades, PrivateTest of split official, 70 faces;\n"
        "turned, PrivateTest, 70 faces; means over the first 2 seeds"
    )
    texts = _texts(figure)
    assert not _overlapping(texts) and not _outside(texts)
    assert min(text.get_fontsize() for text, _ in texts) >= 8
