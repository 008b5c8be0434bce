import numpy as np
import pytest
from scipy.ndimage import median_filter
from scipy.stats import spearmanr

from fer_cluster.datasets.toy import Toy
from fer_cluster.nuisances import IN_FEATURES, LABELS, NUISANCES, in_words, measure
from fer_cluster.steps.remove_nuisances import RemoveNuisances
from fer_cluster.training.disturb import disturb, warp


@pytest.fixture
def faces(random):
    """Smooth images that are nearly mirror-symmetric and have two dark eyes and a mouth."""
    y, x = np.mgrid[:48, :48]
    one = 150 + 60 * np.cos((x - 23.5) / 20)
    for row, column, height, width in ((18, 14, 2, 4), (18, 33, 2, 4), (36, 23.5, 3, 8)):
        one -= 90 * np.exp(-(((y - row) / height) ** 2) - ((x - column) / width) ** 2)
    noise = np.kron(random.normal(0, 6, (40, 12, 12)), np.ones((4, 4)))
    return (one + noise).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def toy():
    return Toy(n=400).load()


def mean(images, name):
    return measure(images)[name].mean()


def test_a_row_for_each_face_and_a_documented_column_for_each_nuisance(faces):
    table = measure(faces)
    assert list(table) == list(NUISANCES) and len(table) == len(faces)
    assert np.isfinite(table.to_numpy()).all()
    assert all(nuisance.__doc__ for nuisance in NUISANCES.values())


def test_blank_faces_have_brightness_and_nothing_else():
    blank = np.stack([np.full((48, 48), grey, np.uint8) for grey in (0, 51, 255)])
    table = measure(blank)
    np.testing.assert_allclose(table["brightness"], [0, 0.2, 1], atol=1e-6)
    np.testing.assert_allclose(table.drop(columns=["brightness", "border"]), 0, atol=1e-5)
    np.testing.assert_allclose(table["border"], 1)


def test_brightness_and_contrast_are_those_of_numpy(faces):
    table = measure(faces)
    np.testing.assert_allclose(table["brightness"], faces.mean((1, 2)) / 255, atol=1e-6)
    np.testing.assert_allclose(table["contrast"], faces.std((1, 2)) / 255, atol=1e-5)


def test_gradients_measure_a_ramp_of_light_and_its_side(faces):
    ramp = np.linspace(-40, 40, 48)
    darker = faces // 2 + 40
    right = (darker + ramp).clip(0, 255).astype(np.uint8)
    below = (darker + ramp[:, None]).clip(0, 255).astype(np.uint8)
    assert mean(right, "gradient_x") - mean(darker, "gradient_x") == pytest.approx(80 / 255, rel=0.1)
    assert mean(below, "gradient_y") - mean(darker, "gradient_y") == pytest.approx(80 / 255, rel=0.1)
    assert mean(right, "gradient_y") == pytest.approx(mean(darker, "gradient_y"), abs=0.01)
    assert mean(right[:, :, ::-1], "gradient_x") == pytest.approx(-mean(right, "gradient_x"), abs=1e-6)


def test_blur_lowers_sharpness_whatever_the_contrast(faces):
    blurred = (faces.astype(float) + np.roll(faces, 1, 1) + np.roll(faces, 1, 2) + np.roll(faces, 2, 2)) / 4
    assert mean(blurred.astype(np.uint8), "sharpness") < 0.9 * mean(faces, "sharpness")
    assert mean(faces // 2, "sharpness") == pytest.approx(mean(faces, "sharpness"), rel=0.1)


def test_asymmetry_is_least_for_a_face_that_equals_its_mirror_image(faces):
    both = np.concatenate([faces[:, :, :24], faces[:, :, 23::-1]], axis=2)
    np.testing.assert_allclose(measure(both)["asymmetry"], 0, atol=1e-5)
    assert mean(np.roll(faces, 8, axis=2), "asymmetry") > mean(faces, "asymmetry") > 0.001


def test_tilt_follows_the_turn_of_the_head(faces):
    def turned(degrees):
        angle = np.deg2rad(degrees)
        return np.rint(warp(faces, angle=angle, zoom=1, down=0, right=0)).astype(np.uint8)

    tilts = [mean(turned(degrees), "tilt") for degrees in (-12, -6, 0, 6, 12)]
    assert (np.diff(tilts) > 2).all()
    assert mean(turned(12)[:, :, ::-1], "tilt") == pytest.approx(-tilts[-1], abs=1)


def test_border_is_the_share_of_bars(faces):
    assert measure(faces)["border"].max() == 0
    barred = faces.copy()
    barred[:, :6] = 0
    barred[:, -6:] = 255
    np.testing.assert_allclose(measure(barred)["border"], 12 / 48, atol=1e-6)
    barred[:] = faces
    barred[:, :, :12] = 7
    barred[:, :6] = 7
    np.testing.assert_allclose(measure(barred)["border"], 1 - 36 / 48 * 42 / 48, atol=1e-6)


def test_a_face_that_is_enlarged_has_a_larger_scale(toy):
    still = {"angle": 0, "down": 0, "right": 0}
    zoomed = [np.rint(warp(toy.images, zoom=zoom, **still)).astype(np.uint8) for zoom in (1, 1.1, 1.2, 1.3)]
    scales = np.array([measure(images, ["scale"])["scale"] for images in zoomed])
    assert (np.diff(scales, axis=0) > 0).all(0).mean() > 0.95
    assert scales[3].mean() - scales[0].mean() > 1.5 * scales[0].std()
    assert spearmanr(scales[0], toy.about["scale"]).statistic > 0.2


def test_scale_is_the_distance_of_edges_from_the_middle_not_of_bars_nor_light(faces):
    def lines(*distances):
        image = np.full((1, 48, 48), 90, np.uint8)
        image[:, :, 0] = 0  # no row is a bar
        for distance in distances:
            image[:, [23 - distance, 24 + distance], 20:28] = 200
        return image

    near, far, both = (mean(lines(*distances), "scale") for distances in ((6,), (12,), (6, 12)))
    assert near == pytest.approx(6.5 / 24, rel=0.05) and far == pytest.approx(12.5 / 24, rel=0.05)
    # two lines of four edges each: the farther ones weigh less by the Gaussian
    weights = np.exp(-((np.array([near, far]) / 0.6) ** 2))
    assert both == pytest.approx(np.average([near, far], weights=weights), rel=0.01)
    for changed in (faces // 2 + 60, faces // 2):
        np.testing.assert_allclose(measure(changed)["scale"], measure(faces)["scale"], rtol=0.05)
    barred = faces.copy()
    barred[:, :4], barred[:, -4:] = 0, 255
    np.testing.assert_allclose(measure(barred)["scale"], measure(faces)["scale"], rtol=0.03)


def test_letters_and_lines_are_found_as_watermarks(toy):
    from PIL import Image, ImageDraw

    def marked(image, grey, what):
        drawn = Image.fromarray(image)
        pen = ImageDraw.Draw(drawn)
        if what == "letters":
            pen.text((5, 4), "stock", fill=grey)
            pen.text((8, 20), "photo", fill=grey)
        else:
            pen.line((0, 4, 47, 30), fill=grey)
            pen.line((0, 30, 47, 4), fill=grey)
        return np.asarray(drawn)

    bare = measure(toy.images, ["watermark"])["watermark"]
    for grey, what, found in ((255, "letters", 0.9), (255, "lines", 0.97), (0, "lines", 0.9)):
        images = np.stack([marked(image, grey, what) for image in toy.images])
        watermark = measure(images, ["watermark"])["watermark"]
        assert (watermark > bare).mean() > 0.99
        assert (watermark > np.quantile(bare, 0.95)).mean() > found


def test_watermark_is_what_a_median_takes_away_whatever_the_brightness(faces):
    darker = faces // 2
    x = darker / 255
    rest = np.abs(x - median_filter(median_filter(x, (1, 1, 3), mode="nearest"), (1, 3, 1), mode="nearest"))
    np.testing.assert_allclose(measure(darker)["watermark"], np.cbrt((rest**3).mean((1, 2))), rtol=1e-4)
    np.testing.assert_allclose(measure(darker + 90)["watermark"], measure(darker)["watermark"], rtol=1e-4)
    stripe = np.full((1, 48, 48), 51, np.uint8)
    stripe[:, 10] = 204  # 48 of 48 * 48 pixels, 0.6 above what is around
    assert mean(stripe, "watermark") == pytest.approx(np.cbrt(0.6**3 / 48))
    stripe[:, 11:] = 204  # an edge is no mark
    assert mean(stripe, "watermark") == pytest.approx(0, abs=1e-6)


def test_some_of_the_nuisances_are_those_of_all(faces):
    names = ["watermark", "tilt", "brightness"]
    assert measure(faces)[names].equals(measure(faces, names))


def test_features_keep_to_the_nuisances_they_were_scored_with(faces):
    light = ["brightness", "contrast", "gradient_x", "gradient_y"]
    expected = [*light, "sharpness", "asymmetry", "tilt", "border"]
    assert list(IN_FEATURES) == expected
    x = np.arange(120.0).reshape(40, 3) ** 0.5
    all_of_them, by_name = (
        RemoveNuisances(names=names).fit(x, images=faces) for names in ("all", "+".join(expected))
    )
    assert all_of_them.names_ == expected
    np.testing.assert_array_equal(all_of_them.coef_, by_name.coef_)


def test_every_nuisance_is_shown_in_plain_words():
    assert set(LABELS) == set(NUISANCES) and len(set(LABELS.values())) == len(LABELS)
    assert not [words for words in LABELS.values() if "_" in words]
    assert in_words("gradient_x") == "light from the right" and in_words("light_x") == "light x"
    assert in_words("scale (known)") == "size of the face (known)" and in_words("emotion") == "emotion"


def test_mapped_images_and_blocks_change_nothing(faces, tmp_path):
    many = np.tile(faces, (60, 1, 1))
    np.save(tmp_path / "faces.npy", many)
    mapped = np.load(tmp_path / "faces.npy", mmap_mode="r")
    np.testing.assert_allclose(measure(mapped), np.tile(measure(faces), (60, 1)), atol=1e-5)


def test_oblong_and_small_images(random):
    for shape in ((20, 30), (30, 20), (4, 4)):
        assert np.isfinite(measure(random.integers(0, 256, (5, *shape)).astype(np.uint8)).to_numpy()).all()


def test_where_nothing_else_changes_every_second_face_is_mirrored(faces, random, monkeypatch):
    for limit in ("SHIFT", "ROTATION", "SCALE", "LIGHT", "CONTRAST"):
        monkeypatch.setattr(f"fer_cluster.training.disturb.{limit}", 0.0)
    mirrored = disturb(faces, random=random)
    assert mirrored.dtype == np.uint8
    flipped = (mirrored == faces[:, :, ::-1]).all((1, 2))
    np.testing.assert_array_equal(mirrored[~flipped], faces[~flipped])
    assert 5 < flipped.sum() < 35


def test_warps_move_turn_and_enlarge(faces):
    still = {"angle": 0, "zoom": 1, "down": 0, "right": 0}
    moved = warp(faces, **still | {"down": 3, "right": -2})
    np.testing.assert_allclose(moved[:, 3:, :-2], faces[:, :-3, 2:], atol=1e-3)
    turned = warp(faces, **still | {"angle": np.pi / 2})
    np.testing.assert_allclose(turned, np.rot90(faces, -1, axes=(1, 2)), atol=0.01)
    larger = warp(faces, **still | {"zoom": 2})
    np.testing.assert_allclose(larger[:, 1::2, 1::2][:, :23, :23], faces[:, 12:35, 12:35], atol=40)
    assert abs(larger.mean() - faces[:, 12:36, 12:36].mean()) < 2


def test_augmentation_is_seeded_and_changes_every_face(faces):
    one, again, other = (disturb(faces, random=np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any((1, 2)).all() and (one != faces).any((1, 2)).all()
