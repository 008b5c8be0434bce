"""What a notebook shows of faces and runs: the pictures, the numbers, and no code of others."""

import base64
import io
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from test_classifier_plots import clustering_run, make_run, trained_run

from fer_cluster import Runs
from fer_cluster.comparing import compare
from fer_cluster.emotions import EMOTIONS
from fer_cluster.experiment import Experiment
from fer_cluster.faces import Faces
from fer_cluster.runs import find_runs
from fer_cluster.summary import summary

HOSTILE = '<script>alert("1")</script> & <img src=x onerror=alert(2)> $b_{^$'


class Page(HTMLParser):
    """The tags, the pictures, the text and the rows of tables of some HTML; what is open is closed."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.pictures, self.rows, self.text, self._open = [], [], [], "", []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "img":
            self.pictures.append(dict(attrs))
        elif tag != "br":
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data


def page_of(shown):
    return Page(shown._repr_html_())


def pixels(picture):
    """Return what a picture shows, decoded."""
    kind, code = picture["src"].split(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(code, validate=True))))


def some_faces(emotion, size=(48, 48), name="some"):
    images = np.random.default_rng(0).integers(256, size=(len(emotion), *size)).astype(np.uint8)
    return Faces(images, pd.DataFrame({"emotion": emotion}), name)


class TestFaces:
    def test_each_emotion_has_its_count_and_its_own_faces(self):
        emotion = ["happy"] * 30 + ["sad"] * 2 + [None]
        faces = some_faces(emotion)
        page = page_of(faces)
        assert [row[:2] for row in page.rows] == [["happy", "30"], ["sad", "2"], ["unlabelled", "1"]]
        assert repr(faces) in page.text
        assert [one["alt"] for one in page.pictures] == [
            "12 faces: happy",
            "2 faces: sad",
            "1 faces: unlabelled",
        ]
        happy, sad, none = map(pixels, page.pictures)
        assert happy.shape == (48, 12 * 48) and sad.shape == (48, 2 * 48)
        np.testing.assert_array_equal(happy[:, :48], faces.images[0])
        np.testing.assert_array_equal(happy[:, -48:], faces.images[29])
        np.testing.assert_array_equal(sad[:, 48:], faces.images[31])
        np.testing.assert_array_equal(none, faces.images[32])

    def test_emotions_come_in_their_order(self, tiny):
        assert [row[:2] for row in page_of(tiny).rows] == [[name, "10"] for name in EMOTIONS]

    def test_unlabelled_faces_are_a_sheet_of_21(self):
        faces = some_faces([None] * 50)
        (sheet,) = map(pixels, page_of(faces).pictures)
        assert sheet.shape == (3 * 48, 7 * 48)
        np.testing.assert_array_equal(sheet[-48:, -48:], faces.images[49])

    def test_an_unfilled_line_ends_in_white(self):
        (sheet,) = map(pixels, page_of(some_faces([None] * 8)).pictures)
        assert sheet.shape == (96, 7 * 48) and (sheet[48:, 48:] == 255).all()

    @pytest.mark.parametrize("size, width", [((100, 50), 24), ((12, 16), 64), ((500, 1), 1)])
    def test_faces_of_any_size_are_small(self, size, width):
        (sheet,) = map(pixels, page_of(some_faces(["fear"] * 3, size)).pictures)
        assert sheet.shape == (48, 3 * width)

    def test_a_set_of_many_faces_is_not_read(self):
        faces = some_faces(["happy"] * 5)
        images = np.broadcast_to(faces.images[:1], (2_000_000, 48, 48))
        many = Faces(images, pd.DataFrame({"emotion": pd.Categorical(["sad"] * len(images), EMOTIONS)}))
        assert len(many._repr_html_()) < 60_000

    def test_no_faces_are_shown_as_a_line(self):
        page = page_of(some_faces(["happy"])[:0])
        assert not page.pictures and "0 of 48 x 48" in page.text

    def test_a_name_runs_nothing(self):
        page = page_of(some_faces(["happy"], name=HOSTILE))
        assert HOSTILE in page.text and "script" not in page.tags and len(page.pictures) == 1


class TestRun:
    def test_a_clustering_is_its_map_and_its_scores(self):
        run = clustering_run()
        scores = {key: {"mean": 0.25, "sd": 0.01, "low": 0.2, "high": 0.3} for key in run.scores["test"]}
        scores["ami"] = {"mean": 0.125, "sd": 0.01, "low": -0.01, "high": 0.26}
        page = page_of(replace(run, scores={"test": scores}))
        assert page.rows[0] == ["on test", "", "from", "to"]
        assert page.rows[1] == ["AMI", "0.125", "-0.010", "0.260"]
        named = ["ARI", "NMI", "Hungarian accuracy", "named accuracy", "balanced accuracy"]
        named += ["purity", "purity by chance"]
        assert page.rows[2:] == [[name, "0.250", "0.200", "0.300"] for name in named]
        (one,) = page.pictures
        assert one["alt"] == "scatter of pixels-kmeans" and pixels(one).std() > 10

    def test_a_classifier_is_its_confusion_matrix_and_its_accuracy(self):
        page = page_of(trained_run(name="cnn3"))
        assert [row[0] for row in page.rows[1:]] == ["accuracy", "balanced accuracy", "macro F1"]
        assert page.pictures[0]["alt"] == "confusion of cnn3"

    def test_of_one_seed_the_interval_is_that_of_a_share(self):
        page = page_of(make_run([3, 3], [3, 4], scores={"n": 100.0} | dict.fromkeys(METRICS, 0.5)))
        assert page.rows[1] == ["accuracy", "0.500", "0.404", "0.596"]  # Wilson 1927, by hand
        assert page.rows[2] == ["balanced accuracy", "0.500", "", ""]

    def test_without_a_map_or_labels_that_is_said(self):
        run = replace(clustering_run(), scores={})
        assert "no labels" in page_of(run).text and not page_of(run).rows
        run = clustering_run()
        page = page_of(replace(run, faces=run.faces.drop(columns=["x", "y"])))
        assert not page.pictures and len(page.rows) == 9

    def test_a_name_runs_nothing(self):
        page = page_of(clustering_run(name=HOSTILE))
        assert HOSTILE in page.text and "script" not in page.tags and len(page.pictures) == 1
        assert page.pictures[0]["alt"].endswith(HOSTILE)


METRICS = ("named_accuracy", "balanced_accuracy", "macro_f1")


class TestRuns:
    def test_the_table_is_that_of_the_terminal(self):
        told = {"labels": "none"}
        runs = [clustering_run(**told), trained_run(name="cnn3", labels="emotion of train")]
        runs = Runs([*runs, clustering_run("b", split="official", **told)])
        page, lines = page_of(runs), summary(runs).splitlines()
        cells = [[cell for cell in " ".join(row).split() if cell] for row in page.rows]
        assert cells == [line.split() for line in lines if line.startswith("  ")]
        assert page.tags.count("table") == 2 and all(len(row) == 13 for row in page.rows)
        assert next(line for line in lines if line and not line.startswith("  ")) in page.text

    def test_what_has_no_score_or_no_run_is_said(self):
        assert "no labels" in page_of(Runs([replace(clustering_run(), scores={})])).text
        assert page_of(Runs()).text == "No runs."

    def test_a_name_runs_nothing(self):
        page = page_of(Runs([clustering_run(HOSTILE, split=HOSTILE, labels="none")]))
        assert page.text.count(HOSTILE) == 2 and not {"script", "img"} & set(page.tags)

    def test_a_comparison_is_such_a_list_here_and_on_disk(self, tiny, tmp_path):
        entry = {"name": "mine", "features": "pixels:n_components=3", "seeds": 1}
        runs = compare(Experiment("one", ("official",), (entry,)), tiny, tmp_path)
        found = find_runs([tmp_path])
        assert isinstance(runs, Runs) and isinstance(found, Runs) and isinstance(runs, list)
        assert runs._repr_html_() == found._repr_html_() and page_of(runs).rows[1][0] == "mine"
        assert page_of(runs[0]).pictures
