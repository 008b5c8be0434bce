"""The encoders that learn without labels, and the two features that learn nothing."""

import copy

import numpy as np
import pytest
import torch

from fer_cluster.errors import InputError
from fer_cluster.features import _byol, _masked, _simclr, _vicreg
from fer_cluster.features import byol as byol_part
from fer_cluster.features.brightness import Brightness
from fer_cluster.features.byol import Byol
from fer_cluster.features.masked import Masked
from fer_cluster.features.random_weights import RandomWeights
from fer_cluster.features.simclr import SimClr
from fer_cluster.features.vicreg import VicReg
from fer_cluster.training import loop
from fer_cluster.training.body import STAGES, body, standardised
from fer_cluster.training.models import load_model, save_model

TRAINED = (SimClr, Byol, VicReg, Masked)
SMALL = {"width": 4, "epochs": 1, "batch_size": 8, "device": "cpu", "precision": "float32"}


@pytest.fixture(scope="module")
def images():
    random = np.random.default_rng(3)
    smooth = np.kron(random.integers(0, 256, (24, 6, 6)), np.ones((8, 8)))
    return np.clip(smooth + random.normal(0, 12, smooth.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module", params=TRAINED, ids=lambda part: part.__name__)
def fitted(request, images):
    return request.param(**SMALL).fit(images)


@pytest.fixture(autouse=True)
def seed():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def rows(*shape, state=0):
    return np.random.default_rng(state).normal(size=shape)


def batch(images, count=8):
    return torch.from_numpy(images[:count])[:, None]


def learner(part, images, **params):
    """Return the module that a part would train, and the body in it."""
    made = part(**SMALL | params)
    made.shape_, made.steps_ = images.shape[1:], 6
    net = made.net(*made.shape_)
    return made.learner(net)[0].train(), net


# The losses, each against its formula.


def test_simclr_finds_the_other_view_among_all_others():
    z = rows(6, 4)
    unit = z / np.linalg.norm(z, axis=1, keepdims=True)
    likeness = np.exp(unit @ unit.T / 0.3)
    found = [
        -np.log(likeness[i, (i + 3) % 6] / sum(likeness[i, j] for j in range(6) if j != i)) for i in range(6)
    ]
    assert _simclr.nt_xent(torch.tensor(z), 0.3).item() == pytest.approx(np.mean(found))


def test_byol_adds_the_squared_distances_of_both_ways():
    predicted, wanted = rows(6, 4), rows(6, 4, state=1)
    predicted, wanted = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (predicted, wanted))
    to_second = ((predicted[:3] - wanted[3:]) ** 2).sum(1)
    to_first = ((predicted[3:] - wanted[:3]) ** 2).sum(1)
    found = _byol.disagreement(torch.tensor(3 * predicted), torch.tensor(0.2 * wanted))
    assert found.item() == pytest.approx((to_second + to_first).mean())


def test_vicreg_has_three_terms():
    one, other = 0.8 * rows(5, 3), 1.1 * rows(5, 3, state=1)
    spread = [np.sqrt(z.var(0, ddof=1) + 1e-4) for z in (one, other)]
    variance = sum(np.maximum(0, 1 - sd).mean() for sd in spread) / 2
    covariance = 0
    for z in (one, other):
        matrix = np.cov(z.T)
        covariance += (matrix[~np.eye(3, dtype=bool)] ** 2).sum() / 3
    found = [term.item() for term in _vicreg.terms(torch.tensor(one), torch.tensor(other))]
    assert variance > 0 and found == pytest.approx([variance, ((one - other) ** 2).mean(), covariance])


def test_vicreg_weighs_its_terms(images):
    found = []
    for weights in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (25, 3, 2)):
        torch.manual_seed(0)
        names = dict(zip(("variance", "invariance", "covariance"), map(float, weights), strict=True))
        found.append(learner(VicReg, images, expansion=16, **names)[0](batch(images)).item())
    assert found[3] == pytest.approx(np.dot([25, 3, 2], found[:3]), rel=1e-4) and min(found) > 0


def test_masked_counts_hidden_pixels_only():
    drawn, wanted = rows(2, 1, 4, 4), rows(2, 1, 4, 4, state=1)
    hidden = rows(2, 1, 4, 4, state=2) > 0
    found = _masked.masked_loss(*map(torch.tensor, (drawn, wanted, hidden)))
    assert found.item() == pytest.approx(((drawn - wanted)[hidden] ** 2).mean(), rel=1e-6)
    drawn[~hidden] += 7
    assert _masked.masked_loss(*map(torch.tensor, (drawn, wanted, hidden))) == found


def test_simclr_keeps_full_precision_whatever_the_net_runs_in(images):
    module = _simclr.Contrast(torch.nn.Identity(), 1, 1, lambda x: x, 0.2)
    module.projector = torch.nn.Flatten()  # the loss alone could lose figures
    few = batch(images)[:, :, ::12, ::12]
    full = module(few).item()
    with torch.autocast("cpu", torch.bfloat16):
        assert module(few).item() == full


# What is trained.


@pytest.mark.parametrize("body", ({"fine": False}, {"fine": True}, {"rows": 3, "stages": 2}), ids=str)
@pytest.mark.parametrize("part", TRAINED)
def test_every_trained_parameter_learns(part, body, images):
    module, net = learner(part, images, **body)
    module(batch(images)).backward()
    trained = [p for p in module.parameters() if p.requires_grad]
    with torch.no_grad():  # one step: residual branches begin at zero, and what is before that learns next
        for p in trained:
            p -= 0.1 * p.grad
    module.zero_grad()
    module(batch(images)).backward()
    trained = {name: p.grad for name, p in module.named_parameters() if p.requires_grad}
    assert all(grad is not None for grad in trained.values())
    assert all(p.grad.abs().sum() > 0 for p in net.parameters() if p.ndim > 1)
    others = {name.split(".")[0] for name, p in module.named_parameters() if not p.requires_grad}
    assert others == ({"target"} if part is Byol else set())


@pytest.mark.parametrize("part", (Byol, VicReg))
def test_a_last_batch_of_one_face(part, images):
    module, net = learner(part, images)
    loss = module(batch(images, 1))
    loss.backward()
    assert loss.isfinite() and all(p.grad.isfinite().all() for p in net.parameters())


@pytest.mark.parametrize("fine, first, last", [(False, 24, 3), (True, 48, 6)])
def test_a_fine_body_sees_every_pixel(images, fine, first, last):
    net = RandomWeights(4, fine=fine, device="cpu").fit(images).net_
    maps = standardised(batch(images))
    sides = [(maps := layer(maps)).shape[-1] for layer in net]
    assert sides[:4] == [first] * 4 and sides[-1] == last and maps.shape[1] == 32


@pytest.mark.parametrize("rows", (2, 3, 6))
def test_rows_of_the_face_have_features_of_their_own(images, rows, monkeypatch):
    monkeypatch.setattr(RandomWeights, "precision", "float32")
    parted = RandomWeights(4, fine=True, rows=rows, device="cpu").fit(images)
    whole = RandomWeights(4, fine=True, device="cpu").fit(images)
    features = parted.transform(images).reshape(24, 32, rows)
    assert np.abs(np.diff(features)).max() > 1e-3
    np.testing.assert_allclose(features.mean(2), whole.transform(images), atol=1e-5)
    net = parted.net_
    views = batch(images, 24), batch(images, 24).flip(3)
    top = sum(net.maps(standardised(view))[-1][:, :, : 6 // rows].mean((2, 3)).detach() for view in views) / 2
    np.testing.assert_allclose(features[:, :, 0], top, atol=1e-5)


def test_earlier_stages_have_features_too(images):
    sizes = {"fine": True, "rows": 2, "device": "cpu"}
    features = RandomWeights(4, stages=3, **sizes).fit(images).transform(images)
    last, one = (RandomWeights(4, stages=n, **sizes).fit(images).transform(images) for n in (2, 1))
    assert [x.shape[1] for x in (one, last, features)] == [64, 96, 112]
    np.testing.assert_array_equal(features[:, 16:], last)
    np.testing.assert_array_equal(last[:, 32:], one)


@pytest.mark.parametrize("part", (RandomWeights, SimClr))
def test_more_stages_than_there_are(part, images):
    with pytest.raises(InputError, match="stages must be 1 to 4, got 5"):
        part(stages=STAGES + 1, device="cpu").fit(images)


def test_features_vary_and_are_those_of_the_mirror_image_too(fitted, images):
    features = fitted.transform(images)
    assert features.shape == (24, 32) and (features.std(0) > 1e-3).mean() > 0.5
    np.testing.assert_allclose(fitted.transform(images[:, :, ::-1].copy()), features, atol=1e-5)


def test_training_has_changed_the_weights_by_the_seed_alone(fitted, images):
    features = fitted.transform(images)
    again = type(fitted)(**SMALL).fit(images, y=np.arange(24) % 7)
    np.testing.assert_array_equal(again.transform(images), features)
    untrained = RandomWeights(4, device="cpu").fit(images)
    assert not torch.equal(untrained.net_[0].weight, fitted.net_[0].weight)
    assert np.abs(type(fitted)(**SMALL, random_state=1).fit(images).transform(images) - features).max() > 1e-2


def test_a_model_comes_back(fitted, images, tmp_path):
    save_model(fitted, tmp_path)
    np.testing.assert_array_equal(load_model(tmp_path).transform(images), fitted.transform(images))


# BYOL's target.


def test_the_target_follows_ever_more_slowly(images):
    module, net = learner(Byol, images, momentum=0.9)
    expected = [p.detach().clone() for p in module.target.parameters()]
    for done in range(6):
        with torch.no_grad():
            for p in (*net.parameters(), *module.projector.parameters()):
                p += 0.1 * torch.randn_like(p)
        momentum = 1 - 0.1 * (np.cos(np.pi * done / 6) + 1) / 2
        online = [*net.parameters(), *module.projector.parameters()]
        expected = [momentum * t + (1 - momentum) * p.detach() for t, p in zip(expected, online, strict=True)]
        module(batch(images))
        for target, wanted in zip(module.target.parameters(), expected, strict=True):
            torch.testing.assert_close(target.detach(), wanted, rtol=1e-5, atol=1e-6)
    assert module.done == 6


def test_there_are_as_many_steps_as_batches(images):
    assert Byol(**SMALL | {"batch_size": 10, "epochs": 2}).fit(images).steps_ == 2 * 3  # 24 faces
    assert Byol(**SMALL | {"batch_size": 23, "epochs": 2}).fit(images).steps_ == 2  # one joins the others


def test_the_target_starts_as_the_online_net_and_stands_still_in_eval(images):
    module, net = learner(Byol, images)
    for one, other in zip(net.parameters(), module.target[0].parameters(), strict=True):
        assert torch.equal(one, other) and one is not other
    with torch.no_grad():
        net[0].weight += 1
    before = copy.deepcopy(module.state_dict())
    module.eval()(batch(images))
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())


def byol(images, monkeypatch, checkpoint=None, stop=None):
    """Train two epochs of three steps; return the state and how many steps were taken, or raise."""
    called = []

    def asked(net, images, targets):
        called.append(net)
        if len(called) == stop:
            raise InterruptedError
        return net(images), None

    monkeypatch.setattr(byol_part, "ask", asked)
    Byol(**SMALL | {"epochs": 2}).fit(images, checkpoint=checkpoint)
    return called[0].state_dict(), len(called)


def test_a_resumed_training_ends_as_an_undisturbed_one(images, monkeypatch, tmp_path):
    monkeypatch.setattr(loop, "_SAVE_AFTER", 0)
    expected, steps = byol(images, monkeypatch)
    assert steps == 6 and expected["done"] == 6
    with pytest.raises(InterruptedError):
        byol(images, monkeypatch, tmp_path / "state", stop=5)
    state, steps = byol(images, monkeypatch, tmp_path / "state")
    assert steps == 3
    assert all(torch.equal(state[name], tensor) for name, tensor in expected.items())


# What is hidden.


@pytest.mark.parametrize("side, share, count", [(48, 0.6, 22), (44, 0.6, 22), (16, 0.01, 1), (16, 0.99, 3)])
def test_squares_are_hidden(side, share, count):
    hidden = _masked.hide(torch.zeros(50, 1, side, side), share, 8)
    grid = hidden[:, 0, ::8, ::8]
    assert hidden.dtype == torch.bool and (grid.sum((1, 2)) == count).all()
    assert grid.any(0).all() and not grid.all(0).any()
    whole = grid.repeat_interleave(8, 1).repeat_interleave(8, 2)[:, :side, :side]
    assert torch.equal(hidden[:, 0], whole)


@pytest.mark.parametrize("fine", (False, True))
@pytest.mark.parametrize("side", (48, 44))
def test_the_body_does_not_see_what_is_hidden(images, monkeypatch, side, fine):
    module, net = learner(Masked, images, augment="", crop=side if side < 48 else 0, fine=fine)
    hidden, seen, drawn = _masked.hide(torch.zeros(8, 1, side, side), 0.6, 8), [], []
    monkeypatch.setattr(_masked, "hide", lambda x, share, patch: hidden)
    monkeypatch.setattr(_masked, "masked_loss", lambda *parts: drawn.append(parts))
    net[0].register_forward_hook(lambda _, given, made: seen.append(given[0]))
    module(batch(images))
    assert (seen[0][hidden] == 0).all()
    assert torch.equal(seen[0][~hidden], drawn[0][1][~hidden])
    assert drawn[0][0].shape == drawn[0][1].shape == (8, 1, side, side)
    if side == 48:
        assert torch.equal(drawn[0][1], standardised(batch(images)))


def test_normalisation_is_measured_on_whole_faces(images):
    part = Masked(**SMALL).fit(images)
    made = part.net_[0](standardised(batch(images, 24))).detach()
    torch.testing.assert_close(part.net_[1].running_mean, made.mean((0, 2, 3)), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(part.net_[1].running_var, made.var((0, 2, 3)), rtol=1e-3, atol=1e-4)
    assert part.net_[1].momentum == 0.1 and not part.net_.training


def test_every_face_weighs_the_same_in_that_measure(images, monkeypatch):
    seen = []
    monkeypatch.setattr("fer_cluster.features._masked.measure", lambda net, faces: seen.extend(faces))
    monkeypatch.setattr("fer_cluster.features.masked._AT_ONCE", 8)
    Masked(**SMALL).fit(images[:17])
    assert [len(faces) for faces, _ in seen] == [6, 6, 5]


def test_the_crop_is_told_in_pixels_of_a_frame_of_48():
    part = SimClr(**SMALL | {"crop": 44})
    for frame, side in (((48, 48), 44), ((96, 96), 88), ((48, 40), 37)):
        part.shape_ = frame
        assert part.view().crop == side
    faces = np.random.default_rng(0).integers(0, 256, (8, 48, 40), dtype=np.uint8)
    assert SimClr(**SMALL).fit(faces).transform(faces).shape == (8, 8 * SMALL["width"])


def test_a_list_of_images_will_do(images):
    part = SimClr(**SMALL).fit(list(images))
    np.testing.assert_array_equal(part.transform(list(images[:5])), part.transform(images[:5]))


def test_loading_draws_no_random_number_of_the_caller(images, tmp_path):
    save_model(SimClr(**SMALL).fit(images), tmp_path)
    state = torch.get_rng_state()
    load_model(tmp_path)
    assert torch.equal(torch.get_rng_state(), state)


# Parameters.


@pytest.mark.parametrize(
    "part, params, told",
    [
        (Byol, {"momentum": 1.5}, "momentum must be from 0 to 1, got 1.5"),
        (Byol, {"batch_size": 0}, "batch_size"),
        (Masked, {"hidden": 1.0}, "hidden must be between 0 and 1"),
        (Masked, {"patch": 0}, "patch must be a whole number"),
        (Masked, {"patch": 48}, "patch must be less than 48"),
        (VicReg, {"covariance": -1.0}, "covariance"),
        (Brightness, {"names": "brightness+hue"}, "names has no 'hue'"),
        (SimClr, {"temperature": 0.0}, "temperature must be above 0, got 0.0"),
        (SimClr, {"augment": "mirorr"}, "augment has no 'mirorr'.*Did you mean 'mirror'"),
        (RandomWeights, {"random_state": None}, "random_state must be a whole number"),
    ],
)
def test_bad_parameters_are_told_of(part, params, told, images):
    with pytest.raises(InputError, match=told):
        part(**params).fit(images)


@pytest.mark.parametrize("part", (RandomWeights, Brightness))
def test_bad_images_are_told_of(part, images):
    with pytest.raises(InputError, match="uint8"):
        part().fit(images.astype(float))
    with pytest.raises(InputError, match="48"):
        part().fit(images).transform(images[:, :40])


# Features that learn nothing.


def test_random_weights_are_of_the_seed_and_not_of_the_faces(images, tmp_path, monkeypatch):
    monkeypatch.setattr(RandomWeights, "precision", "float32")
    state = torch.get_rng_state()
    part = RandomWeights(width=4, random_state=1, device="cpu").fit(images)
    assert torch.equal(torch.get_rng_state(), state)
    features = part.transform(images)
    other = RandomWeights(width=4, random_state=1, device="cpu").fit(images[:5])
    np.testing.assert_array_equal(other.transform(images), features)
    assert np.abs(RandomWeights(width=4, device="cpu").fit(images).transform(images) - features).max() > 0.1
    torch.manual_seed(1)
    net, x = body(4).eval(), batch(images, 24)
    with torch.no_grad():
        for block in list(net)[3:]:
            assert not block.branch[-1].weight.any()  # as a training begins
            block.branch[-1].weight.fill_(1)
        wanted = (net(standardised(x)) + net(standardised(x.flip(3)))) / 2
    np.testing.assert_allclose(features, wanted, rtol=1e-4, atol=1e-5)
    save_model(part, tmp_path)
    np.testing.assert_array_equal(load_model(tmp_path).transform(images), features)


def test_brightness_is_the_mean_grey_value():
    images = np.zeros((3, 4, 4), np.uint8)
    images[1], images[2, :2] = 51, 255
    assert Brightness().fit(images).transform(images).ravel().tolist() == pytest.approx([0, 0.2, 0.5])
    both = Brightness("contrast+brightness").fit(images).transform(images)
    np.testing.assert_allclose(both, [[0, 0], [0, 0.2], [0.5, 0.5]], atol=1e-6)


def test_features_in_bfloat16_are_near_those_in_float32(images):
    part = SimClr(width=4, epochs=1, batch_size=8, device="cpu").fit(images)
    found = {}
    for precision in ("float32", "bfloat16"):
        found[precision] = part.set_params(precision=precision).transform(images)
    assert found["bfloat16"].dtype == np.float32
    spread = found["float32"].std()
    assert 0 < np.abs(found["bfloat16"] - found["float32"]).max() < 0.1 * spread
