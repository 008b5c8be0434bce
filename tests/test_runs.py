import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fer_cluster
from fer_cluster.analysis.leaderboard import Leaderboard
from fer_cluster.classifying import classify
from fer_cluster.clustering import cluster
from fer_cluster.comparing import finished
from fer_cluster.drawing import draw
from fer_cluster.embedding import embed
from fer_cluster.errors import InputError
from fer_cluster.faces import Faces
from fer_cluster.naming import names_apart
from fer_cluster.run_folder import clear_state, state_folder
from fer_cluster.runs import find_runs, load_run, told_apart
from fer_cluster.scoring import METRICS, value
from fer_cluster.summary import summary

PARTS = ("pixels:n_components=5", "kmeans")


@pytest.fixture
def run(tiny):
    return cluster(tiny, *PARTS, seeds=3)


def test_emotion_written_in_the_brightness_is_found(run):
    assert value(run.scores["PrivateTest"]["ami"]) > 0.95
    assert value(run.scores["PrivateTest"]["named_accuracy"]) > 0.95


def test_scores_are_those_of_the_clusters_in_the_table(run):
    rows = run.faces[run.faces["part"] == "PrivateTest"]
    each = [
        adjusted_mutual_info_score(rows["emotion"], rows[c]) for c in ("cluster", "cluster_1", "cluster_2")
    ]
    assert value(run.scores["PrivateTest"]["ami"]) == pytest.approx(np.mean(each))
    assert set(run.scores) == {"Training", "PublicTest", "PrivateTest"}
    assert all(tuple(scores) == METRICS for scores in run.scores.values())


def test_only_the_fit_part_is_fitted_on(tiny):
    images = tiny.images.copy()
    changed = np.asarray(tiny.about["split"] != "Training")
    images[changed] = 255 - images[changed]
    fitted = ~changed
    ours = cluster(tiny, *PARTS, seeds=1)
    other = cluster(Faces(images, tiny.about, "tiny"), *PARTS, seeds=1)
    np.testing.assert_array_equal(ours.features[fitted], other.features[fitted])
    assert (ours.faces["cluster"][fitted] == other.faces["cluster"][fitted]).all()


def test_emotions_do_not_reach_the_clusters(tiny):
    shuffled = tiny.about.assign(emotion=tiny.about["emotion"].to_numpy()[::-1])
    ours, other = (
        cluster(Faces(tiny.images, about, "tiny"), *PARTS, seeds=2) for about in (tiny.about, shuffled)
    )
    np.testing.assert_array_equal(ours.clusters, other.clusters)
    np.testing.assert_array_equal(ours.features, other.features)


def test_copies_of_fit_faces_are_flagged_and_left_out_of_the_second_scores(tiny):
    images = tiny.images.copy()
    images[56:60] = images[:4]  # four PrivateTest faces are copies of Training faces
    run = cluster(Faces(images, tiny.about, "tiny"), *PARTS, seeds=1)
    assert run.faces.index[run.faces["duplicate"]].tolist() == [56, 57, 58, 59]
    assert run.scores["PrivateTest"]["n"] == 14
    assert run.scores_without_duplicates["PrivateTest"]["n"] == 10


def test_same_seed_same_run(tiny):
    one, two = (cluster(tiny, *PARTS, seeds=[4, 5]) for _ in range(2))
    pd.testing.assert_frame_equal(one.faces, two.faces)
    assert one.scores == two.scores


def test_a_plain_scikit_learn_pipeline(tiny):
    pipeline = make_pipeline(StandardScaler(), PCA(5), KMeans(7, n_init=3))
    run = cluster(tiny, pipeline, seeds=2)
    fitted = np.asarray(tiny.about["split"] == "Training")
    rows = tiny.images.reshape(70, -1).astype(float)
    by_hand = make_pipeline(StandardScaler(), PCA(5, random_state=0), KMeans(7, n_init=3, random_state=0))
    expected = by_hand.fit(rows[fitted]).predict(rows)
    assert adjusted_mutual_info_score(expected, run.faces["cluster"]) > 0.95
    assert run.spec["features"] == "standardscaler+pca" and run.spec["clusterer"] == "kmeans"
    assert not hasattr(pipeline[0], "mean_")  # the user's own object stays unfitted


def test_a_clusterer_that_cannot_predict_needs_all_faces(tiny):
    with pytest.raises(InputError, match="use split 'all'"):
        cluster(tiny, PARTS[0], AgglomerativeClustering(7))
    run = cluster(tiny, PARTS[0], AgglomerativeClustering(7), split="all", seeds=1)
    assert run.spec["transductive"] and value(run.scores["all"]["ami"]) > 0.95


def test_unlabelled_faces_are_clustered_and_not_scored(tiny):
    run = cluster(Faces(tiny.images, tiny.about.assign(emotion=None), "bare"), *PARTS, seeds=2)
    assert run.scores == {} and run.faces["cluster"].nunique() == 7


def test_k(tiny):
    assert cluster(tiny, *PARTS, k=3, seeds=1).faces["cluster"].nunique() == 3
    with pytest.raises(InputError, match=r"k must be between 1 and the number of faces \(70\), got 71"):
        cluster(tiny, *PARTS, k=71)
    assert cluster(tiny, PARTS[0], "kmeans:n_clusters=4", k=3, seeds=1).faces["cluster"].nunique() == 4


def test_medoids_are_faces_of_their_cluster(tiny, run):
    keys = {tiny.images[row].tobytes(): row for row in range(len(tiny))}
    for label, faces in enumerate(run.medoids):
        for face in faces[faces.any(axis=(1, 2))]:
            assert run.faces["cluster"][keys[face.tobytes()]] == label


def test_medoids_are_nearest_to_the_mean_of_their_cluster_nearest_first(tiny):
    run = cluster(tiny, *PARTS, k=3, seeds=1)
    x, own = run.features, run.clusters[0]
    for label, faces in enumerate(run.medoids):
        rows = np.flatnonzero(own == label)
        apart = np.linalg.norm(x[rows] - x[rows].mean(0), axis=1)
        expected = tiny.images[rows[np.argsort(apart, kind="stable")[:10]]]
        np.testing.assert_array_equal(faces[: len(expected)], expected)
        assert not faces[len(expected) :].any()


def test_columns_of_the_user_do_not_collide(tiny):
    about = tiny.about.assign(x=1, cluster="mine", cluster_1=2, person=np.arange(70))
    run = cluster(Faces(tiny.images, about, "tiny"), *PARTS, seeds=2)
    assert run.faces.columns.is_unique and "person" in run.faces


def test_saved_and_read_again(run, tmp_path):
    run.save(tmp_path / "run")
    read = load_run(tmp_path / "run")
    pd.testing.assert_frame_equal(read.faces, run.faces, check_dtype=False)
    np.testing.assert_array_equal(read.features, run.features)
    np.testing.assert_array_equal(read.medoids, run.medoids)
    assert (read.name, read.spec, read.scores) == (run.name, run.spec, run.scores)
    assert read.faces["emotion"].cat.categories.tolist()[0] == "angry"
    assert [found.name for found in find_runs([tmp_path])] == [run.name]


def test_the_spec_tells_all(run, tiny):
    spec = json.loads(json.dumps(run.spec))
    assert spec["dataset"] == {"name": "tiny", "faces": 70, "fingerprint": tiny.fingerprint}
    assert spec["params"]["features"]["n_components"] == 5
    assert spec["params"]["clusterer"]["n_clusters"] == 7
    assert spec["seeds"] == [0, 1, 2] and spec["labels"] == "none"
    assert {"python", "numpy", "scikit-learn"} <= set(spec["versions"])


def test_the_spec_tells_the_parameters_of_the_projection(tiny, tmp_path):
    parts = {"features": "pixels:3", "clusterer": "kmeans", "projection": "tsne:perplexity=5"}
    run = cluster(tiny, **parts, seeds=1)
    run.save(tmp_path / "run")
    told = run.spec["params"]["projection"]
    assert told["perplexity"] == 5
    assert "projection" not in cluster(tiny, "pixels:3", projection=None, seeds=1).spec["params"]
    entry, split = parts | {"seeds": [0]}, run.spec["split"]
    assert finished(tmp_path / "run", entry, split, tiny) is not None
    for held, there in (({}, True), ({"projection": told | {"perplexity": 6}}, False)):
        params = {key: value for key, value in run.spec["params"].items() if key != "projection"} | held
        replace(run, spec=run.spec | {"params": params}).save(tmp_path / "run")
        assert (finished(tmp_path / "run", entry, split, tiny) is not None) == there


def test_nothing_that_is_no_run_is_overwritten(run, tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something that is no run"):
        run.save(tmp_path)
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_what_else_lies_in_the_folder_of_a_run_stays(run, tmp_path):
    run.save(tmp_path / "run")
    run.save(tmp_path / "run" / "inner")
    (tmp_path / "run" / "notes.txt").write_text("mine")
    (tmp_path / "run" / "figures").mkdir()
    run.save(tmp_path / "run")
    assert (tmp_path / "run" / "notes.txt").read_text() == "mine"
    assert load_run(tmp_path / "run" / "inner").scores == run.scores
    assert not (tmp_path / "run" / "figures").exists()  # of the older run


def test_an_infinite_parameter_is_kept_in_words(tiny, tmp_path):
    entry = {"features": "pixels:3", "clusterer": "sklearn.cluster:OPTICS", "seeds": [0]}
    run = cluster(tiny, "pixels:3", "sklearn.cluster:OPTICS", split="all", seeds=1)
    run.save(tmp_path / "run")
    assert load_run(tmp_path / "run").spec["params"]["clusterer"]["max_eps"] == "inf"
    assert finished(tmp_path / "run", entry, "all", tiny) is not None


def test_a_mixture_from_outside_has_as_many_clusters_as_were_asked_for(tiny, tmp_path):
    entry = {"features": "pixels:3", "clusterer": "sklearn.mixture:GaussianMixture", "seeds": [0]}
    run = cluster(tiny, **entry | {"k": 5})
    run.save(tmp_path / "run")
    assert run.spec["k"] == 5 and len(np.unique(run.clusters)) == 5
    split = run.spec["split"]
    assert finished(tmp_path / "run", entry | {"k": 5}, split, tiny) is not None
    assert finished(tmp_path / "run", entry | {"k": 4}, split, tiny) is None


def test_a_map_of_one_axis_has_zeros_beside_it(tiny):
    from sklearn.decomposition import PCA

    run = cluster(tiny, "pixels:3", projection=PCA(1), seeds=1)
    assert (run.faces["y"] == 0).all() and run.faces["x"].std() > 0


def test_a_failed_save_leaves_the_older_run_whole(run, tmp_path, monkeypatch):
    run.save(tmp_path / "run")
    before = (tmp_path / "run" / "run.json").read_text()
    monkeypatch.setattr(
        np, "save", lambda *args, **kwargs: (_ for _ in ()).throw(OSError(28, "No space left"))
    )
    with pytest.raises(OSError, match="No space"):
        run.save(tmp_path / "run")
    assert (tmp_path / "run" / "run.json").read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_damaged_run_is_one_sentence(run, tmp_path):
    run.save(tmp_path / "run")
    (tmp_path / "run" / "features.npy").write_bytes(b"\x80\x04nonsense")
    with pytest.raises(InputError, match="damaged"):
        load_run(tmp_path / "run")
    with pytest.raises(InputError, match="run.json is missing"):
        load_run(tmp_path / "nowhere")


def test_features_made_once_serve_two_clusterers(tiny):
    embedding = embed(tiny, PARTS[0])
    one = cluster(tiny, PARTS[0], "kmeans", seeds=1, embedding=embedding)
    assert (one.faces["cluster"] == cluster(tiny, *PARTS, seeds=1).faces["cluster"]).all()


def test_features_that_were_made_of_other_parts_are_refused(tiny):
    embedding = embed(tiny, PARTS[0], then=["unit"])
    told = {"features": PARTS[0], "then": ("unit",)}
    assert cluster(tiny, **told, seeds=1, split="official", embedding=embedding).spec["then"] == ["unit"]
    for other, sentence in (
        ({"features": "hog"}, "is of pixels:n_components=5 > unit, not of hog > unit"),
        ({"then": ()}, "not of pixels:n_components=5;"),
        ({"split": "paper"}, "is of the split 'official', not of 'paper'"),
    ):
        with pytest.raises(InputError, match=sentence):
            cluster(tiny, **told | other, seeds=1, embedding=embedding)
        with pytest.raises(InputError, match=sentence):
            classify(tiny, "knn", **told | other, embedding=embedding)


def test_a_part_with_a_seed_of_its_own_has_one_seed(tiny):
    own = "kmeans:random_state=3"
    assert cluster(tiny, PARTS[0], own, seeds=1).spec["params"]["clusterer"]["random_state"] == 3
    with pytest.raises(InputError, match="kmeans:random_state=3 has a random_state of its own"):
        cluster(tiny, PARTS[0], own, seeds=2)
    with pytest.raises(InputError, match="overrules all of the 3 seeds; leave it out"):
        classify(tiny, "three_blocks:random_state=1", seeds=3)
    several = cluster(tiny, "random_weights:random_state=1", KMeans(7, n_init=1, random_state=5), seeds=2)
    assert several.spec["seeds"] == [0, 1]  # features have one; an object is given the seed


def test_the_first_seed_is_that_of_features_and_steps(tiny):
    embedding = embed(tiny, "random_weights:width=2", then=["signal_to_nuisance:2"], seed=5)
    assert embedding.chain.extractor.random_state == embedding.chain.steps[0].random_state == 5
    run = cluster(tiny, "pixels:4", then=["signal_to_nuisance:2"], seeds=[5, 6], projection=None)
    assert run.spec["params"]["step 1"]["random_state"] == 5
    assert run.spec["params"]["clusterer"]["random_state"] == 5


def test_numbers_of_numpy_are_kept(tiny, tmp_path):
    run = cluster(tiny, PARTS[0], k=np.int64(3), seeds=np.arange(2))
    net = classify(tiny, "three_blocks:width=4,dense=8", epochs=np.int32(1))
    alike = cluster(tiny, PARTS[0], KMeans(np.int64(4), n_init=1), seeds=1, name="alike")
    for one in (run, net, alike):
        one.save(tmp_path / one.name)
        assert load_run(tmp_path / one.name).spec == json.loads(json.dumps(one.spec))
    assert (run.spec["k"], net.spec["epochs"], alike.spec["k"]) == (3, 1, 4)
    assert finished(tmp_path / run.name, {"features": PARTS[0], "k": 3, "seeds": 2}, "official", tiny)


def test_only_what_a_training_left_is_removed(tmp_path):
    state = state_folder(tmp_path / "fer")
    ours = ["features/state.json", "features/names_1/teacher/state.safetensors", "0-masked/state.json"]
    for name in (*ours, "12/state.json", ".writing-x/new/state.json"):
        (state / name).parent.mkdir(parents=True, exist_ok=True)
        (state / name).write_text("{}")
    for name in ("notes.txt", "state.json", "photographs/state.json", "features/notes.txt"):
        (state / name).parent.mkdir(parents=True, exist_ok=True)
        (state / name).write_text("mine")
    clear_state(tmp_path / "fer")
    left = {str(path.relative_to(state)) for path in state.rglob("*") if path.is_file()}
    assert left == {"notes.txt", "state.json", "photographs/state.json", "features/notes.txt"}
    for name in left:
        (state / name).unlink()
    (state / "photographs").rmdir()
    clear_state(tmp_path / "fer")
    assert not state.exists()


def test_the_paper_on_the_real_faces(fer2013):
    """K-Means of the paper agrees with figures that others found independently."""
    run = cluster(fer2013, "pixels", "kmeans", split="all", seeds=1, projection=None)
    assert value(run.scores["all"]["purity"]) == pytest.approx(0.256, abs=0.003)
    assert value(run.scores["all"]["ami"]) == pytest.approx(0.017, abs=0.002)
    assert value(run.scores["all"]["hungarian_accuracy"]) == pytest.approx(0.194, abs=0.006)


def test_a_kept_run_has_its_models_when_they_are_asked_for(tmp_path):
    faces = fer_cluster.load("toy:n=100")
    run = fer_cluster.classify(faces, "cnn3", epochs=1, seeds=2)
    run.save(tmp_path / "run")
    kept = load_run(tmp_path / "run").models
    assert len(kept) == 2
    for before, after in zip(run.models, kept, strict=True):
        expected = before.predict_proba(faces.images[:5])
        np.testing.assert_array_equal(after.predict_proba(faces.images[:5]), expected)


class Halves:
    """A clusterer of somebody else's, with no more than CONTRIBUTING asks: above the mean, or below it."""

    def __init__(self, n_clusters=2):
        self.n_clusters = n_clusters

    def fit(self, x):
        self.mean_ = x.mean()
        self._seen = len(x)
        return self

    def predict(self, x):
        return (x.mean(1) > self.mean_).astype(int)


def test_what_an_outside_part_has_learnt_is_none_of_its_parameters(tiny, tmp_path):
    part = f"{Halves.__module__}:Halves"
    entry = {"features": "pixels:n_components=5", "clusterer": part, "seeds": [0], "k": 2}
    run = cluster(tiny, entry["features"], part, seeds=1, k=2)
    assert run.spec["params"]["clusterer"] == {"n_clusters": 2}
    run.save(tmp_path / "run")
    assert finished(tmp_path / "run", entry, run.spec["split"], tiny) is not None


def test_noise_is_a_cluster_of_its_own(tiny):
    noisy = DBSCAN(eps=1e-9, min_samples=3)  # all of it is noise
    run = cluster(tiny, "pixels:n_components=5", noisy, split="all")
    assert set(run.faces["cluster"]) == {0}
    some = cluster(tiny, "pixels:n_components=5", DBSCAN(eps=3.0), split="all").clusters
    assert some.min() == 0


class Told(BaseEstimator):
    """A clusterer that calls the second of three lots of faces noise."""

    def fit_predict(self, x):
        return np.repeat([0, -1, 1], [30, 20, 20])


def test_noise_is_not_mixed_with_a_cluster(tiny):
    run = cluster(tiny, "pixels:n_components=5", Told(), split="all", seeds=1, projection=None)
    assert run.clusters[0].tolist() == np.repeat([0, 2, 1], [30, 20, 20]).tolist()


@pytest.mark.parametrize("seeds", [1, 2])
def test_clusters_that_nobody_can_name(tiny, tmp_path, seeds):
    about = tiny.about.assign(emotion=tiny.about["emotion"].where(tiny.about["split"] != "Training"))
    run = cluster(Faces(tiny.images, about, "tiny"), *PARTS, seeds=seeds)
    scores = run.scores["PrivateTest"]
    assert value(scores["ami"]) > 0.9 and value(scores["hungarian_accuracy"]) > 0.9
    assert all(np.isnan(value(scores[name])) for name in ("named_accuracy", "balanced_accuracy", "macro_f1"))
    with pytest.raises(InputError, match="fitted on faces without labels"):
        run.predictions()
    run.save(tmp_path / "kept")
    text = (tmp_path / "kept" / "run.json").read_text()
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert np.isnan(value(load_run(tmp_path / "kept").scores["PrivateTest"]["named_accuracy"]))
    assert "nan" not in summary([run]) and "nan" not in str(Leaderboard().say(Leaderboard().table([run])))
    assert run.scores_table()["mean"].isna().any()
    draw([run], tmp_path, ["scores"])
    (path,) = tmp_path.glob("*.png")
    assert path.stat().st_size > 0


def test_k_is_what_was_asked_of_the_clusterer_or_what_it_found(tiny):
    parts = {"split": "all", "seeds": 1}
    told = {
        3: GaussianMixture(3),
        1: "one",
        5: KMeans(5),
        8: DBSCAN(eps=1e9, min_samples=1),
    }
    found = {k: cluster(tiny, "pixels:n_components=5", part, **parts).spec["k"] for k, part in told.items()}
    assert found == {3: 3, 1: 1, 5: 5, 8: 1}


def test_a_column_that_only_begins_like_a_prediction_stays(tiny, tmp_path):
    about = tiny.about.assign(predicted_age=np.arange(len(tiny)) / 2)
    cluster(Faces(tiny.images, about, "tiny"), *PARTS, seeds=1).save(tmp_path / "run")
    assert load_run(tmp_path / "run").faces["predicted_age"].tolist() == about["predicted_age"].tolist()


def test_runs_of_one_name_are_told_apart(run):
    assert [one.name for one in told_apart([run, run, run])] == [
        run.name,
        f"{run.name} (2)",
        f"{run.name} (3)",
    ]


def test_a_name_is_numbered_where_all_else_is_the_same_too():
    keys = [("cnn3", split) for split in ("paper", "official", "paper", "paper")]
    assert names_apart([*keys, ("hog", "paper")]) == ["cnn3", "cnn3", "cnn3 (2)", "cnn3 (3)", "hog"]


def test_pictures_of_runs_of_one_name_are_as_many(run, tmp_path):
    paths = draw([run, run], tmp_path, ["contingency"])
    assert len({path.name for path in paths}) == len(paths) == len(list(tmp_path.glob("*.png"))) * 2
