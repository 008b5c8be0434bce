"""What classifiers say of the same faces, and nets that learn from it."""

from dataclasses import replace

import numpy as np
import pytest

from fer_cluster.classifying import classify
from fer_cluster.clustering import cluster
from fer_cluster.comparing import compare
from fer_cluster.ensembles import ensemble
from fer_cluster.errors import InputError
from fer_cluster.experiment import Experiment, read_experiment
from fer_cluster.faces import Faces
from fer_cluster.report.again import again
from fer_cluster.splits import split
from fer_cluster.voices import chosen, said, soft_targets, voices

NET = "three_blocks:width=4,dense=8,learning_rate=0.01"
PIXELS = {"features": "pixels:n_components=5"}
ANGRY, SAD = 0, 4


@pytest.fixture
def probe(tiny):
    return classify(tiny, "linear_probe", name="probe", **PIXELS)


def says(run, emotion, sure=1.0):
    """Return a run that calls every face so."""
    row = np.full(7, (1 - sure) / 6)
    row[emotion] = sure
    return replace(run, features=np.tile(row, (len(run.faces), 1)).astype(np.float32))


def test_label_and_each_teacher_have_one_voice(tiny, probe):
    rows = np.flatnonzero(tiny.about["split"] == "Training")
    emotion = tiny.about["emotion"].cat.codes.to_numpy()[rows]
    two = [says(probe, ANGRY), says(probe, SAD, 0.4)]
    soft = soft_targets(two, tiny, split(tiny, "official"), rows)
    expected = (np.eye(7)[emotion] + np.eye(7)[ANGRY] + np.array([0.1] * 4 + [0.4] + [0.1] * 2)) / 3
    np.testing.assert_allclose(soft, expected, atol=1e-6)
    both = says(probe, ANGRY)
    both = replace(both, features=np.concatenate([both.features, two[1].features], 1))  # two seeds of one run
    np.testing.assert_allclose(soft_targets([both], tiny, split(tiny, "official"), rows), soft, atol=1e-6)
    assert voices(two).shape == (len(tiny), 2, 7)


def test_emotions_that_no_face_has_take_no_share(tiny, probe):
    rows = np.flatnonzero((tiny.about["split"] == "Training") & (tiny.about["emotion"] != "angry"))
    soft = soft_targets([says(probe, ANGRY, 0.4)], tiny, split(tiny, "official"), rows)
    assert soft.shape == (len(rows), 6)
    np.testing.assert_allclose(soft.sum(1), 1, atol=1e-6)


def test_a_pupil_of_one_sided_teachers_says_what_they_say(tiny, probe):
    alone, taught = (
        classify(tiny, NET, epochs=12, teachers=teachers)
        for teachers in ([], [says(probe, SAD), says(probe, SAD)])
    )
    sad = [(run.predictions()[0] == SAD).mean() for run in (alone, taught)]
    assert sad[0] < 0.5 and sad[1] == 1
    assert list(taught.spec["teachers"]) == ["probe", "probe (2)"] and "teachers" not in alone.spec
    assert again(taught) == "" and "three_blocks" in again(alone)  # no line makes a pupil again
    assert taught.history["accuracy"].iloc[-1] < 0.5  # labels are still what is counted


def test_teachers_must_be_classifiers_of_the_same_faces_and_their_pupil_a_net(tiny, probe):
    with pytest.raises(InputError, match="only classifiers can be asked"):
        classify(tiny, NET, epochs=1, teachers=[cluster(tiny, "pixels:n_components=5", seeds=1)])
    with pytest.raises(InputError, match="'probe' has other faces or another split than its pupil"):
        classify(tiny, NET, split="paper", epochs=1, teachers=[probe])
    others = Faces(tiny.images[::-1].copy(), tiny.about, "others")
    with pytest.raises(InputError, match="other faces"):
        classify(others, NET, epochs=1, teachers=[probe])
    with pytest.raises(InputError, match="majority learns from labels alone; only nets have teachers"):
        classify(tiny, "majority", teachers=[probe])


def test_an_experiment_names_teachers_and_keeps_their_pupil(tiny, tmp_path):
    probe = {"name": "probe", "baseline": "linear_probe", "seeds": 1, **PIXELS}
    pupil = {"name": "pupil", "baseline": NET, "seeds": 1, "epochs": 2}
    taught = pupil | {"teachers": ["probe"]}

    def made(*entries):
        return compare(Experiment("school", ("official",), entries), tiny, tmp_path)[-1]

    first = made(probe, taught)
    assert made(probe, taught).spec["seconds"] == first.spec["seconds"]  # not trained again
    alone = made(probe, pupil)
    assert "teachers" not in alone.spec and not np.allclose(alone.features, first.features)
    assert made(probe, pupil | {"teachers": []}).spec["seconds"] == alone.spec["seconds"]
    np.testing.assert_array_equal(made(probe, taught).features, first.features)
    other = made(probe | {"baseline": "majority", "features": None}, taught)  # another teacher of that name
    assert not np.allclose(other.features, first.features)


def test_what_several_were_chosen_with_is_told_once(probe):
    told = ["nothing", "PublicTest", "taste and PublicTest", "taste"]
    runs = [replace(probe, spec=probe.spec | {"chosen_with": one}) for one in told]
    assert chosen("nothing", runs) == "PublicTest and taste"
    assert chosen("nothing", runs[:1]) == "nothing"


def test_a_pupil_tells_what_its_teachers_were_chosen_with(tiny, tmp_path, probe):
    by_hand = replace(probe, spec=probe.spec | {"chosen_with": "PrivateTest"})
    assert classify(tiny, NET, epochs=1, teachers=[by_hand]).spec["chosen_with"] == "PrivateTest"
    entries = (
        {"name": "probe", "baseline": "majority", "chosen_with": "PublicTest"},
        {"name": "pupil", "baseline": NET, "epochs": 1, "teachers": ["probe"], "chosen_with": "taste"},
    )
    for _ in range(2):  # made, and found
        pupil = compare(Experiment("school", ("official",), entries), tiny, tmp_path)[-1]
        assert pupil.spec["chosen_with"] == "taste and PublicTest"


def test_who_saw_the_test_faces_of_another_is_not_asked(tiny):
    """Two classifiers that were split anew each would tell each other the test labels."""
    runs = [classify(tiny, "majority", split="stratified", seeds=[seed]) for seed in (0, 5)]
    assert ensemble(runs).spec["split"] == "stratified"  # one split for all seeds
    turned = runs[1].faces.assign(part=runs[1].faces["part"].to_numpy()[::-1])
    for asked in (
        lambda run: ensemble([runs[0], run]),
        lambda run: classify(tiny, NET, split="stratified", epochs=1, teachers=[run]),
    ):
        with pytest.raises(InputError, match="another split"):
            asked(replace(runs[1], faces=turned))


def test_classifiers_of_other_faces_are_not_asked_together(probe):
    dataset = probe.spec["dataset"] | {"fingerprint": "another"}
    with pytest.raises(InputError, match="has other faces"):
        ensemble([probe, replace(probe, spec=probe.spec | {"dataset": dataset})])


def test_optional_pupils_and_ensembles_go_where_their_teachers_go(tiny):
    entries = (
        {"name": "gone", "baseline": "vgg16_transfer:weights=not_there.safetensors", "optional": True},
        {"name": "majority", "baseline": "majority"},
        {"name": "pupil", "baseline": NET, "teachers": ["gone"], "optional": True},
        {"name": "both", "ensemble": ["gone", "majority"], "optional": True},
    )
    with pytest.warns(UserWarning, match="left out"):
        assert [run.name for run in compare(Experiment("o", ("official",), entries), tiny)] == ["majority"]
    with pytest.warns(UserWarning), pytest.raises(InputError, match="has no 'gone'"):
        compare(Experiment("o", ("official",), (*entries[:2], entries[3] | {"optional": False})), tiny)


def test_what_was_said_is_told_by_its_hash(probe):
    again = replace(probe, features=probe.features.copy())
    assert said([again]) == said([probe])
    again.features[0, 0] += 1e-3
    assert said([again]) != said([probe]) and list(said([again])) == ["probe"]
    both = said([probe, again])  # two of one name
    assert list(both) == ["probe", "probe (2)"] and len(set(both.values())) == 2
    assert ensemble([probe, again]).spec["members"] == {"probe": [0], "probe (2)": [0]}


@pytest.mark.parametrize(
    "teachers, sentence",
    [
        ('["m"]', "has no 'm'"),
        ('["pixels-kmeans"]', "has no 'pixels-kmeans'"),
        ('"pixels"', "must be a list"),
    ],
)
def test_teachers_come_before_their_pupil(tmp_path, teachers, sentence):
    toml = f'[[runs]]\n[[runs]]\nname = "pupil"\nbaseline = "{NET}"\nteachers = {teachers}\n'
    (tmp_path / "wrong.toml").write_text(toml + '[[runs]]\nname = "m"\nbaseline = "majority"')
    with pytest.raises(InputError, match=sentence):
        read_experiment(tmp_path / "wrong.toml")


def test_who_cannot_be_taught_is_told_before_anything_is_made(tmp_path):
    toml = '[[runs]]\nname = "m"\nbaseline = "majority"\n[[runs]]\nbaseline = "knn"\nteachers = ["m"]'
    (tmp_path / "wrong.toml").write_text(toml)
    with pytest.raises(InputError, match="only nets have teachers"):
        read_experiment(tmp_path / "wrong.toml")
