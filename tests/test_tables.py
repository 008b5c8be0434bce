"""Tables on disk: their names, their numbers, and Markdown that a person can read."""

import re
import shutil
import subprocess
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from test_analysis import random_run
from test_classifier_plots import make_run

from fer_cluster.analysis.paired import Paired
from fer_cluster.errors import InputError
from fer_cluster.tables import sentences, tabulate, tabulate_experiment
from fer_cluster.typeset import latex, markdown

SPLITS = ("paper", "official")


def stems(paths):
    assert all(path.exists() for path in paths)
    csv, md, tex = (
        {path.stem for path in paths if path.suffix == suffix} for suffix in (".csv", ".md", ".tex")
    )
    assert csv == md == tex and len(paths) == 3 * len(csv)
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

    def test_runs_of_other_faces_are_compared_apart(self, tmp_path):
        runs = [random_run(name, fingerprint=own) for own in "ab" for name in ("cnn3", "residual")]
        written = stems(tabulate(runs, tmp_path))
        assert {name for name in written if name.startswith("paired")} == {
            "paired_toy_paper",
            "paired_toy_2_paper",
        }
        assert len(pd.read_csv(tmp_path / "paired_toy_2_paper.csv")) == 1

    def test_faces_without_labels_have_no_table(self, tmp_path):
        runs = [make_run([-1, -1], [0, 1]), make_run([-1, -1], [0, 1], name="residual")]
        assert not {"per_emotion", "paired", "printed"} & {path.stem for path in tabulate(runs, tmp_path)}

    def test_what_is_asked_for_is_written_or_explained(self, tmp_path):
        clustering = random_run("pixels-kmeans", kind="clusterer")
        assert stems(tabulate([clustering], tmp_path, ["per_emotion"])) == {"per_emotion_pixels-kmeans_paper"}
        unlabelled = make_run([-1, -1], [0, 1], name="unlabelled")
        with pytest.warns(UserWarning, match="Left out: .*unlabelled"):
            tabulate([random_run("cnn3"), unlabelled], tmp_path, ["per_emotion"])
        with pytest.raises(InputError, match="runs of a classifier; there is none"):
            tabulate([clustering], tmp_path, ["printed"])
        with pytest.raises(InputError, match="two runs or more"):
            tabulate([clustering], tmp_path, ["paired"])
        with pytest.raises(InputError, match="Did you mean 'paired'"):
            tabulate([clustering], tmp_path, ["pairs"])
        with pytest.raises(InputError, match="no run"):
            tabulate([], tmp_path)

    def test_csv_markdown_and_latex_hold_the_same_numbers(self, tmp_path):
        run = make_run([3, 3, 4], [[3, 3, 3], [3, 3, 4]])
        csv, md, tex = tabulate([run], tmp_path, ["per_emotion"])
        happy = pd.read_csv(csv).set_index("emotion").loc["happy"]
        assert [happy["precision"], happy["support"]] == [pytest.approx(5 / 6, abs=1e-6), 2]
        lines = md.read_text(encoding="utf-8").splitlines()
        assert lines[0].endswith(": cnn3, toy, paper, test") and lines[2].startswith("cnn3 names 83.3 %")
        (row,) = [line for line in lines if line.startswith("| happy")]
        assert row == "| happy | 0.833 ± 0.236 | 1.000 ± 0.000 | 0.900 ± 0.141 | 2 | 2 |"
        lines = tex.read_text(encoding="utf-8").splitlines()
        assert (
            lines[3].endswith(r"\label{tab:per_emotion_cnn3_paper}")
            and r": cnn3, toy, paper, test. cnn3 names 83.3 \%" in lines[3]
        )
        (row,) = [line for line in lines if line.startswith("happy")]
        assert row == r"happy & 0.833 $\pm$ 0.236 & 1.000 $\pm$ 0.000 & 0.900 $\pm$ 0.141 & 2 & 2 \\"

    def test_sentences_are_what_the_analyses_say(self, tmp_path):
        runs = [random_run("cnn3"), random_run("residual", seed=1)]
        said = dict(sentences(tabulate(runs, tmp_path, ["paired", "per_emotion"])))
        assert set(said) == {"paired_paper", "per_emotion_cnn3_paper", "per_emotion_residual_paper"}
        assert said["paired_paper"] == Paired().say(Paired().table(runs))
        assert said["per_emotion_residual_paper"].startswith("residual names ")


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


def varied():
    """Return a table with numbers of every kind."""
    return pd.DataFrame(
        {
            "run": "cnn3",
            "emotion": ["happy", "sa|d", "fear"],
            "printed": [0.81, 1765.0, 0.6249],
            "p": [3.21e-12, np.nan, -0.000012],
            "faces": [1234, 2, 0],
            "seeds": pd.array([3, None, 1], "Int64"),
        }
    )


class TestMarkdown:
    def test_numbers_are_rounded_for_people(self):
        assert markdown(varied(), "Title", "One sentence.") == (
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


def test_truth_is_a_word():
    table = pd.DataFrame({"run": ["a", "b"], "real": [True, False]})
    assert markdown(table, "T", "S.").splitlines()[4:] == [
        "| run | real |",
        "| --- | --- |",
        "| a | yes |",
        "| b | no |",
    ]


def printed(tex):
    """Return what LaTeX prints of a text, read by the rules of its manual rather than by our table."""
    assert not re.search(r"(?<!\\)[#%&_]|[<>|\"]", tex), tex
    signs = {"textless": "<", "textgreater": ">", "textbar": "|", "textbackslash": "\\"}
    signs |= {"textasciitilde": "~", "textasciicircum": "^"}
    text = re.sub(r"\\(text\w+)\{\}", lambda found: f"\0{signs[found[1]]}", tex)
    assert not re.search(r"(?<!\0)[~^]|(?<!\\)[{}]", text), tex
    text = text.replace(r"$\pm$", "±").replace("$-$", "-")
    assert not re.search(r"(?<!\\)\$", text), tex
    return re.sub(r"\\([#%&_{}$])", r"\1", text).replace("\0", "").replace("''", '"')


class TestLatex:
    HOSTILE = r"""\input{/etc/passwd} 50% of $x_1^2$ & {#~"a"|<b>±} \\"""

    def test_cells_are_those_of_markdown(self):
        lines = latex(varied(), "Title", "One sentence.", "mine").splitlines()
        assert lines == [
            r"% \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering",
            r"\caption{Title: cnn3. One sentence.}\label{tab:mine}",
            r"\begin{tabular}{lrrrr}",
            r"\toprule",
            r"emotion & printed & p & faces & seeds \\",
            r"\midrule",
            r"happy & 0.81 & 3e$-$12 & 1,234 & 3 \\",
            r"sa\textbar{}d & 1,765 &  & 2 &  \\",
            r"fear & 0.6249 & $-$1e$-$05 & 0 & 1 \\",
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]

    def test_whatever_is_in_a_table_is_printed_as_it_is(self):
        table = pd.DataFrame({"run": [self.HOSTILE, "-"], "a_b%": 0.5, "c": ["[2pt]", "*"]})
        lines = latex(table, self.HOSTILE, self.HOSTILE, self.HOSTILE).splitlines()
        caption, label = re.fullmatch(r"\\caption\{(.*)\}\\label\{tab:(.*)\}", lines[3]).groups()
        assert printed(caption) == f"{self.HOSTILE}. {self.HOSTILE}"
        assert re.fullmatch("[A-Za-z0-9_.:+=-]+", label)
        rows = [line.removesuffix(r" \\").split(" & ") for line in (lines[6], *lines[8:10])]
        assert [[printed(cell) for cell in row] for row in rows] == [
            ["run", "a b%", "c"],
            [self.HOSTILE, "0.50", "[2pt]"],
            ["-", "0.50", "*"],
        ]

    @pytest.mark.parametrize("first", ["[2pt]", "*"])
    def test_a_row_is_no_option_of_the_line_before(self, first):
        (row,) = latex(pd.DataFrame({"run": [first, "b"]}), "T", "S.", "l").splitlines()[8:9]
        assert row == rf"{{}}{first} \\"

    def test_what_is_longer_than_a_page_goes_on(self):
        table = pd.DataFrame({"row": range(41)})
        lines = latex(table, "T", "S.", "l").splitlines()
        assert lines[0] == r"% \usepackage{booktabs,longtable}" and r"\begin{table}" not in lines
        assert lines[1:4] == [r"\begin{longtable}{r}", r"\caption{T. S.}\label{tab:l}\\", r"\toprule"]
        assert lines[6] == r"\endhead" and lines[-2:] == [r"\bottomrule", r"\end{longtable}"]
        assert r"\begin{tabular}{r}" in latex(table[:40], "T", "S.", "l").splitlines()

    @pytest.mark.skipif(not shutil.which("pdflatex"), reason="LaTeX is not here")
    def test_latex_takes_it(self, tmp_path):
        short = pd.DataFrame({"run": [self.HOSTILE, "[2pt]"], "a_b%": [-0.5, 1e-7]})
        body = [latex(short, self.HOSTILE, self.HOSTILE, "a"), latex(varied(), "T", "S.", "b")]
        body.append(latex(pd.DataFrame({"row": range(90), "f1": 0.5, "f1_sd": 0.1}), "T", "S.", "c"))
        head = r"\documentclass{article}\usepackage{booktabs,longtable}\begin{document}"
        (tmp_path / "all.tex").write_text("\n".join([head, *body, r"\end{document}"]), encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout[-2000:]
        assert (tmp_path / "all.pdf").read_bytes().startswith(b"%PDF")
