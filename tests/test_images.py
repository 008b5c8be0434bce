"""Arrays of images: what is let through, and what is told of the rest."""

import re

import numpy as np
import pytest

from fer_cluster import catalog
from fer_cluster.errors import InputError
from fer_cluster.images import as_images

OTHERS = ("pixels", "several")  # any grey values do; what it is made of looks at them
READERS = [name for name in catalog.names("features") if name not in OTHERS]


@pytest.fixture
def images():
    return np.arange(2 * 6 * 5, dtype=np.uint8).reshape(2, 6, 5)


def test_images_come_back_as_they_are(images, tmp_path):
    assert as_images(images, "Part") is images
    assert as_images(images, "Part", (6, 5)) is images
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    assert as_images(mapped, "Part") is mapped
    assert len(as_images(images[:0], "Part")) == 0


def test_a_list_of_images_becomes_an_array(images):
    np.testing.assert_array_equal(as_images(list(images), "Part", (6, 5)), images)


@pytest.mark.parametrize(
    "spoilt, got",
    [
        (lambda x: x.astype(float), "float64 of shape (2, 6, 5)"),
        (lambda x: x.astype(np.int16), "int16 of shape (2, 6, 5)"),
        (lambda x: x[0], "uint8 of shape (6, 5)"),
        (lambda x: x[..., None], "uint8 of shape (2, 6, 5, 1)"),
        (lambda x: x.reshape(2, -1).tolist(), "int64 of shape (2, 30)"),
        (lambda x: "faces", "<U5 of shape ()"),
    ],
)
def test_what_is_no_array_of_images_is_told(images, spoilt, got):
    sentence = re.escape(f"Part reads images (n, height, width) of uint8, got {got}.")
    with pytest.raises(InputError, match=f"^{sentence}$"):
        as_images(spoilt(images), "Part")


@pytest.mark.parametrize("shape", [(6, 4), (5, 6), (7, 5)])
def test_another_height_or_width_is_told(images, shape):
    told = f"Part reads images (n, {shape[0]}, {shape[1]}) of uint8, got uint8 of shape (2, 6, 5)."
    with pytest.raises(InputError, match=f"^{re.escape(told)}$"):
        as_images(images, "Part", shape)


@pytest.mark.parametrize("name", READERS)
def test_every_feature_tells_in_its_own_name(name):
    part = catalog.make("features", name)
    for wrong, got in ((np.zeros((3, 48, 48)), "float64"), (np.zeros((48, 48), np.uint8), "uint8")):
        told = f"reads images (n, height, width) of uint8, got {got} of shape {wrong.shape}."
        with pytest.raises(InputError, match=f"^{type(part).__name__} {re.escape(told)}$"):
            part.fit(wrong)


@pytest.mark.parametrize("name", ["simclr", "self_named", "random_weights", "autoencoder"])
def test_an_encoder_needs_an_image(name):
    part = catalog.make("features", name)
    with pytest.raises(InputError, match=f"^{type(part).__name__} needs at least one image, got none"):
        part.fit(np.zeros((0, 48, 48), np.uint8))


def test_a_neutral_self_needs_two_images():
    with pytest.raises(InputError, match="NeutralResidual needs two or more images, got 1"):
        catalog.make("features", "neutral_residual").fit(np.zeros((1, 48, 48), np.uint8))
