import sys
import time

import numpy as np
import pytest
from skimage.feature import hog

from fer_cluster.errors import InputError
from fer_cluster.features.hog import Hog


def one_by_one(images, **params):
    settings = {"orientations": 9, "pixels_per_cell": (8, 8), "cells_per_block": (2, 2)} | params
    return np.array([hog(image, block_norm="L2-Hys", **settings) for image in images])


@pytest.fixture
def images(random):
    noise = random.integers(0, 256, size=(20, 48, 48))
    smooth = np.kron(random.integers(0, 256, size=(20, 6, 6)), np.ones((8, 8))) + random.normal(
        0, 5, (20, 48, 48)
    )
    ramp = np.broadcast_to(np.arange(48) * 5, (1, 48, 48))  # gradients of exactly 0 and 90 degrees
    made = np.concatenate([noise, smooth, ramp, ramp.swapaxes(1, 2), ramp[:, ::-1, ::-1]])
    return made.clip(0, 255).astype(np.uint8)


def test_equals_scikit_image(images):
    features = Hog().fit(images).transform(images)
    assert features.dtype == np.float32 and features.shape == (len(images), 900)
    np.testing.assert_allclose(features, one_by_one(images), atol=1e-5)


@pytest.mark.parametrize("orientations", [4, 8, 12])
def test_other_directions_even_where_gradients_fall_on_the_edges_of_bins(images, orientations):
    features = Hog(orientations=orientations).fit(images).transform(images)
    np.testing.assert_allclose(features, one_by_one(images, orientations=orientations), atol=1e-5)


@pytest.mark.parametrize("cell, block", [(6, 3), (7, 2), (10, 1)])
def test_other_cells_and_blocks(images, cell, block):
    oblong = images[:, :45, :41]
    features = Hog(cell=cell, block=block).fit(oblong).transform(oblong)
    slow = one_by_one(oblong, pixels_per_cell=(cell, cell), cells_per_block=(block, block))
    np.testing.assert_allclose(features, slow, atol=1e-5)


def test_equals_scikit_image_on_real_faces(fer2013):
    images = fer2013.images[::400]
    np.testing.assert_allclose(Hog().fit(images).transform(images), one_by_one(images), atol=1e-5)


def test_blank_images_give_zeros(images):
    blank = np.stack([np.full((48, 48), grey, np.uint8) for grey in (0, 128, 255)])
    assert (Hog(mirror=True).fit(images).transform(blank) == 0).all()


def test_mirror_makes_a_face_and_its_mirror_image_alike(images):
    plain, mirrored = Hog(), Hog(mirror=True)
    flipped = images[:, :, ::-1]
    x = mirrored.fit(images).transform(images)
    np.testing.assert_allclose(x, mirrored.transform(flipped), atol=1e-6)
    average = (plain.fit(images).transform(images) + plain.transform(flipped)) / 2
    np.testing.assert_allclose(x, average, atol=1e-6)


def test_light_changes_little(images):
    smooth = images[20:40] // 2
    x = Hog().fit(images)
    np.testing.assert_allclose(x.transform(smooth), x.transform(smooth + 40), atol=1e-5)


def test_a_region_is_blind_to_the_rest(images):
    def changed(rows, region):
        other = images.copy()
        other[:, rows] = 0
        part = Hog(region=region).fit(images)
        return np.abs(part.transform(images) - part.transform(other)).max() > 1e-6

    assert not changed(slice(0, 20), "mouth") and changed(slice(36, 44), "mouth")
    assert not changed(slice(28, 48), "eyes") and changed(slice(14, 22), "eyes")
    assert changed(slice(36, 44), "eyes_mouth") and changed(slice(14, 22), "eyes_mouth")
    eyes, mouth, both = (len(Hog(region=r).fit(images).place_) for r in ("eyes", "mouth", "eyes_mouth"))
    assert eyes + mouth == both < 900
    assert (Hog(region="mouth").fit(images).place_[:, 0] > 0.6).all()
    for region in ("eyes", "mouth"):
        across = Hog(region=region).fit(images).place_[:, 1]
        assert across.min() + across.max() == pytest.approx(1)  # as far left as right


def test_memory_mapped_images_more_than_a_block(images, tmp_path):
    many = np.tile(images, (60, 1, 1))
    np.save(tmp_path / "images.npy", many)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    x = Hog().fit(mapped).transform(mapped)
    np.testing.assert_array_equal(x, np.tile(Hog().fit(images).transform(images), (60, 1)))


def test_unusable_input_is_told(images):
    with pytest.raises(InputError, match="uint8"):
        Hog().fit(images.astype(float))
    with pytest.raises(InputError, match="Did you mean 'mouth'"):
        Hog(region="mouht").fit(images)
    with pytest.raises(InputError, match="8 x 8 have no block"):
        Hog().fit(images[:, :8, :8])
    with pytest.raises(InputError, match=r"reads images \(n, 48, 48\)"):
        Hog().fit(images).transform(images[:, :40])
    with pytest.raises(InputError, match="1 or more"):
        Hog(cell=0).fit(images)


@pytest.mark.skipif(sys.gettrace() is not None, reason="tracing slows Python more than numpy")
def test_is_several_times_faster_than_one_by_one(images):
    many = np.tile(images, (24, 1, 1))
    ratios = []
    for _ in range(3):
        start = time.perf_counter()
        Hog().fit(many).transform(many)
        middle = time.perf_counter()
        one_by_one(images)
        ratios.append(24 * (time.perf_counter() - middle) / (middle - start))
    assert max(ratios) > 4  # about 11 on an idle machine


def test_what_was_written_to_a_copy_on_write_mapping_stays(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((70, 16, 16), np.uint8))
    images = np.load(tmp_path / "x.npy", mmap_mode="c")
    images[:] = 9
    Hog(cell=4).fit(images).transform(images)
    assert (images == 9).all()
