"""The CycleGAN of neutral faces: whose loss reaches whose weights, and what it takes away."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fer_cluster.chain import supervision
from fer_cluster.clustering import cluster
from fer_cluster.errors import InputError
from fer_cluster.features._neutral_gan import Cycle, Generator
from fer_cluster.features.neutral_gan import NeutralGan
from fer_cluster.features.pixels import Pixels
from fer_cluster.loading import load
from fer_cluster.plots.scores import Scores
from fer_cluster.summary import summary
from fer_cluster.training.body import standardised

SMALL = {"width": 2, "epochs": 1, "n_components": 3, "batch_size": 20}


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture
def images(random):
    """Smooth images of 16 x 16; the last half have a bright bar."""
    images = np.kron(random.integers(60, 140, (60, 4, 4)), np.ones((4, 4)))
    images[30:, 11:14, 4:12] += 100
    return images.astype(np.uint8)


@pytest.fixture
def neutral():
    return np.arange(60) < 30


def changed(generator):
    """Return a generator whose last layer is no longer zero."""
    torch.nn.init.normal_(generator.leave.weight, std=0.1)
    return generator


def test_an_untrained_generator_changes_nothing():
    face = torch.randn(3, 1, 19, 22)
    assert torch.equal(Generator(2)(face), face)
    assert not torch.equal(changed(Generator(2))(face), face)


def test_the_loss_is_the_sum_of_its_parts_and_each_weight_has_its_own(images, neutral, monkeypatch):
    monkeypatch.setattr(torch, "rand", lambda *shape, device=None: torch.ones(shape))  # no face is mirrored
    net = Cycle(changed(Generator(2)), 2, 10.0, 5.0)
    changed(net.from_neutral)
    batch, which = torch.from_numpy(images)[:, None], torch.from_numpy(neutral)
    loss = net(batch, which)
    loss.backward()
    found = {name: weight.grad.clone() for name, weight in net.named_parameters()}
    net.zero_grad()
    x = standardised(batch)
    there, back, judges = net.to_neutral, net.from_neutral, net.judges
    made = {"neutral": there(x[~which]), "expressive": back(x[which])}
    real = {"neutral": x[which], "expressive": x[~which]}
    l1 = torch.nn.functional.l1_loss
    makers = 10 * (l1(back(made["neutral"]), x[~which]) + l1(there(made["expressive"]), x[which]))
    makers = makers + 5 * (l1(there(x[which]), x[which]) + l1(back(x[~which]), x[~which]))
    makers = makers + sum(((judges[kind](made[kind]) - 1) ** 2).mean() for kind in real)
    tellers = sum(
        ((judge(real[kind]) - 1) ** 2).mean() + (judge(made[kind]) ** 2).mean()
        for kind, judge in judges.items()
    )
    assert loss.item() == pytest.approx((makers + tellers).item(), rel=1e-5)
    for part, own in ((judges, tellers), (torch.nn.ModuleList([there, back]), makers)):
        weights = list(part.parameters())
        gradients = torch.autograd.grad(own, weights, retain_graph=True)
        for weight, gradient in zip(weights, gradients, strict=True):
            name = next(name for name, one in net.named_parameters() if one is weight)
            torch.testing.assert_close(found[name], gradient, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("kind", [True, False])
def test_a_batch_may_lack_a_kind(images, kind):
    net = Cycle(changed(Generator(2)), 2, 10.0, 5.0)
    loss = net(torch.from_numpy(images[:4])[:, None], torch.full((4,), kind))
    loss.backward()
    assert torch.isfinite(loss) and loss > 0


def test_features_are_the_components_of_what_is_taken_away(images, neutral):
    net = NeutralGan(**SMALL | {"learning_rate": 0.05}).fit(images, neutral=neutral)
    sides = [images, np.ascontiguousarray(images[:, :, ::-1])]
    faces = [standardised(torch.from_numpy(side)[:, None])[:, 0].numpy() for side in sides]
    taken = sum(face - net.neutral(side) for face, side in zip(faces, sides, strict=True)).reshape(60, -1) / 2
    assert np.abs(taken).max() > 1e-2
    values = np.linalg.svd(taken - taken.mean(0), compute_uv=False)[:3]
    features = net.transform(images)
    np.testing.assert_allclose(np.linalg.norm(features, axis=0), values, rtol=1e-3)
    covariance = features.T @ features
    np.testing.assert_allclose(covariance - np.diag(np.diag(covariance)), 0, atol=1e-2 * covariance.max())
    np.testing.assert_allclose(net.transform(sides[1]), features, atol=1e-4)


def test_the_seed_decides(images, neutral):
    ones = [NeutralGan(**SMALL).fit(images, neutral=neutral).transform(images) for _ in range(2)]
    np.testing.assert_array_equal(*ones)


def test_it_is_told_which_faces_are_neutral_or_refuses(images, neutral):
    assert supervision(NeutralGan()) == "which faces are neutral" and supervision(Pixels()) == "none"
    with pytest.raises(InputError, match="told which faces are neutral"):
        NeutralGan(**SMALL).fit(images)
    for wrong in (neutral.astype(int), neutral[:5], np.ones(60, bool), np.zeros(60, bool)):
        with pytest.raises(InputError, match="neutral must be bool"):
            NeutralGan(**SMALL).fit(images, neutral=wrong)
    with pytest.raises(InputError, match="between 1 and 60"):
        NeutralGan(**SMALL | {"n_components": 61}).fit(images, neutral=neutral)


def test_its_runs_are_stamped_and_faces_without_labels_refused():
    faces = load("toy:n=70")
    run = cluster(faces, "neutral_gan:width=2,n_components=3", seeds=1, epochs=1)
    assert run.spec["labels"] == "which faces are neutral" and summary([run]).splitlines()[2].endswith("weak")
    drawn = Scores().data([run])
    assert set(drawn["kind"]) == {"weak"}
    legend = Scores().draw(drawn).legends[0].get_texts()
    assert "told a part of the labels" in [text.get_text() for text in legend]
    assert "no label seen" not in [text.get_text() for text in legend]
    bare = replace(
        faces, about=faces.about.assign(emotion=faces.about["emotion"].where(faces.about.index > 9))
    )
    with pytest.raises(InputError, match="has to be told which faces are neutral; some have no emotion"):
        cluster(bare, "neutral_gan:width=2,n_components=3", seeds=1, epochs=1)
