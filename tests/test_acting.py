"""Faces that act at random while a net learns."""

import numpy as np
import pytest
import torch

from fer_cluster.training.acting import FAINT, STRENGTH, UNITS, Acting, mean_changes
from fer_cluster.training.actions import ACTIONS, acted
from fer_cluster.training.gestures import GESTURES, gestured
from fer_cluster.training.signs import SIGNS, drawn


@pytest.fixture(scope="module")
def batch():
    return torch.from_numpy(np.random.default_rng(1).integers(0, 256, (400, 1, 48, 48), dtype=np.uint8))


def test_each_face_that_acts_does_one_thing_as_far_as_it_is_told(batch):
    torch.manual_seed(0)
    changed, amounts = Acting(0.4)(batch)
    assert changed.dtype == torch.uint8 and amounts.shape == (400, len(UNITS))
    assert (amounts != 0).sum(1).max() == 1
    acts = amounts.any(1)
    assert not acts[0] and 0.32 < acts.float().mean() < 0.48
    torch.testing.assert_close(changed[~acts], batch[~acts])
    units = set()
    for face in torch.nonzero(acts)[:, 0].tolist():
        place = int(amounts[face].abs().argmax())
        act = acted if UNITS[place] in ACTIONS else drawn
        wanted = act(batch[face].numpy(), UNITS[place], float(amounts[face, place]))
        np.testing.assert_allclose(changed[face].numpy().astype(int), wanted.astype(int), atol=1)
        units.add(place)
    assert len(units) == len(UNITS)


def test_movements_go_either_way_and_signs_are_faint_or_clear(batch):
    torch.manual_seed(1)
    amounts = torch.cat([Acting(0.9)(batch)[1] for _ in range(3)])
    moved, shown = amounts[:, : len(ACTIONS)], amounts[:, len(ACTIONS) :]
    assert -STRENGTH <= moved.min() < -0.9 * STRENGTH and 0.9 * STRENGTH < moved.max() <= STRENGTH
    assert shown[shown != 0].min() >= FAINT and 0.95 < shown.max() <= 1


def test_the_caller_keeps_the_batch_and_the_seed_decides(batch):
    before = batch.clone()
    found = []
    for _ in range(2):
        torch.manual_seed(7)
        found.append(Acting(0.5)(batch))
    assert torch.equal(batch, before)
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_amounts_of_several_faces_are_those_of_each(batch):
    faces, amounts = batch[:3, 0].numpy(), np.array([-0.5, 0.0, 1.2])
    for act, what in ((acted, "jaw_drop"), (drawn, "teeth")):
        each = [act(face[None], what, amount)[0] for face, amount in zip(faces, amounts, strict=True)]
        np.testing.assert_array_equal(act(faces, what, amounts), each)


class Mean:
    """Two features: the mean grey of the upper and of the lower half."""

    def transform(self, images):
        return np.stack([half.mean((1, 2)) for half in np.split(images.astype(np.float32), 2, 1)], 1)


def test_a_mean_change_is_that_of_faces_that_act(batch):
    faces = batch[:20, 0].numpy()
    found = mean_changes(faces, Mean(), gestures=True)
    assert found.shape == (len(ACTIONS) + len(SIGNS) + len(GESTURES), 2)
    more, less = (Mean().transform(acted(faces, "jaw_drop", sign)).mean(0) for sign in (1, -1))
    np.testing.assert_allclose(found[list(ACTIONS).index("jaw_drop")], (more - less) / 2, atol=1e-4)
    plain = Mean().transform(faces).mean(0)
    teeth = Mean().transform(drawn(faces, "teeth")).mean(0) - plain
    np.testing.assert_allclose(found[len(ACTIONS) + list(SIGNS).index("teeth")], teeth, atol=1e-4)
    last = Mean().transform(gestured(faces, GESTURES[-1])).mean(0) - plain
    np.testing.assert_allclose(found[-1], last, atol=1e-4)
    assert mean_changes(faces, Mean(), signs=False).shape == (len(ACTIONS), 2)
