"""Local displacement fields against the formula in NumPy, where they act, and what they leave alone."""

import numpy as np
import pytest
import torch

from fer_cluster.errors import InputError
from fer_cluster.training import warps
from fer_cluster.training.warps import (
    BANDS,
    CENTRES,
    LocalField,
    bumps_field,
    local_warp,
    nudge,
    warped,
)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture
def images():
    """Two hundred images of soft spots, uint8 (200, 1, 48, 48)."""
    smooth = torch.nn.functional.interpolate(torch.rand(200, 1, 6, 6), (48, 48), mode="bilinear")
    return (40 + 180 * smooth).to(torch.uint8)


@pytest.fixture
def single(monkeypatch):
    """Let each field have one bump, on one side."""
    monkeypatch.setattr(warps, "CENTRES", 1)
    monkeypatch.setattr(warps, "MIRRORED", 0.0)


def one_bump(centre, push, spread, shape=(48, 48)):
    tensors = (torch.tensor(value, dtype=torch.float32) for value in ([[centre]], [[push]], [[spread]]))
    return bumps_field(*tensors, torch.ones(1, 1), shape)


# ---- the field


def test_one_bump_is_the_formula():
    field = one_bump((30.0, 20.5), (3.0, -1.5), 4.0, (40, 48))[0].numpy()
    for row, column in [(30, 20), (30, 21), (26, 17), (39, 0), (0, 47)]:
        squared = (row - 30) ** 2 + (column - 20.5) ** 2
        expected = np.array([3, -1.5]) * np.exp(-squared / 32)
        np.testing.assert_allclose(field[row, column], expected, atol=1e-6)
    assert field.shape == (40, 48, 2)


def test_bumps_add_up_until_they_are_more_than_a_whole_one(random):
    centre, push = random.uniform(5, 43, (2, 3, 2)), random.normal(0, 2, (2, 3, 2))
    spread, here = random.uniform(3, 7, (2, 3)), np.array([[1.0, 1, 1], [1, 0, 1]])
    bumps = (torch.tensor(value, dtype=torch.float32) for value in (centre, push, spread, here))
    found = bumps_field(*bumps, (48, 48))
    row, column = np.mgrid[:48, :48]
    for face in range(2):
        field, total = np.zeros((48, 48, 2)), np.zeros((48, 48, 1))
        for bump in np.flatnonzero(here[face]):
            squared = (row - centre[face, bump, 0]) ** 2 + (column - centre[face, bump, 1]) ** 2
            weight = np.exp(-squared / (2 * spread[face, bump] ** 2))[..., None]
            field, total = field + weight * push[face, bump], total + weight
        np.testing.assert_allclose(found[face].numpy(), field / np.maximum(total, 1), atol=1e-4)


@pytest.mark.parametrize("amplitude", [2.0, 5.0])
def test_a_bump_moves_two_fifths_of_the_amplitude_to_all_of_it(images, amplitude, single):
    moved = LocalField(amplitude=amplitude)(images).norm(dim=-1).flatten(1).max(1).values
    assert moved.max() <= amplitude + 1e-4 and (moved > 0.8 * amplitude).any()
    assert 0.38 * amplitude < moved.min() < 0.5 * amplitude  # the centre lies between pixels


def test_several_bumps_move_nothing_farther_than_the_amplitude(images):
    moved = LocalField(amplitude=5.0)(images).norm(dim=-1).flatten(1).max(1).values
    assert moved.max() <= 5 + 1e-4 and moved.median() > 2.5


def test_displacements_scale_with_the_frame():
    small, large = torch.zeros(300, 1, 24, 24), torch.zeros(300, 1, 48, 48)
    size = [LocalField()(x).norm(dim=-1).flatten(1).max(1).values.mean().item() for x in (small, large)]
    assert size[1] / size[0] == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize("band", BANDS)
def test_only_the_band_moves(images, band, single):
    moved = LocalField(band)(images).norm(dim=-1)  # (b, 48, 48)
    top, bottom, left, _ = BANDS[band]
    height = torch.arange(48)
    far = (height < 48 * top - 28) | (height > 48 * bottom + 28)  # four deviations of the widest bump
    assert moved[:, far].max() < 2e-3 if far.any() else True
    place = moved.flatten(1).argmax(1)
    row, column = place // 48 + 0.5, place % 48 + 0.5
    assert row.min() >= 48 * top - 1 and row.max() <= 48 * bottom + 1
    assert column.min() >= 48 * left - 1 and column.max() <= 48 * (1 - left) + 1
    assert 40 < (column < 24).sum() < 160  # either side


def test_some_fields_are_mirror_images_of_themselves_and_some_are_not(images):
    field = LocalField("eyes")(images)
    twin = field.flip(2) * torch.tensor([1.0, -1.0])
    same = (field - twin).abs().amax((1, 2, 3)) < 1e-4
    assert 60 < same.sum() < 140


def test_one_to_three_centres(images, monkeypatch):
    counts = []

    def counted(centre, push, spread, here, shape):
        counts.append(here)
        return bumps_field(centre, push, spread, here, shape)

    monkeypatch.setattr("fer_cluster.training.warps.bumps_field", counted)
    LocalField("mouth")(images)
    either = (counts[0][:, :CENTRES] + counts[0][:, CENTRES:] > 0).sum(1)
    assert set(either.tolist()) == {1, 2, 3}


def test_no_single_bump_folds_the_image_over():
    field = one_bump((24.0, 24.0), (4.0, 0.0), 4.0)[0]  # the steepest there is: as far as it is wide
    steps = torch.diff(torch.arange(48.0)[:, None] - field[..., 0], dim=0)
    assert steps.min() > 0.3


# ---- the warp


def test_a_whole_shift_moves_whole_pixels(images):
    field = torch.zeros(1, 1, 1, 2)
    field[..., 0], field[..., 1] = 3, -2
    x = warped(images, field)
    torch.testing.assert_close(x[:, :, 3:, :-2], images[:, :, :-3, 2:].float(), atol=2e-3, rtol=0)
    assert x.is_contiguous(memory_format=torch.channels_last) and x.dtype == torch.float32


def test_a_warp_interpolates_between_four_pixels(images, random):
    field = one_bump((20.3, 22.8), (2.2, 1.7), 5.0)
    x = warped(images[:1], field)[0, 0]
    grey = images[0, 0].numpy().astype(float)
    for row, column in random.integers(5, 40, (20, 2)):
        squared = (row - 20.3) ** 2 + (column - 22.8) ** 2
        y, z = np.array([row, column]) - np.array([2.2, 1.7]) * np.exp(-squared / 50)
        i, j = int(y), int(z)
        upper, lower = ((1 - (z - j)) * grey[k, j] + (z - j) * grey[k, j + 1] for k in (i, i + 1))
        assert x[row, column].item() == pytest.approx(upper + (y - i) * (lower - upper), abs=1e-2)


def test_far_pixels_stay_as_they_are(images):
    x = warped(images, one_bump((38.0, 24.0), (4.0, 3.0), 3.0))
    assert (x - images)[:, :, :20].abs().max() < 1e-2
    assert (x - images)[:, :, 34:43, 20:28].abs().amax((1, 2, 3)).min() > 1


def test_local_warps_differ_between_images_and_the_seed_decides(images):
    same = images[:1].expand(64, -1, -1, -1)
    x = local_warp(same)
    assert len(torch.unique(x.flatten(1).round(decimals=2), dim=0)) > 60
    torch.manual_seed(5)
    first = local_warp(images, "mouth", 3.0, 5.0)
    torch.manual_seed(5)
    assert torch.equal(local_warp(images, "mouth", 3.0, 5.0), first)
    assert not torch.equal(local_warp(images, "mouth", 3.0, 5.0), first)


def test_resampling_interpolates_but_displaces_nothing_on_the_whole(images):
    shift = nudge(images)
    assert shift.abs().max() <= 0.5 and shift.mean().abs() < 0.05 and shift.std() > 0.2
    x = warped(images, nudge(images))
    assert (x != images).flatten(1).any(1).all()
    centred = (images.float() - images.float().mean((2, 3), keepdim=True))[..., 4:-4, 4:-4]
    apart = (x - images)[..., 4:-4, 4:-4]
    assert apart.std() < 0.2 * centred.std()
    assert (local_warp(images) - images).std() > apart.std()


def test_the_same_field_for_two_batches(images):
    field = LocalField("mouth")(images)
    marked = images.clone()
    marked[..., 0] = 255
    pair = [warped(x, field) for x in (images, marked)]
    torch.testing.assert_close(pair[0][..., 12:], pair[1][..., 12:])


def test_bad_parameters_are_told():
    with pytest.raises(InputError, match=r"bands has no 'mouht'.*Did you mean 'mouth'"):
        LocalField("brows+mouht")
    with pytest.raises(InputError, match="bands has no ''"):
        LocalField("")
    with pytest.raises(InputError, match="above 0 pixels, got 0.0"):
        LocalField(amplitude=0.0)
