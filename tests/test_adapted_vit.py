import math

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from fer_cluster.baselines import _masked
from fer_cluster.baselines._adapters import LowRank, adapt
from fer_cluster.baselines._vit import Block, VisionTransformer, from_timm, positions, resized
from fer_cluster.baselines.adapted_vit import AdaptedVit
from fer_cluster.classifying import classify
from fer_cluster.errors import InputError
from fer_cluster.loading import load
from fer_cluster.training.weights import save_tensors

SMALL = {"side": 24, "patch": 6, "width": 16, "depth": 2, "heads": 2}
HEAD = ["head.bias", "head.weight"]


@pytest.fixture(autouse=True)
def seed():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def transformer(**sizes):
    return VisionTransformer(**SMALL | {"n_classes": 7, "pool": "mean"} | sizes)


def adapted(adaptation, net=None, rank=3, alpha=6.0, prompts=5):
    return adapt(net or transformer(), adaptation, rank=rank, alpha=alpha, prompts=prompts)


def small(**params):
    fast = {"epochs": 2, "pretrain_epochs": 2, "batch_size": 32, "precision": "float32"}
    return AdaptedVit(**SMALL | fast | params)


def timm_tensors(net, classes=50, grid=4):
    """Return what a file of timm's has: three channels, its own grid and head."""
    tensors = {name: torch.randn_like(tensor) * 0.1 for name, tensor in net.state_dict().items()}
    width = net.norm.normalized_shape[0]
    tensors["patch_embed.proj.weight"] = torch.randn(width, 3, net.patch, net.patch) * 0.1
    tensors["pos_embed"] = torch.randn(1, 1 + grid**2, width)
    return tensors | {"head.weight": torch.randn(classes, width), "head.bias": torch.randn(classes)}


# The transformer


@pytest.mark.parametrize("pool", ["mean", "class"])
@pytest.mark.parametrize("height, width", [(24, 24), (48, 40), (12, 12)])
def test_any_size_of_image_gives_logits(pool, height, width):
    assert transformer(pool=pool)(torch.rand(3, 1, height, width)).shape == (3, 7)


def test_has_the_size_of_vit_tiny():
    with torch.device("meta"):
        net = VisionTransformer(
            side=224, patch=16, width=192, depth=12, heads=3, n_classes=1000, pool="class"
        )
    two_channels_less = 2 * 192 * 16 * 16
    assert sum(p.numel() for p in net.parameters()) + two_channels_less == 5_717_416  # DeiT-Ti, ViT-Ti/16


def test_a_block_is_that_of_torch():
    block, theirs = (
        Block(16, 2),
        nn.TransformerEncoderLayer(
            16, 2, 64, dropout=0.0, activation="gelu", layer_norm_eps=1e-6, batch_first=True, norm_first=True
        ),
    )
    names = {"self_attn.in_proj_": "attn.qkv.", "self_attn.out_proj": "attn.proj", "linear1": "mlp.fc1",
             "linear2": "mlp.fc2"}  # fmt: skip
    state = {}
    for name, tensor in theirs.state_dict().items():
        for old, new in names.items():
            name = name.replace(old, new)
        state[name] = torch.randn_like(tensor) * 0.3
    block.load_state_dict(state)
    theirs.load_state_dict(dict(zip(theirs.state_dict(), state.values(), strict=True)))
    x = torch.randn(2, 5, 16)
    torch.testing.assert_close(block(x), theirs(x), rtol=1e-4, atol=1e-5)


def test_the_class_token_is_read_where_asked():
    net = transformer(pool="class")
    images = torch.rand(2, 1, 24, 24)
    encoded = net.encode(net.embed(net.seen(images)))
    torch.testing.assert_close(net(images), net.head(encoded[:, 0]))
    net.pool = "mean"
    torch.testing.assert_close(net(images), net.head(encoded[:, 1:].sum(1) / 16))


def test_pixels_are_seen_from_minus_one_to_one_at_their_place():
    net = transformer()
    images = torch.rand(1, 1, 24, 24)
    torch.testing.assert_close(net.seen(images), 2 * images - 1)
    with torch.no_grad():
        net.pos_embed.zero_()
    kernel, bias = net.patch_embed.proj.weight, net.patch_embed.proj.bias
    patch = net.seen(images)[0, 0, 6:12, 18:24]  # row 1, column 3
    wanted = (kernel[:, 0] * patch).sum((1, 2)) + bias
    torch.testing.assert_close(net.embed(net.seen(images))[0, 1 * 4 + 3], wanted, rtol=1e-4, atol=1e-5)


def test_positions_tell_row_and_column_apart():
    place = positions(4, 16)
    assert place.shape == (1, 17, 16) and (place[0, 0] == 0).all()
    table = place[0, 1:].unflatten(0, (4, 4))
    assert torch.equal(table[2, 0, :8], table[2, 3, :8]) and torch.equal(table[0, 1, 8:], table[3, 1, 8:])
    assert torch.cdist(place[0], place[0]).fill_diagonal_(9).min() > 0.1
    assert table[3, 1, 0] == pytest.approx(math.sin(3)) and table[3, 1, 13] == pytest.approx(math.cos(0.1))


# Weights of timm


def test_positions_of_the_same_grid_stay_and_others_are_interpolated():
    place = torch.randn(1, 17, 16)
    assert resized(place, 4) is place
    larger = resized(place, 6)
    assert larger.shape == (1, 37, 16) and torch.equal(larger[:, 0], place[:, 0])
    flat = torch.cat([place[:, :1], torch.full((1, 16, 16), 0.7)], 1)
    torch.testing.assert_close(resized(flat, 7)[:, 1:], torch.full((1, 49, 16), 0.7))
    ramp = torch.arange(8.0)[:, None].expand(8, 8).reshape(1, 64, 1)  # grows with the row
    rows = resized(torch.cat([torch.zeros(1, 1, 1), ramp], 1), 4)[0, 1:, 0].unflatten(0, (4, 4))
    assert (rows.diff(dim=0) > 1).all() and rows.diff(dim=1).abs().max() < 1e-5


def test_grey_with_summed_kernels_is_grey_copied_to_three_channels():
    net = transformer()
    tensors = timm_tensors(net)
    net.load_state_dict({k: t for k, t in from_timm(tensors, 4).items() if k[:5] != "head."}, strict=False)
    grey = net.seen(torch.rand(2, 1, 24, 24))
    kernel, bias = tensors["patch_embed.proj.weight"], tensors["patch_embed.proj.bias"]
    wanted = nn.functional.conv2d(grey.expand(-1, 3, -1, -1), kernel, bias, stride=6).flatten(2).mT
    torch.testing.assert_close(net.embed(grey), wanted + tensors["pos_embed"][:, 1:], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("adaptation", ["lora", "prompts", "head", "all"])
def test_a_file_of_timms_layout_is_loaded(adaptation, tmp_path):
    tensors = timm_tensors(transformer(), grid=7)
    save_file(tensors, tmp_path / "vit.safetensors")
    part = small(adaptation=adaptation, weights=str(tmp_path / "vit.safetensors"))
    net = part.prepare(part.net(48, 48, 7), None, None)
    state = net.state_dict()
    changed = {"pos_embed", "patch_embed.proj.weight", "head.weight", "head.bias"}
    for name in tensors.keys() - changed:
        assert torch.equal(state[name], tensors[name]), name
    torch.testing.assert_close(state["pos_embed"], resized(tensors["pos_embed"], 4))
    assert state["head.weight"].shape == (7, 16)


def test_the_names_are_timms():
    block = [f"{name}.{kind}" for name in ("norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2")
             for kind in ("weight", "bias")]  # fmt: skip
    names = ["cls_token", "pos_embed", "patch_embed.proj.weight", "patch_embed.proj.bias"]
    names += [f"blocks.{i}.{name}" for i in range(2) for name in block] + ["norm.weight", "norm.bias"]
    assert sorted(transformer().state_dict()) == sorted([*names, *HEAD])


@pytest.mark.parametrize(
    "name, shape",
    [
        ("blocks.1.attn.qkv.weight", (47, 16)),
        ("pos_embed", (1, 16, 16)),
        ("patch_embed.proj.weight", (16, 3, 8, 8)),
    ],
)
def test_misshapen_tensors_are_named(name, shape, tmp_path):
    save_file(timm_tensors(transformer()) | {name: torch.zeros(shape)}, tmp_path / "vit.safetensors")
    with pytest.raises(InputError, match=f"{name} has shape"):
        small(weights=str(tmp_path / "vit.safetensors")).fit(load("toy:n=14").images, np.arange(14) % 7)


def test_a_deeper_transformer_is_refused(tmp_path):
    save_file(timm_tensors(transformer(depth=3)), tmp_path / "vit.safetensors")
    with pytest.raises(InputError, match=r"unknown blocks\.2\."):
        small(weights=str(tmp_path / "vit.safetensors")).fit(load("toy:n=14").images, np.arange(14) % 7)


# Adaptation

TRAINED = {
    "lora": [f"blocks.{i}.attn.qkv.{name}" for i in range(2) for name in ("down", "up")] + HEAD,
    "prompts": [f"blocks.{i}.prompts" for i in range(2)] + HEAD,
    "head": HEAD,
    "all": sorted(transformer().state_dict()),
}
COUNTED = {"lora": 2 * 2 * 3 * (16 + 16), "prompts": 2 * 5 * 16, "head": 0}
TRUNK = 16 + 17 * 16 + (36 * 16 + 16) + 2 * (4 * 16 + 4 * 16 * 16 + 4 * 16 + 8 * 16 * 16 + 5 * 16) + 2 * 16


@pytest.mark.parametrize("adaptation", TRAINED)
def test_only_adapters_and_head_are_trained(adaptation):
    net = adapted(adaptation)
    assert sorted(name for name, p in net.named_parameters() if p.requires_grad) == sorted(
        TRAINED[adaptation]
    )
    net(torch.rand(2, 1, 24, 24)).sum().backward()
    assert all((p.grad is not None) == p.requires_grad for p in net.parameters())


@pytest.mark.parametrize("adaptation", ["lora", "prompts", "head"])
def test_the_share_is_counted_and_told(adaptation):
    part = small(adaptation=adaptation, pretrain_epochs=0, rank=3, prompts=5, epochs=1)
    assert not hasattr(part, "trained_share_")
    part.fit(load("toy:n=14").images, np.arange(14) % 7)
    trained, head = COUNTED[adaptation], 16 * 7 + 7
    assert part.trained_share_ == (trained + head) / (TRUNK + trained + head)
    assert part.learnt()["trained_share"] == part.trained_share_


def test_the_shares_of_the_docstring():
    for adaptation, share in (("lora", 0.014), ("prompts", 0.005), ("head", 0.0005)):
        part = AdaptedVit(adaptation=adaptation)
        part.net_ = part.net(48, 48, 7)
        assert part.trained_share_ == pytest.approx(share, rel=0.1)


def test_low_rank_updates_start_as_nothing():
    net, images = transformer(), torch.rand(4, 1, 24, 24)
    before = net(images)
    adapted("lora", net)
    torch.testing.assert_close(net.train()(images), before, rtol=0, atol=0)
    torch.testing.assert_close(net.eval()(images), before, rtol=0, atol=0)


def learnt_updates():
    layer = LowRank(nn.Linear(16, 48), 3, 6.0)
    with torch.no_grad():
        layer.up.normal_()
    return layer


def test_merged_equals_unmerged():
    layer, x = learnt_updates(), torch.randn(4, 5, 16)
    torch.testing.assert_close(layer.train()(x), layer.eval()(x), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        nn.functional.linear(x, layer.merged(), layer.bias), layer.train()(x), rtol=1e-4, atol=1e-5
    )


def test_query_and_value_are_updated_and_the_key_is_not():
    layer, x = learnt_updates(), torch.randn(5, 16)
    changed = layer.train()(x) - nn.functional.linear(x, layer.weight, layer.bias)
    for place, at in ((0, 0), (1, 32)):
        wanted = 6.0 / 3 * torch.einsum("oi,ij,nj->no", layer.up[place], layer.down[place], x)
        torch.testing.assert_close(changed[:, at : at + 16], wanted, rtol=1e-4, atol=1e-5)
    assert (changed[:, 16:32] == 0).all()
    assert torch.linalg.matrix_rank(layer.merged() - layer.weight) == 2 * 3


def test_prompts_are_attended_to_and_then_dropped():
    block = Block(16, 2)
    tokens, prompts = torch.randn(3, 5, 16), torch.randn(1, 4, 16)
    wanted = block(torch.cat([tokens, prompts.expand(3, -1, -1)], 1))[:, :5]
    plain = block(tokens)
    block.prompts = nn.Parameter(prompts)
    torch.testing.assert_close(block(tokens), wanted)
    assert (wanted - plain).abs().max() > 1e-3


# The whole


def test_masked_learning_learns_and_never_meets_a_label(monkeypatch):
    faces = load("toy:n=140")
    met = []
    monkeypatch.setattr(
        _masked,
        "train",
        lambda *args, train=_masked.train, **more: met.append((args, more)) or train(*args, **more),
    )
    part = small(pretrain_epochs=12, batch_size=20, weights="masked").fit(faces.images, np.arange(140) % 7)
    (args, more), loss = met[0], part.pretraining_history_.loss
    assert len(args) == 3 and args[2] is faces.images and set(more) == {"recipe", "checkpoint", "title"}
    assert len(loss) == 12 and loss.iloc[-1] < 0.9 * loss.iloc[0]
    again = small(pretrain_epochs=12, batch_size=20).fit(faces.images, np.arange(140)[::-1] % 7)
    assert again.pretraining_history_.loss.tolist() == loss.tolist()


def test_the_trunk_is_what_was_learnt_and_stays(tmp_path, monkeypatch):
    faces = load("toy:n=70")
    taught = []
    monkeypatch.setattr(
        _masked, "pretrain",
        lambda trunk, *rest, pretrain=_masked.pretrain: taught.append(trunk) or pretrain(trunk, *rest),
    )  # fmt: skip
    part = small(adaptation="lora").fit(faces.images, np.arange(70) % 7)
    kept, learnt = part.net_.state_dict(), taught[0].state_dict()
    assert all(torch.equal(kept[name], learnt[name]) for name in learnt if name not in HEAD)
    assert part.net_.blocks[0].attn.qkv.up.abs().max() > 0


def test_an_interrupted_training_goes_on_from_what_was_pretrained(tmp_path):
    faces, emotion = load("toy:n=70"), np.arange(70) % 7
    whole = small().fit(faces.images, emotion, checkpoint=tmp_path / "state")
    again = small().fit(faces.images, emotion, checkpoint=tmp_path / "state")
    plain = small().fit(faces.images, emotion)
    assert again.pretraining_history_.seconds.tolist() == whole.pretraining_history_.seconds.tolist()
    for other in (again, plain):
        np.testing.assert_allclose(
            other.predict_proba(faces.images), whole.predict_proba(faces.images), atol=1e-5
        )


@pytest.mark.parametrize("adaptation", TRAINED)
def test_each_adaptation_learns_toy_faces(adaptation):
    faces = load("toy:n=140")
    emotion = faces.about["emotion"].cat.codes.to_numpy()
    part = small(adaptation=adaptation, epochs=12, learning_rate=1e-2, batch_size=20, warm_up=1.0)
    part.fit(faces.images, emotion)
    assert part.history_.loss.iloc[-1] < part.history_.loss.iloc[0]
    proba = part.predict_proba(faces.images[:9])
    assert proba.shape == (9, 7) and np.allclose(proba.sum(1), 1, atol=1e-5)


def test_a_run_tells_how_little_was_trained():
    sizes = "pretrain_epochs=1,side=24,patch=6,width=16,depth=1,heads=2,epochs=1"
    run = classify(load("toy:n=70"), f"adapted_vit:{sizes}")
    assert run.spec["trained_share"] == run.models[0].trained_share_ < 0.5


def test_saved_and_restored_predicts_the_same(tmp_path):
    faces = load("toy:n=70")
    part = small().fit(faces.images, np.arange(70) % 7)
    save_tensors(part.net_, tmp_path / "net.safetensors", {})
    other = small()
    other.restore(part.learnt()).load_state_dict(load_file(tmp_path / "net.safetensors"))
    np.testing.assert_allclose(other.predict_proba(faces.images), part.predict_proba(faces.images), atol=1e-6)
    assert other.trained_share_ == part.trained_share_


@pytest.mark.parametrize(
    "params, says",
    [
        ({"adaptation": "lorra"}, "lora"),
        ({"pool": "max"}, "mean, class"),
        ({"side": 25}, "multiple of patch"),
        ({"width": 18}, "width must be a multiple"),
        ({"heads": 3}, "width must be a multiple"),
        ({"rank": 0}, "rank .* 1 or more"),
        ({"pixels": "raw"}, "pixels"),
        ({"weights": "nowhere.safetensors"}, "no weights at"),
    ],
)
def test_what_cannot_be_used(params, says):
    with pytest.raises(InputError, match=says):
        small(**params).fit(load("toy:n=14").images, np.arange(14) % 7)
