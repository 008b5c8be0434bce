"""Residuals of neutral selves: faces that are all coarse have none, and neighbours are the nearest."""

import numpy as np
import pytest

from fer_cluster.chain import chained
from fer_cluster.errors import InputError
from fer_cluster.features._neutral_residual import Coarse, LowFrequency, Neighbours, even, windows
from fer_cluster.features.hog import Hog
from fer_cluster.features.neutral_residual import NeutralResidual

ROW, COLUMN = np.mgrid[:48, :48] / 47 - 0.5


def coarse(random, n):
    """Return faces made of three smooth patterns, as grey values that are not rounded."""
    patterns = [np.cos(4 * ROW), np.sin(6 * COLUMN + 2 * ROW), np.cos(7 * COLUMN) * ROW]
    return 128 + np.tensordot(random.uniform(-30, 30, (n, 3)), patterns, 1)


@pytest.fixture
def images(random):
    return np.rint(coarse(random, 150)).astype(np.uint8)


def with_mouth(images):
    """Return images with a small dark bar where the mouth is."""
    changed = images.copy()
    changed[:, 36:39, 18:30] -= 40
    return changed


def test_faces_are_made_even(random):
    images = random.integers(0, 256, (5, 40, 48), dtype=np.uint8)
    faces = even(images)
    row, column = (place.ravel() for place in np.mgrid[:40, :48])
    design = np.column_stack([np.ones(row.size), row, column])
    for face, image in zip(faces, images.reshape(5, -1).astype(float), strict=True):
        left = image - design @ np.linalg.lstsq(design, image, rcond=None)[0]
        np.testing.assert_allclose(face.ravel(), left / (left.std() + 8), atol=1e-4)
    lit = np.full((1, 48, 48), 100) + np.arange(48) // 2
    assert np.abs(even(lit.astype(np.uint8))).max() < 0.1
    assert np.abs(even(np.full((2, 48, 48), 255, np.uint8))).max() < 1e-4


def test_smoothing_is_a_gaussian_blur_at_every_few_pixels():
    weight = windows(48, 4.0)
    assert weight.shape == (12, 48)
    np.testing.assert_allclose(weight.sum(1), 1, rtol=1e-6)
    assert weight[5] @ np.arange(48) == pytest.approx(21.5, abs=1e-3)  # the middle of the sixth stretch
    assert weight[5, 20] / weight[5, 25] == pytest.approx(np.exp((3.5**2 - 1.5**2) / 32), rel=1e-5)


def test_components_are_those_of_the_smoothed_faces(images, random):
    noisy = np.clip(images + random.normal(0, 15, images.shape), 0, 255).astype(np.uint8)
    fitted = Coarse(4.0, 5).fit(noisy)
    low = np.stack([windows(48, 4.0) @ face @ windows(48, 4.0).T for face in even(noisy)]).reshape(150, -1)
    left, values, _ = np.linalg.svd(low - low.mean(0), full_matrices=False)
    expected = (left * values)[:, :5]
    found = fitted.code(even(noisy))
    np.testing.assert_allclose(np.abs((found * expected).sum(0)), values[:5] ** 2, rtol=1e-3)


def test_a_face_of_the_neutral_subspace_has_no_residual(images, random):
    part = NeutralResidual(describe="pixels:3", n_coarse=6).fit(images)
    others = np.rint(coarse(np.random.default_rng(9), 40)).astype(np.uint8)
    assert even(others).std() > 0.5
    assert np.abs(part.residual(others)).max() < 0.12  # rounded grey values
    residual = part.residual(with_mouth(others))
    assert residual[:, 36:39, 18:30].mean() < -0.4
    outside = np.ones((48, 48), bool)
    outside[30:45, 12:36] = False
    assert np.abs(residual[:, outside]).mean() < 0.25 * np.abs(residual[:, 36:39, 18:30]).mean()


def test_the_regression_is_least_squares(images, random):
    noisy = np.clip(images + random.normal(0, 15, images.shape), 0, 255).astype(np.uint8)
    faces = even(noisy)
    model = LowFrequency(4.0, 4).fit(noisy)
    design = np.column_stack([np.ones(150), model.code(faces)])
    best = np.linalg.lstsq(design, faces.reshape(150, -1), rcond=None)[0]
    np.testing.assert_allclose(model.neutral(faces).reshape(150, -1), design @ best, atol=1e-3)


def test_neighbours_are_the_nearest_other_faces(images, random):
    noisy = np.clip(images + random.normal(0, 15, images.shape), 0, 255).astype(np.uint8)
    model = Neighbours(4.0, 4, 7).fit(noisy[:100])
    faces = even(noisy)
    code = model.code(faces).astype(float)
    far = np.linalg.norm(code[:, None] - code[None, :100], axis=2)
    far[np.arange(100), np.arange(100)] = np.inf
    near = np.argsort(far, axis=1)[:, :7]
    np.testing.assert_allclose(model.neutral(faces), faces[near].mean(1), atol=1e-5)


def test_few_faces_have_few_neighbours(images):
    part = NeutralResidual("neighbours", "hog", n_neighbours=50).fit(images[:3])
    faces = even(images[:3])
    np.testing.assert_allclose(part.residual(images[:1])[0], faces[0] - faces[1:].mean(0), atol=1e-5)


def test_features_describe_the_drawn_residual_and_its_mirror_image(images):
    images = with_mouth(images)
    part = NeutralResidual(describe="hog:region=mouth", n_coarse=6).fit(images)
    sides = [part.residual(side) for side in (images, images[:, :, ::-1])]
    drawn = [np.clip(np.rint(128 + 40 * side), 0, 255).astype(np.uint8) for side in sides]
    expected = sum(Hog(region="mouth").fit(one).transform(one) for one in drawn) / 2
    np.testing.assert_allclose(part.transform(images), expected, atol=1e-5)


def test_a_describer_may_have_several_parameters_and_steps_after_it(images):
    images = with_mouth(images)
    part = NeutralResidual(describe="hog:cell=8;region=mouth > whiten:4", n_coarse=6).fit(images)
    assert part.describe_.extractor.cell == 8 and part.describe_.extractor.region == "mouth"
    assert part.transform(images).shape == (len(images), 4)


@pytest.mark.parametrize("neutral", ["low_frequency", "neighbours"])
def test_a_mirrored_face_has_the_same_features(images, neutral):
    part = NeutralResidual(neutral, "pixels:5").fit(images)
    features = part.transform(images)
    np.testing.assert_allclose(part.transform(images[:, :, ::-1]), features, atol=1e-4)
    np.testing.assert_allclose(part.transform(images[7:8]), features[7:8], atol=1e-3)


@pytest.mark.parametrize(
    "setting, told",
    [
        ({"neutral": "mean"}, "neutral has no 'mean'; it has low_frequency, neighbours"),
        ({"describe": "hogg"}, "features has no 'hogg'.*Did you mean 'hog'"),
        ({"n_coarse": 0}, "n_coarse must be a whole number of 1 or more"),
        ({"n_neighbours": 0}, "n_neighbours must be a whole number of 1 or more"),
        ({"smooth": 0.0}, "smooth must be above 0"),
    ],
)
def test_bad_parameters_are_told(images, setting, told):
    with pytest.raises(InputError, match=told):
        NeutralResidual(**setting).fit(images)


def test_the_seed_reaches_the_description(images):
    one, again, other = (
        NeutralResidual(describe="patches:n_words=5", random_state=seed).fit(images).transform(images[:9])
        for seed in (0, 0, 3)
    )
    np.testing.assert_array_equal(one, again)
    assert one.shape == other.shape and not np.array_equal(one, other)
    assert chained("neutral_residual:describe=patches", 3).extractor.random_state == 3


def test_bad_images_are_told(images):
    with pytest.raises(InputError, match="uint8"):
        NeutralResidual().fit(images.astype(float))
    with pytest.raises(InputError, match="not all the same"):
        NeutralResidual().fit(np.full((20, 48, 48), 7, np.uint8))
    with pytest.raises(InputError, match=r"reads images \(n, 48, 48\)"):
        NeutralResidual(describe="hog").fit(images).transform(images[:, :40])
    with pytest.raises(InputError, match="needs at least one image, got none"):
        NeutralResidual(describe="hog").fit(images).transform(images[:0])
