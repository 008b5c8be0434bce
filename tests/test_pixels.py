import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fer_cluster.errors import InputError
from fer_cluster.features.pixels import Pixels

REAL = Path(__file__).parents[2] / "shared" / "data" / "fer2013.npz"


def noise(n, side=12, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, side, side), dtype=np.uint8)


def smooth(n, side=24, seed=0):
    """Images with a few strong directions, as faces have them."""
    rng = np.random.default_rng(seed)
    shapes = rng.normal(size=(40, side, side)).cumsum(1).cumsum(2)
    weights = rng.normal(size=(n, 40)) * 0.9 ** np.arange(40)
    images = np.tensordot(weights, shapes, 1)
    return np.uint8(np.clip(128 + 40 * images / images.std() + rng.normal(0, 3, images.shape), 0, 255))


def reference(images, count):
    """Return scikit-learn's exact answer in float64."""
    x = images.reshape(len(images), -1).astype(np.float64)
    scaler = StandardScaler().fit(x)
    pca = PCA(count, svd_solver="covariance_eigh").fit(scaler.transform(x))
    return scaler, pca, pca.transform(scaler.transform(x))


def assert_same(images, count, least=1 - 1e-6):
    pixels = Pixels(count).fit(images)
    scaler, pca, points = reference(images, count)
    np.testing.assert_allclose(pixels.mean_, scaler.mean_, rtol=1e-7)
    np.testing.assert_allclose(pixels.scale_, scaler.scale_, rtol=2e-6)
    for name in ("explained_variance_", "explained_variance_ratio_"):
        exact = getattr(pca, name)
        np.testing.assert_allclose(getattr(pixels, name), exact, rtol=1e-5, atol=1e-8 * exact[0])
    cosine = (pixels.components_ * pca.components_).sum(1)  # not its absolute value: signs too
    assert cosine.min() > least
    np.testing.assert_allclose(pixels.transform(images), points, atol=2e-4 * np.abs(points).max())
    return pixels


@pytest.mark.parametrize("count", [5, 40, None])
def test_equals_scikit_learn_on_noise(count):
    assert_same(noise(3000), count)


def test_equals_scikit_learn_on_smooth_images_of_several_blocks():
    assert_same(smooth(5000), 12)


def test_equals_scikit_learn_with_fewer_faces_than_pixels():
    assert_same(smooth(60), 20)


@pytest.mark.skipif(not REAL.exists(), reason="FER2013 is not in ../shared/data")
def test_equals_scikit_learn_on_real_faces():
    with np.load(REAL) as file:
        images = file["pixels"][:6000, 6:42, 6:42]
    pixels = assert_same(images, 50)
    assert pixels.components_.shape == (50, 36 * 36)


def test_sums_of_many_blocks_stay_exact(monkeypatch):
    monkeypatch.setattr("fer_cluster.features.pixels._ROWS", 100)
    assert_same(smooth(3050), 12)


@pytest.mark.parametrize("cores", ["1", "2", "3", "9"])
def test_the_number_of_cores_changes_nothing(cores, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", cores)
    monkeypatch.setattr("fer_cluster.features.pixels._ROWS", 200)
    assert_same(smooth(1100), 12)


def test_dark_faces_after_bright_ones():
    images = np.concatenate([smooth(3000) // 8, 224 + smooth(3000, seed=1) // 8])
    assert_same(images, 10, least=1 - 1e-5)  # the first component has 575 of 576 parts of the variance


def test_constant_pixels_have_scale_one_and_no_part():
    images = smooth(500)
    images[:, 0, 0], images[:, 5, 7] = 0, 200
    pixels = assert_same(images, 8)
    assert pixels.scale_[0] == 1
    np.testing.assert_allclose(pixels.components_[:, [0, 5 * 24 + 7]], 0, atol=1e-6)


def test_a_constant_set_has_no_variance():
    images = np.full((50, 6, 6), 9, np.uint8)
    pixels = Pixels(3).fit(images)
    assert np.all(pixels.explained_variance_ == 0)
    assert np.all(pixels.explained_variance_ratio_ == 0)
    assert np.all(pixels.transform(images) == 0)


def test_single_rows_and_blocks_give_the_same_features():
    images = smooth(4100)
    pixels = Pixels(6).fit(images)
    whole = pixels.transform(images)
    assert whole.dtype == np.float32
    np.testing.assert_allclose(pixels.transform(images[4000:4001]), whole[4000:4001], atol=1e-4)


def test_memory_mapped_images_and_output(tmp_path):
    images = smooth(4500)
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    out = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (4500, 6))
    Pixels(6).fit(mapped).transform(mapped, out=out)
    out.flush()
    expected = Pixels(6).fit(images).transform(images)
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), expected)


def test_fit_is_deterministic_and_leaves_the_images_alone():
    images = smooth(2500)
    before = images.copy()
    first, second = (Pixels(10).fit(images).components_ for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize(
    "count, told",
    [
        (37, "between 1 and the smaller of faces and pixels \\(36\\), got 37"),
        *((wrong, f"of 1 or more, or None for all, got {wrong!r}") for wrong in (0, 2.5, "all")),
    ],
)
def test_impossible_number_of_components(count, told):
    with pytest.raises(InputError, match=told):
        Pixels(count).fit(noise(100, side=6))


def test_no_images():
    with pytest.raises(InputError, match="needs images"):
        Pixels(2).fit(np.zeros((0, 6, 6), np.uint8))


def test_images_of_another_size():
    pixels = Pixels(2).fit(noise(100, side=6))
    for other in (noise(5, side=7), noise(5, side=6).reshape(5, 3, 12)):
        with pytest.raises(InputError, match=r"reads images \(n, 6, 6\) of uint8, got uint8 of shape \(5, "):
            pixels.transform(other)


def test_parameters_as_scikit_learn_asks():
    pixels = clone(Pixels(4).set_params(n_components=3))
    assert pixels.get_params() == {"n_components": 3}
    assert repr(pixels) == "Pixels(n_components=3)"
    points = make_pipeline(pixels, StandardScaler()).fit_transform(noise(100))
    np.testing.assert_allclose(points.std(0), 1, rtol=1e-4)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_memory_stays_flat(tmp_path):
    """138 MB of images and 120 MB of features pass through less memory than either would add."""
    code = f"""
import re, numpy as np
from fer_cluster.blocks import release
from fer_cluster.clusterers.kmeans import KMeans
from fer_cluster.features.pixels import Pixels
images = np.lib.format.open_memmap({str(tmp_path / "images.npy")!r}, "w+", np.uint8, (60_000, 48, 48))
wide = np.lib.format.open_memmap({str(tmp_path / "wide.npy")!r}, "w+", np.float32, (600_000, 50))
random = np.random.default_rng(0)
for start in range(0, 60_000, 5000):
    images[start : start + 5000] = random.integers(0, 64, (5000, 48, 48), dtype=np.uint8)
    images[start : start + 5000] += random.integers(0, 192, (5000, 1, 1), dtype=np.uint8)
    release(images)
Pixels(1).fit(images).transform(images)
KMeans(n_init=1).fit(wide).predict(wide)
print(re.search("VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) / 1024 < 190


def test_parameters_that_are_not_named_stay():
    assert Pixels(n_components=6).set_params().n_components == 6
    with pytest.raises(ValueError, match="no parameter 'depth'"):
        Pixels().set_params(depth=3)
