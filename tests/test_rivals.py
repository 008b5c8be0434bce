"""The nets that others published: their sizes, the order of their layers, how they begin."""

from itertools import chain, pairwise

import numpy as np
import pytest

from fer_cluster import catalog
from fer_cluster.errors import InputError
from fer_cluster.loading import load

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from fer_cluster.baselines._segmentation import Bottle, Segmentation, UNet  # noqa: E402

SMALL = {"width": 8, "dense": 16}


def net(part, seen=48, **params):
    """Return the net for seven emotions and images of so many pixels a side."""
    torch.manual_seed(0)
    return catalog.make("baselines", part, **params).net(seen, seen, 7)


def meta(part, seen=48, **params):
    """Return the same net without its numbers, which would fill much memory."""
    with torch.device("meta"):
        return net(part, seen, **params)


def size(module):
    return sum(parameter.numel() for parameter in module.parameters())


def kinds(module):
    return [type(layer).__name__ for layer in module if not isinstance(layer, nn.Flatten)]


def test_parameters_as_published():
    assert size(meta("vgg_khaireddin", 40)) == 29_890_759
    assert size(meta("resnet18", 44)) == size(meta("resnet18", 48)) == 11_171_271
    vgg19 = meta("vgg19_segmentation:dense=4096,side=224,channels=3")
    assert size(vgg19.features) + size(vgg19.classifier) == 143_678_248 - 993 * (4096 + 1)  # of 1000 classes
    assert size(vgg19.masks) == sum(85 * c**2 + 18 * c for c in (64, 128, 256, 512))
    assert size(vgg19) == 169_220_807


@pytest.mark.parametrize("variant", ["code", "figure", "none"])
def test_parameters_at_48_pixels(variant):
    head = 2 * (512 * 512 + 512) + 512 * 7 + 7
    widths = [1, 64, 64, 128, 128, 256, 256, 256, 256] + 8 * [512]
    stack = sum(9 * a * b + b + 2 * b for a, b in pairwise(widths))
    blocks = {
        "none": 0,
        "code": sum(85 * c**2 + 18 * c for c in (64, 128, 256, 512)),
        "figure": sum((3 * 18 + 2 * 27 + 1) * c**2 + (10 * 3 + 1) * c for c in (64, 128, 256, 512, 512)),
    }
    assert size(meta("vgg19_segmentation", 44, variant=variant)) == stack + head + blocks[variant]


def test_a_narrow_resnet_is_a_sixteenth():
    assert size(meta("resnet18:width=16", 44)) == pytest.approx(11_171_271 / 16, rel=0.02)


def test_a_narrow_khaireddin_has_half_the_channels_of_each_stage():
    module = net("vgg_khaireddin:width=32,dense=8", 40)
    widths = [layer.out_channels for layer in module if isinstance(layer, nn.Conv2d)]
    assert widths == [32, 32, 64, 64, 128, 128, 256, 256]
    assert module(torch.zeros(2, 1, 40, 40)).shape == (2, 7)


def test_order_of_layers_of_khaireddin():
    stage = 2 * ["Conv2d", "BatchNorm2d", "ReLU"] + ["MaxPool2d"]
    dense = ["Linear", "Dropout", "ReLU"]
    module = net("vgg_khaireddin:dense=8,dropout=0.3", 40)
    assert kinds(module) == 4 * stage + 2 * dense + ["Linear"]
    assert {layer.p for layer in module if isinstance(layer, nn.Dropout)} == {0.3}
    assert [layer.out_channels for layer in module if isinstance(layer, nn.Conv2d)] == [
        *(64, 64, 128, 128, 256, 256, 512, 512)
    ]
    assert [layer.in_features for layer in module if isinstance(layer, nn.Linear)] == [2048, 8, 8]


def test_resnet_halves_three_times_only():
    maps = net("resnet18:width=4")[:-3](torch.rand(2, 1, 44, 44))
    assert maps.shape == (2, 32, 6, 6)


def test_residual_blocks_begin_as_their_shortcuts():
    block = net("resnet18:width=4")[3]
    x = torch.rand(2, 4, 5, 5)
    torch.testing.assert_close(block(x), x)


def test_vgg19_has_the_layers_of_torchvision():
    module = net("vgg19_segmentation", **SMALL)
    stages = [n * ["Conv2d", "BatchNorm2d", "ReLU"] + ["MaxPool2d"] for n in (2, 2, 4, 4, 4)]
    assert kinds(module.features) == list(chain.from_iterable(stages))
    names = {name for name, _ in module.named_parameters()}
    assert {"features.0.weight", "features.49.weight", "classifier.6.bias"} <= names


@pytest.mark.parametrize(
    "variant, block, after", [("code", Bottle, (2, 4, 8, 16)), ("figure", UNet, (2, 4, 8, 12, 16))]
)
def test_places_of_the_blocks(variant, block, after):
    module = net("vgg19_segmentation", variant=variant, **SMALL)
    layers = kinds(module.features)
    for place, convolutions in zip(map(int, module.masks), after, strict=True):
        assert layers[: place + 1].count("Conv2d") == convolutions
        assert layers[place : place + 2] == ["ReLU", "MaxPool2d"]
        assert isinstance(module.masks[str(place)], block)


@pytest.mark.parametrize("variant", ["code", "figure"])
def test_a_softmax_mask_sums_to_one_over_the_channels(variant):
    module = net("vgg19_segmentation", variant=variant, **SMALL)
    awaken(module)
    x = torch.rand(2, 8, 9, 7)
    mask = module.mask(5, x)
    assert mask.shape == x.shape and mask.std() > 0
    torch.testing.assert_close(mask.sum(1), torch.ones(2, 9, 7))
    gated = net("vgg19_segmentation", variant=variant, gate="sigmoid", **SMALL)
    assert gated.mask(5, x).min() >= 0 and gated.mask(5, x).sum(1).max() > 1


def test_the_mask_of_the_figure_begins_even():
    module = net("vgg19_segmentation:variant=figure", **SMALL)
    x = torch.rand(2, 8, 6, 6)
    torch.testing.assert_close(x * (1 + module.mask(5, x)), x * (1 + 1 / 8))


def test_the_block_of_the_code_begins_as_its_two_shortcuts():
    module = net("vgg19_segmentation", **SMALL).eval()
    x = maps = torch.rand(2, 8, 6, 6)
    for block in module.masks["5"]:
        maps = torch.einsum("oi,bihw->bohw", block.shortcut[0].weight[:, :, 0, 0], maps)
        maps = (maps / (1 + 1e-5) ** 0.5).clamp(min=0)  # batch norm of mean 0 and variance 1
    torch.testing.assert_close(module.mask(5, x), maps.exp() / maps.exp().sum(1, keepdim=True))


def test_the_block_multiplies_what_enters_the_pool():
    module = net("vgg19_segmentation:dropout=0", **SMALL).eval()
    x = torch.rand(2, 1, 48, 48)
    seen = x
    for place, layer in enumerate(module.features):
        seen = layer(seen)
        if place in (5, 12, 25, 51):
            seen = seen + seen * module.masks[str(place)](seen).softmax(1)
    torch.testing.assert_close(module(x), module.classifier(seen.mean((2, 3))))


@pytest.mark.parametrize("side", [48, 44, 40])
def test_the_figure_fits_odd_sizes(side):
    module = net("vgg19_segmentation:variant=figure", side, **SMALL)
    assert module(torch.rand(2, 1, side, side)).shape == (2, 7)
    block = UNet(4)
    for shape in [(1, 1), (2, 3), (5, 5), (11, 11)]:
        assert block(torch.rand(2, 4, *shape)).shape == (2, 4, *shape)


def test_images_are_enlarged_and_copied_to_three_channels():
    module = net("vgg19_segmentation:side=64,channels=3", **SMALL)
    seen = []
    module.features[0].register_forward_pre_hook(lambda layer, given: seen.append(given[0]))
    module(torch.rand(2, 1, 44, 44))
    assert seen[0].shape == (2, 3, 64, 64)
    torch.testing.assert_close(seen[0][:, 0], seen[0][:, 2])
    assert module.pool.output_size == 2


@pytest.mark.parametrize(
    "part, side",
    [
        ("vgg_khaireddin:dense=8,dropout=0", 40),
        ("resnet18:width=4", 44),
        ("vgg19_segmentation:variant=code,width=8,dense=16,dropout=0", 44),
        ("vgg19_segmentation:variant=figure,width=8,dense=16,dropout=0", 44),
        ("vgg19_segmentation:gate=sigmoid,width=8,dense=16,dropout=0", 44),
    ],
)
def test_gradients_reach_every_parameter(part, side):
    module = net(part, side)
    awaken(module)
    module(torch.rand(4, 1, side, side)).square().sum().backward()
    assert [name for name, p in module.named_parameters() if p.grad is None or not p.grad.any()] == []


def awaken(module):
    """Move what begins at zero, and stops gradients there, as the first step of training does."""
    for parameter in module.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1)


@pytest.mark.parametrize(
    "part, side, sentence",
    [
        ("vgg_khaireddin", 15, "needs 16 x 16 pixels or more, not 15 x 15"),
        ("vgg19_segmentation", 31, "needs 32 pixels a side or more, not 31; give side=32"),
        ("vgg19_segmentation:variant=paper", 48, "variant has no 'paper'; it has code, figure, none"),
        ("vgg19_segmentation:gate=softmx", 48, "Did you mean 'softmax'"),
        ("vgg19_segmentation:channels=2", 48, "channels has no 2"),
        ("adapted_vit:patch=1", 48, "patch must be 2 pixels or more, got 1"),
    ],
)
def test_what_cannot_be_built_is_one_sentence(part, side, sentence):
    with pytest.raises(InputError, match=sentence):
        catalog.make("baselines", part).check()
        net(part, side)


@pytest.fixture(scope="module")
def stack():
    """A VGG19 of width 8 with random weights, as torchvision would name them."""
    module = Segmentation(7, variant="code", gate="softmax", **SMALL, dropout=0.0, channels=3, side=0, pool=1)
    tensors = {name: torch.rand_like(t.float()) for name, t in module.state_dict().items()}
    tensors = {name: t.to(torch.int64) if name.endswith("tracked") else t for name, t in tensors.items()}
    return {name: t for name, t in tensors.items() if name.startswith(("features", "classifier"))}


def loaded(tensors, path, **params):
    from safetensors.torch import save_file

    save_file(tensors, path)
    part = catalog.make("baselines", "vgg19_segmentation:channels=3", weights=str(path), **SMALL, **params)
    return part.prepare(part.net(48, 48, 7), None, None).state_dict()


def test_published_weights_are_loaded_but_for_the_head(stack, tmp_path):
    state = loaded(stack, tmp_path / "vgg.safetensors")
    for name, tensor in stack.items():
        assert torch.equal(state[name], tensor) == name.startswith("features")


def test_weights_without_counts_of_batches_and_with_other_heads(stack, tmp_path):
    old = {name: tensor for name, tensor in stack.items() if not name.endswith("tracked")}
    timm = {name.replace("classifier.6", "head.fc"): tensor for name, tensor in old.items()}
    timm = {name: tensor for name, tensor in timm.items() if "classifier" not in name}
    timm["pre_logits.fc1.weight"] = torch.rand(4, 64, 7, 7)
    for place, tensors in enumerate((old, timm)):
        state = loaded(tensors, tmp_path / f"{place}.safetensors")
        assert torch.equal(state["features.49.weight"], stack["features.49.weight"])


def test_dense_layers_of_timm_become_those_of_torchvision():
    from fer_cluster.baselines._segmentation import published

    weight = torch.rand(6, 4, 7, 7)
    named = published({"pre_logits.fc1.weight": weight, "pre_logits.fc2.bias": torch.rand(6)})
    assert set(named) == {"classifier.0.weight", "classifier.3.bias"}
    x = torch.rand(2, 4, 7, 7)
    as_dense = nn.functional.linear(x.flatten(1), named["classifier.0.weight"])
    torch.testing.assert_close(as_dense, nn.functional.conv2d(x, weight).flatten(1))


@pytest.mark.parametrize(
    "spoil, sentence",
    [
        (lambda stack: stack.pop("features.0.weight"), "lacks features.0.weight"),
        (lambda stack: stack.update({"stem.weight": torch.zeros(2)}), "has the unknown stem.weight"),
        (lambda stack: stack.update({"features.0.weight": torch.zeros(8, 1, 3, 3)}), r"shape \(8, 1, 3, 3\)"),
    ],
)
def test_weights_that_do_not_fit_are_one_sentence(stack, tmp_path, spoil, sentence):
    spoil(spoiled := dict(stack))
    with pytest.raises(InputError, match=sentence):
        loaded(spoiled, tmp_path / "vgg.safetensors")


def test_weights_of_colour_need_three_channels():
    part = catalog.make("baselines", "vgg19_segmentation", weights="vgg.safetensors", **SMALL)
    with pytest.raises(InputError, match="give channels=3 too"):
        part.check()


def trained(name, faces, **params):
    emotion = faces.about["emotion"].cat.codes.to_numpy()
    part = catalog.make("baselines", name, device="cpu", warm_up=0.0, batch_size=14, **params)
    return part.fit(faces.images, emotion), emotion


@pytest.mark.parametrize(
    "name", ["vgg_khaireddin:dense=16", "vgg19_segmentation:width=4,dense=16", "resnet18:width=4"]
)
def test_an_epoch_and_probabilities(name):
    part, _ = trained(name, load("toy:n=28"), epochs=1)
    probability = part.predict_proba(load("toy:n=7").images)
    assert probability.shape == (7, 7)
    np.testing.assert_allclose(probability.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("name", ["vgg_khaireddin:width=4,dense=16", "resnet18:width=4", "fine_tuned"])
@pytest.mark.parametrize("shape", [(32, 32), (100, 80)])
def test_faces_of_any_size_are_cropped_in_proportion(name, shape, monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (14, *shape)).astype(np.uint8)
    part = catalog.make("baselines", name, epochs=1)
    seen = []
    monkeypatch.setattr(part, "net", lambda *frame, net=part.net: seen.append(frame[:2]) or net(*frame))
    part.fit(images, np.arange(14) % 7)
    side = round(part.crop / 48 * min(shape))
    assert seen == [(side, side)] and part.predict_proba(images).shape == (14, 7)


def test_a_narrow_resnet_learns(tiny):
    plain = {"crop": 0, "augment": "mirror", "mixup": 0.0, "average": 0.8, "views": "mirror"}
    part, emotion = trained("resnet18", tiny, width=8, epochs=15, **plain)
    assert (part.predict(tiny.images) == emotion).mean() > 0.7  # chance: one in seven
