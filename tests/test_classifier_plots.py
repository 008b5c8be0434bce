"""The figures of classifiers and of what is trained epoch by epoch, by the data behind them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from test_plots import ALL_SCORES, HAPPY, LONG, SAD, _outside, _overlapping, _texts, pixels, spread_of

from fer_cluster.drawing import draw, draw_experiment
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.picture import save
from fer_cluster.plots.confusion import Confusion
from fer_cluster.plots.learning_curve import LearningCurve
from fer_cluster.plots.reconstruction import Reconstruction
from fer_cluster.plots.scores import Scores
from fer_cluster.runs import Run

PLOTS = [LearningCurve(), Confusion(), Reconstruction(), Scores()]


def make_run(emotion, predicted, *, name="cnn3", part=None, split="paper", scores=None, **spec):
    """Return a run; ``predicted`` has a row of emotions, or of clusters, for each seed."""
    predicted = np.atleast_2d(predicted)
    fit = "train" if part is not None or spec.get("kind") != "clusterer" else "test"  # which names clusters
    part = np.array(part if part is not None else ["test"] * len(emotion))
    faces = pd.DataFrame({"emotion": pd.Categorical.from_codes(emotion, EMOTIONS), "part": part})
    faces["duplicate"] = False
    spec = {"kind": "classifier", "baseline": name, "split": split, "fit": fit, "report": "test"} | spec
    spec |= {"seeds": list(range(len(predicted))), "transductive": False}
    spec = {"params": {"baseline": {"views": "one"}}} | spec
    spec["dataset"] = {"name": "toy", "fingerprint": spec.pop("fingerprint", "f")}
    for seed, row in enumerate(predicted):
        suffix = f"_{seed}" if seed else ""
        if spec["kind"] == "classifier":
            faces[f"predicted{suffix}"] = pd.Categorical.from_codes(row, EMOTIONS)
        else:
            faces[f"cluster{suffix}"] = np.asarray(row, np.int32)
    scores = {"test": scores or dict.fromkeys(ALL_SCORES, 0.2)}
    return Run(name, spec, faces, np.zeros((len(faces), 7), np.float32), scores, scores)


def make_history(seeds=1, epochs=3, columns=("loss", "accuracy", "watch_loss", "watch_accuracy")):
    keys = pd.MultiIndex.from_product([range(seeds), range(1, epochs + 1)], names=["seed", "epoch"])
    history = keys.to_frame(index=False)
    for place, column in enumerate(columns):
        history[column] = 0.1 * history["epoch"] + 0.01 * history["seed"] + place
    return history


def trained_run(n=200, seeds=3, seed=0, epochs=3, **given):
    """Return a run with all that any figure of this file draws."""
    random = np.random.default_rng(seed)
    part = np.where(random.random(n) < 0.5, "train", "test")
    scores = dict.fromkeys(ALL_SCORES, spread_of(0.3)) | {"n": spread_of(3589.0)}
    emotion, predicted = random.integers(-1, 7, n), random.integers(7, size=(seeds, n))
    run = make_run(emotion, predicted, part=part, scores=scores, watched="PublicTest", **given)
    pictures = random.integers(256, size=(2, 5, 8, 8)).astype(np.uint8)
    return replace(run, history=make_history(seeds, epochs), pictures=pictures)


def clustering_run(name="pixels-kmeans", **given):
    """Return a run of a clusterer; it was not trained and has a map."""
    run = trained_run(name=name, kind="clusterer", clusterer="kmeans", k=7, projection="pca", **given)
    run.faces["x"] = run.faces["y"] = np.arange(len(run.faces)) % 17.0
    medoids = np.full((7, 2, 4, 4), 9, np.uint8)
    return replace(run, history=pd.DataFrame(), pictures=np.zeros((0, 0, 1, 1), np.uint8), medoids=medoids)


# ---- every figure


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: type(plot).__name__)
class TestEveryPlot:
    def test_is_redrawn_from_its_csv(self, plot, tmp_path):
        runs = [trained_run(), trained_run(seed=1, name="residual", seeds=1)]
        _, table = save(plot, runs, tmp_path / "figure.png")
        assert pixels(plot.draw(pd.read_csv(table))) == pixels(plot.draw(plot.data(runs)))

    def test_draws_into_a_given_panel(self, plot):
        from matplotlib.figure import Figure

        panel = Figure((12, 9)).subplots()
        assert plot.draw(plot.data([trained_run()]), ax=panel) is panel.figure
        drawn = [panel, *panel.child_axes]
        assert any(axes.collections or axes.images or axes.lines for axes in drawn)

    def test_tells_runs_of_one_name_apart(self, plot):
        data = plot.data([trained_run(), trained_run(seed=1)])
        assert list(data["run"].unique()) == ["cnn3", "cnn3 (2)"]

    def test_text_is_legible_and_does_not_overlap(self, plot):
        runs = [trained_run(name=LONG), trained_run(seed=1, epochs=1), trained_run(seeds=1, epochs=30)]
        loss_only = replace(trained_run(name="autoencoder"), history=make_history(columns=("loss",)))
        for some in (runs[1:2], [loss_only], [*runs, loss_only]):
            texts = _texts(plot.draw(plot.data(some)))
            assert min(text.get_fontsize() for text, _ in texts) >= 8
            assert not _overlapping(texts)
            assert not _outside(texts)


# ---- learning curve


class TestLearningCurve:
    def test_data_is_tidy_and_the_watched_faces_have_their_name(self):
        run = trained_run(seeds=2)
        data = LearningCurve().data([run])
        assert len(data) == 2 * 3 * 4  # seeds, epochs, columns
        chosen = data.query("seed == 1 and epoch == 2 and metric == 'accuracy'").set_index("faces")["value"]
        assert chosen.to_dict() == pytest.approx({"training": 1.21, "PublicTest": 3.21})

    def test_draws_what_there_is(self):
        run = replace(trained_run(), history=make_history(columns=("loss",)))
        figure = LearningCurve().draw(LearningCurve().data([run]))
        assert [axes.get_ylabel() for axes in figure.axes] == ["loss"]

    def test_a_run_that_was_not_trained_is_explained(self):
        with pytest.raises(InputError, match="no history"):
            LearningCurve().data([clustering_run()])

    def test_the_bold_line_is_the_mean_as_far_as_all_seeds_go(self):
        run = trained_run(seeds=2)
        run = replace(run, history=run.history.drop(index=5))  # the last epoch of the second seed
        axes = LearningCurve().draw(LearningCurve().data([run])).axes[0]
        bold = [line for line in axes.lines if line.get_linewidth() > 2]
        assert [line.get_xdata().tolist() for line in bold] == [[1, 2], [1, 2]]
        assert bold[0].get_ydata() == pytest.approx([110.5, 120.5])  # per cent, between the seeds
        assert len(axes.lines) == 2 + 2 * 2

    def test_it_is_told_where_the_finished_net_averages_over_views_and_the_curve_does_not(self):
        def legend(views):
            run = trained_run(params={"baseline": {"views": views}})
            return LearningCurve().draw(LearningCurve().data([run])).axes[-1].get_legend()

        texts = [text.get_text() for text in legend("ten_crop").get_texts()]
        assert "watched: PublicTest\n(one view each; scored by ten crops)" in texts
        assert "watched: PublicTest" in [text.get_text() for text in legend("one").get_texts()]

    def test_diverged_epochs_are_left_out(self):
        run = trained_run(seeds=1)
        run.history.loc[2, "loss"] = np.nan
        data = LearningCurve().data([run])
        assert len(data) == 3 * 4 - 1


# ---- confusion


class TestConfusion:
    def test_counts_shares_and_scores_by_hand(self):
        # happy: 3 of 4 right with the first seed, all with the second; sad: 1 of 2 with both
        emotion = [HAPPY] * 4 + [SAD] * 2 + [-1]
        first = [HAPPY, HAPPY, HAPPY, SAD, SAD, HAPPY, SAD]
        second = [HAPPY] * 4 + [SAD, HAPPY, SAD]
        data = Confusion().data([make_run(emotion, [first, second])])
        cells = data.set_index(["emotion", "predicted"])
        assert (
            cells.loc[("happy", "happy"), "count"] == 3.5 and cells.loc[("happy", "happy"), "share"] == 0.875
        )
        assert cells.loc[("happy", "sad"), "count"] == 0.5 and cells.loc[("sad", "sad"), "share"] == 0.5
        assert data["count"].sum() == 6 and data["accuracy"].unique() == pytest.approx([0.75], abs=1e-5)
        # F1 of happy 6/8 and 8/9, of sad 2/4 and 2/3
        assert data["macro_f1"].unique() == pytest.approx([(0.625 + 7 / 9) / 2], abs=1e-5)
        assert data["accuracy_sd"].unique() == pytest.approx([np.std([4 / 6, 5 / 6], ddof=1)], abs=1e-5)

    def test_title_and_cells_say_it(self):
        figure = Confusion().draw(Confusion().data([make_run([HAPPY, HAPPY, SAD], [HAPPY, SAD, SAD])]))
        assert "accuracy 66.7 %" in figure.axes[0].get_title(loc="left")
        written = [text.get_text() for text in figure.axes[0].texts]
        assert written.count("50 %") == 2 and written.count("100 %") == 1

    def test_parts_are_chosen(self):
        run = make_run([HAPPY, SAD], [HAPPY, HAPPY], part=["train", "test"])
        assert Confusion().data([run])["accuracy"].eq(0).all()
        both = Confusion(parts="train+test").data([run])
        assert (
            both["accuracy"].eq(0.5).all() and both["fitted"].all() and set(both["part"]) == {"train + test"}
        )
        with pytest.raises(InputError, match="Did you mean 'train'"):
            Confusion(parts="trian").data([run])

    def test_unlabelled_faces_are_explained(self):
        with pytest.raises(InputError, match="no labelled faces"):
            Confusion().data([make_run([-1, -1], [HAPPY, SAD])])


# ---- reconstruction


class TestReconstruction:
    def test_error_by_hand_and_pixels_survive_the_csv(self, tmp_path):
        pictures = np.full((2, 2, 2, 2), 0x11, np.uint8)  # digits only: must not be read as a number
        pictures[1, 0, 0, 0] += 51  # a fifth of white, in one of four pixels
        run = replace(make_run([HAPPY], [HAPPY]), pictures=pictures)
        _, table = save(Reconstruction(), [run], tmp_path / "figure.png")
        data = pd.read_csv(table)
        assert data["error"].tolist() == [0.01, 0.0]
        assert data["original"].tolist() == ["#11111111"] * 2 and data["reconstruction"][0] == "#44111111"

    def test_originals_stand_over_reconstructions(self):
        run = trained_run()
        axes = Reconstruction().draw(Reconstruction().data([run])).axes[0]
        mosaic, fine = np.asarray(axes.images[0].get_array()), 4
        assert np.array_equal(mosaic[fine : 9 * fine : fine, : 8 * fine : fine], run.pictures[0, 0])
        assert np.array_equal(
            mosaic[10 * fine : 18 * fine : fine, 9 * fine : 17 * fine : fine], run.pictures[1, 1]
        )

    def test_a_run_without_pictures_is_explained(self):
        with pytest.raises(InputError, match="no pictures"):
            Reconstruction().data([clustering_run()])


# ---- scores of both kinds


class TestScoresOfBothKinds:
    def runs(self):
        return [trained_run(), clustering_run(), trained_run(name="majority", seed=2)]

    def test_kinds_are_told_apart(self):
        data = Scores().data(self.runs())
        kinds = data.drop_duplicates("run").set_index("run")["kind"].to_dict()
        assert kinds == {"cnn3": "supervised", "pixels-kmeans": "method", "majority": "majority"}
        axes = Scores().draw(data).axes
        squares = [line for line in axes[0].lines if line.get_marker() == "s"]
        assert [line.get_color() for line in squares] == ["#0072B2"]
        assert "trained on labels" in " ".join(text.get_text() for text in axes[0].figure.legends[0].texts)

    def test_what_has_no_clusters_is_not_scored_as_such(self):
        axes = Scores().draw(Scores().data(self.runs())).axes
        squares = [sum(line.get_marker() == "s" for line in panel.lines) for panel in axes]
        assert squares == [1, 0, 1, 1, 0]  # neither Hungarian accuracy nor purity
        dots = [
            sum(line.get_markersize() == 6 and line.get_marker() == "o" for line in p.lines) for p in axes
        ]
        assert dots == [2, 1, 2, 2, 1]  # K-Means, and the control that is a classifier

    def test_worse_than_chance_stays_in_the_panel(self):
        runs = self.runs()
        runs[0].scores["test"].update(ami=spread_of(-0.05))
        axes = Scores().draw(Scores().data(runs)).axes
        assert axes[0].get_xlim()[0] < -0.05 and axes[1].get_xlim()[0] == 0

    def test_classifiers_alone_are_sorted_by_accuracy(self):
        better, worse = trained_run(name="better"), trained_run(name="worse")
        better.scores["test"].update(named_accuracy=spread_of(0.6), ami=spread_of(0.1))
        axes = Scores().draw(Scores().data([worse, better])).axes
        assert axes[0].get_title() == "accuracy" and axes[2].get_title() == "macro F1"
        heights = {label.get_text(): label.get_position()[1] for label in axes[0].get_yticklabels()}
        assert heights["better"] < heights["worse"]  # the axis runs downwards


# ---- which plots are drawn of which runs


class TestDrawing:
    def test_each_run_has_the_plots_of_its_kind(self, tmp_path):
        paths = draw([trained_run(n=60), clustering_run(n=60)], tmp_path)
        assert {path.stem for path in paths} == {
            "confusion_cnn3_paper",
            "learning_curve_cnn3_paper",
            "reconstruction_cnn3_paper",
            "contingency_pixels-kmeans_paper",
            "montage_pixels-kmeans_paper",
            "scatter_pixels-kmeans_paper",
            "scores_paper",
        }

    def test_an_asked_for_plot_is_drawn_of_the_runs_that_can(self, tmp_path):
        runs = [trained_run(n=60), clustering_run(n=60)]
        with pytest.warns(UserWarning, match="Left out: 'pixels-kmeans' has no history to draw"):
            paths = draw(runs, tmp_path, ["learning_curve", "scatter"])
        assert [path.name for path in paths if path.suffix == ".png"] == [
            "learning_curve_cnn3_paper.png",
            "scatter_pixels-kmeans_paper.png",
        ]

    def test_an_asked_for_plot_that_no_run_gives_is_explained(self, tmp_path):
        with pytest.raises(InputError, match="runs of a clusterer; there is none"):
            draw([trained_run(n=60)], tmp_path, ["scatter"])
        with pytest.raises(InputError, match="no history"):
            draw([clustering_run(n=60)], tmp_path, ["learning_curve"])
        with pytest.raises(InputError, match="What is drawn of runs has no 'audit'"):
            draw([clustering_run(n=60)], tmp_path, ["audit"])
        assert not list(tmp_path.iterdir())

    def test_an_experiment_names_one_run_or_several(self, tmp_path):
        runs = [
            trained_run(n=60, split=split, name=name) for split in ("paper", "official") for name in "abc"
        ]
        figures = (
            {"name": "figure_4", "plot": "learning_curve", "run": "b"},
            {"name": "both", "plot": "confusion", "runs": ["c", "a"]},
        )
        paths = draw_experiment(SimpleNamespace(figures=figures), runs, tmp_path)
        stems = {path.stem for path in paths}
        assert stems == {
            f"{name}_{split}" for name in ("scores", "figure_4", "both") for split in ("paper", "official")
        }
        assert list(pd.read_csv(tmp_path / "both_official.csv")["run"].unique()) == ["c", "a"]
        assert set(pd.read_csv(tmp_path / "figure_4_paper.csv")["split"]) == {"paper"}

    def test_a_figure_that_cannot_be_made_is_left_out_with_a_warning(self, tmp_path):
        figures = ({"name": "map", "plot": "scatter", "run": "cnn3"},)
        with pytest.warns(UserWarning, match="'map' is left out: no run of it is a clusterer"):
            assert not draw_experiment(SimpleNamespace(figures=figures), [trained_run(n=60)], tmp_path)
        figures = ({"name": "curve", "plot": "learning_curve", "run": "pixels-kmeans"},)
        with pytest.warns(UserWarning, match="'curve_paper' is left out: .*no history"):
            assert not draw_experiment(SimpleNamespace(figures=figures), [clustering_run(n=60)], tmp_path)
