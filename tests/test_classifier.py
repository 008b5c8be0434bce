import copy
import json
import pickle
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from torch import nn

from fer_cluster import catalog
from fer_cluster.baselines.cnn3 import Cnn3
from fer_cluster.errors import InputError
from fer_cluster.training import augment, mixing
from fer_cluster.training.classifier import Classifier
from fer_cluster.training.models import load_model, save_model

N, SIDE = 30, 6


@dataclass(eq=False, repr=False)
class Tiny(Classifier):
    """One linear layer.

    Parameters
    ----------
    dropout : float

    Attributes
    ----------
    seen_ : list
    """

    dropout: float = 0.0
    precision: str = "float32"  # what is compared with a formula is not rounded to bfloat16
    epochs: int = 2
    batch_size: int = 8
    device: str = "cpu"

    def net(self, height, width, n_classes):
        return nn.Sequential(nn.Flatten(), nn.Dropout(self.dropout), nn.Linear(height * width, n_classes))


@pytest.fixture(scope="module")
def faces():
    random = np.random.default_rng(2)
    return random.integers(0, 256, (N, SIDE, SIDE)).astype(np.uint8), np.array([3, 5, 9, 9, 5, 9] * 5)


@pytest.fixture(scope="module")
def fitted(faces):
    return Tiny().fit(*faces)


def softmax(x):
    x = np.exp(x - x.max(1, keepdims=True))
    return x / x.sum(1, keepdims=True)


def logits(model, x):
    """Return the answers of the linear layer to x (n, height, width), in numpy."""
    weight, bias = (p.detach().double().numpy() for p in model.net_[2].parameters())
    return x.reshape(len(x), -1) @ weight.T + bias


def test_it_is_an_estimator_of_scikit_learn(faces, fitted):
    images, emotion = faces
    model = Tiny(learning_rate=0.02, dropout=0.1)
    assert model.get_params()["learning_rate"] == 0.02
    again = clone(model).set_params(epochs=1)
    assert again.get_params() == model.get_params() | {"epochs": 1}
    assert again.fit(images, emotion) is again
    assert "Tiny(" in repr(model)
    probability = fitted.predict_proba(images)
    assert fitted.classes_.tolist() == [3, 5, 9]
    assert probability.shape == (N, 3) and probability.dtype == np.float32
    assert probability.sum(1) == pytest.approx(np.ones(N), abs=1e-6)
    assert np.array_equal(fitted.predict(images), fitted.classes_[probability.argmax(1)])
    assert fitted.score(images, emotion) == (fitted.predict(images) == emotion).mean()
    assert len(fitted.predict(images[:0])) == 0 and fitted.predict_proba(images[:0]).shape == (0, 3)
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).predict_proba(images), probability)


def test_what_is_not_fitted_predicts_nothing(faces):
    with pytest.raises(NotFittedError):
        Tiny().predict(faces[0])


def test_labels_may_be_words(faces):
    words = np.where(faces[1] == 3, "sad", "happy")
    model = Tiny(epochs=60, learning_rate=0.03).fit(faces[0], words)
    assert model.classes_.tolist() == ["happy", "sad"]
    assert (model.predict(faces[0]) == words).mean() > 0.9


@pytest.mark.parametrize("pixels", ["raw", "unit", "standard"])
def test_pixels(faces, pixels):
    images = faces[0].copy()
    images[:2] = 77
    images[1, 0, 0] = 78  # nearly blank
    model = Tiny(pixels=pixels, learning_rate=1e-4).fit(images, faces[1])
    x = images.astype(float)
    if pixels == "unit":
        x = x / 255
    if pixels == "standard":
        x = np.array([(face - face.mean()) / max(face.std(), 1) for face in x])
        assert np.all(x[0] == 0)
    probability = model.predict_proba(images)
    assert np.isfinite(probability).all() and np.isfinite(model.history_.loss).all()
    assert probability == pytest.approx(softmax(logits(model, x)), abs=1e-5)


def test_bfloat16_learns_nearly_what_float32_learns(faces):
    exact, rounded = (Tiny(precision=name, epochs=9).fit(*faces) for name in ("float32", "bfloat16"))
    found = rounded.predict_proba(faces[0])
    assert found.dtype == np.float32 and not np.array_equal(found, exact.predict_proba(faces[0]))
    np.testing.assert_allclose(found, exact.predict_proba(faces[0]), atol=0.02)
    np.testing.assert_allclose(rounded.history_.loss, exact.history_.loss, rtol=0.01)


def test_auto_is_bfloat16_only_where_the_processor_multiplies_it(faces, monkeypatch):
    for has in (True, False):
        monkeypatch.setattr("fer_cluster.training.device.has_bfloat16", lambda device, has=has: has)
        auto, told = (Tiny(precision=name).fit(*faces) for name in ("auto", ("float32", "bfloat16")[has]))
        np.testing.assert_array_equal(auto.predict_proba(faces[0]), told.predict_proba(faces[0]))


def test_views_are_averaged_before_the_softmax(faces, fitted):
    x = faces[0] / 255
    model = copy.copy(fitted).set_params(views="mirror")
    wanted = softmax((logits(model, x) + logits(model, x[:, :, ::-1])) / 2)
    assert model.predict_proba(faces[0]) == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("views", ["one", "ten_crop"])
def test_a_crop_is_what_the_net_sees(faces, views):
    model = Tiny(crop=32, views=views).fit(*faces)
    x = faces[0] / 255
    assert model.net_[2].in_features == 16
    corners = [(1, 1)] if views == "one" else [(0, 0), (0, 2), (2, 0), (2, 2), (1, 1)]
    crops = [x[:, top : top + 4, left : left + 4] for top, left in corners]
    crops += [] if views == "one" else [crop[:, :, ::-1] for crop in crops]
    wanted = softmax(np.mean([logits(model, crop) for crop in crops], axis=0))
    assert model.predict_proba(faces[0]) == pytest.approx(wanted, abs=1e-5)


def test_memory_mapped_images(faces, fitted, tmp_path):
    np.save(tmp_path / "images.npy", faces[0])
    images = np.load(tmp_path / "images.npy", mmap_mode="r")
    emotion = faces[1].copy()
    emotion.flags.writeable = False
    model = Tiny().fit(images, emotion, watch=(images[:9], emotion[:9]))
    assert np.array_equal(model.predict_proba(images), fitted.predict_proba(faces[0]))


def test_a_watched_label_that_was_never_seen_is_wrong(faces):
    model = Tiny(learning_rate=0.0).fit(*faces, watch=(faces[0][:4], np.array([3, 5, 9, 77])))
    right = model.predict(faces[0][:3]) == [3, 5, 9]
    assert model.history_.watch_accuracy.tolist() == [right.sum() / 4] * 2


def test_to_watch_no_face_is_to_watch_nothing(faces, fitted):
    images, emotion = faces
    model = Tiny().fit(images, emotion, watch=(images[:0], emotion[:0]))
    assert np.array_equal(model.predict_proba(images), fitted.predict_proba(images))


def test_the_largest_seed_trains(faces):
    assert len(Tiny(random_state=2**32 - 1).fit(*faces).history_) == 2


def test_the_seed_is_that_of_the_first_weights_too(faces):
    nets = [Tiny(random_state=seed, learning_rate=0.0).fit(*faces).net_[2].weight for seed in (0, 0, 1)]
    assert torch.equal(nets[0], nets[1]) and not torch.equal(nets[0], nets[2])


def test_training_images_are_changed_and_cut_as_asked(faces, monkeypatch):
    asked, seen = [], []

    class Noted(augment.Augment):
        def __call__(self, images):
            asked.append((self.changes, self.crop))
            seen.append(super().__call__(images).shape[2:])
            return super().__call__(images)

    monkeypatch.setattr(augment, "Augment", Noted)
    Tiny(augment="mirror", crop=32, epochs=1, batch_size=N).fit(*faces)
    assert asked == [("mirror", 4)] and seen == [(4, 4)]


def test_the_watched_loss_is_that_of_the_labels_that_were_seen(faces):
    images = np.resize(faces[0], (600, 6, 6))
    named = np.resize([3, 5, 9, 77], 600)
    named[512:] = 77  # the second batch has strangers only
    model = Tiny(learning_rate=0.0).fit(*faces, watch=(images, named))
    seen = np.flatnonzero(named != 77)
    wanted = model.predict_proba(images)[seen, np.searchsorted([3, 5, 9], named[seen])]
    assert model.history_.watch_loss.tolist() == pytest.approx([-np.log(wanted).mean()] * 2, rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("balanced", [None, "balanced"])
@pytest.mark.parametrize("mixed", [False, True])
def test_the_loss_is_its_formula(faces, monkeypatch, smoothing, balanced, mixed):
    images, emotion = faces
    hot = np.eye(3)[np.searchsorted([3, 5, 9], emotion)]
    share, seen = (0.3 if mixed else 0.0), []

    def halfway(images, hot, mixup, cutmix):
        seen.append((mixup, cutmix))
        return torch.lerp(images.float(), images.flip(0).float(), share), torch.lerp(hot, hot.flip(0), share)

    monkeypatch.setattr(mixing, "mixed", halfway)
    given = {"label_smoothing": smoothing, "class_weight": balanced, "mixup": 0.4, "cutmix": 0.5}
    model = Tiny(batch_size=N, learning_rate=0.0, epochs=1, **given).fit(images, emotion)
    order = np.random.default_rng(0).permutation(N)  # of seed 0, epoch 0
    x, soft = images[order] / 255, hot[order]
    x, soft = (1 - share) * x + share * x[::-1], (1 - share) * soft + share * soft[::-1]
    soft = (1 - smoothing) * soft + smoothing / 3
    weight = N / (3 * hot.sum(0)) if balanced else np.ones(3)
    wanted = -(weight * soft * np.log(softmax(logits(model, x)))).sum(1).mean()
    assert seen == [(0.4, 0.5)]
    assert model.history_.loss.tolist() == pytest.approx([wanted], rel=1e-5)


@pytest.mark.parametrize(
    "wrong, told",
    [
        ({"pixels": "grey"}, "pixels has no 'grey'"),
        ({"views": "mirrored"}, "Did you mean 'mirror'"),
        ({"class_weight": "equal"}, "class_weight has no 'equal'"),
        ({"augment": "mirorr"}, "Did you mean 'mirror'"),
        ({"optimiser": "adm"}, "Did you mean 'adam'"),
        ({"label_smoothing": 1.5}, "label_smoothing must be from 0 to 1"),
        ({"mixup": -1.0}, "mixup must be a number of 0 or more"),
        ({"dropout": -0.1}, "dropout must be a number of 0 or more"),
        ({"crop": 49}, "crop must be 1 to 48 pixels of a frame of 48"),
        ({"crop": -1}, "crop must be a whole number of 0 or more, got -1"),
        ({"views": "ten_crop"}, "a crop smaller than the frame, 1 to 47 pixels of 48.*6 x 6; got crop=0"),
        ({"views": "ten_crop", "crop": 47}, "images as small as 6 x 6; got crop=47"),
        ({"keep": "best"}, "need watched faces"),
    ],
)
def test_parameters_that_cannot_be_used_are_told_before_anything_is_learnt(faces, monkeypatch, wrong, told):
    monkeypatch.setattr(Tiny, "prepare", lambda *given: pytest.fail("too late"))
    with pytest.raises(InputError, match=told):
        Tiny(**wrong).fit(*faces)


def test_images_and_labels_that_cannot_be_used(faces, fitted):
    images, emotion = faces
    for wrong in (images.astype(float), images / 255, images[..., None], images.reshape(N, -1), images[0]):
        with pytest.raises(InputError, match="reads images"):
            Tiny().fit(wrong, emotion)
        with pytest.raises(InputError, match="reads images"):
            fitted.predict(wrong)
        with pytest.raises(InputError, match="reads images"):
            Tiny().fit(images, emotion, watch=(wrong, emotion))
    with pytest.raises(InputError, match=r"reads images \(n, 6, 6\)"):
        fitted.predict(images[:, :5])
    for labels in (emotion[:-1], emotion[:, None], "sad"):
        with pytest.raises(InputError, match="need as many labels"):
            Tiny().fit(images, labels)
    for few in (0, 1):
        with pytest.raises(InputError, match=f"at least two images, got {few}"):
            Tiny().fit(images[:few], emotion[:few])


@pytest.mark.parametrize(
    "missing",
    [
        lambda names: pd.Categorical(names),
        lambda names: np.array(names, object),
        lambda names: pd.Series(names),
    ],
)
def test_images_without_a_label_are_told(faces, missing):
    images, emotion = faces
    names = [None, None, *("sad" if code else "happy" for code in emotion[2:])]
    with pytest.raises(InputError, match=f"2 of {N} images have no label; leave them out"):
        Tiny().fit(images, missing(names))
    with pytest.raises(InputError, match="have no label"):
        Tiny().fit(images, emotion, watch=(images, missing(names)))


def test_labels_that_are_no_classes_are_told(faces):
    images, emotion = faces
    with pytest.raises(InputError, match=f"1 of {N} images have no label"):
        Tiny().fit(images, np.where(np.arange(N) == 3, np.nan, emotion))
    with pytest.raises(InputError, match="must be classes, got fractions"):
        Tiny().fit(images, emotion + 0.25)
    assert Tiny().fit(images, emotion.astype(float)).classes_.dtype == float


def test_answers_that_are_no_numbers_are_told(fitted, faces):
    broken = copy.deepcopy(fitted)
    for parameter in broken.net_.parameters():
        parameter.data.fill_(3e38)
    with pytest.raises(InputError, match="no numbers; train it with a lower learning_rate"):
        broken.predict_proba(faces[0])


def test_docstrings_list_every_parameter_among_the_parameters():
    nets = [found for name in catalog.names("baselines") for found in [catalog.find("baselines", name)]]
    nets = [Tiny, Classifier, *(net for net in nets if issubclass(net, Classifier))]
    assert len(nets) > 5
    for net in nets:
        listed = net.__doc__.split("Parameters\n----------\n")[1].split("\n\n")[0]
        names = {
            name.strip()
            for line in listed.split("\n")
            if " : " in line
            for name in line.split(":")[0].split(",")
        }
        assert names == set(net().get_params())
    assert Tiny.__doc__.endswith("\n\nAttributes\n----------\nseen_ : list")


def test_a_saved_model_answers_as_before(faces, tmp_path):
    for place, model in enumerate((Tiny(crop=32), Cnn3(dense=3, epochs=1, device="cpu"))):
        images = faces[0] if not place else np.tile(faces[0], (1, 4, 4))
        model.fit(images, faces[1])
        save_model(model, tmp_path / str(place))
        again = load_model(tmp_path / str(place))
        assert type(again) is type(model) and again.get_params() == model.get_params()
        assert np.array_equal(again.predict_proba(images), model.predict_proba(images))
        assert np.array_equal(again.predict(images), model.predict(images))
    assert {path.suffix for path in tmp_path.rglob("*.*")} == {".json", ".safetensors"}


@pytest.fixture
def saved(fitted, tmp_path):
    save_model(fitted, tmp_path / "model")
    return tmp_path / "model"


def rewrite(folder, **changes):
    record = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(record | changes))


def test_a_damaged_model_is_told_of(saved, tmp_path):
    learnt = json.loads((saved / "model.json").read_text())["learnt"]
    for changes in (
        {"params": {"no_such": 1}},
        {"params": [1]},
        {"learnt": {}},
        {"learnt": learnt | {"shape": [6]}},
        {"learnt": learnt | {"shape": [6, -6]}},
        {"learnt": learnt | {"shape": [10**9, 10**9]}},
        {"part": 3},
        {"part": "no_such_net"},
        {"kind": "plots", "part": "scores"},
    ):
        whole = (saved / "model.json").read_bytes()
        rewrite(saved, **changes)
        with pytest.raises(InputError, match="cannot be rebuilt"):
            load_model(saved)
        (saved / "model.json").write_bytes(whole)
    rewrite(saved, learnt=learnt | {"shape": [6, 7]})
    with pytest.raises(InputError, match="has shape .*the net needs"):
        load_model(saved)
    (saved / "model.json").write_text("{")
    with pytest.raises(InputError, match="cannot be rebuilt"):
        load_model(saved)
    with pytest.raises(InputError, match="holds no model"):
        load_model(tmp_path)


def test_a_model_without_its_weights(saved):
    (saved / "weights.safetensors").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        load_model(saved)


def test_a_hostile_model_calls_and_imports_nothing(saved, tmp_path, monkeypatch):
    (tmp_path / "hostile.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w')\nNet = dict\n")
    monkeypatch.syspath_prepend(tmp_path)
    call = {"command": f"touch {tmp_path / 'called'}"}
    popen = {"args": ["touch", str(tmp_path / "called")]}
    for part, params in (("os:system", call), ("subprocess:Popen", popen), ("hostile:Net", {}), (":x", {})):
        rewrite(saved, part=part, params=params)
        with pytest.raises(InputError, match="no trained part of fer_cluster"):
            load_model(saved)
    for kind, part in (("..", "hostile"), ("baselines", "../hostile"), ("baselines", "_vgg")):
        rewrite(saved, kind=kind, part=part)
        with pytest.raises(InputError, match="cannot be rebuilt"):
            load_model(saved)
    assert not (tmp_path / "called").exists() and not (tmp_path / "imported").exists()


def test_soft_targets_take_the_place_of_labels(faces):
    images, emotion = faces
    hot = np.eye(3)[np.searchsorted([3, 5, 9], emotion)]
    by_label, by_soft = Tiny().fit(images, emotion), Tiny().fit(images, emotion, soft=hot)
    assert np.array_equal(by_soft.predict_proba(images), by_label.predict_proba(images))
    assert by_soft.history_["accuracy"].equals(by_label.history_["accuracy"])
    turned = Tiny(epochs=150, learning_rate=0.01).fit(images, emotion, soft=hot[:, [1, 2, 0]])
    assert (turned.predict(images) == np.array([9, 3, 5])[hot.argmax(1)]).mean() > 0.9
    assert turned.history_["accuracy"].iloc[-1] < 0.1  # of the labels


@pytest.mark.parametrize("mixing", [{"mixup": 0.4}, {"cutmix": 1.0}, {"label_smoothing": 0.2}])
def test_soft_targets_are_mixed_and_smoothed_as_labels_are(faces, mixing):
    images, emotion = faces
    hot = np.eye(3)[np.searchsorted([3, 5, 9], emotion)]
    losses = [Tiny(**mixing).fit(images, emotion, soft=soft).history_["loss"] for soft in (None, hot)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-6)


def test_of_mixed_images_the_label_of_the_larger_share_is_counted(faces, monkeypatch):
    """A net that names every face as its mixture is named by its larger half is right each time."""
    images, emotion = faces
    turned = np.roll(np.arange(N), 1)
    model = Tiny(epochs=1, batch_size=N, learning_rate=0.0)

    def swapped(images, hot, mixup, cutmix):
        return images.float(), 0.3 * hot + 0.7 * hot[turned]

    monkeypatch.setattr(mixing, "mixed", swapped)
    model.fit(images, emotion)
    order = np.random.default_rng(0).permutation(N)  # of seed 0, epoch 0
    right = model.predict(images[order]) == emotion[order][turned]
    assert model.history_["accuracy"].iloc[0] == pytest.approx(right.mean())


def test_soft_targets_must_be_probabilities_of_each_label(faces):
    with pytest.raises(InputError, match=r"shape \(30, 3\)"):
        Tiny().fit(*faces, soft=np.ones((N, 2)) / 2)
    for wrong in (np.ones((N, 3)), np.tile([2.0, -1.0, 0.0], (N, 1)), np.full((N, 3), np.nan)):
        with pytest.raises(InputError, match="probabilities that sum to one"):
            Tiny().fit(*faces, soft=wrong)
