"""The loss of local warping against NumPy, its guard, and what it is asked to tell apart."""

import numpy as np
import pytest
import torch

from fer_cluster.errors import InputError
from fer_cluster.features import _local_warp
from fer_cluster.features._local_warp import WarpContrast, hard_nt_xent, triplets
from fer_cluster.features._simclr import nt_xent
from fer_cluster.features.local_warp import LocalWarp
from fer_cluster.loading import load
from fer_cluster.training.warps import LocalField, warped


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture
def images():
    return (40 + 180 * torch.rand(32, 1, 48, 48)).to(torch.uint8)


@pytest.fixture
def field(images):
    return LocalField("mouth")(images)


# ---- the loss


def by_hand(z, warped, temperature, hard):
    """Return the loss, one view after the other, float64."""
    z, warped = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (z, warped))
    b, losses = len(z) // 2, []
    for view in range(len(z)):
        similar = np.exp(z @ z[view] / temperature)
        own = np.exp(warped[view % b :: b] @ z[view] / temperature).sum()
        against = np.delete(similar, view).sum() + hard * own
        losses.append(np.log(against / similar[(view + b) % (2 * b)]))
    return np.mean(losses)


@pytest.mark.parametrize("hard", [0.0, 0.3, 1.0, 20.0])
@pytest.mark.parametrize("selves", [1, 2])
def test_the_loss_is_the_one_computed_by_hand(random, hard, selves):
    z, changed = random.normal(size=(10, 4)), random.normal(size=(5 * selves, 4))
    loss = hard_nt_xent(torch.from_numpy(z), torch.from_numpy(changed), 0.2, hard)
    assert loss.item() == pytest.approx(by_hand(z, changed, 0.2, hard), abs=1e-6)


def test_without_hard_negatives_it_is_the_loss_of_simclr_and_the_warped_do_not_count():
    z, changed = torch.randn(12, 6), torch.randn(6, 6, requires_grad=True)
    loss = hard_nt_xent(z, changed, 0.5, 0.0)
    assert loss.item() == pytest.approx(nt_xent(z, 0.5).item(), abs=1e-6)
    loss.backward()
    assert (changed.grad == 0).all()


def test_a_warped_self_is_pushed_away_and_only_from_its_own_face():
    z = torch.eye(6).repeat(2, 1)
    near, far = torch.eye(6), torch.eye(6).roll(1, 0)
    assert hard_nt_xent(z, near, 0.2, 1.0) > hard_nt_xent(z, far, 0.2, 1.0) + 0.4
    torch.testing.assert_close(hard_nt_xent(z, far, 0.2, 1.0), hard_nt_xent(z, far.roll(1, 0), 0.2, 1.0))


def test_the_loss_keeps_full_precision_whatever_the_net_runs_in(images, monkeypatch):
    monkeypatch.setattr(_local_warp, "triplets", lambda x, field, guard: (x, x, x.flip(3)))
    net = WarpContrast(
        torch.nn.Identity(), 1, 1, lambda x: x, field=lambda x: None, guard=True, temperature=0.2, hard=1.0
    )
    net.projector = torch.nn.Flatten()  # the loss alone could lose figures
    few = images[:, :, ::12, ::12]
    full = net(few).item()
    with torch.autocast("cpu", torch.bfloat16):
        assert net(few).item() == full


# ---- the guard


def test_without_guard_the_face_is_twice_as_it_was(images, field):
    anchor, positive, negative = triplets(images, field, False)
    assert torch.equal(anchor, images) and torch.equal(positive, images)
    assert torch.equal(negative, warped(images, field))


def test_the_guard_gives_both_of_a_pair_the_same_field(images, field, monkeypatch):
    monkeypatch.setattr(_local_warp, "nudge", lambda images: torch.zeros(len(images), 1, 1, 2))
    anchor, positive, negative = triplets(images, field, True)
    assert torch.equal(anchor, positive)
    still, moved = warped(images, torch.zeros_like(field)), warped(images, field)
    pair_moved = (anchor == moved).flatten(1).all(1)
    pair_still = (anchor == still).flatten(1).all(1)
    assert (pair_moved ^ pair_still).all() and 8 < pair_moved.sum() < 24
    assert torch.equal(negative[pair_moved], still[pair_moved])
    assert torch.equal(negative[pair_still], moved[pair_still])


def test_the_guard_interpolates_every_image(images, field):
    for face in triplets(images, field, True):
        assert (face != face.round()).flatten(1).float().mean(1).min() > 0.9


# ---- the encoder


def test_the_net_sees_anchor_positive_and_negative(images, monkeypatch):
    seen = {}
    monkeypatch.setattr(_local_warp, "triplets", lambda x, field, guard: (x.float(), x * 0 + 9.0, 255.0 - x))
    monkeypatch.setattr(
        _local_warp, "hard_nt_xent", lambda z, warped, temperature, hard: seen.update(z=z, warped=warped)
    )
    net = WarpContrast(
        torch.nn.Identity(), 1, 1, lambda x: x, field=lambda x: None, guard=True, temperature=0.2, hard=1.0
    )
    net.projector = torch.nn.Flatten()
    net(images)
    assert seen["z"].shape == (64, 48 * 48) and seen["warped"].shape == (32, 48 * 48)
    assert (seen["z"][32:].abs() < 1e-6).all()  # the positive is of one grey here
    torch.testing.assert_close(seen["warped"], -seen["z"][:32], atol=1e-4, rtol=0)


def test_training_tells_faces_from_their_warped_selves():
    faces = load("toy:n=140").images
    small = {"width": 4, "epochs": 12, "batch_size": 35, "warm_up": 0.0, "augment": "mirror", "crop": 0}
    net = LocalWarp(bands="mouth", learning_rate=3e-3, **small).fit(faces)
    loss = net.history_["loss"].to_numpy()
    assert loss[-3:].mean() < loss[:2].mean() - 0.2
    features = net.transform(faces)
    assert features.shape == (140, 32)
    np.testing.assert_allclose(net.transform(faces[:, :, ::-1]), features, atol=1e-4)
    ones = [LocalWarp(bands="brows", **small | {"epochs": 1}).fit(faces).transform(faces) for _ in range(2)]
    np.testing.assert_array_equal(*ones)


def test_the_warp_is_asked_for_by_the_parameters():
    part = LocalWarp(bands="mouth+brows", hard=0.5, guard=False, amplitude=3.0)
    part.shape_ = (48, 48)
    learner, _ = part.learner(part.net(48, 48))
    assert learner.field == LocalField("mouth+brows", 3.0)
    assert (learner.hard, learner.guard, learner.temperature) == (0.5, False, 0.2)


@pytest.mark.parametrize(
    "setting, told",
    [
        ({"bands": "mouth+ears"}, "bands has no 'ears'"),
        ({"temperature": 0.0}, "temperature must be above 0"),
        ({"amplitude": 0.0}, "above 0 pixels"),
        ({"hard": -1.0}, "hard must be a number of 0 or more"),
        ({"augment": "blur"}, "augment has no 'blur'"),
    ],
)
def test_bad_parameters_are_told(setting, told, tiny):
    with pytest.raises(InputError, match=told):
        LocalWarp(width=4, epochs=1, **setting).fit(tiny.images)
