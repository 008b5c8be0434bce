"""An encoder that learns on from labels: where it begins, what it keeps, what it is made anew of."""

import shutil

import numpy as np
import pytest
import torch

from fer_cluster.baselines.fine_tuned import FineTuned
from fer_cluster.classifying import classify
from fer_cluster.errors import InputError
from fer_cluster.features._encoders import HOME
from fer_cluster.features.pretrained import Pretrained
from fer_cluster.loading import load
from fer_cluster.record import parameters
from fer_cluster.run_folder import clear_state, state_folder
from fer_cluster.training.models import load_model, save_model

SIMCLR = "simclr:epochs=1;width=4"


@pytest.fixture(scope="module")
def toy():
    return load("toy")


@pytest.fixture(scope="module")
def seen(toy):
    return toy.images[:40], np.arange(40) % 3


def same(one, other):
    """Return which tensors of two modules are equal."""
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return {name: torch.equal(left, right) for (name, left), (_, right) in pairs}


def test_it_begins_as_the_shipped_encoder(seen):
    part = FineTuned()
    net = part.prepare(part.net(44, 44, 7), seen[0], None)
    shipped = Pretrained().fit(seen[0]).encoder_
    assert all(same(net.body, shipped.net_).values())
    assert part.sizes_ == {"width": shipped.width, "fine": shipped.fine, "rows": 3, "stages": 2}
    assert net.head.weight.shape == (7, shipped.net_.count)


def test_the_net_reads_faces_as_its_encoder_does(seen):
    part = FineTuned()
    net = part.prepare(part.net(48, 48, 7), seen[0], None).eval()
    faces = torch.from_numpy(seen[0][:8])[:, None]
    with torch.inference_mode():
        x = sum(net.body(standard(view)) for view in (faces, faces.flip(3))) / 2
        expected = (net(faces.float()) + net(faces.flip(3).float())) / 2
        torch.testing.assert_close(net.head(x), expected)
    shipped = Pretrained("body").set_params(device="cpu").fit(seen[0])
    shipped.encoder_.set_params(precision="float32")
    np.testing.assert_allclose(shipped.transform(seen[0][:8]), x, atol=1e-4)


def standard(images):
    """Return images of mean 0, divided by their deviation and eight grey values."""
    spread, mean = torch.std_mean(images.float(), dim=(2, 3), keepdim=True, correction=0)
    return (images - mean) / (spread + 8)


def test_the_control_is_the_same_net_from_other_weights(seen):
    part = FineTuned(weights="random")
    net = part.prepare(part.net(44, 44, 7), seen[0], None)
    learnt = FineTuned().prepare(FineTuned().net(44, 44, 7), seen[0], None)
    assert str(net) == str(learnt)
    assert not same(net, learnt)["body.0.weight"]


def test_an_encoder_is_trained_on_the_faces_without_their_labels(seen):
    part, other = FineTuned(encoder=SIMCLR), FineTuned(encoder=SIMCLR)
    nets = [p.prepare(p.net(44, 44, n), seen[0], None) for p, n in ((part, 3), (other, 7))]
    alone = part._part().fit(seen[0])
    assert all(all(same(net.body, alone.net_).values()) for net in nets)
    assert part.sizes_ == {"width": 4, "fine": False, "rows": 1, "stages": 1}


def test_an_encoder_is_trained_for_so_many_epochs_at_most():
    each = {told: FineTuned(encoder="simclr:epochs=9", pretrain_epochs=told) for told in (None, 4, 20)}
    assert {told: part._part().epochs for told, part in each.items()} == {None: 9, 4: 4, 20: 9}
    FineTuned(pretrain_epochs=4).check()  # of the shipped one, which is trained already


def test_every_weight_learns(seen):
    part = FineTuned(encoder=SIMCLR, epochs=1, warm_up=0, average=0).fit(*seen)
    begun = FineTuned(encoder=SIMCLR).prepare(FineTuned(encoder=SIMCLR).net(44, 44, 3), seen[0], None)
    moved = same(part.net_, begun)
    assert not any(equal for name, equal in moved.items() if name.endswith("weight"))


def test_another_encoder_gives_another_size_when_fitted_anew(seen):
    part = FineTuned(encoder=SIMCLR, epochs=1).fit(*seen)
    part.set_params(encoder="simclr:epochs=1;width=6").fit(*seen)
    assert part.sizes_["width"] == 6


def test_a_saved_one_needs_its_encoder_no_longer(seen, tmp_path):
    own = shutil.copytree(HOME, tmp_path / "own")
    part = FineTuned(encoder=f"pretrained:folder={own}", epochs=1).fit(*seen)
    save_model(part, tmp_path / "saved")
    shutil.rmtree(own)
    again = load_model(tmp_path / "saved")
    np.testing.assert_array_equal(again.predict_proba(seen[0]), part.predict_proba(seen[0]))


def test_the_training_of_the_encoder_is_kept_beside_its_own(seen, tmp_path):
    first = FineTuned(encoder=SIMCLR, epochs=1).fit(*seen, checkpoint=tmp_path / "0")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "0-encoder"]
    again = FineTuned(encoder=SIMCLR, epochs=1).fit(*seen, checkpoint=tmp_path / "0")
    np.testing.assert_array_equal(first.predict_proba(seen[0]), again.predict_proba(seen[0]))


def test_the_time_of_a_resumed_one_has_that_of_its_encoder(toy, tmp_path):
    part = f"fine_tuned:encoder={SIMCLR},epochs=1"
    whole = classify(toy[:70], part, checkpoint=tmp_path).models[0]
    again = classify(toy[:70], part, checkpoint=tmp_path)
    took = [history.seconds.sum() for history in (whole.history_, whole.pretraining_history_)]
    assert min(took) > 0 and again.spec["seconds"]["baseline"] >= round(sum(took), 3)
    again = again.models[0].set_params(weights="random").fit(toy.images[:40], np.arange(40) % 3)
    assert not hasattr(again, "pretraining_history_")


def test_its_record_tells_the_encoder_that_it_began_from(toy):
    run = classify(toy[:70], f"fine_tuned:encoder={SIMCLR},epochs=1")
    assert run.spec["labels"] and "shipped" not in run.spec["params"]
    assert run.spec["params"]["baseline"]["encoder"] == SIMCLR
    run = classify(toy[:70], "fine_tuned:epochs=1")
    assert len(run.spec["params"]["shipped"]["weights"]) == 12
    assert run.spec["chosen_with"] == "PublicTest of FER2013"


@pytest.mark.parametrize(
    "params, told",
    [
        ({"encoder": "hog"}, "encoder must be an encoder without steps"),
        ({"encoder": "pretrained > unit"}, "encoder must be an encoder without steps"),
        ({"encoder": "simklr"}, "simclr"),
        ({"encoder": "pretrained:folder=/nowhere"}, "No encoder is in '/nowhere'"),
        ({"encoder": "simclr:width=0"}, "width must be"),
        ({"weights": "rendom"}, "random"),
        ({"pretrain_epochs": 0}, "pretrain_epochs must be a whole number of 1 or more, got 0"),
        ({"pixels": "unit"}, "fine_tuned takes pixels 'raw'"),
    ],
)
def test_what_cannot_be_used_is_told_before_anything_is_trained(seen, params, told):
    with pytest.raises(InputError, match=told) as error:
        FineTuned(**params).fit(*seen)
    assert "\n" not in str(error.value)


def test_the_control_is_not_stamped_with_the_encoder_that_it_does_not_begin_from():
    assert "shipped" not in parameters(None, baseline=FineTuned(weights="random"))
    assert "shipped" in parameters(None, baseline=FineTuned())


def test_the_state_of_its_encoder_goes_with_its_own(tmp_path):
    state = state_folder(tmp_path / "run")
    for name in ("0", "0-encoder"):
        (state / name).mkdir(parents=True)
        (state / name / "state.json").write_text("{}")
    clear_state(tmp_path / "run")
    assert not state.exists()
