"""Augmented images, several views of one image, and mixed images: geometry and shares by hand."""

import math

import numpy as np
import pytest
import torch

from fer_cluster.errors import InputError
from fer_cluster.training import augment, glasses
from fer_cluster.training.augment import CHANGES, Augment
from fer_cluster.training.glasses import with_glasses
from fer_cluster.training.mixing import mixed
from fer_cluster.training.views import centre_crop, mirror_views, ten_crop, views


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture
def images():
    """Sixty-four images of soft spots, no two alike, uint8 (64, 1, 48, 48)."""
    coarse = torch.rand(64, 1, 6, 6)
    smooth = torch.nn.functional.interpolate(coarse, (48, 48), mode="bilinear")
    return (40 + 180 * smooth).to(torch.uint8)


@pytest.fixture
def always(monkeypatch):
    monkeypatch.setattr(augment, "OFTEN", 1.0)


def drawn(monkeypatch, value):
    """Let every evenly spread draw be the same, so that a change has one known strength."""
    monkeypatch.setattr(augment, "_spread", lambda x: torch.full((len(x), 1, 1, 1), value))


def augmented(images, seed):
    torch.manual_seed(seed)
    return Augment("+".join(CHANGES), 44)(images)


def spot(row, column, height=48, width=48, wide=2.0):
    y, x = torch.arange(height)[:, None], torch.arange(width)
    grey = 255 * torch.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * wide**2))
    return grey.round().to(torch.uint8)[None, None]


def seeded_at(seed):
    torch.manual_seed(seed)


def centroid(image):
    """Return row and column of the centre of gravity of an image (1, 1, height, width)."""
    grey = image[0, 0].double()
    y, x = torch.arange(grey.shape[0])[:, None], torch.arange(grey.shape[1])
    return float((grey * y).sum() / grey.sum()), float((grey * x).sum() / grey.sum())


# ---- what every change keeps


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("crop", [0, 40])
def test_each_change_alone(images, name, crop):
    before = images.clone()
    assert torch.equal(Augment("")(images), images.float())
    x = Augment(name, crop)(images)
    side = crop or 48
    assert x.shape == (64, 1, side, side) and x.dtype == torch.float32
    assert x.min() >= 0 and x.max() <= 255 and torch.isfinite(x).all()
    assert x.stride()[1] == 1 and x.is_contiguous(memory_format=torch.channels_last)
    assert (images == before).all()
    if not crop:
        changed = ((x - images).abs() > 0.1).flatten(1).any(1)
        assert changed.any() and (changed.all() or name != "scale")


@pytest.mark.parametrize("name", CHANGES)
def test_how_often_a_face_is_changed(images, name):
    many = images.repeat(32, 1, 1, 1)
    share = ((Augment(name)(many) - many).abs() > 0.1).flatten(1).any(1).float().mean()
    often = {"scale": 1.0, "shift": 0.75}.get(name, 0.5)  # a shift down or across: each in half of them
    assert share == pytest.approx(often, abs=0.04)


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "mirror"])
def test_images_of_a_batch_get_different_changes(images, name, always):
    x = Augment(name)(images[:1].expand(64, -1, -1, -1)).flatten(1)
    assert len(torch.unique(x.round(decimals=2), dim=0)) > 60


def test_the_seed_decides(images):
    first, second, third = (augmented(images, seed) for seed in (5, 5, 6))
    assert torch.equal(first, second) and not torch.equal(first, third)


def test_half_precision_around_it_changes_nothing(images):
    with torch.autocast("cpu", torch.bfloat16):
        x = augmented(images, 5)
    assert torch.equal(x, augmented(images, 5))


def test_unknown_change_and_crop(images):
    with pytest.raises(InputError, match=r"augment has no 'rotat'.*Did you mean 'rotate'\?"):
        Augment("mirror+rotat")
    with pytest.raises(InputError, match="crop must be 0"):
        Augment(crop=-3)
    with pytest.raises(InputError, match="1 to 48 pixels"):
        Augment("", 49)(images)


# ---- geometry


def test_mirror_is_exact(images, always):
    x = Augment("mirror")(images)
    assert torch.equal(x, images.float().flip(3))
    assert torch.equal(Augment("mirror")(x.to(torch.uint8)), images.float())


def test_a_shift_by_whole_pixels_is_a_roll(images, always, monkeypatch):
    drawn(monkeypatch, 0.5)
    monkeypatch.setattr(augment, "SHIFT", 6 / 48)  # half of it: 3 pixels down and right
    x = Augment("shift")(images)
    rolled = np.roll(images.numpy(), (3, 3), axis=(2, 3))
    np.testing.assert_allclose(x[:, :, 3:, 3:], rolled[:, :, 3:, 3:], atol=0.01)
    np.testing.assert_allclose(x[:, :, 0, 3:], images[:, :, 0, :-3], atol=0.01)  # the edge, repeated


@pytest.mark.parametrize("degrees", [-90, -30, 45, 90])
def test_a_point_turns_where_trigonometry_says(always, monkeypatch, degrees):
    drawn(monkeypatch, 1.0)
    monkeypatch.setattr(augment, "ROTATE", degrees)
    turned = centroid(Augment("rotate")(spot(23.5, 35.5)))  # twelve pixels right of the middle
    angle = math.radians(degrees)  # clockwise on the screen
    expected = (23.5 + 12 * math.sin(angle), 23.5 + 12 * math.cos(angle))
    assert turned == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("factor", [0.5, 1.25])
def test_a_point_moves_from_the_middle(monkeypatch, factor):
    drawn(monkeypatch, 1.0)
    monkeypatch.setattr(augment, "SCALE", factor - 1)
    moved = centroid(Augment("scale")(spot(15.5, 33.5)))
    assert moved == pytest.approx((23.5 - 8 * factor, 23.5 + 10 * factor), abs=0.05)


def test_a_frame_that_is_not_square(always, monkeypatch):
    drawn(monkeypatch, 1.0)
    monkeypatch.setattr(augment, "ROTATE", 90)
    turned = centroid(Augment("rotate")(spot(19.5, 37.5, height=40, width=60)))
    assert turned == pytest.approx((19.5 + 8, 29.5), abs=0.05)


@pytest.mark.parametrize("changes", ["", "scale"])
def test_crops_fall_on_every_place_and_nowhere_else(changes, monkeypatch):
    monkeypatch.setattr(augment, "SCALE", 0.0)
    frame = torch.arange(36, dtype=torch.uint8).view(1, 1, 6, 6).expand(400, -1, -1, -1)
    x = Augment(changes, 4)(frame).round()
    corner = x[:, 0, 0, 0].long()
    assert set(corner.tolist()) == {6 * row + column for row in range(3) for column in range(3)}
    assert torch.equal(x[:, 0] - x[:, 0, :1, :1], frame[:, 0, :4, :4].float())
    assert min(torch.bincount(corner)[corner.unique()]) > 20  # 44 to be expected


def test_strengths_stay_within_bounds(always):
    middle = spot(23.5, 23.5, wide=1.5).expand(300, -1, -1, -1)
    place = np.array([centroid(image[None]) for image in Augment("shift")(middle)]) - 23.5
    assert 9 < np.abs(place).max() <= 9.7  # 20 % of 48
    assert np.abs(place.mean(0)).max() < 1
    right = spot(23.5, 39.5, wide=1.5).expand(300, -1, -1, -1)
    place = np.array([centroid(image[None]) for image in Augment("rotate")(right)]) - 23.5
    angle = np.degrees(np.arctan2(place[:, 0], place[:, 1]))
    assert 9 < np.abs(angle).max() <= 10.1


# ---- grey values


def test_contrast_keeps_the_mean(images, always, monkeypatch):
    drawn(monkeypatch, -1.0)  # half the contrast
    x, before = Augment("contrast")(images), images.float()
    mean = before.mean((2, 3), keepdim=True)
    torch.testing.assert_close(x, mean + (before - mean) / 2)


def test_light_is_a_plane_across_the_face(always):
    grey = torch.full((200, 1, 9, 9), 100, dtype=torch.uint8)
    x = Augment("light")(grey)[:, 0] / 100
    y, across = torch.meshgrid(torch.linspace(-1, 1, 9), torch.linspace(-1, 1, 9), indexing="ij")
    plane = torch.stack([torch.ones(81), y.flatten(), across.flatten()], 1)
    solved = torch.linalg.lstsq(plane, x.flatten(1).T)
    gain, slope = solved.solution[0], solved.solution[1:].norm(dim=0)
    torch.testing.assert_close(plane @ solved.solution, x.flatten(1).T, atol=1e-4, rtol=0)
    assert gain.min() < 0.55 and gain.max() > 1.45 and 0.5 <= gain.min() <= gain.max() <= 1.5
    assert slope.min() < 0.02 and 0.28 < slope.max() <= 0.3001


def test_erase_leaves_the_rest_untouched(images, always):
    images, edges = images.repeat(4, 1, 1, 1), set()
    for after, before in zip(Augment("erase")(images)[:, 0], images[:, 0].float(), strict=True):
        rows, columns = torch.nonzero(after != before, as_tuple=True)
        top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
        area = int((bottom - top) * (right - left))
        assert 0.016 * 2304 < area < 0.36 * 2304  # 2 to 33 %, sides rounded
        assert len(rows) > 0.97 * area  # all of the rectangle but chance hits
        outside = torch.ones(48, 48, dtype=bool)
        outside[top:bottom, left:right] = False
        assert torch.equal(after[outside], before[outside])
        noise = after[top:bottom, left:right]
        assert abs(float(noise.mean()) - 127.5) < 6 * 73.6 / area**0.5  # even over 0 to 255
        edges |= {("top", int(top)), ("bottom", int(bottom)), ("left", int(left)), ("right", int(right))}
    assert {("top", 0), ("bottom", 48), ("left", 0), ("right", 48)} <= edges


def test_glasses_leave_the_mouth_and_are_where_the_eyes_are():
    grey = torch.full((2000, 1, 48, 48), 200.0)
    changed = (with_glasses(grey) - grey)[:, 0]
    assert (changed <= 0).all() and (changed[:, 29:] == 0).all() and (changed[:, :8] == 0).all()
    share = (changed < -1).float().mean(0)
    assert abs(share - share.flip(1)).max() < 0.1 and share[11:24, 6:42].mean() > 2 * share.mean()
    eye = (changed[:, 16:19, 14:17] < -1).flatten(1).all(1).float().mean()
    assert abs(eye - glasses.SHADES) < 0.05  # it is seen through all but dark ones


def test_a_face_of_twice_the_size_has_glasses_of_twice_the_size():
    drawn = [(seeded_at(7), with_glasses(torch.full((500, 1, side, side), 200.0)))[1] for side in (48, 96)]
    small = torch.nn.functional.avg_pool2d(drawn[1], 2)
    assert abs(drawn[0] - small).mean() < 1.5


def test_what_is_erased_is_upright_or_lies(images, always):
    high, wide = [], []
    for after, before in zip(Augment("erase")(images)[:, 0], images[:, 0].float(), strict=True):
        rows, columns = torch.nonzero(after != before, as_tuple=True)
        high.append(int(rows.max() - rows.min()) + 1)
        wide.append(int(columns.max() - columns.min()) + 1)
    ratio = np.array(high) / np.array(wide)
    assert ratio.min() < 0.5 and ratio.max() > 2 and ratio.min() > 0.25 and ratio.max() < 4


# ---- views


def test_ten_crop_by_hand():
    image = torch.arange(16).view(1, 1, 4, 4)
    crops = ten_crop(image, 2)
    assert crops.shape == (10, 1, 1, 2, 2)
    upright = [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15], [5, 6, 9, 10]]
    mirrored = [[b, a, d, c] for a, b, c, d in upright]
    assert crops.flatten(1).tolist() == upright + mirrored


def test_views_of_each_kind(images):
    middle = images[:, :, 2:46, 2:46]
    assert torch.equal(centre_crop(images, 44), middle)
    assert torch.equal(views(images, "one", 44), middle[None])
    assert torch.equal(views(images, "one", 0), centre_crop(images, 0)[None])
    assert torch.equal(views(images, "mirror", 44), torch.stack([middle, middle.flip(3)]))
    assert torch.equal(views(images, "ten_crop", 44), ten_crop(images, 44))
    assert torch.equal(mirror_views(mirror_views(images)[1])[1], images)


def test_views_that_cannot_be(images):
    with pytest.raises(InputError, match=r"views has no 'ten_crops'.*'ten_crop'\?"):
        views(images, "ten_crops", 44)
    for crop in (0, 48, 60):
        with pytest.raises(InputError, match="1 to 47 pixels"):
            ten_crop(images, crop)
    with pytest.raises(InputError, match="1 to 48 pixels"):
        centre_crop(images, 49)


# ---- mixed images


def constant():
    """Return seven images of one grey value each, 0, 30, ... 180, and their classes."""
    grey = 30 * torch.arange(7)
    return grey.to(torch.uint8).view(7, 1, 1, 1).expand(-1, 1, 20, 30), torch.arange(7)


@pytest.mark.parametrize("alphas", [{"mixup": 1.0}, {"cutmix": 1.0}, {"mixup": 0.3, "cutmix": 1.0}])
def test_targets_are_the_shares_of_the_pixels(alphas):
    images, targets = constant()
    for _ in range(30):
        x, soft = mixed(images, torch.eye(7)[targets], **alphas)
        assert x.dtype == soft.dtype == torch.float32 and soft.shape == (7, 7)
        assert x.stride() == (600, 1, 30, 1)  # channels-last
        torch.testing.assert_close(soft.sum(1), torch.ones(7))
        assert soft.min() >= 0 and (soft > 0).sum(1).max() <= 2
        grey = 30 * torch.arange(7.0)
        torch.testing.assert_close(x.mean((1, 2, 3)), soft @ grey, atol=1e-3, rtol=1e-5)


def test_mixup_blends_and_cutmix_cuts():
    images, targets = constant()
    blended, cut, either = [], [], []
    for _ in range(40):
        x = mixed(images, torch.eye(7)[targets], mixup=1.0)[0]
        blended.append(bool((x.amax((1, 2, 3)) - x.amin((1, 2, 3)) < 1e-4).all()))
        cut.append(mixed(images, torch.eye(7)[targets], cutmix=1.0)[0])
        x = mixed(images, torch.eye(7)[targets], mixup=1.0, cutmix=1.0)[0]
        either.append(bool((x % 30 == 0).all()))
    assert all(blended)
    assert all((x % 30 == 0).all() for x in cut)
    assert 8 < sum(either) < 32


def test_a_cut_is_one_rectangle():
    images, targets = constant()
    areas = []
    for _ in range(40):
        x, soft = mixed(images, torch.eye(7)[targets], cutmix=1.0)
        other = x[:, 0] != 30 * torch.arange(7.0)[:, None, None]
        rows, columns = torch.nonzero(other.any(0), as_tuple=True)
        if len(rows):
            area = int((rows.max() - rows.min() + 1) * (columns.max() - columns.min() + 1))
            areas.append(area / 600)
            assert len(rows) == area
            own = soft.diagonal()[other.flatten(1).any(1)]
            torch.testing.assert_close(own, torch.full_like(own, 1 - area / 600))
    assert min(areas) < 0.15 and max(areas) > 0.4


def test_without_mixing_nothing_is_mixed(images):
    targets = torch.arange(64) % 7
    x, soft = mixed(images, torch.eye(8)[targets])
    assert torch.equal(x, images.float())
    assert torch.equal(soft, torch.eye(8)[targets])


def test_beta_of_the_share():
    images, targets = constant()
    shares = [
        float(mixed(images, torch.eye(7)[targets], mixup=0.2)[1].max(1).values.min()) for _ in range(300)
    ]
    extreme = np.mean(np.array(shares) > 0.9)
    assert 0.58 < extreme < 0.77  # Beta(.2, .2) lies below .1 or above .9 in 0.673 of all draws
