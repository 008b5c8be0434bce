"""Names that one part of the faces learns and tells the others."""

import numpy as np
import pytest
from sklearn import decomposition, linear_model

from fer_cluster.chain import Chain
from fer_cluster.clusterers.strongest import Strongest
from fer_cluster.datasets.toy import Toy
from fer_cluster.errors import InputError
from fer_cluster.features.hog import Hog
from fer_cluster.steps._ridge import Ridge
from fer_cluster.steps._typical import strangeness
from fer_cluster.steps.action_units import EMOTIONS
from fer_cluster.steps.expressions import Expressions
from fer_cluster.steps.learnt_expressions import LearntExpressions, _shift

SMALL = {"within": "whiten:4", "n_cells": (5, 9), "n_faces": 60}


@pytest.fixture(scope="module")
def images():
    return Toy(n=200, seed=5).load().images


def test_signs_reach_the_reader(images):
    chain = [Chain(Hog(cell=12), [LearntExpressions(**SMALL, signs=signs)]) for signs in (False, True)]
    plain, signed = (each.fit_transform(images) for each in chain)
    assert plain.shape == signed.shape == (200, 6) and not np.allclose(plain, signed)


def test_gestures_reach_the_reader(images):
    chain = [Chain(Hog(cell=12), [LearntExpressions(**SMALL, **told)]) for told in ({}, {"gestures": True})]
    plain, gestured = (each.fit_transform(images) for each in chain)
    assert plain.shape == gestured.shape == (200, 6) and not np.allclose(plain, gestured)


@pytest.fixture
def blobs():
    """Seven kinds of faces of unequal number, and names of which a third are wrong."""
    random = np.random.default_rng(3)
    kind = random.choice(7, 1400, p=[0.25, 0.2, 0.15, 0.15, 0.1, 0.1, 0.05])
    z = (3 * np.eye(7, 12)[kind] + random.normal(size=(1400, 12))).astype(np.float32)
    wrong = random.random(1400) < 0.33
    return z - z.mean(0), kind, np.where(wrong, random.permutation(kind), kind)


def test_the_regression_is_that_of_scikit_learn(blobs):
    z, _, name = blobs
    rows, hot = np.arange(0, 1400, 3), np.eye(7, dtype=np.float32)[name]
    weights, level = Ridge(z, rows, 0.5).fit(hot)
    floor = 0.5 * z[rows].var(0).mean()
    peer = linear_model.Ridge(alpha=floor * len(rows)).fit(z[rows], hot[rows])
    np.testing.assert_allclose(weights, peer.coef_.T, atol=1e-5)
    np.testing.assert_allclose(z @ weights + level, peer.predict(z), atol=1e-5)


def test_the_shift_keeps_how_many_have_each_name():
    score = np.random.default_rng(0).normal(size=(5000, 3)) * 0.2 + [0.5, 0.3, 0.0]
    sizes = np.array([0.2, 0.3, 0.5])
    share = np.bincount((score + _shift(score, sizes)).argmax(1)) / 5000
    np.testing.assert_allclose(share, sizes, atol=0.02)


def test_names_are_mended_by_what_the_other_faces_teach(blobs):
    z, kind, name = blobs
    step = LearntExpressions(n_rounds=3)
    step.names_ = list(EMOTIONS)[:6]
    step._learn(z, name)
    learnt = np.column_stack([z @ step.weights_ + step.shift_, np.zeros(len(z))]).argmax(1)
    assert (name == kind).mean() < 0.75
    assert (learnt == kind).mean() > 0.9


def test_no_face_is_named_by_what_it_taught_itself(blobs):
    z, _, name = blobs
    step = LearntExpressions(n_rounds=1, random_state=4)
    step.names_ = list(EMOTIONS)[:6]
    step._learn(z, name)
    part = np.random.default_rng(4).permutation(len(z)) % 2
    hot, score, models = np.eye(7)[name], np.empty((len(z), 7)), []
    for own in (0, 1):
        others = part != own
        alpha = 0.5 * z[others].var(0).mean() * others.sum()
        models.append(linear_model.Ridge(alpha=alpha).fit(z[others], hot[others]))
        score[~others] = models[own].predict(z[~others])
    shift = _shift(score, np.bincount(name, minlength=7) / len(z))
    mean = sum(model.predict(z) for model in models) / 2 + shift
    np.testing.assert_allclose(z @ step.weights_ + step.shift_, mean[:, :-1] - mean[:, -1:], atol=1e-3)


def test_every_round_learns_as_many_faces_of_each_name(blobs, monkeypatch):
    z, _, name = blobs
    learnt, fit = [], Ridge.fit
    monkeypatch.setattr(Ridge, "fit", lambda self, hot: learnt.append(hot.mean(0)) or fit(self, hot))
    step = LearntExpressions(n_rounds=4, n_parts=3)
    step.names_ = list(EMOTIONS)[:6]
    step._learn(z, name)
    assert len(learnt) == 4 * 3
    np.testing.assert_allclose(learnt, np.tile(np.bincount(name) / len(z), (12, 1)), atol=0.02)


def test_who_reads_neutral_more_than_anything_else_is_neutral_at_first():
    read = np.array([[0.9, 0.1, 0, 0, 0, 0, 1.2], [0.9, 0.1, 0, 0, 0, 0, 0.2], [0.1] * 7])
    assert LearntExpressions(threshold=0.5)._first_names(read).tolist() == [6, 0, 6]


def test_disgust_must_be_stronger_than_all_others_by_so_much():
    read = np.array([[0.8, 1.5, 0, 0, 0, 0, 0], [0.8, 2.0, 0, 0, 0, 0, 0], [0.2, 1.2, 0, 0, 0, 0, 0]])
    before = read.copy()
    assert LearntExpressions(rare_disgust=1.0)._first_names(read).tolist() == [0, 1, 6]
    assert LearntExpressions()._first_names(read).tolist() == [1, 1, 1]
    np.testing.assert_array_equal(read, before)


def test_it_begins_with_the_readings_and_its_strongest_are_the_clusters(images, monkeypatch):
    hog = Hog(cell=12).fit(images)
    x, told = hog.transform(images), {}
    monkeypatch.setattr(LearntExpressions, "_learn", lambda self, z, name: told.update(z=z, name=name))
    LearntExpressions(**SMALL, threshold=0.5).fit(x, images=images, extractor=hog)
    read = Expressions("whiten:4", 1, (5, 9), 60).fit(x, images=images, extractor=hog).transform(x)
    np.testing.assert_array_equal(told["name"], Strongest(7, threshold=0.5).fit_predict(read))
    np.testing.assert_allclose(told["z"].mean(0), 0, atol=1e-4)


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_the_least_expressive_share_is_named_neutral_at_first(share):
    read = np.random.default_rng(2).normal(size=(1000, 7))
    name = LearntExpressions(neutral_share=share, threshold=9.0)._first_names(read.copy())
    strongest = read[:, :6].max(1)
    assert (name == 6).sum() == 1000 * share
    assert strongest[name == 6].max() < strongest[name != 6].min()
    np.testing.assert_array_equal(name[name != 6], read[name != 6, :6].argmax(1))


def test_the_strange_are_far_from_the_mean_in_directions_that_others_share():
    random = np.random.default_rng(0)
    odd = np.arange(600) % 5 == 0
    z = random.normal(size=(600, 20)).astype(np.float32)
    z[odd, :6] *= 3  # far out, to either side: no direction tells them
    z[:, 7] += 3 * odd  # but one that they share does
    z = (z - z.mean(0)) / z.std(0)
    strange = strangeness(z)
    assert strange[odd].mean() > strange[~odd].mean() + 2 * strange[~odd].std()
    far = np.log(np.square(decomposition.PCA(whiten=True).fit_transform(z)).sum(1))
    peer = linear_model.Ridge(alpha=0.5 * 600).fit(z, far)
    np.testing.assert_allclose(strange, peer.predict(z), atol=1e-3)


@pytest.mark.parametrize("share", [0.25, 0.6])
def test_the_most_typical_of_the_sad_and_neutral_are_neutral(blobs, share):
    z, _, name = blobs
    step = LearntExpressions(typical_share=share)
    step.names_ = list(EMOTIONS)[:6]
    told, sad = step._told_by_type(name, z), step.names_.index("sad")
    either = np.isin(name, (sad, 6))
    np.testing.assert_array_equal(told[~either], name[~either])
    assert np.isin(told[either], (sad, 6)).all()
    assert (told[either] == 6).mean() == pytest.approx(share, abs=2 / either.sum())
    strange = strangeness(z)[either]
    assert strange[told[either] == 6].max() < strange[told[either] == sad].min()
    nobody = np.zeros(len(z), int)
    np.testing.assert_array_equal(step._told_by_type(nobody, z), nobody)


def test_it_repeats_itself_and_new_faces_are_read_alone(images):
    made = [Chain(Hog(cell=12), [LearntExpressions(**SMALL)]) for _ in range(2)]
    one, other = (chain.fit_transform(images) for chain in made)
    assert one.shape == (200, 6) and one.dtype == np.float32
    np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(made[0].transform(images[:7]), one[:7], atol=1e-5)


@pytest.mark.parametrize(
    "wrong, told",
    [
        ({"n_parts": 1}, "n_parts must be a whole number of 2 or more, got 1"),
        ({"n_parts": 201}, "n_parts must be 2 to the number of faces, 200, got 201"),
        ({"neutral_share": 1}, "neutral_share must be a number of 0 or more, below 1, got 1"),
        ({"neutral_share": -0.1}, "neutral_share must be .*, got -0.1"),
        ({"neutral_share": "few"}, "neutral_share must be .*, got 'few'"),
        ({"typical_share": 1.0}, "typical_share must be a number of 0 or more, below 1, got 1.0"),
        ({"n_rounds": 0}, "n_rounds must be a whole number of 1 or more, got 0"),
        ({"within": "remove_nuisances"}, "RemoveNuisances"),
    ],
)
def test_what_cannot_be_learnt_is_told(images, wrong, told):
    with pytest.raises(InputError, match=told):
        Chain(Hog(cell=12), [LearntExpressions(**SMALL | wrong)]).fit_transform(images)
