import numpy as np
import pytest
import torch

from fer_cluster.baselines import _masked
from fer_cluster.baselines._vit import VisionTransformer


@pytest.fixture(autouse=True)
def seed():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def transformer():
    return VisionTransformer(side=24, patch=6, width=16, depth=2, heads=2, n_classes=7, pool="mean")


@pytest.mark.parametrize("patches, hidden", [(64, 48), (16, 12), (9, 7), (5, 4)])
def test_exactly_three_quarters_are_hidden_and_order_is_restored(patches, hidden):
    kept, restore, mask = _masked.choose(50, patches, 0.75, "cpu")
    assert (mask.sum(1) == hidden).all() and hidden == round(0.75 * patches)
    assert kept.shape == (50, patches - hidden) and not mask.gather(1, kept).any()
    tokens = torch.randn(50, patches, 3)
    padded = torch.cat([_masked.rows(tokens, kept), torch.zeros(50, hidden, 3)], 1)
    torch.testing.assert_close(_masked.rows(padded, restore), tokens * ~mask[:, :, None])
    assert mask.float().mean(0).std() > 0 and mask.any(0).all()  # other patches in other images


def test_patches_are_rows_of_pixels():
    images = torch.arange(2 * 36.0).reshape(2, 1, 6, 6)
    patches = _masked.patchify(images, 2)
    assert patches.shape == (2, 9, 4) and patches[0, 5].tolist() == [16, 17, 22, 23]


def test_patches_are_in_the_order_of_the_tokens():
    net = transformer()
    with torch.no_grad():
        net.pos_embed.zero_()
        net.patch_embed.proj.bias.zero_()
        net.patch_embed.proj.weight.fill_(1)
    seen = net.seen(torch.rand(2, 1, 24, 24))
    torch.testing.assert_close(
        net.embed(seen)[:, :, 0], _masked.patchify(seen, 6).sum(2), rtol=1e-4, atol=1e-4
    )


def test_the_loss_counts_hidden_patches_only():
    drawn = torch.tensor([[[1.0, 3.0], [0.0, 0.0], [9.0, 9.0]]])
    wanted = torch.tensor([[[0.0, 0.0], [2.0, 4.0], [0.0, 0.0]]])
    hidden = torch.tensor([[True, True, False]])
    assert _masked.masked_loss(drawn, wanted, hidden) == (5 + 10) / 2  # (1+9)/2 and (4+16)/2


def test_patches_are_normalised():
    patches = torch.tensor([[1.0, 2, 3, 6], [5, 5, 5, 5]])
    done = _masked.normalised(patches)
    wanted = (np.array([1, 2, 3, 6]) - 3) / np.sqrt(14 / 3)
    np.testing.assert_allclose(done[0], wanted, rtol=1e-5)
    assert done[1].tolist() == [0, 0, 0, 0]
    torch.testing.assert_close(_masked.normalised(patches[:1] * 3 + 7), done[:1], rtol=1e-4, atol=1e-5)


def test_what_is_hidden_is_not_seen_and_what_is_kept_is(monkeypatch):
    masked, drawn = _masked.Masked(transformer(), width=12, depth=1), []
    choice = _masked.choose(2, 16, 0.75, "cpu")
    monkeypatch.setattr(_masked, "choose", lambda *_: choice)
    monkeypatch.setattr(
        masked, "decode", lambda *x: drawn.append(_masked.Masked.decode(masked, *x)) or drawn[-1]
    )
    images, hidden = torch.rand(2, 1, 24, 24), choice[2][:, :, None]
    noise = torch.rand(2, 16, 36)
    for changed in (0 * noise, hidden * noise, ~hidden * noise):
        patches = _masked.patchify(images, 6) + changed
        masked(torch.nn.functional.fold(patches.mT, 24, 6, stride=6))
    assert drawn[0].shape == (2, 16, 36)
    torch.testing.assert_close(drawn[0], drawn[1])
    assert (drawn[0] - drawn[2]).abs().max() > 1e-2


def test_every_parameter_but_the_heads_learns_without_labels():
    masked = _masked.Masked(transformer(), width=12, depth=1)
    masked(torch.rand(8, 1, 24, 24)).backward()
    silent = [name for name, p in masked.named_parameters() if p.grad is None]
    assert sorted(silent) == ["encoder.head.bias", "encoder.head.weight"]
