import copy
import hashlib
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from fer_cluster.errors import InputError
from fer_cluster.training import device, loop
from fer_cluster.training.batches import Batches
from fer_cluster.training.loop import train
from fer_cluster.training.parallel import is_first
from fer_cluster.training.recipe import Recipe

N, SIDE, CLASSES = 30, 4, 3


@pytest.fixture(scope="module")
def faces():
    """Thirty images of 4 x 4 whose class is the row that is bright."""
    random = np.random.default_rng(3)
    targets = np.arange(N) % CLASSES
    images = random.integers(0, 90, (N, SIDE, SIDE))
    images[np.arange(N), targets] += 120
    return images.astype(np.uint8), targets


def linear(*layers):
    torch.manual_seed(5)
    return nn.Sequential(nn.Flatten(), *layers, nn.Linear(SIDE * SIDE, CLASSES))


def objective(net, images, targets):
    logits = net(images.float() / 255)
    return cross_entropy(logits, targets), (logits.argmax(1) == targets).sum()


def trained(faces, net=None, objective=objective, watch=None, checkpoint=None, **recipe):
    """Return a trained net and its history."""
    net = linear() if net is None else net
    exact = {"epochs": 3, "batch_size": 8, "learning_rate": 0.05, "device": "cpu", "precision": "float32"}
    recipe = Recipe(**exact | recipe)
    return net, train(net, objective, *faces, recipe=recipe, watch=watch, checkpoint=checkpoint)


def digest(net):
    return hashlib.sha256(b"".join(t.numpy().tobytes() for t in net.state_dict().values())).hexdigest()


def by_hand(net, faces):
    """Return loss and accuracy over all faces at once."""
    images, targets = torch.from_numpy(faces[0])[:, None], torch.from_numpy(faces[1])
    with torch.no_grad():
        loss, right = objective(net.eval(), images, targets)
    return loss.item(), right.item() / len(images)


def test_a_training_ends_where_it_is_settled(faces):
    recipe = Recipe(epochs=5, batch_size=8, device="cpu", precision="float32")
    answers = iter([False, False, True])
    history = train(linear(), objective, *faces, recipe=recipe, settled=lambda: next(answers))
    assert history.epoch.tolist() == [1, 2]


def test_a_linear_net_learns_what_a_line_divides(faces):
    _, history = trained(faces, epochs=12)
    assert history.loss.iloc[-1] < history.loss.iloc[0] / 2
    assert history.accuracy.iloc[-1] == 1


def test_columns_of_the_history(faces):
    always, at_end = ["epoch", "loss", "accuracy"], ["learning_rate", "seconds"]
    _, plain = trained(faces)
    _, watched = trained(faces, watch=faces)
    _, unknown = trained(faces, objective=lambda *given: (objective(*given)[0], None), watch=faces)
    assert list(plain) == always + at_end
    assert list(watched) == [*always, "watch_loss", "watch_accuracy", *at_end]
    assert list(unknown) == ["epoch", "loss", "watch_loss", *at_end]
    assert plain.epoch.tolist() == [1, 2, 3] and plain.learning_rate.tolist() == [0.05] * 3


def test_the_objective_knows_whether_it_trains(faces):
    calls = []

    def spied(net, images, targets):
        calls.append((net.training, len(images), images.dtype, tuple(images.shape[1:])))
        return objective(net, images, targets)

    trained(faces, objective=spied, watch=faces, epochs=1)
    shape = (torch.uint8, (1, SIDE, SIDE))
    assert calls == [(True, count, *shape) for count in (8, 8, 8, 6)] + [(False, N, *shape)]


def test_a_partial_batch_counts_as_what_it_is(faces):
    net, history = trained(faces, learning_rate=0.0, watch=(faces[0][:7], faces[1][:7]))
    loss, accuracy = by_hand(net, faces)
    watch_loss, watch_accuracy = by_hand(net, (faces[0][:7], faces[1][:7]))
    assert 0 < accuracy < 1
    for _, row in history.iterrows():
        assert row[["loss", "accuracy"]].tolist() == pytest.approx([loss, accuracy], rel=1e-6)
        assert row[["watch_loss", "watch_accuracy"]].tolist() == pytest.approx(
            [watch_loss, watch_accuracy], rel=1e-6
        )


def test_watching_changes_no_weight(faces):
    def drawing(net, images, targets):
        return objective(net, images + torch.rand(1), targets)

    def net():
        return linear(nn.BatchNorm1d(SIDE * SIDE), nn.Dropout(0.5))

    one, _ = trained(faces, net(), drawing)
    other, _ = trained(faces, net(), drawing, watch=(faces[0][:5], faces[1][:5]))
    assert digest(one) == digest(other)


def test_the_seed_alone_decides(faces):
    def net():
        return linear(nn.Dropout(0.5))

    first, again, other = (digest(trained(faces, net(), random_state=seed)[0]) for seed in (0, 0, 1))
    assert first == again != other


def test_the_caller_keeps_his_random_numbers(faces):
    net = linear(nn.Dropout(0.5))
    torch.manual_seed(11)
    np.random.seed(11)
    before, drawn = torch.get_rng_state(), np.random.get_state()[1].copy()
    trained(faces, net)
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], drawn)


def gradient(net, faces):
    """Return the gradient of weight and bias over all faces, worked out without autograd."""
    x = torch.from_numpy(faces[0].reshape(N, -1)).float() / 255
    error = (x @ net[1].weight.T + net[1].bias).softmax(1) - nn.functional.one_hot(torch.from_numpy(faces[1]))
    return (error.T @ x / N).detach(), error.mean(0).detach()


@pytest.mark.parametrize("clip", [0.0, 0.01, 100.0])
def test_a_step_of_sgd_decays_weights_but_not_biases(faces, clip):
    net = linear()
    start, (weight, bias) = copy.deepcopy(net), gradient(net, faces)
    norm = torch.cat([weight.ravel(), bias]).norm()
    shrink = clip / norm if 0 < clip < norm else 1.0
    trained(faces, net, epochs=1, batch_size=N, optimiser="sgd", weight_decay=0.3, clip=clip)
    step = 0.05 * 1.9  # Nesterov's first step: gradient and .9 of it
    weight = start[1].weight * (1 - step * 0.3) - step * shrink * weight
    assert torch.allclose(net[1].weight, weight, atol=1e-6)
    assert torch.allclose(net[1].bias, start[1].bias - step * shrink * bias, atol=1e-6)


@pytest.mark.parametrize("name", ["Adam", "AdamW", "RAdam"])
def test_the_optimisers_are_those_of_torch(faces, name):
    net = linear()
    hand = copy.deepcopy(net)
    groups = [
        {"params": [hand[1].weight], "weight_decay": 0.2},
        {"params": [hand[1].bias], "weight_decay": 0.0},
    ]
    optimiser = getattr(torch.optim, name)(groups, 0.05)
    for _ in range(3):
        hand[1].weight.grad, hand[1].bias.grad = gradient(hand, faces)
        optimiser.step()
    trained(faces, net, epochs=3, batch_size=N, optimiser=name.lower(), weight_decay=0.2)
    assert torch.allclose(net[1].weight, hand[1].weight, atol=1e-5)
    assert torch.allclose(net[1].bias, hand[1].bias, atol=1e-5)


def test_frozen_parameters_stay(faces):
    net = linear()
    net[1].bias.requires_grad_(False)
    before = net[1].bias.clone()
    trained(faces, net)
    assert torch.equal(net[1].bias, before)
    with pytest.raises(InputError, match="no parameter that is trained"):
        trained(faces, net.requires_grad_(False))


def test_the_average_of_weights_is_its_recursion(faces):
    def states(average):
        seen = []

        def spied(net, images, targets):
            seen.append(copy.deepcopy(net.state_dict()))
            return objective(net, images, targets)

        net, _ = trained(faces, linear(nn.BatchNorm1d(SIDE * SIDE)), spied, average=average)
        return seen[0], [*seen[1:], net.state_dict()]

    (start, raw), averaged = states(0.0), states(0.7)[1][-1]
    wanted = start
    for step, state in enumerate(raw, 1):
        decay = min(0.7, (1 + step) / (10 + step))
        wanted = {name: decay * wanted[name] + (1 - decay) * state[name] for name in state}
    for name in ("1.running_mean", "1.weight", "2.weight", "2.bias"):
        assert torch.allclose(averaged[name], wanted[name], atol=1e-6)
        assert not torch.allclose(averaged[name], raw[-1][name], atol=1e-4)
    assert averaged["1.num_batches_tracked"] == raw[-1]["1.num_batches_tracked"] > 0


@pytest.mark.parametrize("keep", ["last", "best"])
def test_what_is_watched_and_kept_is_the_average(faces, keep):
    options = {"watch": faces, "average": 0.9, "keep": keep, "learning_rate": 0.3, "optimiser": "sgd"}
    net, history = trained(faces, epochs=4, **options)
    row = history.loc[history.watch_accuracy.argmax() if keep == "best" else 3]
    assert by_hand(net, faces) == pytest.approx((row.watch_loss, row.watch_accuracy), rel=1e-5)


def test_each_epoch_has_an_order_and_a_chance_of_its_own(faces):
    seen = []

    def spied(net, images, targets):
        seen.append((images.flatten(1).sum(1).tolist(), torch.rand(1).item()))
        return objective(net, images, targets)

    trained(faces, objective=spied, epochs=2, batch_size=N)
    (first, one), (second, other) = seen
    assert first != second and sorted(first) == sorted(second) and one != other


def test_a_short_training_is_not_told_by_the_weights_it_began_with(faces):
    began = linear().state_dict()["1.weight"]
    ended = trained(faces, learning_rate=0.005)[0].state_dict()["1.weight"]
    averaged = trained(faces, learning_rate=0.005, average=0.999)[0].state_dict()["1.weight"]
    assert (averaged - ended).norm() < 0.4 * (averaged - began).norm()


def test_a_face_left_over_joins_the_batch_before():
    sizes = []

    def counted(net, images, targets):
        sizes.append(len(images))
        return objective(net, images, targets)

    random = np.random.default_rng(2)
    for count, wanted in ((17, [8, 9]), (18, [8, 8, 2]), (1, [1])):
        sizes.clear()
        images = random.integers(0, 255, (count, SIDE, SIDE)).astype(np.uint8)
        trained((images, np.arange(count) % CLASSES), objective=counted, epochs=1)
        assert sizes == wanted
    batches = Batches(images.repeat(17, 0), None, torch.device("cpu"), 8)
    shares = [[len(seen) for seen, _ in batches.shuffled(0, rank, 2)] for rank in (0, 1)]
    assert shares == [[4, 5], [4, 4]]


def test_the_search_for_the_quickest_convolution_is_the_callers_again(monkeypatch):
    from torch.backends import cudnn

    gpu = torch.device("cuda")
    for deterministic, searches in ((False, True), (True, False)):
        monkeypatch.setattr(cudnn, "deterministic", deterministic)
        with loop._quickest(gpu):
            assert cudnn.benchmark is searches and cudnn.deterministic is deterministic
        assert cudnn.benchmark is False


def test_each_process_has_an_accelerator_of_its_own(monkeypatch):
    monkeypatch.setenv("RANK", "1")  # of something else than torchrun
    assert is_first() and device._own(torch.device("cuda")) == torch.device("cuda")
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "one")
    monkeypatch.setenv("LOCAL_RANK", "3")
    with pytest.raises(InputError, match="more processes than there are GPUs"):
        device._own(torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    assert not is_first() and device._own(torch.device("cuda")) == torch.device("cuda:3")
    assert device._own(torch.device("cuda:0")) == torch.device("cuda:0")


def test_the_best_epoch_is_kept(faces):
    random = np.random.default_rng(1)
    watch = (random.integers(0, 255, (40, SIDE, SIDE)).astype(np.uint8), random.integers(0, CLASSES, 40))
    options = {"watch": watch, "learning_rate": 0.5, "optimiser": "sgd"}
    best, history = trained(faces, epochs=6, keep="best", **options)
    epoch = int(history.watch_accuracy.argmax()) + 1
    assert epoch < 6 and history.watch_accuracy.nunique() > 1
    assert digest(best) == digest(trained(faces, epochs=epoch, **options)[0])
    assert by_hand(best, watch)[1] == history.watch_accuracy.max()


def test_of_epochs_that_are_as_good_the_first_is_kept(faces):
    options = {"watch": faces, "learning_rate": 1e-6}
    best, history = trained(faces, epochs=3, keep="best", **options)
    assert history.watch_accuracy.nunique() == 1
    assert (
        digest(best) == digest(trained(faces, epochs=1, **options)[0]) != digest(trained(faces, **options)[0])
    )


@pytest.mark.parametrize("choice", [{"keep": "best"}, {"schedule": "plateau"}])
@pytest.mark.parametrize("watched", [None, 0])
def test_what_chooses_needs_something_to_choose_by(faces, choice, watched):
    watch = None if watched is None else (faces[0][:0], faces[1][:0])
    with pytest.raises(InputError, match="need watched faces"):
        trained(faces, watch=watch, **choice)


def test_a_plateau_lowers_the_learning_rate(faces):
    history = trained(faces, epochs=15, learning_rate=1e-9, schedule="plateau", watch=faces)[1]
    assert history.watch_accuracy.nunique() == 1
    assert history.learning_rate.tolist() == pytest.approx([1e-9] * 7 + [0.75e-9] * 6 + [0.5625e-9] * 2)


@pytest.mark.parametrize("kind", ["mps", "xpu"])
def test_the_random_state_of_any_accelerator_is_given_back(kind, monkeypatch):
    asked = []
    monkeypatch.setattr(
        torch.random, "fork_rng", lambda devices, device_type: asked.append((devices, device_type))
    )
    device.own_random(torch.device(kind))
    assert asked == [([torch.device(kind)], kind)]


def test_loss_or_weights_that_are_no_numbers(faces):
    with pytest.raises(InputError, match="after epoch 1 .* no longer numbers; use a lower learning_rate"):
        trained(faces, objective=lambda *given: (objective(*given)[0] * math.nan, None))
    with pytest.raises(InputError, match="no longer numbers"):  # the only step breaks the weights
        steep = {"objective": lambda *given: (objective(*given)[0] * 1e4, None)}
        trained(faces, **steep, epochs=1, batch_size=N, optimiser="sgd", learning_rate=3e38)
    with pytest.raises(InputError, match="at least one image"):
        trained((faces[0][:0], faces[1][:0]))


@pytest.mark.parametrize(
    "wrong, told",
    [
        ({"optimiser": "adm"}, "optimiser has no 'adm'.*Did you mean 'adam'"),
        ({"schedule": "cosin"}, "schedule has no 'cosin'.*Did you mean 'cosine'"),
        ({"keep": "beste"}, "Did you mean 'best'"),
        ({"precision": "float16"}, "Did you mean 'bfloat16'|Did you mean 'float32'"),
        ({"epochs": 0}, "epochs must be a whole number of 1 or more"),
        ({"epochs": 2.5}, "epochs must be a whole number"),
        ({"batch_size": -3}, "batch_size must be"),
        ({"random_state": -1}, "random_state must be a whole number of 0 or more"),
        ({"random_state": None}, "random_state must be"),
        ({"random_state": 2**32}, "random_state must be below"),
        ({"batch_size": 1}, "batch_size must be 2 or more"),
        ({"learning_rate": -1e-3}, "learning_rate must be a number of 0 or more"),
        ({"learning_rate": math.nan}, "learning_rate must be"),
        ({"weight_decay": "much"}, "weight_decay must be"),
        ({"clip": -1}, "clip must be"),
        ({"warm_up": -1}, "warm_up must be"),
        ({"average": 1.0}, "average must be from 0 to below 1"),
        ({"device": "gpux"}, "device 'gpux' cannot be used here"),
    ],
)
def test_a_recipe_that_cannot_be_used(faces, wrong, told):
    with pytest.raises(InputError, match=told):
        trained(faces, **wrong)


def test_numbers_of_numpy_are_numbers(faces):
    trained(faces, epochs=np.int64(1), batch_size=np.int32(9), learning_rate=np.float32(0.1))


@pytest.mark.parametrize("schedule", ["constant", "cosine", "plateau"])
def test_a_training_of_one_step_learns_under_warm_up(faces, schedule):
    watch = faces if schedule == "plateau" else None
    net, _ = trained(faces, epochs=1, batch_size=N, warm_up=5.0, schedule=schedule, watch=watch)
    assert digest(net) != digest(linear())


def test_every_image_is_part_of_the_fingerprint():
    images = np.zeros((5000, 2, 2), np.uint8)
    prints = [Batches(images, None, torch.device("cpu"), 8).fingerprint()]
    images[-1, 1, 1] = 1
    prints.append(Batches(images, None, torch.device("cpu"), 8).fingerprint())
    prints.append(Batches(images.reshape(5000, 1, 4), None, torch.device("cpu"), 8).fingerprint())
    assert len(set(prints)) == 3
