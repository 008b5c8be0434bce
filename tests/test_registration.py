"""Faces brought into register: moves that are known are found again, and nothing else decides."""

import numpy as np
import pytest

from fer_cluster.errors import InputError
from fer_cluster.features._moves import Moves
from fer_cluster.features._registration import Registration
from fer_cluster.features.geometry import Geometry
from fer_cluster.features.regions import Regions
from fer_cluster.loading import load


@pytest.fixture(scope="module")
def toy():
    return load("toy:n=200")


@pytest.fixture(scope="module")
def fitted(toy):
    return Registration().fit(toy.images)


def shaken(images, seed=1, far=2.0):
    """Return images that are shifted, turned and enlarged, and by which moves."""
    random = np.random.default_rng(seed)
    turn = random.uniform(0.95, 1.05, len(images)) * np.exp(1j * random.uniform(-0.1, 0.1, len(images)))
    right, down = random.uniform(-far, far, (2, len(images)))
    moves = Moves(turn, right + 1j * down)
    return np.rint(moves.moved(images)).astype(np.uint8), moves


# ---- moves


def test_moves_shift_turn_and_enlarge_about_the_middle():
    image = np.zeros((1, 3, 3))
    image[0, 1, 2] = 8  # at 1, right of the middle
    one = np.ones(1, complex)
    assert Moves(one, -one).moved(image)[0, 1].tolist() == [0, 8, 8]  # the edge is repeated
    turned = Moves(1j * one, 0 * one).moved(image)[0]
    np.testing.assert_allclose(turned, [[0, 0, 0], [0, 0, 0], [0, 8, 0]], atol=1e-5)  # clockwise
    np.testing.assert_allclose(Moves(2 * one, 0 * one).moved(image)[0, 1], [0, 0, 4], atol=1e-5)


def test_moves_are_joined_undone_and_done_one_after_the_other():
    first = Moves(np.array([2j]), np.array([1 + 0j]))
    both = first.then(Moves(np.array([0.5 + 0j]), np.array([3j])))
    assert both.turn == 1j and both.shift == 0.5 + 3j  # p goes to 2i p + 1, then to half that + 3i
    back = both.then(both.undone())
    assert back.turn == 1 and back.shift == 0
    assert Moves.joined([first, both]).shift.tolist() == [1, 0.5 + 3j]
    assert Moves.joined([first, both])[1:].turn.tolist() == [1j]


def test_moves_stay_within_limits():
    near = Moves(np.array([2j, 1.01]), np.array([9 - 9j, 1 + 2j])).within(4, 0.1, 0.2)
    np.testing.assert_allclose(near.turn, [1.1 * np.exp(0.2j), 1.01])
    assert near.shift.tolist() == [4 - 4j, 1 + 2j]


# ---- registration


def test_known_moves_are_found_again(toy, fitted):
    moved, known = shaken(toy.images)
    back, own = known.then(fitted.moves(moved)), fitted.moves(toy.images)
    left = np.abs(back.shift - own.shift)
    assert np.median(left) < 0.4 and np.median(np.abs(known.shift)) > 1.5
    assert np.median(np.abs(back.turn - own.turn)) < 0.02 and np.median(np.abs(known.turn - 1)) > 0.05


def test_the_pose_that_faces_were_drawn_with_is_taken_back(toy, fitted):
    moves, about = fitted.moves(toy.images), toy.about
    found = {
        "shift_x": moves.shift.real,
        "shift_y": moves.shift.imag,
        "scale": np.abs(moves.turn),
        "roll": np.angle(moves.turn),
    }
    for name, value in found.items():
        assert np.corrcoef(about[name], value)[0, 1] < -0.45


def test_the_mean_of_faces_in_register_is_sharper(toy, fitted):
    moved = shaken(toy.images)[0]
    aligned = fitted.transform(moved)
    assert aligned.dtype == np.uint8 and aligned.shape == moved.shape
    sharp, blurred = (np.diff(x.mean(0), axis=0)[10:40, 10:38].std() for x in (aligned, moved))
    assert sharp > 1.4 * blurred


def test_light_hardly_decides(toy, fitted):
    rise = np.linspace(0.6, 1, 48)
    lit = np.rint(20 + 0.8 * toy.images * rise).astype(np.uint8)
    apart = np.abs(fitted.moves(lit).shift - fitted.moves(toy.images).shift)
    assert np.median(apart) < 0.3


def test_a_mirrored_face_is_moved_in_mirror(toy, fitted):
    np.testing.assert_allclose(fitted.mean_, fitted.mean_[:, ::-1], atol=1e-6)
    moves, mirrored = fitted.moves(toy.images), fitted.moves(toy.images[:, :, ::-1])
    alike = np.isclose(mirrored.shift, -moves.shift.conj(), atol=0.05)
    assert alike.mean() > 0.9
    np.testing.assert_allclose(mirrored.turn[alike], moves.turn[alike].conj(), atol=0.02)


def test_nothing_but_the_images_is_learnt_from(toy, fitted):
    told = Registration().fit(toy.images, toy.about["emotion"].cat.codes.to_numpy())
    np.testing.assert_array_equal(told.mean_, fitted.mean_)


def test_blank_faces_stay_where_they_are(toy, fitted):
    blank = np.stack([np.full((48, 48), grey, np.uint8) for grey in (0, 7, 255)])
    moves = fitted.moves(np.concatenate([blank, toy.images[:2]]))
    assert (moves.turn[:3] == 1).all() and (moves.shift[:3] == 0).all()
    np.testing.assert_array_equal(Registration().fit(blank).transform(blank), blank)
    assert fitted.transform(blank[:0]).shape == (0, 48, 48)


@pytest.mark.parametrize("shape", [(16, 16), (40, 30), (96, 64)])
def test_images_of_other_sizes(random, shape):
    images = random.integers(0, 256, size=(9, *shape), dtype=np.uint8)
    assert Registration().fit(images).transform(images).shape == images.shape


def test_unusable_images_are_explained(toy, fitted):
    with pytest.raises(
        InputError, match=r"^Images of 15 x 48 are too small to align; a side has 16 or more\.$"
    ):
        Registration().fit(toy.images[:, :15])
    with pytest.raises(InputError, match="uint8"):
        Registration().fit(toy.images.astype(float))
    for part in (Registration(), Geometry(aligned=True), Regions(aligned=True)):
        with pytest.raises(InputError, match="those fitted on, one or more; got none"):
            part.fit(toy.images[:0])
    with pytest.raises(InputError, match="48, 48"):
        fitted.transform(toy.images[:, :40])


# ---- features of aligned faces


@pytest.mark.parametrize("part", [Regions("mouth+eyes"), Geometry()], ids=["regions", "geometry"])
def test_features_of_moved_faces_are_nearer_to_their_own_where_aligned(toy, part):
    moved = shaken(toy.images)[0]

    def apart(aligned):
        fitted = type(part)(**part.get_params() | {"aligned": aligned}).fit(toy.images)
        x, y = fitted.transform(toy.images), fitted.transform(moved)
        return np.square(x - y).mean() / x.var(0).mean()

    assert apart(aligned=True) < 0.7 * apart(aligned=False)


def test_windows_are_cut_from_faces_in_register(toy, fitted):
    part = Regions("mouth", aligned=True).fit(toy.images)
    np.testing.assert_array_equal(part.registration_.mean_, fitted.mean_)
    aligned = fitted.transform(toy.images)
    plain = Regions("mouth").fit(aligned)
    assert plain.registration_ is None
    np.testing.assert_array_equal(part.transform(toy.images), plain.transform(aligned))


def test_what_is_fitted_on_is_the_mean_of_those_faces_alone(toy):
    part = Regions("mouth", aligned=True).fit(toy.images[:50])
    np.testing.assert_array_equal(part.registration_.mean_, Registration().fit(toy.images[:50]).mean_)
    kept = part.registration_.mean_.copy()
    part.transform(toy.images[50:])
    np.testing.assert_array_equal(part.registration_.mean_, kept)


@pytest.mark.parametrize("part", [Regions, Geometry])
def test_an_unknown_way_to_align_is_explained(toy, part):
    with pytest.raises(InputError, match=r"^aligned must be True or False, got 'mouth'\.$"):
        part(aligned="mouth").fit(toy.images)
