import copy

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

from fer_cluster.baselines import _vgg16
from fer_cluster.baselines.vgg16_transfer import Vgg16Transfer
from fer_cluster.errors import InputError
from fer_cluster.loading import load
from fer_cluster.training import loop
from fer_cluster.training.models import load_model, save_model

# torchvision's VGG16: place of each convolution in `features`, channels out, channels in
LAYOUT = [
    (0, 64, 3), (2, 64, 64), (5, 128, 64), (7, 128, 128), (10, 256, 128), (12, 256, 256), (14, 256, 256),
    (17, 512, 256), (19, 512, 512), (21, 512, 512), (24, 512, 512), (26, 512, 512), (28, 512, 512),
]  # fmt: skip


def layout(first):
    """Return torchvision's names with the shapes of a net whose first convolution has ``first`` channels."""
    shapes = {}
    for place, out, into in LAYOUT:
        into = 3 if into == 3 else into * first // 64
        shapes[f"features.{place}.weight"] = (out * first // 64, into, 3, 3)
        shapes[f"features.{place}.bias"] = (out * first // 64,)
    return shapes


@pytest.fixture
def tensors():
    maker = torch.Generator().manual_seed(0)
    found = {name: torch.randn(shape, generator=maker) for name, shape in layout(4).items()}
    return {name: tensor * (2 / tensor[0].numel()) ** 0.5 for name, tensor in found.items()}


@pytest.fixture
def path(tensors, tmp_path):
    save_file(tensors | {"head.fc.weight": torch.ones(1000, 8)}, tmp_path / "vgg16.safetensors")
    return tmp_path / "vgg16.safetensors"


def small(**params):
    return Vgg16Transfer(
        **{"first": 4, "epochs": 2, "dense": 8, "batch_size": 32, "precision": "float32"} | params
    )


def test_all_26_names_shapes_and_the_number_of_parameters():
    with torch.device("meta"):
        net = Vgg16Transfer().net(48, 48, 7)
    shapes = {name: tuple(p.shape) for name, p in net.named_parameters() if name.startswith("features.")}
    assert shapes == layout(64) and len(shapes) == 26
    assert sum(p.numel() for p in net.features.parameters()) == 14_714_688


def test_only_the_head_is_trained():
    net = small().net(48, 48, 7)
    trained = [name for name, p in net.named_parameters() if p.requires_grad]
    assert trained == ["head.1.weight", "head.1.bias", "head.4.weight", "head.4.bias"]
    assert net.head[1].in_features == 32 and net(torch.rand(3, 1, 48, 48)).shape == (3, 7)
    assert small().net(64, 96, 7).head[1].in_features == 32 * 2 * 3


def by_hand(tensors, image):
    """Run the stack on one image of three channels as Simonyan and Zisserman draw it."""
    x, pools = image[None], (2, 7, 14, 21, 28)  # a pool follows these convolutions
    for place, _, _ in LAYOUT:
        x = functional.conv2d(
            x, tensors[f"features.{place}.weight"], tensors[f"features.{place}.bias"], padding=1
        )
        x = x.clamp(min=0)
        x = functional.max_pool2d(x, 2) if place in pools else x
    return x[0]


@pytest.mark.parametrize("normalise", ["imagenet", "none"])
def test_a_file_of_torchvisions_layout_is_run_as_vgg16(normalise, path, tensors):
    part = small(weights=str(path), normalise=normalise)
    net = part.prepare(part.net(48, 48, 7), None, None)
    grey = torch.rand(48, 48)
    red, green, blue = grey, grey, grey
    if normalise == "imagenet":
        red, green, blue = (grey - 0.485) / 0.229, (grey - 0.456) / 0.224, (grey - 0.406) / 0.225
    wanted = by_hand(tensors, torch.stack([red, green, blue]))
    torch.testing.assert_close(net.describe(grey[None, None])[0], wanted, rtol=1e-3, atol=1e-5)


def test_a_new_head_starts_new_whatever_the_file_has(path):
    part = small(weights=str(path))
    net = part.net(48, 48, 7)
    before = copy.deepcopy(net.head.state_dict())
    part.prepare(net, None, None)
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.head.state_dict().items())


@pytest.mark.parametrize("says", ["lacks features.14.weight", "features.14.weight has shape"])
def test_a_file_that_does_not_fit_names_the_tensor(says, tensors, tmp_path):
    wrong = tensors.pop("features.14.weight")[:1].clone()
    if "shape" in says:
        tensors["features.14.weight"] = wrong
    save_file(tensors, tmp_path / "bad.safetensors")
    with pytest.raises(InputError, match=says):
        small(weights=str(tmp_path / "bad.safetensors")).fit(load("toy:n=14").images, np.arange(14) % 7)


def test_each_image_is_described_once(path):
    part = small(weights=str(path))
    net = part.prepare(part.net(48, 48, 7), None, None)
    described = []
    net.describe = lambda images: described.append(len(images)) or type(net).describe(net, images)
    images = torch.rand(6, 1, 48, 48)
    net.train()
    plain = net.features((images - net.mean) / net.sd)
    torch.testing.assert_close(net._recalled(images[:4]), plain[:4])
    torch.testing.assert_close(net._recalled(images.flip(0)), plain.flip(0))
    assert described == [4, 2]
    assert len(net.known) == 6 and copy.deepcopy(net).known == {}


def test_watched_images_are_described_once_too_and_forgotten_after_training(path, monkeypatch):
    described, faces = [], load("toy:n=30")
    whole = _vgg16.Vgg16.describe
    monkeypatch.setattr(
        _vgg16.Vgg16, "describe", lambda net, images: described.append(len(images)) or whole(net, images)
    )
    part = small(weights=str(path), epochs=3)
    part.fit(faces.images[:20], np.arange(20) % 7, watch=(faces.images[20:], np.arange(10) % 7))
    assert sum(described) == 30 and part.net_.known == {}
    part.predict_proba(faces.images)
    assert sum(described) == 60 and part.net_.known == {}


def test_a_model_from_disk_remembers_no_image(path, tmp_path):
    faces = load("toy:n=20")
    part = small(weights=str(path)).fit(faces.images, np.arange(20) % 7)
    save_model(part, tmp_path / "model")
    again = load_model(tmp_path / "model")
    np.testing.assert_array_equal(again.predict_proba(faces.images), part.predict_proba(faces.images))
    assert again.net_.known == {}


def test_numbers_of_numpy_are_kept_as_numbers(path, tmp_path):
    faces = load("toy:n=20")
    given = {"dense": np.int64(6), "dropout": np.float32(0.5), "learning_rate": np.float64(1e-3)}
    part = small(weights=str(path), **given).fit(
        faces.images, np.arange(20) % 7, checkpoint=tmp_path / "state"
    )
    save_model(part, tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert {name: again.get_params()[name] for name in given} == given


@pytest.mark.parametrize("params", [{"augment": "mirror"}, {"crop": 40}, {"mixup": 0.2}, {"cutmix": 1.0}])
def test_nothing_is_kept_where_images_change(params):
    assert small().net(48, 48, 7).remember
    assert not small(**params).net(40, 40, 7).remember


def test_training_with_and_without_memory_is_the_same(path, monkeypatch):
    faces = load("toy:n=70")
    emotion = np.arange(70) % 7
    fast = small(weights=str(path), dropout=0.0).fit(faces.images, emotion)
    monkeypatch.setattr(_vgg16.Vgg16, "_recalled", _vgg16.Vgg16.describe)
    slow = small(weights=str(path), dropout=0.0).fit(faces.images, emotion)
    np.testing.assert_allclose(fast.predict_proba(faces.images), slow.predict_proba(faces.images), atol=1e-4)
    assert fast.history_.loss.iloc[-1] < fast.history_.loss.iloc[0]


def test_a_training_that_was_cut_off_ends_as_an_undisturbed_one(path, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_SAVE_AFTER", 0)
    faces, emotion, epoch = load("toy:n=70"), np.arange(70) % 7, loop.Loop._epoch
    given = {"weights": str(path), "epochs": 3, "batch_size": 16}
    whole = small(**given).fit(faces.images, emotion).net_.state_dict()

    def cut(self, number, progress):
        if number == 2:
            raise InterruptedError
        return epoch(self, number, progress)

    with monkeypatch.context() as patch, pytest.raises(InterruptedError):
        patch.setattr(loop.Loop, "_epoch", cut)
        small(**given).fit(faces.images, emotion, checkpoint=tmp_path / "state")
    part = small(**given).fit(faces.images, emotion, checkpoint=tmp_path / "state")
    for name, tensor in part.net_.state_dict().items():  # what is remembered was described in another order
        torch.testing.assert_close(tensor, whole[name], rtol=1e-4, atol=1e-6)


def test_frozen_weights_stay_as_they_were(path, tensors):
    faces = load("toy:n=70")
    part = small(weights=str(path)).fit(faces.images, np.arange(70) % 7)
    kept = part.net_.state_dict()
    assert all(torch.equal(kept[name], tensor) for name, tensor in tensors.items())


@pytest.mark.parametrize(
    "params, size, says",
    [
        ({}, 31, "less than 32"),
        ({"pixels": "raw"}, 48, "pixels"),
        ({"normalise": "keras"}, 48, "imagenet, none"),
    ],
)
def test_what_cannot_be_used(params, size, says):
    with pytest.raises(InputError, match=says):
        part = small(**params)
        part.check()
        part.net(size, size, 7)
