"""What clusters follow, where the truth is known, and by scipy and scikit-learn."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t
from sklearn.linear_model import LinearRegression
from sklearn.metrics import adjusted_mutual_info_score
from test_classifier_plots import make_run
from test_plots import _outside, _overlapping, _texts, pixels

from fer_cluster import cluster
from fer_cluster.analysis._following import Crossing
from fer_cluster.analysis._regressed import clusters_without
from fer_cluster.analysis.nuisance import Nuisance
from fer_cluster.cli import main
from fer_cluster.clusterers.kmeans import KMeans
from fer_cluster.datasets.toy import Toy
from fer_cluster.drawing import draw
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.faces import Faces
from fer_cluster.factors import cut, kinds, nuisances, numbers
from fer_cluster.making import faces_argument
from fer_cluster.nuisances import NUISANCES, in_words
from fer_cluster.picture import save
from fer_cluster.plots.nuisance import Nuisance as Picture
from fer_cluster.tables import tabulate, tabulate_experiment

QUICK, ONCE = Nuisance(permutations=60), Nuisance(permutations=20, refits=0)
KEPT = ["emotion", "split", "intensity", "au12", "identity", "glasses", "light_x"]


@pytest.fixture(scope="module")
def faces():
    drawn = Toy(n=490, size=24).load()
    return Faces(drawn.images, drawn.about[KEPT], "toy")


@pytest.fixture(scope="module")
def bare(faces):
    """Return the same faces as FER2013 comes: nothing told but emotion and split."""
    return Faces(faces.images, faces.about[["emotion", "split"]], "toy")


def codes(faces):
    return faces.about["emotion"].cat.codes.to_numpy().astype(int)


def run_of(faces, clusters, name="run", **given):
    """Return a run of given clusters, reported on all faces."""
    given = {"kind": "clusterer", "fingerprint": faces.fingerprint, "clusterer": "kmeans"} | given
    return make_run(codes(faces), clusters, name=name, **given)


def right_of(table, name):
    return table.set_index("factor").loc[name]


# ---- the verdict, where the truth is known


def test_clusters_of_pixels_follow_the_light(bare):
    run = cluster(bare, "pixels:20", "kmeans", split="all", seeds=2, projection=None)
    table = QUICK.table([run], bare)
    assert table["factor"][0] == "brightness" and table["eta_squared"][0] > 0.5
    said = QUICK.say(table)
    assert said.startswith("pixels_20-kmeans: the clusters follow brightness most (AMI 0.")
    assert "That brightness is ahead of emotion is certain: by 0." in said and "on 490 faces of all" in said
    assert right_of(table, "emotion")["ami"] < 0.05


def test_clusters_that_are_the_emotions_follow_emotion(faces):
    table = QUICK.table([run_of(faces, 6 - codes(faces))], faces)
    assert table["factor"][0] == "emotion" and table["ami"][0] == pytest.approx(1)
    assert table["eta_squared"][0] == pytest.approx(1)
    (verdict, sure) = QUICK.verdicts(table)[0]
    assert verdict.startswith("run: the clusters follow emotion most (AMI 1.000, by chance up to 0.0")
    assert f"of the nuisances {in_words(table['factor'][1])} most" in verdict
    assert sure.startswith(f"That emotion is ahead of {in_words(table['factor'][1])} is certain: by ")


def test_random_clusters_follow_nothing(faces):
    random = np.random.default_rng(5)
    runs = [run_of(faces, random.integers(7, size=(2, len(faces))), name=f"r{i}") for i in range(2)]
    verdicts = QUICK.verdicts(QUICK.table(runs, faces))
    assert len(verdicts) == 2
    for place, sentences in enumerate(verdicts):
        (only,) = sentences
        assert only.startswith(f"r{place}: the clusters follow neither emotion nor a measured nuisance; the")


def test_clusters_of_the_lamp_alone_follow_the_lamp(faces, bare):
    lamp = cut(faces.about["light_x"].to_numpy(), 4)
    table = QUICK.table([run_of(faces, lamp)], faces)
    assert table["factor"].tolist()[:2] == ["light_x", "gradient_x"]
    assert table["source"].tolist()[:2] == ["data set", "measured"]
    assert "follow light x most" in QUICK.say(table) and "emotion no more than chance" in QUICK.say(table)
    assert QUICK.table([run_of(bare, lamp)], bare)["factor"][0] == "gradient_x"


def test_what_is_followed_alike_is_not_certain(faces, random):
    lamp, half = cut(faces.about["light_x"].to_numpy()), random.random(len(faces)) < 0.5
    table = QUICK.table([run_of(faces, np.where(half, lamp, codes(faces)))], faces)
    row = right_of(table, "light_x")
    assert row["low"] < 0 < row["high"] and row["low"] + row["high"] == pytest.approx(2 * row["difference"])
    assert {table["factor"][0], table["factor"][1]} == {"light_x", "emotion"}
    assert " is not certain: by " in QUICK.say(table)


def test_what_emotion_shares_with_a_nuisance_is_not_found_within_it(faces, random):
    lamp = cut(faces.about["light_x"].to_numpy())
    emotion = np.where(random.random(len(faces)) < 0.5, lamp, random.integers(7, size=len(faces)))
    about = faces.about.assign(emotion=[EMOTIONS[code] for code in emotion])
    shared = Faces(faces.images, about, "shared")
    table = QUICK.table([run_of(shared, lamp // 2)], shared)
    row, emotions = right_of(table, "light_x"), right_of(table, "emotion")
    assert emotions["ami"] > 0.1 and emotions["p_corrected"] < 1e-5
    assert np.isnan(row["emotion_in_factor"])  # one cluster in each bin: nothing left to tell
    noisy = np.where(random.random(len(faces)) < 0.3, random.integers(4, size=len(faces)), lamp // 2)
    row = right_of(QUICK.table([run_of(shared, noisy)], shared), "light_x")
    assert abs(row["emotion_in_factor"]) < 0.03 < row["ami_in_emotion"]


# ---- the numbers


def test_ami_is_that_of_scikit_learn_on_seven_bins(faces, random):
    clusters = random.integers(5, size=(3, len(faces)))
    clusters[:, :250] = codes(faces)[:250] % 5
    table = QUICK.table([run_of(faces, clusters)], faces)
    bins = pd.qcut(faces.about["light_x"], 7, labels=False)
    truth = {"emotion": codes(faces), "light_x": bins, "glasses": faces.about["glasses"]}
    truth["identity"] = faces.about["identity"]
    for name, kind in truth.items():
        ours = right_of(table, name)
        assert ours["ami"] == pytest.approx(
            np.mean([adjusted_mutual_info_score(kind, row) for row in clusters])
        )
        if name != "emotion":
            assert ours["difference"] == pytest.approx(ours["ami"] - right_of(table, "emotion")["ami"])
    assert set(table["factor"]) >= set(truth) | (set(NUISANCES) - {"border"})
    assert not {"intensity", "au12", "split"} & set(table["factor"])


def test_band_and_intervals_are_those_of_the_drawn_faces_and_of_the_seeds(faces, random):
    lamp, half = cut(faces.about["light_x"].to_numpy()), random.random((2, len(faces))) < [[0.3], [0.7]]
    run = run_of(faces, np.where(half, lamp, codes(faces)))
    table = ONCE.table([run], faces)
    factors = {"emotion": codes(faces)} | kinds(nuisances(faces, np.arange(len(faces))))
    crossing, drawn = Crossing(list(factors.values()), run.clusters), np.random.default_rng(0)
    null, _ = crossing.by_chance(20, drawn)
    again, each = crossing.resampled(20, drawn), crossing.ami()
    for place, name in enumerate(factors):
        row, apart = right_of(table, name), each[place] - each[0]
        band = np.percentile(null[place], [2.5, 97.5])
        np.testing.assert_allclose([row["null_low"], row["null_high"]], band, atol=1e-9)
        if name != "emotion":
            of_seeds = t.ppf(0.975, 1) * apart.std(ddof=1) / np.sqrt(2)
            margin = np.hypot(1.96 * (again[place] - again[0]).std(ddof=1), of_seeds)
            assert (row["high"] - row["low"]) / 2 == pytest.approx(margin)
            assert of_seeds > 0.001


def test_differences_of_clusters_are_those_of_the_first_seed(faces, random):
    clusters = np.stack([np.arange(len(faces)) % 5 // 4, random.integers(4, size=len(faces))])
    table = ONCE.clusters([run_of(faces, clusters)], faces)
    assert table.groupby("cluster")["size"].first().tolist() == [392, 98]


def test_as_many_seeds_are_clustered_anew_as_are_asked_for(bare, monkeypatch):
    asked = []
    note = lambda frame, run, rows, refits: asked.append(refits)  # noqa: E731
    monkeypatch.setattr("fer_cluster.analysis.nuisance.clusters_without", note)
    run = run_of(bare, codes(bare), part=np.repeat(["train", "test"], 245))
    Nuisance(permutations=2, refits=3).table([run], bare)
    assert asked == [3]


# ---- features without the nuisances


def test_emotion_is_found_where_brightness_is_regressed_out(bare, random):
    """Features of strong light and weak emotion: only without the light the clusters are the emotions."""
    light = bare.images.mean((1, 2))
    x = np.eye(7)[codes(bare)] + random.normal(0, 0.05, (len(bare), 7)) + light[:, None]
    part = np.where(np.arange(490) % 4 > 0, "train", "test")
    params = {"clusterer": KMeans().get_params()}
    run = run_of(bare, KMeans().fit(x).predict(x), part=part, params=params)
    object.__setattr__(run, "features", x.astype(np.float32))
    table = QUICK.table([run], bare)
    row = right_of(table, "emotion")
    assert row["ami"] < 0.1 and row["ami_regressed"] > 0.95 and row["n"] == 123
    assert table["factor"][0] == "brightness" and table["ami_regressed"][0] < 0.1
    left = table[table["source"] != "label"].nlargest(1, "ami_regressed").iloc[0]
    assert QUICK.say(table).endswith(
        f"have an AMI of {row['ami_regressed']:.3f} with emotion, and of {left['ami_regressed']:.3f} with "
        f"{in_words(left['factor'])}, the most of all nuisances."
    )
    fitted, rows = (np.flatnonzero(part == name) for name in ("train", "test"))
    frame = numbers(nuisances(bare, np.arange(490)))
    told = frame.to_numpy()
    rest = x - LinearRegression().fit(told[fitted], x[fitted]).predict(told)
    expected = KMeans().fit(rest[fitted]).predict(rest[rows])
    ours = clusters_without(frame, run, rows, 1)
    assert adjusted_mutual_info_score(expected, ours[0]) > 0.97
    run.spec.update(clusterer="sklearn.cluster:KMeans", params={"clusterer": {"n_clusters": 999}})
    assert clusters_without(frame, run, rows, 1) is None  # it refuses so many


def test_what_cannot_be_made_anew_is_missing(bare):
    run = run_of(bare, codes(bare), fit="test")
    frame = numbers(nuisances(bare, np.arange(len(bare))))
    told = {
        "temi": {"epochs": 1},  # trained
        "birch": {"threshold": 0.5},  # unknown
        "sklearn.cluster:AgglomerativeClustering": {"n_clusters": 7},  # cannot predict
        "kmeans": {},  # untold
    }
    for name, params in told.items():
        run.spec.update(clusterer=name, params={"clusterer": params})
        assert clusters_without(frame, run, np.arange(9), 1) is None
    run.spec.update(clusterer="kmeans", params={"clusterer": KMeans().get_params()})
    run.features[:] = frame[["brightness"]].to_numpy()  # nothing is left of them
    assert clusters_without(frame, run, np.arange(9), 1) is None
    table = QUICK.table([run], bare)
    assert table["ami_regressed"].isna().all() and "regressed" not in QUICK.say(table)


# ---- the contract


def test_tables_are_the_same_each_time_and_runs_as_they_were(faces, random):
    run = run_of(faces, random.integers(3, size=(2, len(faces))))
    before = run.faces.copy()
    pd.testing.assert_frame_equal(ONCE.table([run], faces), ONCE.table([run], faces))
    pd.testing.assert_frame_equal(run.faces, before)


def test_one_cluster_follows_nothing(bare):
    table = QUICK.table([run_of(bare, np.zeros(len(bare), int))], bare)
    assert (table["p"] == 1).all() and (table["ami"] == 0).all() and (table["eta_squared"] < 1e-12).all()
    assert "follow neither emotion nor a measured nuisance" in QUICK.say(table)


def test_without_labels_nuisances_are_told_alone(faces):
    blind = Faces(faces.images, faces.about.drop(columns="emotion"), "blind")
    run = run_of(blind, cut(faces.about["light_x"].to_numpy(), 4))
    table = QUICK.table([run], blind)
    assert "emotion" not in set(table["factor"]) and table["difference"].isna().all()
    assert QUICK.say(table).endswith("; there are no labels to tell of emotion.")


def test_only_labelled_faces_of_the_part_reported_on_are_seen(faces):
    part = np.where(np.arange(490) < 300, "train", "test")
    about = faces.about.assign(emotion=faces.about["emotion"].where(np.arange(490) % 2 == 0))
    some = Faces(faces.images, about, "some")
    run = run_of(some, codes(faces), part=part)
    table = ONCE.table([run], some)
    assert (table["n"] == 95).all() and right_of(table, "emotion")["ami"] == pytest.approx(1)


def test_other_faces_and_faces_alike_are_refused(faces, bare):
    with pytest.raises(InputError, match="made of other faces than these of 'toy'"):
        QUICK.table([run_of(faces, codes(faces))], Toy(n=20).load())
    same = Faces(np.zeros((9, 8, 8), np.uint8), pd.DataFrame({"emotion": ["sad"] * 9}), "same")
    with pytest.raises(InputError, match="no nuisance and no label varies"):
        QUICK.table([run_of(same, [0, 1, 2] * 3)], same)


# ---- who has the faces at hand


def test_written_where_the_faces_are_at_hand(bare, tmp_path):
    runs = [run_of(bare, codes(bare)), run_of(bare, codes(bare) // 2, name="other")]
    paths = tabulate(runs, tmp_path, ["nuisance:permutations=20"], bare)
    assert [path.suffix for path in paths] == [".csv", ".md", ".tex"]
    assert set(pd.read_csv(paths[0])["run"]) == {"run", "other"}
    with pytest.raises(InputError, match="nuisance looks at the images, which runs on disk do not hold"):
        tabulate(runs, tmp_path, ["nuisance"])
    with pytest.raises(InputError, match="nuisance looks at the images, which runs on disk do not hold"):
        draw(runs, tmp_path, ["nuisance"])
    entry = {"name": "lamp", "analysis": "nuisance", "run": "run"}
    with pytest.warns(UserWarning, match="'lamp_paper' is left out: nuisance looks at the images"):
        tabulate_experiment(SimpleNamespace(tables=[entry]), runs, tmp_path)


def test_an_analysis_that_can_do_without_faces_is_not_refused(faces):
    class Either:
        def table(self, runs, faces=None): ...

        def say(self, table): ...

    assert faces_argument(Either().table, None) == {"faces": None}
    assert faces_argument(Either().table, faces) == {"faces": faces}
    assert faces_argument(Either().say, faces) == {}


def test_unasked_it_is_left_out_silently(bare, tmp_path, monkeypatch):
    runs = [run_of(bare, codes(bare)), run_of(bare, codes(bare) // 2, name="other")]
    monkeypatch.setattr(Nuisance, "by_default", ("clusterer",))
    assert not [path for path in tabulate(runs, tmp_path) if path.stem.startswith("nuisance")]
    monkeypatch.setattr("fer_cluster.tables.catalog.names", lambda kind: ["nuisance"])
    assert [path.name for path in tabulate(runs, tmp_path, faces=bare)] == [
        "nuisance_paper.csv",
        "nuisance_paper.md",
        "nuisance_paper.tex",
    ]


def test_the_command_line_hands_the_faces_on(tmp_path, monkeypatch):
    (tmp_path / "e.toml").write_text('seeds = 1\n[[runs]]\nname = "a"\nclusterer = "one"\n')
    seen = []
    note = lambda experiment, runs, out, faces: seen.append((runs, faces)) or []  # noqa: E731
    monkeypatch.setattr("fer_cluster.tables.tabulate_experiment", note)
    monkeypatch.setattr("fer_cluster.drawing.draw_experiment", note)
    monkeypatch.setattr("fer_cluster.drawing.draw", lambda runs, out, faces: seen.append((runs, faces)))
    toy, out = "toy:n=70,size=16", str(tmp_path / "out")
    for line in (["compare", str(tmp_path / "e.toml"), toy], ["cluster", toy, "--clusterer", "one"]):
        with pytest.raises(SystemExit) as left:
            main([*line, "--out", out + line[0]])
        assert left.value.code == 0
    assert len(seen) == 3
    for (run,), faces in seen:
        assert run.spec["dataset"]["fingerprint"] == faces.fingerprint


# ---- the picture


@pytest.fixture(scope="module")
def drawn_runs(bare):
    random = np.random.default_rng(1)
    runs = [run_of(bare, random.integers(20, size=len(bare)), name="a-" * 40), run_of(bare, codes(bare))]
    return [*runs, run_of(bare, np.zeros(len(bare), int), name="one")]


def test_the_picture_is_that_of_the_table_and_redrawn_from_its_csv(bare, drawn_runs, tmp_path):
    data = Picture(refits=0).data(drawn_runs[1:2], bare)
    shown = data[data["shown"] == "factor"].dropna(axis=1, how="all").drop(columns="shown")
    table = Nuisance(refits=0).table(drawn_runs[1:2], bare).drop(columns="ami_regressed")
    pd.testing.assert_frame_equal(shown, table[list(shown)])
    plot = SimpleNamespace(data=lambda runs: data, draw=Picture().draw)
    _, csv = save(plot, drawn_runs[1:2], tmp_path / "n.png")
    figure = Picture().draw(data)
    assert pixels(Picture().draw(pd.read_csv(csv))) == pixels(figure)
    title = figure.axes[0].get_title(loc="left")
    assert title.startswith("run: the clusters follow emotion most") and title.endswith("490 faces")
    (image,) = figure.axes[1].images
    d = data[data["shown"] == "cluster"].pivot(index="factor", columns="cluster", values="d")
    np.testing.assert_allclose(image.get_array()[1], d.loc[table["factor"][1]])
    assert image.get_array().mask[0].all()  # emotion is no nuisance


def test_text_is_legible_and_does_not_overlap(bare, drawn_runs):
    from matplotlib.figure import Figure

    data = Picture(refits=0).data(drawn_runs, bare)
    for some in (data, data[data["run"] == "one"], data[data["run"] == "run"]):
        texts = _texts(Picture().draw(some))
        assert min(text.get_fontsize() for text, _ in texts) >= 8
        assert not _overlapping(texts) and not _outside(texts)
    spans = {axes.get_xlim() for axes in Picture().draw(data).axes if axes.get_xlabel().startswith("AMI")}
    assert len(spans) == 1 and max(spans)[1] > data["ami"].max()  # dots of all runs can be compared
    panel = Figure((12, 9)).subplots()
    assert Picture().draw(data[data["run"] == "run"], ax=panel) is panel.figure and panel.child_axes
