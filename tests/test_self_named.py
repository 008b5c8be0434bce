import json
import shutil
from hashlib import sha256

import numpy as np
import pytest
import torch

from fer_cluster.chain import chained
from fer_cluster.errors import InputError
from fer_cluster.features import self_named
from fer_cluster.features._balanced import evened
from fer_cluster.features._encoders import HOME
from fer_cluster.features._self_named import MOMENTUM, Named, naming
from fer_cluster.features.self_named import SelfNamed, _strongest
from fer_cluster.training import loop
from fer_cluster.training.acting import UNITS, mean_changes
from fer_cluster.training.body import standardised
from fer_cluster.training.models import load_model, save_model

SMALL = {
    "described": "pixels:9",
    "prior": "whiten:6",
    "n_priors": 1,
    "subspace": "whiten:4",
    "expressed": "",
    "names": (2, 5),
    "rounds": 2,
    "epochs": 1,
    "width": 2,
}


@pytest.fixture(scope="module")
def images():
    random = np.random.default_rng(5)
    coarse = np.kron(random.integers(0, 256, (40, 4, 4)), np.ones((12, 12)))
    return (coarse * 0.9 + random.uniform(0, 25, coarse.shape)).astype(np.uint8)


def test_the_objective_is_the_mean_cross_entropy_of_the_heads():
    logits = torch.tensor([[2.0, 0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 3.0, 0.0, 1.0]])
    targets = torch.tensor([[0, 2], [0, 0]])
    loss, right = naming([2, 3], 0.0)(lambda images: logits, None, targets)
    first = [np.log(np.exp(2) + 1) - 2, np.log(1 + np.e)]
    second = [np.log(3), np.log(np.exp(3) + 1 + np.e) - 3]
    assert loss.item() == pytest.approx((np.mean(first) + np.mean(second)) / 2, rel=1e-5)
    assert right.item() == 1


def test_numbers_to_tell_add_their_mean_squared_error():
    says = torch.tensor([[2.0, 0.0, 5.0, 1.0], [0.0, 1.0, 3.0, 0.0]])  # two names, two numbers
    targets = torch.tensor([[0, 4.0, 1.0], [0, 3.0, 2.0]])
    loss, right = naming([2], 0.0, told=2)(lambda images: says, None, targets)
    named = np.mean([np.log(np.exp(2) + 1) - 2, np.log(1 + np.e)])
    assert loss.item() == pytest.approx(named + (1 + 0 + 0 + 4) / 4, rel=1e-5)
    assert right.item() == 1
    heard = torch.cat([says, says + 9], 1)  # numbers of the following net are not listened to
    both, _ = naming([2], 0.0, 0.5, told=2)(lambda images: heard, None, targets)
    logits = torch.cat([says[:, :2], says[:, :2] + 9], 1)
    alone, _ = naming([2], 0.0, 0.5)(lambda images: logits, None, targets[:, :1])
    assert both.item() == pytest.approx(alone.item() + 5 / 4, rel=1e-5)


def test_names_are_kmeans_of_the_prior_and_next_of_what_was_learnt(images, monkeypatch):
    seen, names = [], SelfNamed._names

    def spied(self, named, turn):
        seen.append(named)
        return names(self, named, turn)

    monkeypatch.setattr(SelfNamed, "_names", spied)
    part = SelfNamed(**SMALL).fit(images)
    np.testing.assert_array_equal(seen[0][0], chained("pixels:9 > whiten:6", 0).fit_transform(images))
    assert [[near.shape for near in named] for named in seen] == [[(40, 6)], [(40, 4)]]
    np.testing.assert_allclose(np.cov(seen[1][0].T), np.eye(4), atol=0.02)
    assert part.history_["round"].tolist() == part.history_["epoch"].tolist() == [1, 2]
    targets = names(part, seen[0], 0)
    assert targets.shape == (40, 2) and targets.max(0).tolist() == [1, 4]


def test_several_numbers_are_a_tuple_again_in_a_model_that_is_loaded(images, tmp_path):
    part = SelfNamed(**SMALL | {"names": (2, 5), "rounds": 1}).fit(images)
    save_model(part, tmp_path)
    assert load_model(tmp_path).get_params() == part.get_params()


def learnt_names(monkeypatch):
    """Return a list to which each round adds the names that its net learns."""
    seen, learn = [], SelfNamed._learn

    def spied(self, images, names, told, turn, checkpoint):
        seen.append(names)
        return learn(self, images, names, told, turn, checkpoint)

    monkeypatch.setattr(SelfNamed, "_learn", spied)
    return seen


def test_what_the_net_expresses_is_a_name_from_the_second_round_on(images, monkeypatch):
    seen = learnt_names(monkeypatch)
    expressed = "learnt_expressions:within=whiten:4;n_cells=(3,);threshold=0.5"
    SelfNamed(**SMALL | {"expressed": f"{expressed} | {expressed};n_rounds=1"}).fit(images)
    assert [targets.shape for targets in seen] == [(40, 2), (40, 4)]
    for name in seen[1][:, :2].T:
        assert set(name) == set(range(name.max() + 1)) and 2 <= len(set(name)) <= 7


def test_expressions_alone_are_the_names_where_there_is_no_subspace(images, monkeypatch):
    seen = learnt_names(monkeypatch)
    alone = {"teacher": "pixels:9 > whiten:6", "subspace": "", "rounds": 1}
    expressed = "learnt_expressions:within=whiten:4;n_cells=(3,);threshold=0.5"
    part = SelfNamed(**SMALL | alone | {"expressed": f"{expressed} | {expressed};signs=True"}).fit(images)
    assert [targets.shape for targets in seen] == [(40, 2)] and part.transform(images).shape[0] == 40
    taught = chained("pixels:9 > whiten:6", 0).fit(images)
    np.testing.assert_array_equal(seen[0], part._named_anew(taught, images, 0))


def test_a_teacher_names_the_faces_first_in_place_of_the_prior(images, monkeypatch):
    seen = learnt_names(monkeypatch)
    monkeypatch.setattr(SelfNamed, "_named", lambda *given: pytest.fail("the prior was fitted"))
    expressed = "learnt_expressions:within=whiten:4;n_cells=(3,);threshold=0.5"
    part = SelfNamed(**SMALL | {"teacher": "pixels:9 > whiten:6", "expressed": expressed}).fit(images)
    taught = chained("pixels:9 > whiten:6", 0).fit(images)
    np.testing.assert_array_equal(seen[0], part._named_anew(taught, images, 0))
    assert [targets.shape for targets in seen] == [(40, 3), (40, 3)] and not np.array_equal(*seen)


def test_each_round_tells_the_same_numbers_of_variance_1_beside_the_names(images, monkeypatch, tmp_path):
    seen, learn = [], SelfNamed.learn

    def spied(self, images, learner, *, targets, **options):
        seen.append(targets)
        return learn(self, images, learner, targets=targets, **options)

    monkeypatch.setattr(SelfNamed, "learn", spied)
    part = SMALL | {"told": "pixels:9 > whiten:3", "epochs": 3, "batch_size": 10}
    whole = SelfNamed(**part).fit(images).transform(images)
    named, again = seen
    wanted = chained("pixels:9 > whiten:3", 0).fit_transform(images)
    assert named.shape == (40, 2 + 3)
    np.testing.assert_array_equal(named[:, 2:], again[:, 2:])
    np.testing.assert_allclose(named[:, 2:], (wanted - wanted.mean(0)) / wanted.std(0), atol=1e-5)
    assert named[:, :2].max(0).tolist() == [1, 4]
    SelfNamed(**part).fit(images, checkpoint=tmp_path)
    monkeypatch.setattr(SelfNamed, "_told", lambda *given: pytest.fail("what is told was kept"))
    np.testing.assert_array_equal(SelfNamed(**part).fit(images, checkpoint=tmp_path).transform(images), whole)
    assert not np.allclose(SelfNamed(**part | {"told": ""}).fit(images).transform(images), whole)


def test_the_squared_errors_of_several_that_are_told_are_added(images):
    told = SelfNamed(**SMALL, told="pixels:9 > whiten:3 | pixels:9 > whiten:6")._told(images, None)
    alone = [SelfNamed(**SMALL, told=f"pixels:9 > whiten:{n}")._told(images, None) for n in (3, 6)]
    assert told.shape == (40, 9)
    error = [np.square(each).mean() for each in (told, *alone)]
    assert error[0] == pytest.approx(error[1] + error[2], rel=1e-5)


def test_what_an_action_changes_stands_below_what_is_told(images):
    part = SelfNamed(**SMALL, told="pixels:9 > whiten:3", acted=0.5)
    plain = SelfNamed(**SMALL, told="pixels:9 > whiten:3")._told(images, None)
    told = part._told(images, None)
    assert told.shape == (40 + len(UNITS), 3)
    np.testing.assert_allclose(told[:40], plain, atol=1e-6)
    chain = chained("pixels:9 > whiten:3", 0)
    change = mean_changes(images, chain.fit(images)) / chain.transform(images).std(0)
    np.testing.assert_allclose(told[40:], change, atol=1e-4)


def test_who_acts_has_no_name_and_what_the_action_changes_is_taken_off():
    body = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 3))
    amounts = torch.tensor([[0.0, 0.0], [0.5, 0.0]])
    changes = torch.tensor([[1.0, -2.0], [4.0, 4.0]])
    net = Named(body, 3, 4, lambda x: x, acting=lambda x: (255 - x, amounts), changes=changes)
    images = torch.arange(8, dtype=torch.uint8).view(2, 1, 2, 2) * 20
    said, plain = net(images), net.heads(net.body(standardised(255 - images)))
    torch.testing.assert_close(said[:, :2], plain[:, :2])
    torch.testing.assert_close(said[:, 2:4], plain[:, 2:] - amounts @ changes)
    assert said[:, 4].tolist() == [0, 1]
    torch.testing.assert_close(net.eval()(images), net.heads(net.body(standardised(images))))
    targets = torch.tensor([[0, 1.0, 2.0], [1, 0.0, 3.0]])
    loss, _ = naming([2], 0.0, told=2, acting=True)(lambda images: said, None, targets)
    named = torch.nn.functional.cross_entropy(said[:1, :2], torch.tensor([0]))
    assert loss.item() == pytest.approx(
        (named + (said[:, 2:4] - targets[:, 1:]).square().mean()).item(), rel=1e-5
    )


def test_the_strongest_expression_or_none_is_the_name_and_no_number_is_left_out():
    read = np.array([[0.2, 0.1, -1], [-1, -0.1, -3], [0.3, 0.4, -1], [-1, -1, -1]])
    assert _strongest(read).tolist() == [0, 2, 1, 2]  # nobody has the third


@pytest.mark.parametrize(
    "wrong, told",
    [
        ({"rounds": 0}, "rounds must be a whole number of 1 or more, got 0"),
        ({"rounds": 1.5}, "rounds must be a whole number of 1 or more, got 1.5"),
        ({"names": ()}, r"names must be one or more whole numbers of 2 or more, got \(\)"),
        ({"names": (15, 1)}, r"2 or more, got \(15, 1\)"),
        ({"names": [15, 40.0]}, r"2 or more, got \[15, 40.0\]"),
        ({"names": 15}, "2 or more, got 15"),
        ({"names": "15"}, "2 or more, got '15'"),
        ({"epochs": 0}, "epochs must be a whole number of 1 or more, got 0"),
        ({"keep": "best"}, "need watched faces"),
        ({"subspace": "signal_to_nuisnace:8"}, "steps has no 'signal_to_nuisnace'.*Did you mean"),
        ({"subspace": "whiten:4 | signal_to_nuisnace:8"}, "steps has no 'signal_to_nuisnace'"),
        ({"subspace": "", "expressed": ""}, "subspace must name one step or more where expressed names none"),
        ({"expressed": "learnt_expresions"}, "steps has no 'learnt_expresions'.*Did you mean"),
        ({"prior": "whitn:4"}, "steps has no 'whitn'.*Did you mean 'whiten'"),
        ({"acted": 0.3}, "told must name features where acted is above 0, got none"),
        ({"prior": ""}, "prior must name one step or more where there is no teacher"),
        ({"described": ""}, "Features and steps are told as 'hog > whiten:64', got ''"),
        ({"augment": "mirorr"}, "augment has no 'mirorr'"),
        ({"crop": 60}, "crop must be 1 to 48 pixels of a frame of 48"),
        ({"described": "hogg"}, "features has no 'hogg'.*Did you mean 'hog'"),
        ({"told": "pixels:9 > whiten:0"}, "n_components must be a whole number of 1 or more, got 0"),
        ({"subspace": "whiten:4 | whiten:0"}, "n_components must be a whole number of 1 or more, got 0"),
        ({"told": "hogg > whiten:4"}, "features has no 'hogg'.*Did you mean 'hog'"),
        ({"teacher": "hogg"}, "features has no 'hogg'.*Did you mean 'hog'"),
    ],
)
def test_parameters_that_cannot_be_used_are_told_before_the_prior_is_fitted(images, monkeypatch, wrong, told):
    monkeypatch.setattr(SelfNamed, "_found_names", lambda *given: pytest.fail("too late"))
    with pytest.raises(InputError, match=told):
        SelfNamed(**SMALL | wrong).fit(images)


@pytest.mark.parametrize("names", [[2, 5], np.array([2, 5]), range(2, 4)])
def test_names_are_any_sequence(names):
    SelfNamed(names=names).check(watched=False)


def test_each_face_goes_to_its_nearest_name(images):
    named = np.repeat([[0.0, 0.0], [9.0, 9.0]], 20, axis=0) + np.arange(40)[:, None] * 1e-3
    targets = SelfNamed(names=(2,))._names([named], 0)[:, 0]
    assert len(set(targets[:20])) == len(set(targets[20:])) == 1 and targets[0] != targets[-1]


def test_every_subspace_of_every_seed_gives_each_number_of_names(images):
    part = SelfNamed(**SMALL | {"prior": "whiten:6 | whiten:3 > unit", "n_priors": 2})
    named = part._named(images, None)
    assert [near.shape[1] for near in named] == [6, 3, 6, 3]
    targets = part._names(named, 0)
    assert targets.shape == (40, 8) and targets.max(0).tolist() == [1, 4] * 4
    np.testing.assert_allclose(np.linalg.norm(named[1], axis=1), 1, atol=1e-5)


def test_rounds_go_on_where_they_were_cut_off(images, tmp_path, monkeypatch):
    whole = SelfNamed(**SMALL).fit(images).transform(images)

    def cut(self, extractor, images, turn):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(SelfNamed, "_named_anew", cut)
        SelfNamed(**SMALL).fit(images, checkpoint=tmp_path)
    first = (tmp_path / "round_1" / "state.safetensors").stat().st_mtime_ns
    with monkeypatch.context() as patch:
        patch.setattr(SelfNamed, "_named_first", lambda *given: pytest.fail("the first names were kept"))
        part = SelfNamed(**SMALL).fit(images, checkpoint=tmp_path)
    np.testing.assert_array_equal(part.transform(images), whole)
    assert (tmp_path / "round_1" / "state.safetensors").stat().st_mtime_ns == first


def test_a_teacher_of_several_rounds_goes_on_where_it_was_cut_off(images, tmp_path, monkeypatch):
    teacher = ";".join(f"{key}={value}" for key, value in SMALL.items())
    taught = SMALL | {"teacher": f"self_named:{teacher}", "rounds": 1}
    whole = SelfNamed(**taught).fit(images).transform(images)
    learn, begun = SelfNamed._learn, []

    def cut(self, images, names, told, turn, checkpoint):
        begun.append(turn)
        if begun == [0, 1]:
            raise KeyboardInterrupt
        return learn(self, images, names, told, turn, checkpoint)

    monkeypatch.setattr(SelfNamed, "_learn", cut)
    with pytest.raises(KeyboardInterrupt):
        SelfNamed(**taught).fit(images, checkpoint=tmp_path)
    first = (tmp_path / "teacher" / "round_1" / "state.safetensors").stat().st_mtime_ns
    part = SelfNamed(**taught).fit(images, checkpoint=tmp_path)
    assert (tmp_path / "teacher" / "round_1" / "state.safetensors").stat().st_mtime_ns == first
    np.testing.assert_array_equal(part.transform(images), whole)


def test_names_of_other_faces_are_not_taken(images, tmp_path):
    SelfNamed(**SMALL | {"rounds": 1}).fit(images, checkpoint=tmp_path)
    other = images[::-1].copy()
    wanted = SelfNamed(**SMALL | {"rounds": 1}).fit(other).transform(images)
    with pytest.warns(UserWarning, match="of other settings or faces"):
        part = SelfNamed(**SMALL | {"rounds": 1}).fit(other, checkpoint=tmp_path)
    np.testing.assert_array_equal(part.transform(images), wanted)


def test_names_by_an_encoder_that_was_exchanged_are_not_taken(images, tmp_path):
    own = shutil.copytree(HOME, tmp_path / "enc")
    part = SelfNamed(**SMALL | {"teacher": f"pretrained:code=body;folder={own} > whiten:6"})
    key = part._key(images, "names_1")
    assert part._key(images, "names_1") == key != part._key(images, "names_2")
    (own / "weights.safetensors").write_bytes(b"another encoder")
    assert part._key(images, "names_1") != key


@pytest.mark.parametrize("teacher", ["", "pretrained:code=body", "pixels:9 > whiten:6"])
def test_what_names_no_folder_has_the_key_that_it_had(images, teacher):
    part = SelfNamed(**SMALL | {"teacher": teacher})
    settings = json.dumps([part.get_params(), "told"], default=str, sort_keys=True)
    assert part._key(images, "told") == sha256(settings.encode() + images.tobytes()).hexdigest()


def test_the_seed_is_that_of_every_part_of_every_round(images, monkeypatch):
    """Of features and steps, of each K-Means, of the net of each round; and no two rounds share one."""
    chains, kmeans, nets = [], [], []
    real, make, learn = self_named.chained, self_named.catalog.make, SelfNamed.learn

    def chained_noted(text, seed, extractor=None):
        chains.append(seed)
        return real(text, seed, extractor)

    def made_noted(kind, part, **options):
        if kind == "clusterers":
            kmeans.append(options["random_state"])
        return make(kind, part, **options)

    monkeypatch.setattr(self_named, "chained", chained_noted)
    monkeypatch.setattr("fer_cluster.features.self_named.catalog.make", made_noted)
    monkeypatch.setattr(SelfNamed, "learn", lambda *given, **o: nets.append(o["seed"]) or learn(*given, **o))
    spaces, asked = self_named.spaces, []
    note = lambda steps, seeds, *given: asked.append(list(seeds)) or spaces(steps, seeds, *given)  # noqa: E731
    monkeypatch.setattr(self_named, "spaces", note)
    monkeypatch.setattr(SelfNamed, "check", lambda *given, **options: None)
    SelfNamed(**SMALL | {"random_state": 3, "told": "pixels:4", "n_priors": 2}).fit(images)
    assert set(chains) == {3} and nets == [3 * 1_009, 3 * 1_009 + 1]
    assert asked == [[3 * 1_009, 3 * 1_009 + 1], [3]]
    assert kmeans == [3 * 1_009 * 101 + place for place in range(4)] + [
        (3 * 1_009 + 1) * 101 + place for place in range(2)
    ]


def test_the_net_learns_of_changed_views_and_the_following_one_sees_the_faces_themselves():
    body = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 3))
    net = Named(body, 3, 2, lambda images: images.flip(3), followed=True)
    images = torch.arange(20, dtype=torch.uint8).view(5, 1, 2, 2) * 3 + 1
    images[:, :, 0, 0] = 90
    said = net(images)
    straight, turned = (standardised(some) for some in (images, images.flip(3)))
    torch.testing.assert_close(said[:, :2], net.heads(net.body(turned)))
    torch.testing.assert_close(said[:, 2:], net.following(straight))
    torch.testing.assert_close(net.eval()(images), net.heads(net.body(turned)))


def test_a_share_of_each_name_is_spread_over_all(images, monkeypatch):
    logits, targets = torch.tensor([[2.0, 0.0]]), torch.tensor([[0]])
    loss, _ = naming([2], 0.2)(lambda images: logits, None, targets)
    sure = np.log(np.exp(2) + 1)
    assert loss.item() == pytest.approx(0.9 * (sure - 2) + 0.1 * sure, rel=1e-5)
    told = []
    note = lambda *given: told.append(given) or naming(*given)  # noqa: E731
    monkeypatch.setattr("fer_cluster.features._self_named.naming", note)
    SelfNamed(**SMALL | {"rounds": 1, "label_smoothing": 0.3, "momentum_teacher": 0.25}).fit(images)
    assert told == [([2, 5], 0.3, 0.25, 0, False)]


def test_the_heads_stand_side_by_side():
    net = Named(torch.nn.Flatten(), 4, 5, lambda images: images)
    assert net(torch.zeros(6, 1, 2, 2, dtype=torch.uint8)).shape == (6, 5)


def test_what_the_following_net_says_is_a_share_of_the_target():
    logits = torch.tensor(
        [[2.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0]]
    )  # two names, and what the other net says
    targets = torch.tensor([[0], [0]])
    loss, right = naming([2], 0.0, 0.25)(lambda images: logits, None, targets)
    named = np.mean([np.log(np.exp(2) + 1) - 2, np.log(1 + np.e)])
    first, second = np.log(np.exp(2) + 1), np.log(1 + np.e)
    said = np.mean([(first - 2) / (1 + np.e) + first * np.e / (1 + np.e), 0.5 * second + 0.5 * (second - 1)])
    assert loss.item() == pytest.approx(0.75 * named + 0.25 * said, rel=1e-5)
    assert right.item() == 1


def test_the_following_net_follows_in_training_alone():
    net = Named(torch.nn.Linear(4, 3), 3, 2, lambda images: images.flip(3), followed=True)
    net.view = lambda images: images
    net.body = torch.nn.Sequential(torch.nn.Flatten(), net.body)
    net.following[0] = torch.nn.Sequential(torch.nn.Flatten(), net.following[0])
    before = net.following[1].bias.clone()
    with torch.no_grad():
        net.heads.bias += 1
    images = torch.zeros(5, 1, 2, 2, dtype=torch.uint8)
    assert net(images).shape == (5, 4)
    np.testing.assert_allclose(net.following[1].bias - before, 1 - MOMENTUM, rtol=1e-3)
    assert net.eval()(images).shape == (5, 2)
    assert not any(parameter.requires_grad for parameter in net.following.parameters())


@pytest.mark.parametrize("acted", [0.0, 0.5])
def test_a_training_with_a_following_net_ends_as_an_undisturbed_one(images, tmp_path, monkeypatch, acted):
    monkeypatch.setattr(loop, "_SAVE_AFTER", 0)
    told = "pixels:9 > whiten:3 | pixels:9 > action_units:signs=True;n_faces=20;n_actors=10"
    part = SMALL | {"rounds": 1, "epochs": 3, "momentum_teacher": 0.5, "batch_size": 10, "device": "cpu"}
    part |= {"acted": acted, "told": told} if acted else {}
    whole = SelfNamed(**part).fit(images).transform(images)
    epoch = loop.Loop._epoch

    def cut(self, number, progress):
        if number == 2:
            raise InterruptedError
        return epoch(self, number, progress)

    with monkeypatch.context() as patch, pytest.raises(InterruptedError):
        patch.setattr(loop.Loop, "_epoch", cut)
        SelfNamed(**part).fit(images, checkpoint=tmp_path)
    again = SelfNamed(**part).fit(images, checkpoint=tmp_path)
    np.testing.assert_array_equal(again.transform(images), whole)
    for without in ("momentum_teacher", "acted") if acted else ("momentum_teacher",):
        alone = SelfNamed(**part | {without: 0.0}).fit(images).transform(images)
        assert not np.allclose(alone, whole)


def test_names_are_evened_out():
    x = np.concatenate([np.linspace(0, 1, 90), np.linspace(3, 4, 10)])
    distance = (x[:, None] - np.array([0.5, 3.5])) ** 2
    nearest = np.bincount(evened(distance, 0.0))
    assert nearest.tolist() == [90, 10]
    assert np.bincount(evened(distance, 1.0)).tolist() == pytest.approx([50, 50], abs=4)
    between = np.bincount(evened(distance, 0.5))
    assert between[1] == pytest.approx(100 * np.sqrt(10) / (np.sqrt(90) + np.sqrt(10)), abs=4)
    assert set(evened(distance, 1.0)[-10:]) == {1}  # the farthest are the first to be moved, the nearest stay


def test_evenness_reaches_the_names(images):
    part = SelfNamed(**SMALL | {"names": (4,)})
    crowded = np.random.default_rng(0).normal(size=(40, 2)) * np.repeat([[0.1], [3.0]], [34, 6], axis=0)
    sizes = [np.bincount(part.set_params(evenness=e)._names([crowded], 0)[:, 0]) for e in (0.0, 1.0)]
    assert sizes[1].max() < sizes[0].max() and sizes[0].sum() == sizes[1].sum() == 40


@pytest.mark.parametrize("name", ["evenness", "momentum_teacher", "acted"])
def test_shares_are_at_most_one(name):
    with pytest.raises(InputError, match=f"{name} must be from 0 to 1, got 1.5"):
        SelfNamed(**{name: 1.5}).check(watched=False)
