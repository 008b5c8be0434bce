import subprocess
import sys

import pytest

from fer_cluster.comparing import compare
from fer_cluster.errors import InputError
from fer_cluster.experiment import read_experiment
from fer_cluster.scoring import value

TOML = """
title = "two"
splits = ["official", "paper"]
seeds = 2
[[runs]]
features = "pixels:n_components=5"
clusterer = ["kmeans", "chance"]
[[figures]]
name = "figure_1"
plot = "scatter"
run = "pixels_n_components=5-kmeans"
"""


@pytest.fixture
def experiment(tmp_path):
    (tmp_path / "two.toml").write_text(TOML)
    return tmp_path / "two.toml"


def test_a_grid_is_every_combination(experiment):
    names = [run["name"] for run in read_experiment(experiment).runs]
    assert names == ["pixels_n_components=5-kmeans", "pixels_n_components=5-chance"]


def test_a_name_of_a_grid_is_followed_by_what_varies(tmp_path):
    (tmp_path / "e.toml").write_text(
        '[[runs]]\nname = "a"\nfeatures = "hog:mirror=True"\nclusterer = ["kmeans", "gmm:n_init=2"]\n'
        '[[runs]]\nname = "b"\nbaseline = ["cnn3"]\n'
    )
    names = [run["name"] for run in read_experiment(tmp_path / "e.toml").runs]
    assert names == ["a-kmeans", "a-gmm_n_init=2", "b"]


def test_epochs_that_do_not_reach_a_part_within_are_told(tmp_path):
    text = '[[runs]]\nname = "r"\nfeatures = "regions:feature=simclr:epochs=40"\n'
    (tmp_path / "e.toml").write_text(text)
    with pytest.warns(UserWarning, match="r: simclr within regions:.* has the epochs told there, not 1"):
        (run,) = read_experiment(tmp_path / "e.toml", epochs=1).runs
    assert "epochs" not in run


def test_the_shipped_paper_reads():
    experiment = read_experiment("paper")
    assert {"pixels-kmeans", "pixels-gmm", "chance", "one"} <= {run["name"] for run in experiment.runs}
    assert set(experiment.splits) == {"paper", "official"}


@pytest.mark.parametrize(
    "name",
    ["paper", "paper_nets", "classical", "frontier", "meaning", "two_cores", "gpu", "frontier_gpu"],
)
def test_shipped_experiments_read(name):
    assert read_experiment(name).runs


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        ("seeds = 2 =", "not readable as TOML"),
        ("seed = 2", "has no 'seed'.*Did you mean 'seeds'"),
        ('splits = ["offical"]\n[[runs]]\nfeatures="pixels"', "Did you mean 'official'"),
        ('[[runs]]\nfeatures = "pixel"', "Did you mean 'pixels'"),
        ('[[runs]]\nclusterer = "kmeans:k=3"', "has no 'k'"),
        ('[[runs]]\nthen = ["whitten"]', "Did you mean 'whiten'"),
        ("title = 'nothing'", "asks for no run"),
        ('[[runs]]\nname = "../up"', "may hold letters"),
        ("[[runs]]\n[[runs]]", "two runs are called 'pixels-kmeans'"),
        (
            '[[runs]]\n[[figures]]\nname="f"\nplot="scatter"\nrun="pixel-kmeans"',
            "Did you mean 'pixels-kmeans'",
        ),
    ],
)
def test_a_wrong_experiment_is_one_sentence(tmp_path, wrong, sentence):
    (tmp_path / "wrong.toml").write_text(wrong)
    with pytest.raises(InputError, match=sentence):
        read_experiment(tmp_path / "wrong.toml")


def test_a_missing_experiment_names_the_shipped_ones():
    with pytest.raises(InputError, match="shipped with the package: .*paper"):
        read_experiment("no_such_file")


def test_runs_of_every_split_and_a_table(experiment, tiny, tmp_path):
    runs = compare(experiment, tiny, tmp_path / "out")
    assert [(run.spec["split"], run.spec["clusterer"]) for run in runs] == [
        ("official", "kmeans"),
        ("official", "chance"),
        ("paper", "kmeans"),
        ("paper", "chance"),
    ]
    assert value(runs[0].scores["PrivateTest"]["ami"]) > 0.9
    assert abs(value(runs[1].scores["PrivateTest"]["ami"])) < 0.3
    lines = (tmp_path / "out" / "scores.csv").read_text().splitlines()
    assert lines[0] == "run,split,labels,chosen_with,part,duplicates,metric,mean,sd,low,high"


def test_finished_runs_are_kept_and_changed_ones_made_again(experiment, tiny, tmp_path):
    out = tmp_path / "out"
    compare(experiment, tiny, out)
    stamps = {path: path.stat().st_mtime_ns for path in out.rglob("run.json")}
    experiment.write_text(TOML.replace('["kmeans", "chance"]', '["kmeans", "one"]'))
    compare(experiment, tiny, out)
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())
    experiment.write_text(TOML.replace('["kmeans", "chance"]', '["kmeans", "one"]').replace("= 2", "= 3"))
    compare(experiment, tiny, out)
    kept = [path for path, stamp in stamps.items() if path.stat().st_mtime_ns == stamp]
    assert {path.parent.name for path in kept} == {"pixels_n_components=5-chance"}  # no longer asked for


def test_a_run_cut_off_is_made_again_to_the_same_result(experiment, tiny, tmp_path):
    out = tmp_path / "out"
    whole = compare(experiment, tiny, out)
    (out / "official" / "pixels_n_components=5-kmeans" / "faces.parquet").unlink()
    with pytest.warns(UserWarning, match="made again"):
        again = compare(experiment, tiny, out)
    assert [run.scores for run in again] == [run.scores for run in whole]


def test_a_split_that_the_faces_lack_is_reported(experiment, tiny):
    from fer_cluster.faces import Faces

    bare = Faces(tiny.images, tiny.about.drop(columns="split"), "bare")
    with pytest.warns(UserWarning, match="'official' is left out"):
        runs = compare(experiment, bare)
    assert {run.spec["split"] for run in runs} == {"paper"}


@pytest.mark.parametrize(
    "text, told",
    [
        ('[[runs]]\nensemble = ["a"]', "an ensemble has no name"),
        ("[[runs]]\nname = 5", "name must be a text, got 5"),
        ('[[runs]]\nname = "a"\n[[figures]]\nname = "f"\nplot = 3\nrun = "a"', "plot must be a text"),
        ('[runs]\nfeatures = "pixels"', r"runs must be tables, each headed \[\[runs\]\]"),
        ('[[runs]]\nk = "seven"', "k must be a whole number of 1 or more, got 'seven'"),
        ("[[runs]]\nfeatures = 3", "features must be a text or a list of texts, got 3"),
        ("[[runs]]\nclusterer = []", "clusterer must be a text or a list of texts"),
        ('[[runs]]\nname = "e"\nensemble = []', "ensemble must be a list of texts"),
        ('[[runs]]\nbaseline = "cnn3"\noptional = 1', "optional must be true or false"),
        ("title = 3\n[[runs]]", "title must be a text, got 3"),
        (
            '[[runs]]\nname = "a"\n[[figures]]\nname = "f"\nplot = "scatter"\nruns = "a"',
            "runs must be a list",
        ),
        (
            '[[runs]]\nname = "a"\n[[figures]]\nname = "f"\nplot = "scatter"',
            "'f' needs plot, and run or runs",
        ),
        ('[[runs]]\n[[tables]]\nname = "t"\nrun = "a"', "'t' needs analysis"),
    ],
)
def test_values_of_the_wrong_kind(tmp_path, text, told):
    (tmp_path / "e.toml").write_text(text)
    with pytest.raises(InputError, match=told):
        read_experiment(tmp_path / "e.toml")


def test_figures_and_tables_of_an_experiment_have_parameters(tmp_path):
    (tmp_path / "e.toml").write_text(
        '[[runs]]\nname = "a"\n[[figures]]\nname = "f"\nplot = "scatter:parts=train"\nrun = "a"\n'
        '[[tables]]\nname = "t"\nanalysis = "purity_k:ks=(2,3)"\nrun = "a"\n'
    )
    assert read_experiment(tmp_path / "e.toml").tables[0]["analysis"] == "purity_k:ks=(2,3)"


@pytest.mark.parametrize(
    "part, told",
    [
        ("cnn3:optimiser=adm", "optimiser has no 'adm'"),
        ("cnn3:augment=mirorr", "augment has no 'mirorr'"),
        ("cnn3:crop=-1", "crop must be"),
        ("resnet18:average=1.0", "average must be"),
        ("vgg16_transfer:normalise=imagnet", "normalise has no 'imagnet'"),
        ("vgg19_segmentation:gate=softmx", "gate has no 'softmx'"),
        ("adapted_vit:adaptation=lorra", "adaptation has no 'lorra'"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_before_anything_is_trained(tmp_path, part, told):
    (tmp_path / "e.toml").write_text(f'[[runs]]\nbaseline = ["majority", "{part}"]\n')
    with pytest.raises(InputError, match=told):
        read_experiment(tmp_path / "e.toml")


def test_a_probe_that_cannot_be_used_is_told_before_anything_is_trained(tmp_path):
    (tmp_path / "e.toml").write_text('[[runs]]\nbaseline = "knn:n_neighbors=0"\nfeatures = "pixels"\n')
    with pytest.raises(InputError, match="n_neighbors must be a whole number"):
        read_experiment(tmp_path / "e.toml")


@pytest.mark.parametrize(
    "key, part, told",
    [
        ("then", '["unit", "whiten:0"]', "n_components must be a whole number of 1 or more, got 0"),
        ("clusterer", '["one", "kmeans:n_init=0"]', "n_init must be a whole number of 1 or more, got 0"),
        ("projection", '"umap:min_dist=5"', "min_dist must be a number from 0 to 1, got 5"),
    ],
)
def test_what_follows_the_features_is_checked_before_they_are_trained(tmp_path, key, part, told):
    (tmp_path / "e.toml").write_text(f"[[runs]]\n{key} = {part}\n")
    with pytest.raises(InputError, match=told):
        read_experiment(tmp_path / "e.toml")


def test_values_are_checked_without_torch(tmp_path):
    (tmp_path / "e.toml").write_text('[[runs]]\nbaseline = "adapted_vit"\n')
    told = "import sys; from fer_cluster.experiment import read_experiment as read; read(sys.argv[1])"
    told += "; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", told, str(tmp_path / "e.toml")], check=True)
