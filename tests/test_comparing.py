import numpy as np
import pytest

from fer_cluster import clustering, reusing
from fer_cluster.baselines.cnn3 import Cnn3
from fer_cluster.baselines.linear_probe import LinearProbe
from fer_cluster.classifying import _rows, classify, describe
from fer_cluster.comparing import compare, finished
from fer_cluster.errors import InputError
from fer_cluster.experiment import Experiment, read_experiment
from fer_cluster.faces import Faces
from fer_cluster.features import _encoders
from fer_cluster.features.autoencoder import Autoencoder
from fer_cluster.loading import load
from fer_cluster.parts import as_seeds, file_name, made
from fer_cluster.runs import find_runs, load_run
from fer_cluster.splits import split

CODE = "autoencoder:n_components=4,dense=8,code=8"
KIND = {"features": CODE, "seeds": 2, "epochs": 1}
TWO = [KIND | {"name": name, "clusterer": name} for name in ("kmeans", "gmm")]
SVC = "sklearn.svm:LinearSVC"
FOREST = "sklearn.ensemble:RandomForestClassifier"


def experiment(*entries):
    return Experiment("two", ("official",), entries)


def test_an_extractor_that_was_trained_for_a_finished_run_is_not_trained_again(tmp_path, monkeypatch):
    faces = load("toy:n=70")
    whole = compare(experiment(*TWO), faces, tmp_path / "whole")
    compare(experiment(TWO[0]), faces, tmp_path / "cut")
    monkeypatch.setattr(reusing, "embed", lambda *args, **options: pytest.fail("it was trained again"))
    again = compare(experiment(*TWO), faces, tmp_path / "cut")
    assert [run.scores for run in again] == [run.scores for run in whole]
    np.testing.assert_array_equal(again[1].features, whole[1].features)
    np.testing.assert_array_equal(again[1].pictures, whole[1].pictures)
    assert again[1].history["loss"].tolist() == pytest.approx(whole[1].history["loss"].tolist())
    assert (tmp_path / "cut" / "official" / "gmm" / "model_0" / "weights.safetensors").exists()


def test_a_run_of_other_faces_is_not_replaced(tmp_path):
    entry = {"name": "a", "features": "pixels:3", "clusterer": "kmeans", "seeds": 2}
    compare(experiment(entry), load("toy:n=70"), tmp_path)
    before = (tmp_path / "official" / "a" / "run.json").read_bytes()
    with pytest.raises(InputError, match=r"a holds a run of other faces \(toy\), which is not overwritten"):
        compare(experiment(entry), load("toy:n=84"), tmp_path)
    assert (tmp_path / "official" / "a" / "run.json").read_bytes() == before


def test_a_trained_extractor_serves_other_steps_and_probes(tmp_path, monkeypatch):
    faces = load("toy:n=70")
    probe = {"name": "probe", "baseline": "linear_probe", "features": CODE, "seeds": 1, "epochs": 1}
    steps = TWO[1] | {"then": ("whiten:3",)}
    (alone,) = compare(experiment(probe), faces, tmp_path / "alone")
    fits, fit = [], Autoencoder.fit
    monkeypatch.setattr(Autoencoder, "fit", lambda self, *a, **o: fits.append(1) or fit(self, *a, **o))
    first, probed, stepped = compare(experiment(TWO[0], probe, steps), faces, tmp_path / "together")
    assert len(fits) == 1
    np.testing.assert_array_equal(probed.predictions(), alone.predictions())
    parts = split(faces, "official")
    peer = made("steps", "whiten:3", 0).fit(first.features[parts.part == parts.fit])
    np.testing.assert_allclose(stepped.features, peer.transform(first.features), atol=1e-4)
    assert stepped.spec["seconds"]["features"] > first.spec["seconds"]["features"]  # of the training too


def test_the_seconds_of_a_training_that_was_cut_off_are_those_of_all_its_epochs(monkeypatch):
    def fit(self, images, y=None, checkpoint=None):
        fitted(self, images)
        self.history_ = self.history_.assign(seconds=500.0)  # as of epochs before the interruption
        return self

    fitted = Autoencoder.fit
    monkeypatch.setattr(Autoencoder, "fit", fit)
    faces = load("toy:n=70")
    run = clustering.cluster(faces, CODE, "kmeans", seeds=1, epochs=2)
    assert run.spec["seconds"]["features"] == 1000
    assert run.spec["device"].startswith(("cpu (", "NVIDIA"))  # that of the net
    assert run.spec["cores"] >= 1 and run.spec["processor"]


def test_of_a_model_that_cannot_be_read_is_told_once(tmp_path):
    faces = load("toy:n=70")
    compare(experiment(TWO[0]), faces, tmp_path)
    (tmp_path / "official" / "kmeans" / "model_0" / "weights.safetensors").write_bytes(b"")
    with pytest.warns(UserWarning, match="It is trained again") as told:
        first, again = compare(experiment(*TWO), faces, tmp_path)
    assert len(told) == 1
    np.testing.assert_allclose(again.features, first.features, atol=1e-5)


def test_a_run_of_fewer_epochs_is_not_taken_for_the_whole_one(tiny, tmp_path):
    entry = {"name": "net", "baseline": "three_blocks:width=2,dense=4,epochs=2", "seeds": 1}
    compare(experiment(entry | {"epochs": 1}), tiny, tmp_path)
    (run,) = compare(experiment(entry), tiny, tmp_path)
    assert len(run.history) == 2 and "epochs" not in run.spec


def test_a_run_of_more_epochs_is_not_replaced(tiny, tmp_path):
    entry = {"name": "net", "baseline": "three_blocks:width=2,dense=4,epochs=2", "seeds": 1}
    compare(experiment(entry), tiny, tmp_path)
    first = {"name": "one", "features": "pixels:2", "clusterer": "one", "seeds": 1}
    with pytest.raises(InputError, match="net holds a run of 2 epochs, which one of 1 would replace; give"):
        compare(experiment(first, entry | {"epochs": 1}), tiny, tmp_path)
    assert [path.name for path in (tmp_path / "official").iterdir()] == ["net"]  # it was told before any run
    (run,) = compare(experiment(entry | {"epochs": 3}), tiny, tmp_path)
    assert len(run.history) == 3


def test_a_folder_of_something_else_is_told_before_anything_is_made(tiny, tmp_path):
    (tmp_path / "official" / "two").mkdir(parents=True)
    (tmp_path / "official" / "two" / "notes.txt").write_text("mine")
    entries = [{"name": name, "baseline": "majority"} for name in ("first", "two")]
    with pytest.raises(InputError, match="two holds something that is no run"):
        compare(experiment(*entries), tiny, tmp_path)
    assert [path.name for path in (tmp_path / "official").iterdir()] == ["two"]


def test_a_run_of_a_part_whose_default_has_changed_is_made_again(tiny, tmp_path, monkeypatch):
    probe = {"baseline": "linear_probe", "features": "pixels:4", "seeds": 1}
    entries = [probe | {"name": name} for name in ("probe", "with_steps")]
    entries[1] |= {"features": "hog", "then": ("whiten:8", "unit")}
    entries.append({"name": "clusters", "clusterer": "gmm", "features": "pixels:3", "k": 5, "seeds": 2})
    before = compare(experiment(*entries), tiny, tmp_path)
    same = compare(experiment(*entries), tiny, tmp_path)
    assert [run.spec["seconds"] for run in same] == [run.spec["seconds"] for run in before]
    started = LinearProbe.__init__.__defaults__
    monkeypatch.setattr(LinearProbe.__init__, "__defaults__", (0.125, *started[1:]))
    again = compare(experiment(*entries), tiny, tmp_path)
    assert [run.spec["params"]["baseline"]["C"] for run in again[:2]] == [0.125, 0.125]
    assert again[2].spec["seconds"] == before[2].spec["seconds"]


ENTRY = {"features": "pixels:3", "clusterer": "kmeans", "then": ("unit",), "k": 5, "seeds": [2, 3]}


@pytest.mark.parametrize(
    "other",
    [
        {"features": "pixels:4"},
        {"clusterer": "gmm"},
        {"then": ()},
        {"then": ("unit", "unit")},
        {"k": 4},
        {"seeds": [2]},
        {"seeds": [2, 4]},
        {"projection": "none"},
    ],
)
def test_a_run_of_other_parts_is_not_taken_for_it(tiny, tmp_path, other):
    clustering.cluster(tiny, **ENTRY).save(tmp_path / "run")
    assert finished(tmp_path / "run", ENTRY, "official", tiny) is not None
    assert finished(tmp_path / "run", ENTRY | other, "official", tiny) is None


def test_a_run_of_other_faces_or_another_split_is_not_taken_for_it(tiny, tmp_path):
    clustering.cluster(tiny, **ENTRY).save(tmp_path / "run")
    others = Faces(tiny.images[::-1].copy(), tiny.about, "tiny")
    assert finished(tmp_path / "run", ENTRY, "official", others) is None
    assert finished(tmp_path / "run", ENTRY, "paper", tiny) is None


@pytest.mark.parametrize("other", [{"epochs": 2}, {"seeds": [1]}])
def test_an_extractor_of_another_training_is_not_taken(other, monkeypatch):
    fits, fit = [], Autoencoder.fit
    monkeypatch.setattr(Autoencoder, "fit", lambda self, *a, **o: fits.append(self) or fit(self, *a, **o))
    runs = compare(experiment(TWO[0], TWO[1] | other), load("toy:n=70"))
    assert [len(run.history) for run in runs] == [1, other.get("epochs", 1)]
    assert [part.random_state for part in fits] == [0, other.get("seeds", [0])[0]]


def test_a_run_of_the_encoder_that_was_shipped_before_is_made_again(tiny, tmp_path, monkeypatch):
    entries = [
        {"name": "alone", "features": "pretrained", "clusterer": "spherical"},
        {"name": "within", "features": "several:parts=pixels:4|pretrained:code=body"},
        {"name": "without", "features": "pixels:4"},
    ]
    entries = [{"clusterer": "kmeans"} | entry | {"seeds": 1, "k": 3} for entry in entries]
    before = compare(experiment(*entries), tiny, tmp_path)
    assert [run.spec["params"].get("shipped") for run in before] == [{"weights": _encoders.digest()}] * 2 + [
        None
    ]
    monkeypatch.setattr(_encoders, "digest", lambda folder: "another")
    again = compare(experiment(*entries), tiny, tmp_path)
    assert [run.spec["params"].get("shipped") for run in again] == [{"weights": "another"}] * 2 + [None]
    assert again[2].spec["seconds"] == before[2].spec["seconds"]


def test_what_a_run_was_chosen_with_is_told_anew_and_nothing_is_made(tiny, tmp_path):
    entry = {"name": "one", "baseline": "majority", "seeds": 1}
    (run,) = compare(experiment(entry), tiny, tmp_path)
    (told,) = compare(experiment(entry | {"chosen_with": "PublicTest"}), tiny, tmp_path)
    kept = load_run(tmp_path / "official" / "one")
    assert told.spec["chosen_with"] == kept.spec["chosen_with"] == "PublicTest"
    assert kept.spec["seconds"] == run.spec["seconds"]
    (again,) = compare(experiment(entry), tiny, tmp_path)  # nothing is told of it, as on the command line
    assert again.spec["chosen_with"] == "PublicTest"
    (anew,) = compare(experiment(entry | {"chosen_with": "nothing"}), tiny, tmp_path)
    assert anew.spec["chosen_with"] == "nothing"


def test_votes_that_are_given_later_reach_a_run_that_is_there(tiny, tmp_path):
    entry, folder = {"name": "one", "baseline": "majority", "seeds": 1}, tmp_path / "official" / "one"
    (run,) = compare(experiment(entry), tiny, tmp_path)
    for votes in (3, 5):
        voted = Faces(tiny.images, tiny.about.assign(votes_fear=votes), tiny.name)
        (told,) = compare(experiment(entry), voted, tmp_path)
        kept = load_run(folder)
        assert (told.faces["votes_fear"] == votes).all() and (kept.faces["votes_fear"] == votes).all()
        assert kept.spec["seconds"] == run.spec["seconds"]
        np.testing.assert_array_equal(kept.clusters, run.clusters)
    before = (folder / "faces.parquet").stat().st_mtime_ns
    compare(experiment(entry), tiny, tmp_path)  # without votes those that are there stay
    assert (folder / "faces.parquet").stat().st_mtime_ns == before


def test_without_labels_baselines_are_left_out(tiny):
    faces = Faces(tiny.images, tiny.about.assign(emotion=None), "bare")
    runs = [{"name": "m", "baseline": "majority"}, {"name": "o", "features": "pixels:2", "clusterer": "one"}]
    with pytest.warns(UserWarning, match="Baselines are left out: bare has no labels"):
        assert [run.name for run in compare(experiment(*runs), faces)] == ["o"]
    with pytest.warns(UserWarning), pytest.raises(InputError, match="no run of it can be made"):
        compare(experiment(runs[0]), faces)


def test_baselines_are_left_out_where_no_face_that_is_fitted_on_has_a_label(tiny):
    emotion = tiny.about["emotion"].where(tiny.about["split"] != "Training")
    faces = Faces(tiny.images, tiny.about.assign(emotion=emotion), "half")
    runs = [{"name": "m", "baseline": "majority"}, {"name": "o", "features": "pixels:2", "clusterer": "one"}]
    with pytest.warns(UserWarning, match=r"half has no labels to learn from \(split 'official'\)"):
        assert [run.name for run in compare(experiment(*runs), faces)] == ["o"]


@pytest.mark.parametrize(
    "toml, sentence",
    [
        ('[[runs]]\n[[runs]]\nname = "e"\nensemble = ["pixels-kmeans"]', "has no 'pixels-kmeans'"),
        ('[[runs]]\nbaseline = "majority"\nepochs = 3', "majority is not trained in epochs"),
        ('[[runs]]\nfeatures = "pixels"\nepochs = 3', "pixels is not trained in epochs"),
        ('[[runs]]\nbaseline = "cnn3"\nfeatures = "pixels"', "leave out features 'pixels'"),
        ('[[runs]]\nbaseline = "cnn3"\nthen = ["unit"]', "leave out features 'unit'"),
        ('[[runs]]\nbaseline = "sklearn.svm:LinearSVC"', "gives no probabilities"),
        ('[[runs]]\nprojection = "tnse"', "Did you mean 'tsne'"),
        ('[[runs]]\nseeds = "three"', "seeds must name at least one seed"),
        ('[[runs]]\nclusterer = "gmm:random_state=3"', "gmm:random_state=3 has a random_state of its own"),
        ('baseline_seeds = 2\n[[runs]]\nbaseline = "cnn3:random_state=0"', "overrules all of the 2 seeds"),
        ('[[runs]]\nthen = "unit"', "then must be a list"),
        ('splits = "paper"\n[[runs]]', "splits must be a list"),
        ('runs = ["a"]', "runs must be tables"),
        ('[[runs]]\n[[figures]]\nplot = "scatter"\nrun = "pixels-kmeans"', "a figure has no name"),
        ('[[runs]]\n[[figures]]\nname = "a"\nplot = "audit"\nrun = "pixels-kmeans"', "not made of runs"),
        ('[[runs]]\n[[figures]]\nname = "../a"\nplot = "scatter"\nrun = "pixels-kmeans"', "may hold"),
    ],
)
def test_a_wrong_experiment_is_told_before_anything_is_made(tmp_path, toml, sentence):
    (tmp_path / "wrong.toml").write_text(toml)
    with pytest.raises(InputError, match=sentence):
        read_experiment(tmp_path / "wrong.toml")


def test_epochs_win_over_those_of_a_part():
    assert made("baselines", "cnn3:epochs=3", 0, 1).epochs == 1
    short = made("baselines", "adapted_vit:pretrain_epochs=300", 0, 2)
    assert (short.epochs, short.pretrain_epochs) == (2, 2)
    assert made("baselines", "adapted_vit:pretrain_epochs=1", 0, 2).pretrain_epochs == 1
    assert made("baselines", "fine_tuned:encoder=simclr", 0, 2).pretrain_epochs == 2
    assert made("baselines", "fine_tuned:encoder=simclr,pretrain_epochs=1", 0, 2).pretrain_epochs == 1
    assert made("baselines", Cnn3(), 5, 2).epochs == 2 and made("baselines", Cnn3(), 5).random_state == 5


def test_seeds_and_names():
    assert as_seeds(3) == [0, 1, 2] and as_seeds(np.array([4, 2])) == [4, 2]
    for wrong in (0, "ab", [-1], 2.5, None):
        with pytest.raises(InputError, match="at least one seed"):
            as_seeds(wrong)
    assert file_name("a/b:c", "d") == "a_b_c-d"
    long = file_name("a" * 300)
    assert len(long) == 129 and long != file_name("a" * 301)
    assert describe("linear_probe")["features"] == "pixels" and describe("cnn3")["features"] == "none"


def test_classifiers_of_scikit_learn(tiny):
    run = classify(tiny, FOREST)
    assert run.spec["watched"] == "nothing" and run.scores["PrivateTest"]["named_accuracy"] > 0.8
    with pytest.raises(InputError, match="gives no probabilities"):
        classify(tiny, SVC)
    with pytest.raises(InputError, match="of one emotion only"):
        classify(tiny[np.arange(0, 70, 7)], "majority")


def test_who_may_choose_by_what_it_watches_never_sees_the_reported_part(tiny):
    class Stranger:
        def fit(self, images, emotion, watch=None): ...

    parts, emotion = split(tiny, "paper"), tiny.about["emotion"].cat.codes.to_numpy()
    _, watched, name = _rows(parts, emotion, Stranger(), 0)
    assert name == "a tenth of train" and set(parts.part[watched]) == {"train"}


def test_what_a_killed_process_left_is_no_run(tiny, tmp_path):
    classify(tiny, "majority").save(tmp_path / "runs" / "m")
    (tmp_path / "runs" / ".writing-x" / "new").mkdir(parents=True)
    (tmp_path / "runs" / ".writing-x" / "new" / "run.json").write_text("{")
    assert [run.name for run in find_runs([tmp_path])] == ["majority"]


def test_optional_runs_of_an_encoder_that_is_not_there_are_left_out(tiny, tmp_path):
    missing = 'features = "pretrained:folder=nowhere"\noptional = true\n'
    (tmp_path / "e.toml").write_text(
        f'[[runs]]\nname = "mine"\nseeds = 1\n{missing}'
        f'[[runs]]\nname = "probe"\nbaseline = "linear_probe"\n{missing}'
        '[[runs]]\nname = "pixels"\nseeds = 1\n'
        '[[tables]]\nname = "both"\nanalysis = "leaderboard"\nruns = ["mine", "pixels"]\n'
    )
    with pytest.warns(UserWarning) as told:
        runs = compare(tmp_path / "e.toml", tiny, tmp_path / "out")
    assert [run.name for run in runs] == ["pixels"]
    left = [str(warning.message) for warning in told if "No encoder is in 'nowhere'" in str(warning.message)]
    assert [message.split(" is left out")[0] for message in left] == ["'mine'", "'probe'"]


def test_an_optional_probe_whose_features_cannot_be_made_is_left_out(tmp_path):
    probe = {"name": "probe", "baseline": "linear_probe", "features": "hog:cell=400", "optional": True}
    with pytest.warns(UserWarning, match="'probe' is left out: Images of"):
        (run,) = compare(
            experiment(probe, {"name": "one", "features": "pixels:2"}), load("toy:n=70"), tmp_path
        )
    assert run.name == "one"
