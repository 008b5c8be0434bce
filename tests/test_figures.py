"""The committed pictures and tables hold what the texts say of them."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from fer_cluster import catalog
from fer_cluster.scoring import spread

ROOT = Path(__file__).parent.parent
FIGURES = ROOT / "figures"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PLOTS = {  # beginnings of the names of pictures
    "annotators": "annotators",
    "audit": "audit",
    "best_contingency": "contingency",
    "best_map": "scatter",
    "carried_over": "transfer",
    "changed_faces": "moved",
    "classical_scores": "scores",
    "confusion": "confusion",
    "emotion_held_out": "discovery",
    "emotion_or_nuisance": "nuisance",
    "expressions_contingency": "contingency",
    "figure_": "scatter",
    "figures_4_and_5": "learning_curve",
    "frontier_contingency": "contingency",
    "frontier_grid": "grid",
    "frontier_map": "scatter",
    "frontier_scores": "scores",
    "how_many_clusters": "choose_k",
    "label_audit": "label_audit",
    "label_efficiency": "label_efficiency",
    "learning_curve": "learning_curve",
    "meaning_chance": "chance",
    "paper_scores": "scores",
    "purity_against_k": "purity_k",
    "stability_of_clusters": "stability",
    "toy_medoids": "montage",
    "toy_pretrained_contingency": "contingency",
    "toy_pretrained_medoids": "montage",
    "toy_reconstruction": "reconstruction",
    "two_cores_confusion": "confusion",
    "two_cores_learning_curve": "learning_curve",
    "two_cores_scores": "scores",
    "what_figure": "contingency",
}
MOST = 3_000  # rows of what is drawn here: a map of all faces takes seconds
CLASSICAL, FRONTIER = "classical/official/", "frontier/official/"
ROWS = [  # of the README's table of scores
    f"{CLASSICAL}chance",
    f"{CLASSICAL}one",
    f"{FRONTIER}brightness-kmeans",
    f"{FRONTIER}random_weights-rows-0",
    f"{FRONTIER}random_weights-rows-0-names",
    "paper/official/pixels-kmeans",
    "paper/official/pixels-gmm",
    f"{CLASSICAL}hog",
    f"{CLASSICAL}hog-whitened",
    f"{CLASSICAL}hog-without-nuisances",
    f"{CLASSICAL}eyes-mouth-subspace",
    f"{CLASSICAL}patches-whitened",
    f"{FRONTIER}patches-expressions",
    f"{FRONTIER}pretrained-kmeans",
    f"{FRONTIER}pretrained-gmm-tied",
    f"{FRONTIER}pretrained-expressions",
    f"{FRONTIER}self-named-acted-0-typical",
]
TRAININGS = [f"self-named-rows-0{end}" for end in ("", "-gmm-tied", "-names")]  # its last rows


NETS = {  # beginnings of rows of the README's table of nets: records of their seeds on the paper's split
    "`cnn3`": ["paper/paper/cnn3"],
    "`cnn3:epochs=30`": ["paper_nets/paper/cnn3_30"],
    "`cnn4`": ["paper_nets/paper/cnn4", "paper_nets/paper/cnn4-seed2"],
    "`cnn3_normalised`": ["paper/paper/cnn3_normalised"],
    "`cnn4_normalised`": ["paper_nets/paper/cnn4_normalised"],
    "`three_blocks`": [
        "paper/paper/three_blocks",
        *(f"paper_nets/paper/three_blocks-seed{seed}" for seed in (1, 2)),
    ],
    "`residual:width=32`": [
        "paper/paper/residual",
        *(f"paper_nets/paper/residual-seed{seed}" for seed in (1, 2)),
    ],
    "`residual`": ["paper_nets/paper/residual-wide"],
    "`vgg16_transfer`, 10": ["paper_nets/paper/vgg16_transfer"],
    "`vgg16_transfer`, 30": ["paper_nets/paper/vgg16_transfer_30"],
    "`linear_probe`": ["paper/paper/pixels-linear_probe"],
    "`autoencoder`": ["paper/paper/autoencoder-kmeans"],
    "`pixels`": ["paper/paper/pixels-kmeans"],
    "`majority`": ["paper/paper/majority"],
}


def tables(plot):
    """Return the tables beside the pictures of a plot, the smallest first."""
    names = [beginning for beginning, part in PLOTS.items() if part == plot]
    found = [path for path in FIGURES.glob("*.png") if path.stem.startswith(tuple(names))]
    return sorted((path.with_suffix(".csv") for path in found), key=lambda path: path.stat().st_size)


def test_every_picture_has_the_table_behind_it():
    told = [path for plot in set(PLOTS.values()) for path in tables(plot)]
    assert sorted(told) == sorted(path.with_suffix(".csv") for path in FIGURES.glob("*.png"))


@pytest.mark.parametrize("plot", sorted(set(PLOTS.values())))
def test_pictures_can_be_drawn_from_the_tables_beside_them(plot):
    first, *others = tables(plot)
    data = pd.read_csv(first)
    for other in others:
        assert list(pd.read_csv(other, nrows=1)) == list(data)
    if len(data) <= MOST:
        pyplot.close(catalog.make("plots", plot).draw(data))


def record(name):
    return json.loads((FIGURES / "runs" / f"{name}.json").read_text(encoding="utf-8"))


def numbers(scores):
    """Return the numbers of a row of the README's table of scores, as it writes them."""
    told = []
    for metric in ("ami", "hungarian_accuracy", "named_accuracy", "balanced_accuracy"):
        found = spread(metric, scores)
        ends = [found["low"], found["high"]] if metric in ("ami", "named_accuracy") and "low" in found else []
        told += [found["mean"], *ends]
    told += [spread(metric, scores)["mean"] for metric in ("purity", "purity_chance")]
    return [f"{number:.3f}" for number in told]


def test_the_scores_of_the_readme_are_those_of_the_records():
    section = README.split("<!-- scores -->")[1].split("<!-- /scores -->")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    seeds = pd.read_csv(FIGURES / "frontier_seeds.csv", index_col="run")
    columns = ["ami", "ami_low", "ami_high", "named_accuracy", "named_accuracy_low", "named_accuracy_high"]
    wanted = [numbers(record(name)["scores"]["PrivateTest"]) for name in ROWS]
    for name in TRAININGS:
        wanted.append([f"{seeds.loc[name, column]:.3f}" for column in [*columns, "balanced_accuracy"]])
    for row, told in zip(rows, wanted, strict=True):
        assert re.findall(r"-?\d\.\d{3}", row) == told, row


def is_kept(name):
    return (FIGURES / "runs" / f"{name}.json").exists()


def accuracy(names, part, scores):
    """Return the mean accuracy over the seeds of several records, in per cent."""
    found = [record(name) for name in names]
    means = [spread("named_accuracy", one[scores][part])["mean"] for one in found]
    return 100 * np.average(means, weights=[len(one["spec"]["seeds"]) for one in found])


@pytest.mark.parametrize("system", NETS)
def test_the_nets_of_the_readme_are_those_of_the_records(system):
    section = README.split("<!-- supervised -->")[1].split("<!-- /supervised -->")[0]
    (row,) = [line for line in section.splitlines() if line.startswith(f"| {system}")]
    told = [float(cell.strip(" %")) for cell in row.split("|")[3:7] if "%" in cell]
    names = NETS[system]
    whole = f"paper_nets/official/{names[0].rpartition('/')[2]}"  # of three seeds in one run
    official = [whole] if is_kept(whole) else [name.replace("/paper/", "/official/") for name in names]
    parts = [(names, "test"), ([name for name in official if is_kept(name)], "PrivateTest")]
    kinds = ("scores", "scores_without_duplicates")
    wanted = [accuracy(some, part, kind) for some, part in parts[: len(told) // 2] for kind in kinds]
    assert told == pytest.approx(wanted, abs=0.0051)


TWO_CORES = [  # records behind each row of the README's table of two cores
    ["vgg-32"],
    ["vgg-48"],
    ["vgg-32-light"],
    ["ensemble"],
    ["vgg-32-taught"],
    ["resnet18-16"],
    ["ensemble-of-five"],
    ["vgg-48-long"],
    ["ensemble-of-four"],
    ["fine-tuned"],
    ["fine-tuned-control"],
    ["ensemble-with-fine-tuned"],
    ["vgg19_16-plain"],
    ["vgg19_16-figure"],
    ["adapted_vit-lora", "adapted_vit-prompts"],
    ["pretrained-linear_probe"],
    ["hog-knn", "hog-linear_probe"],
    ["pretrained-expressions"],
    ["pixels-kmeans", "majority"],
]


def test_the_nets_of_two_cores_are_those_of_the_records():
    section = README.split("From nothing on the official split")[1].split("What is credibly published")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == len(TWO_CORES)
    for row, names in zip(rows, TWO_CORES, strict=True):
        *_, told, bare, _ = row.split("|")
        folder = "two_cores/official"
        kept = [FIGURES / "runs" / folder / name / "run.json" for name in names]
        found = [
            json.loads(path.read_text(encoding="utf-8"))
            if path.exists()
            else record(f"{folder}/{path.parent.name}")
            for path in kept
        ]
        wanted, without = [], []
        for one in found:
            accuracy = spread("named_accuracy", one["scores"]["PrivateTest"])
            wanted += [accuracy[end] for end in ("mean", "low", "high")]
            without.append(spread("named_accuracy", one["scores_without_duplicates"]["PrivateTest"])["mean"])
        for text, numbers in ((told, wanted), (bare, without)):
            assert re.findall(r"\d+\.\d", text) == [f"{100 * number:.1f}" for number in numbers], row
