"""The readings of faces that are alike, and the cluster of the strongest."""

import numpy as np
import pytest

from fer_cluster.chain import Chain, Remembering, chained, spaces
from fer_cluster.clusterers.strongest import Strongest
from fer_cluster.datasets.toy import Toy
from fer_cluster.errors import InputError
from fer_cluster.features.hog import Hog
from fer_cluster.features.patches import Patches
from fer_cluster.steps.action_units import EMOTIONS, ActionUnits
from fer_cluster.steps.expressions import Expressions
from fer_cluster.steps.self_training import SelfTraining, _lowest
from fer_cluster.steps.whiten import Whiten

SMALL = {"n_cells": (3, 5), "n_faces": 100}


@pytest.fixture(scope="module")
def images():
    return Toy(n=200, seed=5).load().images


def test_a_face_has_the_mean_reading_of_its_cell(images):
    hog = Hog(cell=12).fit(images)
    x = hog.transform(images)
    step = Expressions("whiten:4", n_cells=(5,), n_faces=100).fit(x, images=images, extractor=hog)
    found = step.transform(x)
    reader = ActionUnits("emotions", n_faces=100).fit(x, images=images, extractor=hog)
    read = reader.transform(x).clip(-3, 3)
    cell = step.cells_[0][1].labels_
    mean = np.stack([read[cell == c].mean(0) for c in range(5)])[cell] - read.mean(0)
    spread = np.sqrt((mean**2).mean(0)).max()
    np.testing.assert_allclose(found, mean / spread, atol=1e-4)
    assert step.names_ == list(EMOTIONS)


def test_several_subspaces_and_fits_are_averaged(images):
    hog = Hog(cell=12).fit(images)
    x = hog.transform(images)
    step = Expressions("whiten:4|whiten:6>unit", n_fits=2, **SMALL).fit(x, images=images, extractor=hog)
    assert len(step.cells_) == 2 * 2 * 2
    parts = []
    for steps, partition, read in step.cells_:
        near = x
        for one in steps:
            near = one.transform(near)
        parts.append(read[partition.predict(near.astype(np.float64))])
    np.testing.assert_allclose(step.transform(x), np.mean(parts, 0), atol=1e-5)


def test_it_repeats_itself_and_new_faces_are_read_alone(images):
    made = [Chain(Hog(cell=12), [Expressions("signal_to_nuisance:4", **SMALL)]) for _ in range(2)]
    one, other = (chain.fit_transform(images) for chain in made)
    np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(made[0].transform(images[:7]), one[:7], atol=1e-5)


def test_the_seed_is_that_of_reader_subspaces_and_cells(images, monkeypatch):
    hog, told = Hog(cell=12).fit(images), []
    note = lambda *given, **options: told.append(options) or ActionUnits(*given, **options)  # noqa: E731
    monkeypatch.setattr("fer_cluster.steps.expressions.ActionUnits", note)
    step = Expressions("signal_to_nuisance:4", n_fits=2, n_cells=(3,), n_faces=50, random_state=7, signs=True)
    step.fit(hog.transform(images), images=images, extractor=hog)
    assert told == [{"n_faces": 50, "random_state": 7, "signs": True, "gestures": False, "ridge": 0.1}]
    assert [steps[0].random_state for steps, _, _ in step.cells_] == [7, 8]
    assert [cells.random_state for _, cells, _ in step.cells_] == [7 * 1_009, 7 * 1_009 + 1]


def test_no_face_is_read_farther_than_three(images, monkeypatch):
    read = np.zeros((200, 7))
    read[:10, 0], read[10:30, 0] = 1e6, 2

    class Far:
        def fit(self, x, **given):
            return self

        def transform(self, x):
            return read

    monkeypatch.setattr("fer_cluster.steps.expressions.ActionUnits", lambda *given, **options: Far())
    hog = Hog(cell=12).fit(images)
    step = Expressions("whiten:4", n_cells=(5,)).fit(hog.transform(images), images=images, extractor=hog)
    _, partition, cells = step.cells_[0]
    near, size = read[:, 0].clip(max=3), np.bincount(partition.labels_)
    mean = np.bincount(partition.labels_, near) / size - near.mean()
    np.testing.assert_allclose(cells[:, 0], mean / np.sqrt((size * mean**2).sum() / 200), atol=1e-4)


def test_a_step_that_reads_every_image_is_refused(images):
    with pytest.raises(InputError, match="RemoveNuisances"):
        Chain(Hog(cell=12), [Expressions("remove_nuisances", **SMALL)]).fit_transform(images)
    with pytest.raises(InputError, match="whiten"):
        Chain(Hog(cell=12), [Expressions("whitened", **SMALL)]).fit_transform(images)


def test_the_mouth_is_found_behind_whatever_remembers(images):
    patches = Patches(n_words=8).fit(images)
    x, told = patches.transform(images), "self_training:n_names=(5,);n_rounds=1;n_faces=50;n_components=3"
    alone = chained(told, 0, patches).fit_steps(images, x=x)
    ((_, near),) = spaces(told, [0], Remembering(Remembering(patches)), images, x)
    np.testing.assert_array_equal(near, alone)
    low = _lowest(Chain(Remembering(patches)), x.shape[1])
    np.testing.assert_array_equal(low, np.flatnonzero(patches.place_[:, 0] > 0.75))
    assert 0 < len(low) < x.shape[1]


def test_behind_a_step_that_mixes_features_no_place_is_told(images):
    patches = Patches(n_words=8).fit(images)
    mixed = Chain(patches, [Whiten(patches.place_.shape[0])])
    x = mixed.fit_steps(images)
    for extractor in (mixed, Remembering(mixed), Chain(Remembering(mixed)), Chain(Chain(Hog()), mixed.steps)):
        assert _lowest(extractor, x.shape[1]).tolist() == list(range(x.shape[1]))
    with pytest.raises(InputError, match="features that tell their places"):
        SelfTraining(first="mouth+eyes").fit(x, images=images, extractor=mixed)


def test_the_same_images_are_extracted_once(images):
    class Counting:
        seen = 0

        def transform(self, images):
            self.seen += 1
            return images.reshape(len(images), -1)

    counting = Counting()
    remembering = Remembering(counting)
    remembering.transform(images[:5])
    np.testing.assert_array_equal(remembering.transform(images[:5].copy()), images[:5].reshape(5, -1))
    assert counting.seen == 1 and remembering.extractor is counting
    remembering.transform(images[1:6])
    assert counting.seen == 2


def test_the_strongest_or_the_rest():
    x = np.array([[0.9, 0.1, 0.2], [0.2, 0.4, 0.7], [0.1, 0.4, 0.2], [0.0, 0.6, 0.5]])
    assert Strongest(4).fit_predict(x).tolist() == [0, 2, 3, 1]
    assert Strongest(4, threshold=0.65).fit(x).predict(x).tolist() == [0, 2, 3, 3]
    assert Strongest(3).fit_predict(x).tolist() == [0, 2, 2, 1]
    assert Strongest(2).fit_predict(x).tolist() == [0, 1, 1, 1]  # the third feature is not looked at
    assert Strongest(2, threshold=-1).fit_predict(np.array([[0.5, 0.1, 0.9], [0.1, 0.5, 0.9]])).tolist() == [
        0,
        1,
    ]
    assert Strongest(7).fit_predict(np.tile(x, (2, 1))).tolist() == [0, 2, 3, 1] * 2
    quiet = np.column_stack([x, [0.95, 0.6, 0.3, 0.3]])  # of as many features the last is that of the rest
    assert Strongest(4).fit_predict(quiet).tolist() == [3, 2, 3, 1]
    assert Strongest(4, threshold=0.65).fit(quiet).predict(quiet).tolist() == [3, 2, 3, 3]
