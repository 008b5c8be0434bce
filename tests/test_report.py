import base64
import io
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.cluster import KMeans

import fer_cluster
from fer_cluster import catalog
from fer_cluster.comparing import parameters_now
from fer_cluster.errors import InputError
from fer_cluster.features.hog import Hog
from fer_cluster.features.pixels import Pixels
from fer_cluster.report.again import again
from fer_cluster.report.face_map import as_json, face_map
from fer_cluster.report.points import entropy, points, pooled
from fer_cluster.report.portraits import portraits
from fer_cluster.report.sections import HEADINGS, Heading, Section, Shown, sections
from fer_cluster.report.sheets import SIDE, sheets
from fer_cluster.report.verdict import in_short, verdicts
from fer_cluster.report.writing import _is_numeric, write_report

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


@pytest.fixture(scope="module")
def faces():
    return fer_cluster.load("toy:n=210")


@pytest.fixture(scope="module")
def runs(faces):
    clustered = fer_cluster.cluster(faces, "pixels", "kmeans", seeds=2)
    chance = fer_cluster.cluster(faces, "pixels", "chance", seeds=2, name="chance")
    return [clustered, chance, fer_cluster.classify(faces, "linear_probe", features="pixels")]


@pytest.fixture(scope="module")
def page(runs, faces, tmp_path_factory):
    path = write_report(runs, tmp_path_factory.mktemp("report") / "report.html", faces, patience=0)
    return path.read_text(encoding="utf-8")


def unpacked(text, kind="u1"):
    return np.frombuffer(base64.b64decode(text), kind)


def test_points_are_those_of_the_runs(runs, faces):
    told = points(runs, faces)
    assert told["n"] == 210 and [run["name"] for run in told["runs"]] == ["pixels-kmeans", "chance"]
    first = told["runs"][0]
    np.testing.assert_array_equal(unpacked(first["x"], "<f4"), runs[0].faces["x"].astype("f4"))
    cluster = first["colourings"][0]
    np.testing.assert_array_equal(unpacked(cluster["codes"]), runs[0].faces["cluster"])
    assert first["parts"][0] == "PrivateTest"  # the part reported on comes first
    part = np.array(first["parts"])[unpacked(first["part"])]
    assert (part == runs[0].faces["part"]).all()


def test_an_array_stands_in_the_page_once(runs, faces):
    told = points(runs, faces)
    found = pooled(told)
    assert len(set(found["arrays"])) == len(found["arrays"])
    for run, held in zip(told["runs"], found["runs"], strict=True):
        assert all(found["arrays"][held[key]] == run[key] for key in ("x", "y", "part"))
        assert held["name"] == run["name"] and held["parts"] == run["parts"]
    assert found["runs"][0]["x"] == found["runs"][1]["x"]  # the same pixels lie at the same places
    codes = [one["codes"] for one in told["colourings"]]
    assert [found["arrays"][one["codes"]] for one in found["colourings"]] == codes


def test_colourings_hold_emotions_and_nuisances(runs, faces):
    told = {one["name"]: one for one in points(runs, faces)["colourings"]}
    labels = np.array(told["emotion"]["labels"])[unpacked(told["emotion"]["codes"])]
    assert (labels == faces.about["emotion"].astype(str)).all()
    codes = unpacked(told["brightness"]["codes"])
    means = faces.images.mean((1, 2))
    assert [means[codes == code].max() for code in range(6)] <= [
        means[codes == code].min() for code in range(1, 7)
    ]
    assert set(np.bincount(codes)) == {30}
    assert {"light from the right", "size of the face", "size of the face (known)", "yaw"} <= set(told)
    assert not {"gradient_x", "intensity", "au12"} & set(told)
    assert "brightness" not in {one["name"] for one in points(runs)["colourings"]}


def test_a_cluster_names_its_faces_rightly_or_wrongly(runs):
    named = points(runs)["runs"][0]["colourings"][1]
    right = runs[0].predictions()[0] == runs[0].faces["emotion"].cat.codes
    assert (
        np.array(named["labels"])[unpacked(named["codes"])] == np.where(right, "rightly", "wrongly")
    ).all()


def test_votes_disagree_by_their_entropy():
    votes = np.array([[10, 0, 0, 0], [5, 5, 0, 0], [2, 2, 2, 2], [0, 0, 0, 0]])
    np.testing.assert_allclose(entropy(votes), [0, 1, 2, 0])


def test_votes_are_told_and_coloured(runs, faces):
    votes = pd.DataFrame(
        {f"votes_{name}": 0 for name in faces.about["emotion"].cat.categories}, faces.about.index
    )
    votes["votes_happy"] = 10
    voted = replace(runs[0], faces=runs[0].faces.join(votes))
    told = points([voted])
    assert "disagreement of voters, bits" in {one["name"] for one in told["colourings"]}
    happy = next(one for one in told["details"] if one["name"] == "votes happy")
    assert set(unpacked(happy["numbers"])) == {10}


def test_sheets_hold_each_face_at_its_place():
    random = np.random.default_rng(0)
    images = np.kron(random.integers(0, 256, (SIDE * SIDE + 3, 2, 2)), np.ones((8, 8))).astype(np.uint8)
    held = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("L")) for text in sheets(images)
    ]
    assert [sheet.shape for sheet in held] == [(SIDE * 16, SIDE * 16), (16, SIDE * 16)]
    for face in (0, 37, SIDE * SIDE - 1, SIDE * SIDE + 2):
        sheet, place = held[face // SIDE**2], face % SIDE**2
        row, column = 16 * (place // SIDE), 16 * (place % SIDE)
        assert np.abs(sheet[row : row + 16, column : column + 16].astype(int) - images[face]).mean() < 8


def test_portraits_are_the_means_of_the_part_reported(runs, faces):
    rows = (runs[0].faces["part"] == "PrivateTest").to_numpy()
    for cluster, count, uri in portraits(runs[0], faces):
        chosen = rows & (runs[0].faces["cluster"] == cluster).to_numpy()
        assert count == chosen.sum()
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))))
        np.testing.assert_allclose(shown, faces.images[chosen].mean(0), atol=0.51)


def test_the_verdict_is_that_of_the_nuisance_analysis_and_comes_first(page, runs, faces):
    nuisance = catalog.make("analysis", "nuisance")
    ((verdict, *_),) = nuisance.verdicts(nuisance.table(runs[:1], faces))
    assert page.index(verdict.replace("'", "&#39;")) < page.index('id="scores"') < page.index('id="map"')


def followed(run, factor):
    """Return the rows of a run whose clusters follow one factor alone."""
    rows = pd.DataFrame({"factor": ["emotion", "brightness"], "source": ["label", "measured"], "run": run})
    other = rows["factor"] != factor
    beyond = {"ami": np.where(other, 0.0, 0.5), "null_high": 0.01, "p_corrected": np.where(other, 1.0, 0.001)}
    return rows.assign(split="official", dataset="toy", part="test", **beyond)


def test_the_verdict_in_short_counts_what_clusterings_follow():
    tables = [followed("a", "brightness"), followed("b", "brightness"), followed("c", "emotion")]
    tables += [followed("d", "neither"), followed("chance", "emotion")]
    shown = [Shown("", "", "", table) for table in tables]
    said = in_short([Section(Heading("nuisance", "", ""), shown, [])])
    assert said == ("Of the 4 clusterings 2 follow brightness most, 1 nothing that was measured, 1 emotion.")
    told = [Shown("", "", "", followed(name, "emotion")) for name in "ab"]
    said = in_short([Section(Heading("nuisance", "", ""), told, [])])
    assert said == "Of the 2 clusterings none follow a nuisance most, 2 emotion."
    assert in_short([]) == ""


def test_the_verdict_tells_how_firm_the_clusters_are(runs, faces):
    about = {"run": "pixels-kmeans", "split": "official"}
    refits = pd.DataFrame({"measure": ["seeds", "bootstrap"], "value": [0.9, 0.81]}).assign(**about)
    changes = pd.DataFrame({"change": ["mirrored", "darker"], "changed": [0.25, 0.125]}).assign(**about)
    nuisance = catalog.make("analysis", "nuisance", refits=0).table(runs[:1], faces)
    tables = {"nuisance": nuisance, "stability": refits, "moved": changes}
    found = [Section(Heading(name, "", ""), [Shown("", "", "", table)], []) for name, table in tables.items()]
    told = verdicts(runs, found)
    ((_, firm),) = [(name, sentences[-2:]) for name, sentences in told]
    assert firm[0].endswith("agree by an adjusted Rand index of 0.81, where the same clusters would by 1.")
    assert firm[1].endswith("'mirrored' sends most into another cluster: 25.0 %.")


def test_every_table_can_be_downloaded_as_it_is(page, runs):
    links = dict(re.findall(r'download="([^"]+)" href="data:text/csv;charset=utf-8;base64,([^"]+)"', page))
    table = pd.read_csv(io.BytesIO(base64.b64decode(links["contingency_pixels-kmeans_official.csv"])))
    plot = catalog.make("plots", "contingency")
    assert (table["faces"] if "faces" in table else table.iloc[:, -1]).size == len(plot.data(runs[:1]))
    scores = pd.read_csv(io.BytesIO(base64.b64decode(links["scores.csv"])))
    assert set(scores["run"]) == {run.name for run in runs}


def test_a_page_asks_the_network_for_nothing(page):
    assert "default-src 'none'" in page
    own = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', own)


def test_points_only(runs, faces, tmp_path):
    text = write_report(runs[:1], tmp_path / "points.html", faces, images=False, patience=0).read_text()
    assert 'id="map-sheet-0"' not in text and "Mean faces" not in text and "Faces of each cluster" not in text
    assert "This page holds points only" in text


def test_without_faces_the_report_says_what_it_lacks(runs, tmp_path):
    text = write_report(runs[:2], tmp_path / "bare.html", patience=0).read_text()
    assert "No nuisance was measured" in text and "Emotion or nuisance" not in text


class TestAgain:
    def test_the_command_line_makes_the_run_again(self, runs, faces):
        import shlex

        words = shlex.split(again(runs[0]))
        assert words[:3] == ["fer-cluster", "cluster", "FACES"]
        options = dict(zip(words[3::2], words[4::2], strict=True))
        given = {name[2:]: value for name, value in options.items()}
        given |= {name: int(given[name]) for name in ("seeds", "k")}
        assert fer_cluster.cluster(faces, **given).scores == runs[0].scores

    def test_a_run_without_a_map_is_made_again_without(self, runs, faces):
        run = fer_cluster.cluster(faces, "pixels:3", "kmeans", projection=None, seeds=2)
        made = eval(again(run), {"fer_cluster": fer_cluster, "faces": faces})
        assert made.spec["projection"] == "none" and made.scores == run.scores

    def test_a_net_sees_no_features(self, runs):
        spec = runs[2].spec | {"baseline": "cnn3", "features": "none", "seeds": [0, 1], "epochs": 3}
        spec["params"] = parameters_now({"baseline": "cnn3", "seeds": [0, 1], "epochs": 3})
        said = again(replace(runs[2], spec=spec))
        assert said == "fer-cluster classify FACES --split official --baseline cnn3 --epochs 3 --seeds 2"

    def test_other_seeds_and_odd_words_are_quoted(self, runs):
        spec = runs[0].spec | {"seeds": [5, 9], "then": ["expressions:within=signal_to_nuisance:6;ridge=0.3"]}
        spec["params"] = parameters_now(spec)
        said = again(replace(runs[0], spec=spec))
        assert (
            "then=['expressions:within=signal_to_nuisance:6;ridge=0.3'], split='official', seeds=[5, 9])"
            in said
        )
        spec["seeds"] = [0]
        said = again(replace(runs[0], spec=spec | {"params": parameters_now(spec)}))
        assert "--then 'expressions:within=signal_to_nuisance:6;ridge=0.3' --seeds 1" in said

    def test_of_an_object_no_line_is_told(self, runs):
        assert again(replace(runs[0], spec=runs[0].spec | {"features": "standardscaler+pca"})) == ""


def test_unlabelled_faces_have_a_sentence_in_place_of_scores(faces, tmp_path):
    bare = fer_cluster.Faces(faces.images[:60], pd.DataFrame(index=range(60)), "bare")
    run = fer_cluster.cluster(bare, "pixels", "kmeans", seeds=1)
    text = write_report([run], tmp_path / "bare.html", patience=0).read_text()
    scores = text.split('<h2 id="scores">')[1].split("<h2")[0]
    assert "no labels, so there is nothing to score against" in scores and "<table" not in scores


def test_a_single_run_is_scored_against_chance(runs, tmp_path):
    text = write_report(runs[:1], tmp_path / "one.html", patience=0).read_text()
    assert "Beyond chance" in text and "Scores against chance" in text
    assert "No nuisance was measured" in text and "no labels" not in text


def test_a_report_is_of_the_same_faces(runs, faces, tmp_path):
    others = fer_cluster.load("toy:n=140")
    with pytest.raises(InputError, match="not of the faces given"):
        write_report(runs, tmp_path / "x.html", others)
    other = fer_cluster.cluster(others, seeds=1)
    with pytest.raises(InputError, match="runs of different ones"):
        write_report([*runs, other], tmp_path / "x.html")
    with pytest.raises(InputError, match="no run"):
        write_report([], tmp_path / "x.html")
    assert not (tmp_path / "x.html").exists()


def test_what_is_slow_to_cluster_is_not_clustered_anew(runs, faces, monkeypatch):
    only = tuple(heading for heading in HEADINGS if heading.name == "stability")
    monkeypatch.setattr("fer_cluster.report.sections.HEADINGS", only)
    slow = replace(runs[0], name="slow", spec=runs[0].spec | {"seconds": {"clusterer": 60.0}})
    (section,) = sections([runs[0], slow], faces)
    assert [one.stem for one in section.shown] == ["stability_pixels-kmeans_official"]
    assert section.left_out == ["slow (split official)"]
    (section,) = sections([slow], faces, patience=0)
    assert not section.shown and section.left_out == ["slow (split official)"]
    monkeypatch.setattr("fer_cluster.report.sections.make_each", lambda name, part, runs, *_, **asked: runs)
    (section,) = sections([runs[0], slow], faces, patience=np.inf)
    assert section.shown == [runs[0], slow] and not section.left_out


def test_features_that_are_fitted_anew_take_their_time(runs, faces, monkeypatch):
    only = tuple(heading for heading in HEADINGS if heading.name in ("moved", "stability"))
    monkeypatch.setattr("fer_cluster.report.sections.HEADINGS", only)
    slow = replace(runs[0], spec=runs[0].spec | {"seconds": {"clusterer": 0.1, "features": 90.0}})
    assert [bool(section.left_out) for section in sections([slow], faces)] == [True, False]
    own = Pixels(n_components=3).fit(faces.images)
    for given in ({"models": (own,)}, {"spec": slow.spec | {"features": "simclr"}}):
        found = sections([replace(slow, **given)], faces)  # what was trained is not trained again
        assert not any(section.left_out for section in found)


def test_a_clusterer_from_outside_ends_no_report(monkeypatch):
    only = tuple(heading for heading in HEADINGS if heading.name == "purity_k")
    monkeypatch.setattr("fer_cluster.report.sections.HEADINGS", only)
    run = fer_cluster.cluster("toy:n=60", "pixels:9", "sklearn.cluster:KMeans", seeds=1)
    (section,) = sections([run])
    assert section.shown[0].table["k"].max() == 40  # of 48 faces fitted on


def test_what_compares_runs_and_what_looks_at_one_is_in_the_report(page):
    for name in ("leaderboard_official", "grid_official", "choosing_official"):
        assert f'download="{name}.csv"' in page
    assert 'download="silhouette_pixels-kmeans_official.csv"' in page and "Emotions held out" in page


def test_mean_faces_of_two_splits_are_told_apart(runs, faces, monkeypatch, tmp_path):
    monkeypatch.setattr("fer_cluster.report.sections.HEADINGS", ())
    other = fer_cluster.cluster(faces, "pixels", "kmeans", seeds=1, split="all")
    text = write_report([runs[0], other], tmp_path / "r.html", faces, patience=0).read_text(encoding="utf-8")
    of = re.findall("<h3>(.*)</h3>", text[text.index('<h2 id="portraits">') :])
    assert of == ["pixels-kmeans, split official", "pixels-kmeans, split all"]


@pytest.mark.parametrize(
    "cells, numeric",
    [
        (["0.250", "", "-0.001"], True),
        (["12", "1,234"], True),
        (["3-layer net", "2"], False),
        (["-1 head"], False),
        ([".5 dropout"], False),
        (["", ""], False),
        ([], False),
    ],
)
def test_a_column_is_of_numbers_where_all_its_cells_are(cells, numeric):
    assert _is_numeric(cells) == numeric


def test_what_needs_faces_is_not_told_of_without_them(runs, monkeypatch):
    only = tuple(heading for heading in HEADINGS if heading.name == "moved")
    monkeypatch.setattr("fer_cluster.report.sections.HEADINGS", only)
    assert sections(runs[:1], patience=0) == []


def test_a_map_needs_points(runs):
    with pytest.raises(InputError, match="no.*points|No run has points"):
        face_map(runs[2])


def test_a_map_shows_itself_in_a_notebook(runs, faces):
    shown = face_map(replace(runs[0], name=HOSTILE), faces)._repr_html_()
    assert shown.startswith("<iframe") and shown.count("<") == 2  # the frame and its end


@pytest.mark.parametrize("text", [HOSTILE, "]]>", "<!--", "&lt;", "\u2028"])
def test_json_in_a_page_ends_no_script(text):
    told = as_json({"text": text})
    assert not set("<>&") & set(told) and json.loads(told) == {"text": text}


def test_the_verb_finds_toy_faces_by_itself(runs, tmp_path):
    from fer_cluster.cli import _run

    runs[0].save(tmp_path / "run")
    assert _run(["report", str(tmp_path), "--out", str(tmp_path / "page.html"), "--patience", "0"]) == 0
    assert "the clusters follow" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert _run(["report", str(tmp_path / "nothing")]) == 2


def test_figures_of_runs_on_disk_can_be_given_their_faces(runs, tmp_path):
    from fer_cluster.cli import _run

    runs[0].save(tmp_path / "run")
    asked = ["figures", str(tmp_path / "run"), "--out", str(tmp_path / "out"), "--plot", "nuisance"]
    assert _run(asked) == 2
    assert _run([*asked, "--faces", "toy:n=210"]) == 0
    assert (tmp_path / "out" / "nuisance_pixels-kmeans_official.csv").exists()


def test_two_runs_of_one_name_are_reported(runs, faces, tmp_path):
    text = write_report([runs[0], runs[0]], tmp_path / "r.html", faces, patience=0).read_text(
        encoding="utf-8"
    )
    assert "pixels-kmeans (2), split official" in text


def test_no_line_is_told_of_what_was_handed_over(faces):
    ours = fer_cluster.cluster(faces, Hog(cell=16, mirror=True), "kmeans", seeds=1)
    theirs = fer_cluster.cluster(faces, "pixels", KMeans(4, n_init=1), seeds=1)
    assert again(ours) == again(theirs) == ""


def test_no_line_is_told_of_parts_that_are_not_here(runs):
    spec = runs[0].spec
    assert again(replace(runs[0], spec=spec | {"clusterer": "my_module:MyClusterer"})) == ""
    assert again(replace(runs[0], spec=spec | {"clusterer": "kmeans:formerly=3"})) == ""
