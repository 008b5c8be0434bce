"""Mouth and eyes that teach each other before the whole face learns."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score as ami

from fer_cluster.chain import Chain, Remembering
from fer_cluster.errors import InputError
from fer_cluster.features.patches import Patches
from fer_cluster.features.pixels import Pixels
from fer_cluster.steps._cotraining import View, cotrained
from fer_cluster.steps.self_training import SelfTraining

SETTINGS = {"n_components": 1, "n_first": 2, "n_names": (8,), "n_rounds": 5}


class Halves:
    """Faces of two kinds that mouth and eyes both show, less than beards and glasses that only one shows."""

    place_ = np.repeat([[0.875, 0.5], [0.375, 0.5]], 6, axis=0)

    def __init__(self, n, random):
        self.kind, self.beard, self.glasses = random.integers(0, 2, (3, n))
        self.x = random.normal(size=(n, 12)) + 2 * self.kind[:, None]
        self.x[:, 0] += 12 * self.beard
        self.x[:, 6] += 12 * self.glasses
        self.shaken = self.x + 0.2 * random.normal(size=self.x.shape)
        self.images = np.zeros((n, 4, 4), np.uint8)

    def transform(self, images):
        return self.shaken[: len(images)]


@pytest.fixture
def faces(random):
    return Halves(2000, random)


def named(z):
    return KMeans(2, n_init=3, random_state=0).fit_predict(z)


def fitted(faces, **settings):
    step = SelfTraining(**SETTINGS | settings).fit(faces.x, images=faces.images, extractor=faces)
    return step.transform(faces.x)


def test_each_view_learns_what_the_other_says():
    found = cotrained(np.array([[1]]), 1, 2, 2, lambda view, named: 10 * named + view)
    np.testing.assert_array_equal(found, [[12121, 1212]])


def test_a_part_of_a_view_is_of_its_features_alone():
    square = np.arange(9).reshape(3, 3)
    part = View(square, square, 10 * square, 100 * square).part([0, 2])
    np.testing.assert_array_equal(part.z, [[0, 2], [3, 5], [6, 8]])
    np.testing.assert_array_equal(part.total, [[0, 2], [6, 8]])
    np.testing.assert_array_equal(part.noise, 10 * part.nuisance)


def test_mouth_and_eyes_agree_on_what_they_share(faces):
    mouth, eyes = faces.x[:, :6], faces.x[:, 6:]
    assert ami(named(mouth), faces.beard) > 0.95 and ami(named(mouth), faces.kind) < 0.05
    assert ami(named(eyes), faces.glasses) > 0.95 and ami(named(eyes), faces.kind) < 0.05
    assert ami(named(fitted(faces)), faces.kind) < 0.05  # the mouth alone teaches its beard
    assert ami(named(fitted(faces, first="mouth+eyes")), faces.kind) > 0.9


def test_what_mouth_and_eyes_agree_on_repeats_itself(faces):
    one, again, other = (fitted(faces, first="mouth+eyes", random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_mouth_and_eyes_are_found_behind_whatever_remembers(random):
    images = random.integers(0, 256, (200, 48, 48), dtype=np.uint8)
    patches = Patches(n_words=8).fit(images)
    x = patches.transform(images)
    one, again = (
        SelfTraining(2, 2, first="mouth+eyes", n_names=(5,), n_rounds=1, n_faces=50)
        .fit(x, images=images, extractor=extractor)
        .transform(x)
        for extractor in (patches, Chain(Remembering(patches)))
    )
    np.testing.assert_array_equal(one, again)


@pytest.mark.parametrize("row", [0.1, 0.375, 0.6, 0.875, np.nan])
def test_without_both_mouth_and_eyes_there_are_no_two_views(faces, row):
    faces.place_ = np.full((12, 2), row)
    with pytest.raises(InputError, match="on mouth and eyes"):
        fitted(faces, first="mouth+eyes")


def test_features_without_places_have_no_two_views(random):
    images = random.integers(0, 256, (50, 10, 10), dtype=np.uint8)
    with pytest.raises(InputError, match="on mouth and eyes"):
        Chain(Pixels(10), [SelfTraining(first="mouth+eyes")]).fit(images)


@pytest.mark.parametrize("first", ["mouth+eye", "", 3])
def test_a_wrong_beginning_names_those_there_are(faces, first):
    with pytest.raises(InputError, match=r"^first has no .*; it has mouth, mouth\+eyes, action_units, "):
        fitted(faces, first=first)
