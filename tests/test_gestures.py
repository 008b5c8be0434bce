"""Gestures of voice, hands and head, and what reads them off faces."""

import numpy as np
import pytest

from fer_cluster.chain import Chain
from fer_cluster.datasets.toy import Toy
from fer_cluster.features.hog import Hog
from fer_cluster.steps.action_units import EMOTIONS, GESTURED, ActionUnits
from fer_cluster.training.actions import ACTIONS
from fer_cluster.training.gestures import GESTURES, HEAD, SHOWN, _depth, bowed, gestured, tilted
from fer_cluster.training.signs import SIGNS


@pytest.fixture(scope="module")
def noise():
    """Return images of which the two halves mirror one another."""
    left = np.random.default_rng(0).integers(0, 256, (4, 48, 24), dtype=np.uint8)
    return np.concatenate([left, left[:, :, ::-1]], 2)


@pytest.mark.parametrize("gesture", [*SHOWN, "head_bowed"])
def test_what_is_drawn_or_bowed_is_alike_on_both_sides(noise, gesture):
    found = gestured(noise, gesture)
    assert found.dtype == np.uint8 and found.shape == noise.shape and (found != noise).any((1, 2)).all()
    np.testing.assert_allclose(found.astype(int), found[:, :, ::-1].astype(int), atol=1)


@pytest.mark.parametrize("gesture", GESTURES)
def test_a_face_of_one_grey_shows_no_gesture(gesture):
    images = np.full((2, 48, 48), 90, np.uint8)
    np.testing.assert_array_equal(gestured(images, gesture), images)


def test_a_bowed_head_shows_its_middle_lower_and_its_rim_higher():
    ramp = np.tile(np.arange(48, dtype=np.uint8)[:, None] * 4, (1, 1, 48))
    moved = (ramp[0].astype(int) - bowed(ramp)[0]) / 4  # rows that what is seen has come down
    depth = _depth(48, 48).numpy() * 20 * np.sin(0.45)
    np.testing.assert_allclose(moved[12:36, 4:44], depth[12:36, 4:44], atol=0.3)
    assert moved[26, 23] > 3 > 0 > moved[26, 1]
    assert np.abs(moved - moved[:, ::-1]).max() < 0.3


def test_a_tilted_head_is_turned_about_the_middle():
    images = np.zeros((1, 48, 48), np.uint8)
    images[0, 10:13, 23:25] = 255
    found = tilted(images)[0].astype(float)
    row, column = (np.average(np.arange(48), weights=found.sum(axis)) - 23.5 for axis in (1, 0))
    assert np.hypot(row, column) == pytest.approx(12.5 * 1.05, abs=0.5)
    assert abs(np.arctan2(column, -row)) == pytest.approx(0.4, abs=0.03)


def test_gestures_grow_with_the_image(noise):
    for gesture in GESTURES:
        large = gestured(noise.repeat(2, 1).repeat(2, 2), gesture).astype(float)
        halved = large.reshape(4, 48, 2, 48, 2).mean((2, 4))
        assert np.corrcoef(halved.ravel(), gestured(noise, gesture).ravel())[0, 1] > 0.8, gesture


def test_faces_with_a_gesture_are_read_so():
    images = Toy(n=400, seed=3).load().images
    step = ActionUnits(n_faces=200, n_actors=60, gestures=True)
    chain = Chain(Hog(mirror=True, cell=6), [step])
    found = chain.fit_transform(images)[:100]
    assert step.names_ == [*ACTIONS, *SIGNS, *GESTURES]
    for gesture in GESTURES:
        more = chain.transform(gestured(images[:100], gesture)) - found
        assert more.mean(0)[step.names_.index(gesture)] > 0.5, gesture


def test_every_unit_of_an_emotion_is_one_that_is_read_and_every_gesture_tells():
    assert list(GESTURED) == list(EMOTIONS)
    told = {unit for units in GESTURED.values() for unit in units}
    assert {*SHOWN, *HEAD} <= told <= {*ACTIONS, *SIGNS, *GESTURES}


def test_emotions_with_gestures_are_sums_of_all_units():
    images, hog = Toy(n=200, seed=1).load().images, Hog(cell=12)
    settings = {"n_faces": 100, "n_actors": 30, "gestures": True}
    units = Chain(hog, [ActionUnits(**settings)]).fit_transform(images)
    for signs in (False, True):  # who makes gestures shows signs, too
        read = Chain(hog, [ActionUnits("emotions", **settings, signs=signs)]).fit_transform(images)
        fear = units @ [GESTURED["fear"].get(unit, 0) for unit in (*ACTIONS, *SIGNS, *GESTURES)]
        place = list(GESTURED).index("fear")
        np.testing.assert_allclose(read[:, place], (fear - fear.mean()) / fear.std(), atol=1e-3)
