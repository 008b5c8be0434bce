"""Signs of expression that are drawn, and what reads them off faces."""

import numpy as np
import pytest

from fer_cluster.chain import Chain
from fer_cluster.datasets.toy import Toy
from fer_cluster.features.hog import Hog
from fer_cluster.steps.action_units import EMOTIONS, SIGNED, ActionUnits
from fer_cluster.training.actions import ACTIONS
from fer_cluster.training.signs import DARK, LIGHT, SIGNS, Line, Oval, drawn


@pytest.fixture(scope="module")
def noise():
    """Return images of which the two halves mirror one another."""
    left = np.random.default_rng(0).integers(0, 256, (4, 48, 24), dtype=np.uint8)
    return np.concatenate([left, left[:, :, ::-1]], 2)


@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_is_alike_on_both_sides_and_leaves_the_rest_of_the_face(noise, sign):
    found = drawn(noise, sign)
    assert found.dtype == np.uint8 and found.shape == noise.shape
    np.testing.assert_array_equal(found, found[:, :, ::-1])
    changed = (found != noise).any((0, 2))
    rows = [row for stroke in SIGNS[sign] for row in _rows(stroke)]
    assert changed.any() and min(rows) - 1 <= changed.argmax()
    assert 47 - changed[::-1].argmax() <= max(rows) + 1


def _rows(stroke):
    if isinstance(stroke, Oval):
        return stroke.row - 1.2 * stroke.tall, stroke.row + 1.2 * stroke.tall
    top, bottom = sorted((stroke.begin[0], stroke.end[0]))
    return top - 4 * stroke.thick, bottom + 4 * stroke.thick


@pytest.mark.parametrize("sign", SIGNS)
def test_a_face_of_one_grey_has_no_other_to_draw_with(sign):
    images = np.full((1, 48, 48), 90, np.uint8)
    np.testing.assert_array_equal(drawn(images, sign), images)


def test_tones_are_those_of_the_face_itself():
    images = np.tile(np.linspace(100, 199, 48).round().astype(np.uint8)[:, None], (1, 1, 48))
    inner = images[0, 6:44, 8:40]
    teeth, closed = drawn(images, "teeth")[0], drawn(images, "eyes_closed")[0]
    light, dark = (np.quantile(inner, tone) for tone in (LIGHT, DARK))
    lips = images[0, 37, 23] * 0.3 + 0.7 * dark
    assert teeth[37, 23] == pytest.approx(0.1 * lips + 0.9 * light, abs=2)
    assert closed[19, 33] < images[0, 19, 33] - 5


def test_a_stroke_covers_its_middle_whole_and_nothing_far_away():
    oval, line = Oval(20, 9, 3, 5, DARK, 1.0), Line((10, 2), (20, 2), 1.0, DARK, 1.0)
    assert oval.mask(20, 9) == oval.mask(20, -9) == 1 and oval.mask(20, 15) == oval.mask(24, 9) == 0
    assert oval.mask(23, 9) == oval.mask(20, 14) == pytest.approx(0.5)
    assert line.mask(15, 2) == line.mask(15, -2) == 1
    assert line.mask(15, 3) == line.mask(21, 2) == pytest.approx(np.exp(-0.5))


def test_a_sign_grows_with_the_image(noise):
    large = drawn(noise.repeat(2, 1).repeat(2, 2), "folds").astype(float)
    halved = large.reshape(4, 48, 2, 48, 2).mean((2, 4))
    np.testing.assert_allclose(halved, drawn(noise, "folds"), atol=6)


def test_faces_on_which_a_sign_is_drawn_are_read_so():
    images = Toy(n=400, seed=3).load().images
    step = ActionUnits(n_faces=200, n_actors=60, signs=True)
    chain = Chain(Hog(mirror=True, cell=6), [step])
    found = chain.fit_transform(images)[:100]
    assert step.names_ == [*ACTIONS, *SIGNS]
    for sign in SIGNS:
        more = chain.transform(drawn(images[:100], sign)) - found
        assert more.mean(0)[step.names_.index(sign)] > 0.5, sign


def test_every_unit_of_an_emotion_is_one_that_is_read_and_every_sign_tells():
    assert list(SIGNED) == list(EMOTIONS)
    told = {unit for units in SIGNED.values() for unit in units}
    assert set(SIGNS) <= told <= {*ACTIONS, *SIGNS}


def test_emotions_with_signs_are_sums_of_all_units():
    images, hog = Toy(n=200, seed=1).load().images, Hog(cell=12)
    settings = {"n_faces": 100, "n_actors": 30, "signs": True}
    units = Chain(hog, [ActionUnits(**settings)]).fit_transform(images)
    read = Chain(hog, [ActionUnits("emotions", **settings)]).fit_transform(images)
    sad = units @ [SIGNED["sad"].get(unit, 0) for unit in (*ACTIONS, *SIGNS)]
    place = list(SIGNED).index("sad")
    np.testing.assert_allclose(read[:, place], (sad - sad.mean()) / sad.std(), atol=1e-3)
