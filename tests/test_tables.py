"""Tables on disk: their names, their numbers, and Markdown that a person can read."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from test_analysis import random_run
from test_classifier_plots import make_run

from fer_cluster.errors import InputError
from fer_cluster.tables import markdown, tabulate, tabulate_experiment

SPLITS = ("paper", "official")


def stems(paths):
    assert all(path.exists() for path in paths)
    csv, md = ({path.stem for path in paths if path.suffix == suffix} for suffix in (".csv", ".md"))
    assert csv == md and len(paths) == 2 * len(csv)
    return csv


class TestTabulate:
    def test_the_default_tables(self, tmp_path):
        runs = [random_run(name, split=split) for split in SPLITS for name in ("cnn3", "residual")]
        runs.append(random_run("pixels-kmeans", kind="clusterer"))
        names = {f"per_emotion_{name}_{split}" for split in SPLITS for name in ("cnn3", "residual")}
        written = stems(tabulate(runs, tmp_path))
        assert written >= names | {"paired_paper", "paired_official", "printed"}
        assert "per_emotion_pixels-kmeans_paper" not in written
        assert len(pd.read_csv(tmp_path / "paired_paper.csv")) == 3  # the clustering too

    def test_one_run_is_not_compared(self, tmp_path):
        written = stems(tabulate([random_run("residual")], tmp_path))
        assert "per_emotion_residual_paper" in written
        assert not [name for name in written if name.startswith(("paired", "printed"))]

    def test_faces_without_labels_have_no_table(self, tmp_path):
        runs = [make_run([-1, -1], [0, 1]), make_run([-1, -1], [0, 1], name="residual")]
        assert not {"per_emotion", "paired", "printed"} & {path.stem for path in tabulate(runs, tmp_path)}

    def test_what_is_asked_for_is_written_or_explained(self, tmp_path):
        clustering = random_run("pixels-kmeans", kind="clusterer")
        assert stems(tabulate([clustering], tmp_path, ["per_emotion"])) == {"per_emotion_pixels-kmeans_paper"}
        with pytest.raises(InputError, match="runs of a classifier; there is none"):
            tabulate([clustering], tmp_path, ["printed"])
        with pytest.raises(InputError, match="two runs or more"):
            tabulate([clustering], tmp_path, ["paired"])
        with pytest.raises(InputError, match="Did you mean 'paired'"):
            tabulate([clustering], tmp_path, ["pairs"])
        with pytest.raises(InputError, match="no run"):
            tabulate([], tmp_path)

    def test_csv_and_markdown_hold_the_same_numbers(self, tmp_path):
        run = make_run([3, 3, 4], [[3, 3, 3], [3, 3, 4]])
        csv, md = tabulate([run], tmp_path, ["per_emotion"])
        happy = pd.read_csv(csv).set_index("emotion").loc["happy"]
        assert [happy["precision"], happy["support"]] == [pytest.approx(5 / 6, abs=1e-6), 2]
        lines = md.read_text(encoding="utf-8").splitlines()
        assert lines[0].endswith(": cnn3, toy, paper, test") and lines[2].startswith("cnn3 names 83.3 %")
        (row,) = [line for line in lines if line.startswith("| happy")]
        assert row == "| happy | 0.833 ± 0.236 | 1.000 ± 0.000 | 0.900 ± 0.141 | 2 | 2 |"


class TestTabulateExperiment:
    def runs(self):
        names = ("cnn3", "residual", "cnn4")
        return [random_run(name, split=split) for split in SPLITS for name in names]

    def test_named_tables_of_every_split_and_what_compares(self, tmp_path):
        tables = (
            {"name": "table_1", "analysis": "per_emotion", "run": "residual"},
            {"name": "two", "analysis": "paired", "runs": ["cnn4", "cnn3"]},
            {"name": "beside", "analysis": "printed", "runs": ["cnn3"]},
        )
        written = stems(tabulate_experiment(SimpleNamespace(tables=tables), self.runs(), tmp_path))
        expected = {f"{name}_{split}" for name in ("table_1", "two", "paired") for split in SPLITS}
        assert written >= expected | {"beside", "printed"}
        assert not [name for name in written if name.startswith("per_emotion")]
        assert set(pd.read_csv(tmp_path / "table_1_official.csv")["run"]) == {"residual"}
        row = pd.read_csv(tmp_path / "two_paper.csv").iloc[0]
        assert {row["first"], row["second"]} == {"cnn3", "cnn4"}

    def test_without_names_the_default_tables(self, tmp_path):
        written = stems(tabulate_experiment(SimpleNamespace(tables=()), self.runs(), tmp_path))
        assert {"per_emotion_cnn4_official", "paired_paper", "printed"} <= written

    def test_a_table_that_cannot_be_made_is_left_out_with_a_warning(self, tmp_path):
        tables = ({"name": "alone", "analysis": "paired", "run": "cnn3"},)
        with pytest.warns(UserWarning, match="'alone_paper' is left out: .*two runs or more"):
            tabulate_experiment(SimpleNamespace(tables=tables), [random_run()], tmp_path)


class TestMarkdown:
    def test_numbers_are_rounded_for_people(self):
        table = pd.DataFrame(
            {
                "run": "cnn3",
                "emotion": ["happy", "sa|d", "fear"],
                "printed": [0.81, 1765.0, 0.6249],
                "p": [3.21e-12, np.nan, -0.000012],
                "faces": [1234, 2, 0],
                "seeds": pd.array([3, None, 1], "Int64"),
            }
        )
        assert markdown(table, "Title", "One sentence.") == (
            "# Title: cnn3\n"
            "\n"
            "One sentence.\n"
            "\n"
            "| emotion | printed | p | faces | seeds |\n"
            "| --- | ---: | ---: | ---: | ---: |\n"
            "| happy | 0.81 | 3e-12 | 1,234 | 3 |\n"
            "| sa\\|d | 1,765 |  | 2 |  |\n"
            "| fear | 0.6249 | -1e-05 | 0 | 1 |\n"
        )

    def test_what_differs_stays_a_column_and_a_missing_spread_is_silent(self):
        table = pd.DataFrame({"run": ["a", "b"], "f1": [0.5, 0.25], "f1_sd": [0.01, np.nan]})
        lines = markdown(table, "Title", "S.").splitlines()
        assert lines[0] == "# Title"
        assert lines[4:] == [
            "| run | f1 |",
            "| --- | ---: |",
            "| a | 0.500 ± 0.010 |",
            "| b | 0.25 |",
        ]
