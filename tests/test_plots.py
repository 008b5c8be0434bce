"""The figures, by the data behind them, and what every figure must be able to do."""

import ast
import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer_cluster.catalog import names
from fer_cluster.emotions import COLOURS, EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.picture import save
from fer_cluster.plots._axes import axes_for
from fer_cluster.plots._labels import spread
from fer_cluster.plots.contingency import Contingency
from fer_cluster.plots.montage import Montage
from fer_cluster.plots.scatter import Scatter
from fer_cluster.plots.scores import Scores
from fer_cluster.runs import Run

PLOTS = [Scatter(), Contingency(), Scores(), Montage()]
HOME = Path(__file__).parents[1]
LONG = "hog:mirror=True-whiten_128-unit-remove_nuisances_brightness_contrast-signal_to_nuisance_48-spherical"
ALL_SCORES = [
    *("n", "ami", "ari", "nmi", "homogeneity", "completeness", "purity", "purity_chance"),
    *("hungarian_accuracy", "named_accuracy", "balanced_accuracy", "macro_f1"),
]
HAPPY, SAD, ANGRY = (EMOTIONS.index(name) for name in ("happy", "sad", "angry"))


def make_run(emotion, cluster, *, part=None, k=2, name="pixels-kmeans", scores=None, clusterer="kmeans"):
    """Return what a figure needs of a run, fitted on ``train`` and reported on ``test``."""
    n = len(emotion)
    part = np.array(part if part is not None else ["test"] * n)
    faces = pd.DataFrame(
        {
            "emotion": pd.Categorical.from_codes(emotion, EMOTIONS),
            "part": part,
            "duplicate": False,
            "cluster": np.asarray(cluster, np.int32),
            "x": np.arange(n, dtype=np.float32) % 7,
            "y": np.arange(n, dtype=np.float32) ** 2 % 11,
        }
    )
    spec = {"split": "paper", "fit": "train", "report": "test", "dataset": {"name": "toy"}, "k": k}
    spec |= {"seeds": [0], "transductive": False, "clusterer": clusterer, "projection": "pca"}
    medoids = np.arange(k * 3 * 4 * 4).reshape(k, 3, 4, 4).astype(np.uint8) + 1
    scores = {"test": scores or dict.fromkeys(ALL_SCORES, 0.2)}
    features = np.zeros((n, 2), np.float32)
    return Run(name, spec, faces, features, scores, scores_without_duplicates=scores, medoids=medoids)


def random_run(n=300, k=7, seed=0, **given):
    random = np.random.default_rng(seed)
    part = np.where(random.random(n) < 0.5, "train", "test")
    spread = {"mean": 0.2, "sd": 0.01, "low": 0.15, "high": 0.25}
    scores = dict.fromkeys(ALL_SCORES, spread) | {"n": {**spread, "mean": 3589.0}}
    emotion = random.integers(-1, 7, n)
    return make_run(emotion, random.integers(k, size=n), part=part, k=k, scores=scores, **given)


def pixels(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=40, format="rgba")
    return buffer.getvalue()


@pytest.fixture
def panel():
    from matplotlib.figure import Figure

    return Figure((12, 9)).subplots()


# ---- every figure


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: type(plot).__name__)
class TestEveryPlot:
    def test_is_redrawn_from_its_csv(self, plot, tmp_path):
        runs = [random_run(), random_run(seed=1, name="pixels-gmm")]
        path, table = save(plot, runs, tmp_path / "figure.png")
        assert [path.name, table.name] == ["figure.png", "figure.csv"]
        again = plot.draw(pd.read_csv(table))
        assert pixels(again) == pixels(plot.draw(plot.data(runs)))

    @pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
    def test_is_written_the_same_each_time(self, plot, suffix, tmp_path):
        starts = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}
        first, _ = save(plot, [random_run()], tmp_path / f"a{suffix}")
        second, _ = save(plot, [random_run()], tmp_path / f"b{suffix}")
        assert first.read_bytes().startswith(starts[suffix])
        assert first.read_bytes() == second.read_bytes()
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]

    def test_refuses_other_formats_and_writes_nothing(self, plot, tmp_path):
        with pytest.raises(InputError, match=r"\.png, \.pdf or \.svg"):
            save(plot, [random_run()], tmp_path / "figure.bmp")
        assert not list(tmp_path.iterdir())

    def test_draws_into_a_given_panel(self, plot, panel):
        assert plot.draw(plot.data([random_run()]), ax=panel) is panel.figure
        drawn = [panel, *panel.child_axes]
        assert any(axes.collections or axes.images or axes.lines for axes in drawn)

    def test_draws_one_cluster(self, plot):
        run = random_run(k=1, clusterer="one")
        plot.draw(plot.data([run]))

    def test_draws_unlabelled_or_explains(self, plot):
        run = make_run([-1] * 6, [0, 1] * 3)
        run = replace(run, scores={}, scores_without_duplicates={})
        if isinstance(plot, Scatter | Montage):
            figure = plot.draw(plot.data([run]))
            assert "no labels" in " ".join(axes.get_title(loc="left") for axes in figure.axes)
        else:
            with pytest.raises(InputError, match="label"):
                plot.data([run])

    def test_names_unknown_part(self, plot):
        with pytest.raises(InputError, match="Did you mean 'train'"):
            type(plot)(parts="trian").data([random_run()])

    def test_tells_runs_of_one_name_apart(self, plot):
        data = plot.data([random_run(), random_run(seed=1)])
        assert list(data["run"].unique()) == ["pixels-kmeans", "pixels-kmeans (2)"]

    def test_text_is_legible_and_does_not_overlap(self, plot):
        runs = [random_run(k=20, name=LONG), random_run(seed=1), random_run(k=1, seed=2), random_run(seed=3)]
        for some in (runs[2:3], runs):
            texts = _texts(plot.draw(plot.data(some)))
            assert min(text.get_fontsize() for text, _ in texts) >= 8
            assert not _overlapping(texts)
            assert not _outside(texts)


def _texts(figure):
    """Return the texts of a drawn figure that are seen, with their boxes."""
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    FigureCanvasAgg(figure).draw()
    hidden = set()
    for axes in figure.findobj(Axes):
        for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            for tick in axis.get_major_ticks():
                if not min(limits) - 1e-9 <= tick.get_loc() <= max(limits) + 1e-9:
                    hidden |= {tick.label1, tick.label2}
    seen = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip() and t not in hidden]
    return [(text, Text.get_window_extent(text)) for text in seen]


def _overlapping(texts):
    boxes = [(text.get_text(), box) for text, box in texts]
    return [
        (one, other)
        for i, (one, a) in enumerate(boxes)
        for other, b in boxes[:i]
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
    ]


def _outside(texts):
    """Return the texts that the edge of the figure cuts."""
    edge = texts[0][0].figure.get_figure(root=True).bbox
    return [
        text.get_text() for text, box in texts if min(box.x0, box.y0, edge.x1 - box.x1, edge.y1 - box.y1) < -1
    ]


def test_plots_are_found_by_their_folder():
    assert {"scatter", "contingency", "scores", "montage"} <= set(names("plots"))


def test_plots_import_neither_learning_nor_global_state():
    for path in (HOME / "fer_cluster" / "plots").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found += [node.module] if isinstance(node, ast.ImportFrom) else []
            banned = [name for name in found if name.split(".")[0] in {"sklearn", "torch", "seaborn"}]
            assert not banned and "matplotlib.pyplot" not in found, path


def test_data_loads_no_matplotlib_and_drawing_no_learning():
    code = """
import sys
sys.path.insert(0, "tests")
from test_plots import PLOTS, random_run
tables = [plot.data([random_run()]) for plot in PLOTS]
assert "matplotlib" not in sys.modules
for plot, table in zip(PLOTS, tables):
    plot.draw(table)
assert not {"sklearn", "torch", "seaborn", "matplotlib.pyplot"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=HOME)


# ---- scatter


class TestScatter:
    def test_data_is_the_faces_reported_on(self):
        run = make_run([HAPPY, SAD, -1, HAPPY], [0, 1, 1, 0], part=["test", "test", "test", "train"])
        data = Scatter().data([run])
        expected = pd.DataFrame(
            {
                "run": "pixels-kmeans",
                "dataset": "toy",
                "split": "paper",
                "part": "test",
                "fitted": False,
                "seeds": 1,
                "projection": "pca",
                "ami": 1.0,  # both labelled test faces are told apart
                "emotion": pd.Categorical.from_codes([HAPPY, SAD, -1], EMOTIONS),
                "cluster": np.array([0, 1, 1], np.int32),
                "x": [0.0, 1.0, 2.0],
                "y": [0.0, 1.0, 4.0],
            }
        )
        pd.testing.assert_frame_equal(data, expected, check_dtype=False)

    def test_the_agreement_of_the_first_of_several_seeds_is_told_so(self):
        run = make_run([HAPPY, SAD], [0, 1])
        title = Scatter().draw(Scatter().data([run])).axes[1].get_title(loc="left")
        assert title.endswith("AMI 1.000")
        run.spec["seeds"] = [0, 1]
        title = Scatter().draw(Scatter().data([run])).axes[1].get_title(loc="left")
        assert title.endswith("AMI 1.000, first seed")

    def test_faces_without_labels_are_not_said_to_be_by_emotion(self):
        for emotion, told in (([-1, -1], "2 faces without labels"), ([HAPPY, -1], "2 faces by true emotion")):
            title = Scatter().draw(Scatter().data([make_run(emotion, [0, 1])])).axes[0].get_title(loc="left")
            assert title.endswith(told)

    def test_parts_are_chosen_and_said(self):
        run = make_run([HAPPY, SAD], [0, 1], part=["test", "train"])
        data = Scatter(parts="test+train").data([run])
        assert len(data) == 2 and set(data["part"]) == {"test + train"} and data["fitted"].all()
        title = Scatter().draw(data).axes[0].get_title(loc="left")
        assert "transductive" in title and "2 faces" in title

    def test_colours_are_those_of_emotions_and_unlabelled_is_grey(self):
        from matplotlib.colors import to_hex

        figure = Scatter().draw(Scatter().data([make_run([HAPPY, -1], [0, 1])]))
        left, right = figure.axes
        drawn = [to_hex(colour).upper() for colour in left.collections[0].get_facecolors()]
        assert drawn == ["#D0D0D0", COLOURS["happy"]]  # unlabelled first: it lies beneath
        others = {to_hex(colour).upper() for colour in right.collections[0].get_facecolors()}
        assert len(others) == 2 and not others & {"#D0D0D0", *COLOURS.values()}

    def test_title_gives_the_ami_of_what_is_drawn(self):
        run = make_run([HAPPY, SAD] * 10, [0, 1] * 10)
        assert "AMI 1.000" in Scatter().draw(Scatter().data([run])).axes[1].get_title(loc="left")
        chance = make_run([HAPPY, HAPPY, SAD, SAD] * 5, [0, 1] * 10)
        expected = float(Scatter().data([chance])["ami"].iloc[0])
        assert expected < 0.01
        title = Scatter().draw(Scatter().data([chance])).axes[1].get_title(loc="left")
        assert f"AMI {expected:.3f}" in title

    def test_outliers_do_not_squash_the_cloud(self):
        run = random_run(n=5000)
        run.faces.loc[run.faces.index[run.faces["part"] == "test"][0], "x"] = 1e6
        left, _ = Scatter().draw(Scatter().data([run])).axes
        assert left.get_xlim()[1] < 20
        assert "outside the frame" in left.get_xlabel()

    def test_run_without_projection_is_explained(self):
        run = random_run()
        run = replace(run, faces=run.faces.drop(columns=["x", "y"]))
        with pytest.raises(InputError, match="without a projection"):
            Scatter().data([run])

    def test_too_few_panels_are_explained(self):
        from matplotlib.figure import Figure

        with pytest.raises(InputError, match="4 panels, got 2"):
            Scatter().draw(Scatter().data([random_run(), random_run()]), ax=Figure().subplots(1, 2))

    def test_points_of_all_faces_are_rasterised_and_small(self):
        figure = Scatter().draw(Scatter().data([random_run(n=40000)]))
        points = figure.axes[0].collections[0]
        assert points.get_rasterized() and points.get_sizes()[0] < 4


def test_spread_parts_equal_and_near_labels_only():
    points = np.array([[0.0, 0.0]] * 5 + [[1.0, 0.0], [100.0, 100.0]])
    placed = spread(points, (10, 10))
    gaps = np.abs(placed[:, None] - placed).max(-1) + 1e9 * np.eye(len(points))
    assert gaps.min() > 9.99
    assert np.abs(placed[-1] - points[-1]).max() < 0.1  # who has room stays
    assert np.abs(placed).max() < 130


# ---- contingency


class TestContingency:
    def test_counts_expected_and_residuals_by_hand(self):
        # happy: 3 in cluster 0, 1 in cluster 1; sad: 1 and 3; one face has no label
        run = make_run([HAPPY] * 4 + [SAD] * 4 + [-1], [0, 0, 0, 1, 0, 1, 1, 1, 0])
        data = Contingency().data([run])
        happy = data[data["emotion"] == "happy"].set_index("cluster")
        assert happy["count"].tolist() == [3, 1]
        assert happy["expected"].tolist() == [2.0, 2.0]
        # (3 - 2) / sqrt(2 * (1 - 4/8) * (1 - 4/8))
        assert happy["residual"].tolist() == [1.414, -1.414]
        assert data["count"].sum() == 8
        assert data.loc[data["emotion"] == "fear", "residual"].eq(0).all()

    def test_names_come_from_the_faces_fitted_on(self):
        train = ["train"] * 4
        run = make_run(
            [SAD, SAD, HAPPY, HAPPY, HAPPY, SAD], [0, 0, 1, 1, 0, 1], part=[*train, "test", "test"]
        )
        named = Contingency().data([run]).drop_duplicates("cluster").set_index("cluster")["named"]
        assert named.to_dict() == {0: "sad", 1: "happy"}

    def test_clusters_stand_in_the_order_of_their_names(self):
        run = make_run([SAD] * 3 + [ANGRY] * 2 + [HAPPY], [0] * 3 + [2] * 2 + [1], k=4)
        run.spec["fit"] = "test"
        columns = Contingency().data([run]).drop_duplicates("cluster").sort_values("place")
        assert columns["cluster"].tolist() == [2, 1, 0, 3]
        assert columns["named"].tolist() == ["angry", "happy", "sad", "empty"]

    def test_where_no_face_fitted_on_is_labelled_no_cluster_has_a_name(self):
        part = ["train"] * 2 + ["test"] * 4
        run = make_run([-1, -1, SAD, HAPPY, HAPPY, HAPPY], [0, 1, 0, 1, 1, 1], part=part, k=3)
        data = Contingency().data([run])
        columns = data.drop_duplicates("cluster").sort_values("place")
        assert columns["cluster"].tolist() == [1, 0, 2]  # by their size
        assert columns["named"].tolist() == ["no name", "no name", "empty"]
        (panel, _) = Contingency().draw(data).axes
        assert panel.get_xlabel().startswith("cluster: no label names it\n") and not panel.patches

    def test_a_cluster_without_labelled_faces_to_be_named_by_is_not_called_empty(self):
        part = ["train"] * 2 + ["test"] * 2
        run = make_run([SAD, -1, SAD, HAPPY], [0, 1, 0, 1], part=part, k=3)
        columns = Contingency().data([run]).drop_duplicates("cluster").sort_values("cluster")
        assert columns["named"].tolist() == ["sad", "no name", "empty"]

    def test_sums_and_counts_are_written(self):
        run = make_run([HAPPY] * 4 + [SAD] * 4, [0, 0, 0, 1, 0, 1, 1, 1])
        figure = Contingency().draw(Contingency().data([run]))
        written = [text.get_text() for text in figure.axes[0].texts]
        assert written.count("8") == 1 and written.count("4") == 4  # all; two rows, two columns
        assert written.count("3") == 2 and written.count("2.0") == 4


# ---- scores


def spread_of(mean):
    return {"mean": mean, "sd": 0.01, "low": mean - 0.02, "high": mean + 0.02}


def scored(name, ami, clusterer="kmeans", several=True):
    value = spread_of if several else float
    scores = {metric: value(0.2) for metric in ALL_SCORES} | {"ami": value(ami), "n": value(50)}
    return make_run([HAPPY, SAD], [0, 1], name=name, clusterer=clusterer, scores=scores)


class TestScores:
    def test_data_is_tidy(self):
        data = Scores().data([scored("a", 0.3), scored("b", 0.1, several=False)])
        assert len(data) == 2 * 2 * len(ALL_SCORES)
        ami = data[(data["metric"] == "ami") & (data["duplicates"] == "with")].set_index("run")
        assert ami.loc["a", ["mean", "sd", "low", "high"]].tolist() == pytest.approx([0.3, 0.01, 0.28, 0.32])
        assert ami.loc["b", "mean"] == 0.1 and ami.loc["b", ["sd", "low", "high"]].isna().all()
        assert set(data["split"]) == {"paper"} and set(data["part"]) == {"test"}

    def test_best_ami_is_on_top_and_values_are_written(self):
        figure = Scores().draw(Scores().data([scored("low", 0.1), scored("high", 0.3)]))
        labels = figure.axes[0].get_yticklabels()
        heights = {label.get_text(): label.get_position()[1] for label in labels}
        assert heights["high"] < heights["low"]  # the axis runs downwards
        assert {"0.300", "0.100"} <= {text.get_text() for text in figure.axes[0].texts}
        assert all(axes.get_xlim()[0] == 0 for axes in figure.axes)

    def test_chance_is_a_dashed_line_and_controls_are_grey(self):
        runs = [scored("a", 0.3), scored("c", 0.01, "chance"), scored("o", 0.0, "one")]
        axes = Scores().draw(Scores().data(runs)).axes[0]
        (dashed,) = [line for line in axes.lines if line.get_linestyle() == "--"]
        assert list(dashed.get_xdata()) == [0.01, 0.01]
        dots = [line for line in axes.lines if line.get_marker() == "o" and line.get_markersize() == 6]
        colours = {float(line.get_xdata()[0]): line.get_color() for line in dots}
        assert colours == {0.3: "black", 0.01: "0.6", 0.0: "0.6"}

    def test_purity_has_the_chance_level_of_each_run(self):
        axes = Scores().draw(Scores().data([scored("a", 0.3), scored("b", 0.2)])).axes[-1]
        level, bare = [line for line in axes.lines if line.get_marker() == "|"]
        assert list(level.get_xdata()) == [0.2, 0.2]
        (hollow,) = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
        assert list(bare.get_ydata()) == list(hollow.get_ydata())  # each dot beside a level of its own faces

    def test_the_whole_of_an_interval_below_zero_is_seen(self):
        run = scored("low", 0.01)
        run.scores["test"]["ami"] = {"mean": 0.01, "sd": 0.01, "low": -0.05, "high": 0.07}
        panel = Scores().draw(Scores().data([run])).axes[0]
        assert panel.get_xlim()[0] < -0.05

    def test_one_cluster_is_at_chance_with_copies_and_without(self):
        run = scored("one", 0.25, clusterer="one")
        scores, without = (
            {"test": run.scores["test"] | dict.fromkeys(("purity", "purity_chance"), spread_of(purity))}
            for purity in (0.245, 0.258)
        )
        run = replace(run, scores=scores, scores_without_duplicates=without)
        axes = Scores().draw(Scores().data([run])).axes[-1]
        levels = {tuple(line.get_xydata()[0]) for line in axes.lines if line.get_marker() == "|"}
        dots = {tuple(line.get_xydata()[0]) for line in axes.lines if line.get_marker() == "o"}
        assert levels == dots and {x for x, _ in dots} == {0.245, 0.258}

    def test_splits_are_kept_apart(self):
        other = scored("a", 0.5)
        other.spec["split"] = "official"
        figure = Scores().draw(Scores().data([scored("a", 0.3), other]))
        labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
        assert labels[:2] == ["toy, test (paper), 50 faces", "toy, test (official), 50 faces"]


# ---- montage


class TestMontage:
    def test_pixels_survive_the_csv_and_missing_faces_stay_blank(self, tmp_path):
        run = make_run([HAPPY, SAD], [0, 1])
        run.medoids[1, 2] = 0
        run.medoids[0, 0] = 0x11  # all digits: must not be read as a number
        _, table = save(Montage(), [run], tmp_path / "montage.png")
        data = pd.read_csv(table)
        assert data["pixels"].isna().tolist() == [False] * 5 + [True]
        pixel = bytes.fromhex(data["pixels"][1][1:])
        assert np.array_equal(np.frombuffer(pixel, np.uint8).reshape(4, 4), run.medoids[0, 1])
        assert data["pixels"][0] == "#" + "11" * 16

    def test_labels_give_size_and_shares(self):
        run = make_run([HAPPY, HAPPY, SAD, -1, SAD], [0, 0, 0, 0, 1], k=3)
        figure = Montage().draw(Montage().data([run]))
        labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
        assert labels[0] == "cluster 0: 4 faces\n67 % happy, 33 % sad"
        assert labels[1] == "cluster 1: 1 face\n100 % sad"
        assert labels[2] == "cluster 2\nempty"
        assert labels[3] == "all clusters: 5 faces\n50 % happy, 50 % sad"

    def test_without_labels_there_are_no_bars_and_no_legend_of_them(self):
        labelled, not_labelled = make_run([HAPPY, SAD], [0, 1]), make_run([-1, -1], [0, 1])
        not_labelled = replace(not_labelled, scores={}, scores_without_duplicates={})
        for run, told in ((labelled, True), (not_labelled, False)):
            panel = Montage().draw(Montage().data([run])).axes[0]
            assert bool(panel.get_legend()) == bool(panel.patches) == told
            assert ("bars" in panel.get_title(loc="left")) == told

    def test_faces_stand_in_rows_of_clusters(self):
        run = make_run([HAPPY, SAD], [0, 1])
        (image,) = Montage().draw(Montage().data([run])).axes[0].images
        mosaic = np.asarray(image.get_array())
        fine = 4
        first = mosaic[fine : 5 * fine : fine, : 4 * fine : fine]  # below a gap of one pixel
        assert np.array_equal(first, run.medoids[0, 0])
        below = mosaic[6 * fine : 10 * fine : fine, 5 * fine : 9 * fine : fine]
        assert np.array_equal(below, run.medoids[1, 1])

    def test_run_without_medoids_is_explained(self):
        run = random_run()
        run = replace(run, medoids=np.zeros((0, 0, 1, 1), np.uint8))
        with pytest.raises(InputError, match="no medoids"):
            Montage().data([run])


def test_spare_panels_are_removed():
    assert len(axes_for(None, (2, 2), (4, 4), 3)) == 3
    assert len(axes_for(None, (2, 2), (4, 4), 3)[0].figure.axes) == 3


@pytest.mark.parametrize("plot", [Scatter(), Contingency()], ids=lambda plot: type(plot).__name__)
def test_a_dollar_in_a_name_is_a_dollar(plot, tmp_path):
    random = np.random.default_rng(0)
    run = make_run(random.integers(0, 7, 40), random.integers(0, 2, 40), name="runs/$b_{^$")
    assert all(path.exists() for path in save(plot, [run], tmp_path / "dollar.png"))
