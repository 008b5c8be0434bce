import numpy as np
import pytest

from fer_cluster.errors import InputError
from fer_cluster.features.patches import Patches, _cell_sums


@pytest.fixture
def images(random):
    smooth = np.kron(random.integers(0, 256, size=(120, 12, 12)), np.ones((4, 4)))
    return np.clip(smooth + random.normal(0, 5, size=(120, 48, 48)), 0, 255).astype(np.uint8)


def test_a_code_for_each_word_in_each_field(images):
    part = Patches(n_words=30).fit(images)
    features = part.transform(images)
    assert features.shape == (120, 6 * 30) and features.dtype == np.float32
    assert (features >= 0).all() and part.place_.shape == (180, 2)
    assert Patches(n_words=30, region="face").fit(images).transform(images[:3]).shape == (3, 16 * 30)


def test_words_are_unit_patches_that_occur(images):
    part = Patches(n_words=30, region="face").fit(images)
    assert part.words_.shape == (30, 72)
    length = np.linalg.norm(part.words_, axis=1)
    assert (length > 0.3).all() and (length <= 1.001).all()


def test_only_the_fields_that_changed_change(images):
    part = Patches(n_words=30, mirror=False, region="face").fit(images)
    other = images.copy()
    other[:, 36:] = 255 - images[:, ::-1][:, :12]
    moved = np.abs(part.transform(images) - part.transform(other)).max(0) > 1e-5
    assert moved[part.place_[:, 0] > 0.75].any()
    assert not moved[part.place_[:, 0] < 0.5].any()


def test_the_centre_is_six_fields_of_brows_eyes_nose_and_mouth(images):
    fields = np.unique(Patches(n_words=5).fit(images).place_, axis=0)
    assert fields.tolist() == [[row, column] for row in (0.375, 0.625, 0.875) for column in (0.375, 0.625)]


def test_an_edge_counts_for_the_two_directions_that_it_lies_between():
    down, across = np.mgrid[:20, :20]
    slope = (2 * across + down + 50).astype(np.uint8)[None]  # 27 degrees: between 0 and 45
    sums = _cell_sums(slope, 4)[0, 10, 10]
    turn = np.degrees(np.arctan2(1, 2)) / 45
    np.testing.assert_allclose(sums, 16 * np.hypot(4, 2) * np.array([1 - turn, turn, *[0] * 6]), rtol=1e-4)


def test_a_word_counts_by_how_much_nearer_than_the_mean_it_is(images):
    part = Patches(n_words=12, mirror=False, region="face").fit(images)
    patches = part._patches(images[:2])
    distance = np.linalg.norm(patches[:, :, None] - part.words_, axis=-1)
    code = np.maximum(distance.mean(2, keepdims=True) - distance, 0)
    expected = np.einsum("fp,npw->nfw", part.pool_, code).reshape(2, -1)
    np.testing.assert_allclose(part.transform(images[:2]), expected, rtol=1e-3, atol=1e-3)


def test_mirror_makes_a_face_and_its_mirror_image_alike(images):
    part = Patches(n_words=30).fit(images)
    np.testing.assert_allclose(
        part.transform(images[:, :, ::-1]), part.transform(images), rtol=1e-4, atol=1e-4
    )


def test_brightness_changes_nothing_and_contrast_little(images):
    part = Patches(n_words=30).fit(images)
    dim = images // 2
    np.testing.assert_allclose(part.transform(dim + 60), part.transform(dim), rtol=1e-3, atol=1e-3)
    codes, weak = part.transform(images).ravel(), part.transform(dim).ravel()
    assert np.corrcoef(codes, weak)[0, 1] > 0.98


def test_seeded(images):
    one, again, other = (Patches(20, random_state=seed).fit(images).words_ for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_other_sizes_and_what_is_too_small(images):
    for shape in ((48, 40), (30, 64)):
        few = images[:, : shape[0], : shape[1]] if shape[1] <= 48 else np.tile(images, (1, 1, 2))[:, :30, :64]
        assert np.isfinite(Patches(20).fit(few).transform(few)).all()
    with pytest.raises(InputError, match="too small"):
        Patches().fit(images[:, :6, :6])
    with pytest.raises(InputError, match="Did you mean 'centre'"):
        Patches(region="center").fit(images)
    with pytest.raises(InputError, match="uint8"):
        Patches().fit(images.astype(float))
    with pytest.raises(InputError, match=r"reads images \(n, 48, 48\)"):
        Patches(20).fit(images).transform(images[:, :40])
