"""Faces that act by a warp, and what reads how far faces act by themselves."""

import numpy as np
import pytest

from fer_cluster.chain import Chain
from fer_cluster.datasets.toy import Toy
from fer_cluster.errors import InputError
from fer_cluster.features.hog import Hog
from fer_cluster.steps.action_units import EMOTIONS, ActionUnits
from fer_cluster.steps.self_training import SelfTraining
from fer_cluster.training.actions import ACTIONS, acted, action_field


@pytest.fixture(scope="module")
def toy():
    return Toy(n=600, seed=3).load()


@pytest.fixture(scope="module")
def read(toy):
    """Return a chain of HOG and action units, fitted, and what it reads of the toy faces."""
    chain = Chain(Hog(mirror=True, cell=6), [ActionUnits(n_faces=300, n_actors=60)])
    return chain, chain.fit_transform(toy.images)


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_moves_both_sides_alike_and_its_place_most(action):
    field = action_field(action, (48, 48))[0].numpy()
    np.testing.assert_allclose(field[:, ::-1, 0], field[..., 0], atol=1e-6)
    np.testing.assert_allclose(field[:, ::-1, 1], -field[..., 1], atol=1e-6)
    row, aside, down, outward, _ = ACTIONS[action][0]
    column = 23.5 + aside
    there = field[round(row), round(column)]
    assert there @ (down, outward) > 0.5 * (down**2 + outward**2)
    assert np.abs(field[0]).max() < 0.5


def test_an_action_of_none_changes_nothing_and_the_field_grows_with_the_image():
    images = np.random.default_rng(0).integers(0, 256, (3, 48, 48), dtype=np.uint8)
    np.testing.assert_array_equal(acted(images, "jaw_drop", 0.0), images)
    large = action_field("jaw_drop", (96, 96))[0].numpy()
    small = action_field("jaw_drop", (48, 48))[0].numpy()
    np.testing.assert_allclose(large.reshape(48, 2, 48, 2, 2).mean((1, 3)), 2 * small, atol=0.15)


def test_a_dropped_jaw_shows_what_was_above():
    images = np.zeros((1, 48, 48), np.uint8)
    images[0, :41] = 200
    darker = acted(images, "jaw_drop")[0, 42, 23]
    assert images[0, 42, 23] == 0 and darker == 200


def test_faces_that_act_are_read_so(toy, read):
    chain, _ = read
    step = chain.steps[0]
    for place, action in enumerate(step.names_):
        more, less = (chain.transform(acted(toy.images[:100], action, amount)) for amount in (1, -1))
        assert (more - less).mean(0)[place] > 0.3, action


@pytest.mark.parametrize(
    "action, unit",
    [
        ("lip_corners_up", "au12"),
        ("lips_stretched", "au20"),
        ("lips_apart", "au26"),  # of a drawn mouth that opens; jaw_drop reads little of it
        ("brows_up", "au2"),
        ("eyes_wide", "au5"),
        ("nose_wrinkled", "au9"),
    ],
)
def test_toy_faces_are_read_as_they_were_drawn(toy, read, action, unit):
    chain, found = read
    by = found[:, chain.steps[0].names_.index(action)]
    assert np.corrcoef(by, toy.about[unit])[0, 1] > 0.15


def test_numbers_have_unit_variance_and_repeat_themselves(toy, read):
    _, found = read
    np.testing.assert_allclose(found.std(0), 1, atol=1e-4)
    again = Chain(Hog(mirror=True, cell=6), [ActionUnits(n_faces=300, n_actors=60)]).fit_transform(toy.images)
    np.testing.assert_array_equal(again, found)


def test_emotions_are_the_sums_of_the_textbook(toy, read):
    _, units = read
    step = ActionUnits("emotions", n_faces=300, n_actors=60)
    found = Chain(Hog(mirror=True, cell=6), [step]).fit_transform(toy.images)
    assert step.names_ == list(EMOTIONS) and found.shape == (600, 7)
    happy = units @ [EMOTIONS["happy"].get(action, 0) for action in ACTIONS]
    np.testing.assert_allclose(
        found[:, step.names_.index("happy")], (happy - happy.mean()) / happy.std(), atol=1e-3
    )


def test_every_action_of_an_emotion_is_one_that_a_face_can_do():
    assert {action for told in EMOTIONS.values() for action in told} == set(ACTIONS)


def test_a_wrong_code_names_those_there_are(toy):
    with pytest.raises(InputError, match="units"):
        Chain(Hog(), [ActionUnits("emotion")]).fit_transform(toy.images[:20])


def test_self_training_begins_with_the_step_it_is_told(toy):
    images, told = toy.images[:200], "action_units:code=emotions;n_faces=100;n_actors=20"
    chain = Chain(Hog(cell=12), [SelfTraining(first=told, n_names=(5,), n_rounds=1, n_faces=50)])
    mouth = Chain(Hog(cell=12), [SelfTraining(n_names=(5,), n_rounds=1, n_faces=50)])
    found, other = chain.fit_transform(images), mouth.fit_transform(images)
    assert found.shape == other.shape and not np.allclose(found, other)
    with pytest.raises(InputError, match="action_units"):
        Chain(Hog(cell=12), [SelfTraining(first="action_unit")]).fit_transform(images)
