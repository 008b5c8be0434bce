"""The contract of every part, found by the catalog: a new file is tested the day it is written."""

import inspect
import pickle
import re
from dataclasses import fields

import numpy as np
import pytest
from sklearn.base import clone

from fer_cluster import catalog
from fer_cluster.chain import Chain, supervision
from fer_cluster.errors import InputError
from fer_cluster.training.recipe import Recipe

LABELS = {"emotion", "label", "labels", "target", "split"}
LEARNING = ("features", "steps", "clusterers", "projections")
SMALL = {"n_components": 5, "epochs": 1, "width": 16}  # torch crashes below 16 in bfloat16
OWN = {
    "self_named": {"described": "pixels:9", "prior": "whiten:6", "subspace": "whiten:4", "rounds": 1},
    "neutral_gan": {"width": 4},
}


def parts(*kinds):
    return [pytest.param(kind, name, id=f"{kind}-{name}") for kind in kinds for name in catalog.names(kind)]


@pytest.fixture(scope="module")
def images():
    random = np.random.default_rng(3)
    smooth = np.kron(random.integers(0, 256, size=(90, 6, 6)), np.ones((8, 8)))
    return np.clip(smooth + random.normal(0, 12, size=(90, 48, 48)), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def x():
    random = np.random.default_rng(4)
    centres = random.normal(0, 3, size=(7, 12))
    return (centres[np.arange(210) % 7] + random.normal(size=(210, 12))).astype(np.float32)


def small(kind, name):
    """Make a part with settings that suit a hundred small images."""
    found = catalog.find(kind, name)
    names = inspect.signature(found).parameters
    return found(**{key: value for key, value in (SMALL | OWN.get(name, {})).items() if key in names})


def fitted(part, images):
    """Fit features; those that are weakly supervised are told which faces are neutral."""
    told = {} if supervision(part) == "none" else {"neutral": np.arange(len(images)) % 3 == 0}
    return part.fit(images, **told)


@pytest.mark.parametrize("kind, name", parts(*LEARNING, "baselines"))
def test_parameters_are_keywords_with_defaults_that_init_only_stores(kind, name):
    found = catalog.find(kind, name)
    part = found()
    for parameter in inspect.signature(found).parameters.values():
        assert parameter.default is not inspect.Parameter.empty
        assert getattr(part, parameter.name) is parameter.default
    assert set(vars(part)) == set(inspect.signature(found).parameters)
    assert clone(part).get_params() == part.get_params()


@pytest.mark.parametrize("kind, name", parts(*LEARNING))
def test_labels_cannot_reach_fit(kind, name):
    fit = catalog.find(kind, name)
    fit = getattr(fit, "fit", None) or fit.fit_transform
    names = inspect.signature(fit).parameters
    assert not LABELS & set(names)
    if "y" in names:
        assert names["y"].default is None


@pytest.mark.parametrize("kind, name", parts(*LEARNING, "baselines"))
def test_docstrings_say_what_it_is(kind, name):
    found = catalog.find(kind, name)
    assert "Parameters\n" in found.__doc__ or not inspect.signature(found).parameters
    for parameter in inspect.signature(found).parameters:
        assert re.search(rf"^ *(\w+, )*{parameter}(, \w+)* : ", found.__doc__, re.MULTILINE), parameter


@pytest.mark.parametrize("kind, name", parts("features"))
def test_features(kind, name, images):
    before = images.copy()
    part = small(kind, name)
    assert fitted(part, images) is part
    features = part.transform(images)
    assert features.dtype == np.float32 and features.shape[0] == len(images) and features.ndim == 2
    assert np.isfinite(features).all() and features.std(0).max() > 0
    assert (images == before).all()
    np.testing.assert_array_equal(fitted(small(kind, name), images).transform(images), features)
    np.testing.assert_allclose(part.transform(images[30:50]), features[30:50], atol=1e-3)
    with pytest.raises(InputError, match="uint8"):
        part.transform(images / 255)


@pytest.mark.parametrize("kind, name", parts("features"))
def test_features_of_mapped_and_of_blank_images(kind, name, images, tmp_path):
    blank = np.concatenate([images, np.zeros((2, 48, 48), np.uint8), np.full((2, 48, 48), 255, np.uint8)])
    np.save(tmp_path / "images.npy", blank)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    features = fitted(small(kind, name), mapped).transform(mapped)
    assert np.isfinite(features).all()
    np.testing.assert_allclose(features, fitted(small(kind, name), blank).transform(blank), atol=1e-4)


@pytest.mark.parametrize("kind, name", parts("steps"))
def test_steps_chain_after_any_feature(kind, name, images):
    chain = Chain(small("features", "pixels").set_params(n_components=12), [small(kind, name)])
    features = chain.fit(images).transform(images)
    assert len(features) == len(images) and np.isfinite(features).all()
    np.testing.assert_allclose(chain.transform(images[:9]), features[:9], atol=1e-3)


@pytest.mark.parametrize("kind, name", parts("clusterers"))
def test_clusterers(kind, name, x):
    part = small(kind, name)
    assert part.fit(x) is part
    cluster = part.predict(x)
    assert cluster.shape == (len(x),) and np.issubdtype(cluster.dtype, np.integer)
    assert cluster.min() >= 0 and cluster.max() < 7
    np.testing.assert_array_equal(small(kind, name).fit(x).predict(x), cluster)
    np.testing.assert_array_equal(small(kind, name).fit(x, np.arange(len(x)) % 2).predict(x), cluster)


@pytest.mark.parametrize("kind, name", parts("clusterers"))
def test_more_clusters_than_faces(kind, name, x):
    if name == "chance" or "n_clusters" not in inspect.signature(catalog.find(kind, name)).parameters:
        pytest.skip("takes no number of clusters, or draws any")
    with pytest.raises(InputError, match="n_clusters"):
        catalog.find(kind, name)(n_clusters=8).fit(x[:5])


@pytest.mark.parametrize("kind, name", parts("projections"))
def test_projections(kind, name, x):
    points = small(kind, name).fit_transform(x)
    assert points.shape == (len(x), 2) and np.isfinite(points).all()
    np.testing.assert_array_equal(small(kind, name).fit_transform(x), points)


NETS = {
    "adapted_vit": {"pretrain_epochs": 1, "depth": 1, "width": 12},
    "fine_tuned": {"encoder": "simclr:epochs=1;width=4"},
    "resnet18": {"width": 4},
    "vgg16_transfer": {"weights": "random", "first": 4},
    "vgg19_segmentation": {"width": 4, "dense": 16},
    "vgg_khaireddin": {"dense": 16},
}


@pytest.mark.parametrize("kind, name", parts("baselines"))
def test_baselines(kind, name, images):
    found = catalog.find(kind, name)
    seen = images if found.on == "images" else images.reshape(90, -1).astype(np.float32)
    emotion = np.arange(90) % 3 * 2  # codes with gaps
    part = found(**NETS.get(name, {}))
    if "epochs" in part.get_params():
        part.set_params(epochs=1)
    assert part.fit(seen[:30], emotion[:30]) is part
    probability = part.predict_proba(seen[30:50])
    assert part.classes_.tolist() == [0, 2, 4] and probability.shape == (20, 3)
    np.testing.assert_allclose(probability.sum(1), 1, atol=1e-5)
    np.testing.assert_array_equal(part.predict(seen[30:50]), part.classes_[probability.argmax(1)])
    again = clone(part).fit(seen[:30], emotion[:30]).predict_proba(seen[30:50])
    np.testing.assert_array_equal(again, probability)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(part)).predict_proba(seen[30:50]), probability)


def numbers(kind):
    """Every whole number and every share of everything that is trained."""
    for name in catalog.names(kind):
        found = catalog.find(kind, name)
        for field in fields(found) if issubclass(found, Recipe) else ():
            share = field.name.endswith(("dropout", "label_smoothing"))
            if field.type is int or share:
                yield pytest.param(kind, name, field.name, share, id=f"{name}-{field.name}")


@pytest.mark.parametrize("kind, name, parameter, share", [*numbers("baselines"), *numbers("features")])
def test_a_size_that_is_none_is_one_sentence_before_anything_is_trained(kind, name, parameter, share, images):
    found = catalog.find(kind, name)
    least = 0 if parameter in found.from_zero else 1
    for wrong in (-1, 1.5, "many") if share else (least - 1, least + 0.5, "many"):
        part = found(**{parameter: wrong})
        told = {"emotion": np.arange(90) % 7} if kind == "baselines" else {}
        with pytest.raises(InputError, match=f"^{parameter} must be"):
            part.fit(images, **told)


def words(kind):
    """Every word of everything that is trained."""
    for name in catalog.names(kind):
        found = catalog.find(kind, name)
        for field in fields(found) if issubclass(found, Recipe) else ():
            if field.type is str:
                yield pytest.param(kind, name, field.name, id=f"{name}-{field.name}")


@pytest.mark.parametrize("kind, name, parameter", [*words("baselines"), *words("features")])
def test_a_word_that_is_none_is_one_sentence(kind, name, parameter):
    for wrong in (3, None):
        with pytest.raises(InputError, match=f"{parameter} (must be|has no)"):
            catalog.find(kind, name)(**{parameter: wrong}).check()


def counts(*kinds):
    """Every whole number of what is made of runs, but for those that may be 0."""
    for kind, name in ((one, name) for one in kinds for name in catalog.names(one)):
        for key, known in inspect.signature(catalog.find(kind, name)).parameters.items():
            if type(known.default) is int and key not in ("random_state", "refits"):
                yield pytest.param(kind, name, key, id=f"{kind}-{name}-{key}")


@pytest.mark.parametrize("kind, name, parameter", [*counts("analysis", "plots")])
@pytest.mark.parametrize("wrong", [0, -1, 2.5, "many"])
def test_a_count_that_is_none_is_one_sentence(kind, name, parameter, wrong):
    with pytest.raises(InputError, match=f"{parameter} must be a whole number of 1 or more"):
        catalog.find(kind, name)(**{parameter: wrong})


@pytest.mark.parametrize("kind, name, parameter", [*counts("steps", "clusterers", "projections")])
@pytest.mark.parametrize("wrong", [0, -1])
def test_a_count_that_is_none_is_told_without_any_features(kind, name, parameter, wrong):
    with pytest.raises(InputError, match=f"^{parameter} must be .*, got {wrong}"):
        catalog.find(kind, name)(**{parameter: wrong}).check()


@pytest.mark.parametrize("kind, name", parts("analysis"))
def test_analyses(kind, name):
    analysis = catalog.find(kind, name)()
    assert isinstance(analysis.compares, bool) and set(analysis.of) <= {"clusterer", "classifier"}
    assert list(inspect.signature(analysis.table).parameters) in (["runs"], ["runs", "faces"])
    assert list(inspect.signature(analysis.say).parameters) == ["table"]


@pytest.mark.parametrize("kind, name", parts("plots"))
def test_plots(kind, name):
    plot = catalog.find(kind, name)()
    seen = list(inspect.signature(plot.data).parameters)
    assert len(seen) == 1 or seen == ["runs", "faces"]
    assert inspect.signature(plot.draw).parameters["ax"].default is None
