import io
import os
import pickle
import stat
import struct
import warnings
import zipfile
import zlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.base import BaseEstimator
from sklearn.impute import SimpleImputer

from fer_cluster.classifying import classify
from fer_cluster.clustering import cluster
from fer_cluster.datasets import _npz
from fer_cluster.datasets._images import decode
from fer_cluster.errors import InputError
from fer_cluster.experiment import read_experiment
from fer_cluster.loading import load


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_CLUSTER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(6).integers(0, 256, size=(6, 8, 8), dtype=np.uint8)


def png_of(image, kind="PNG"):
    out = io.BytesIO()
    Image.fromarray(image).save(out, kind)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path, images):
    for place, image in enumerate(images):
        path = tmp_path / "set" / "train" / "happy" / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png_of(image))
    return tmp_path / "set"


def refused(path, sentence, **choices):
    """Loading raises one sentence that names the path; nothing is left behind."""
    with pytest.raises(InputError, match=sentence) as caught:
        load(path, **choices)
    message = str(caught.value)
    assert str(path) in message and message.endswith(".") and "\n" not in message
    return message


# CSV, through load: where the parser itself is tested is test_csv


def rows_of(path, rows, head="emotion,pixels,Usage"):
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def test_skipping_bad_rows_lists_them(tmp_path, cache):
    path = rows_of(tmp_path / "a.csv", ["3,1 2 3 4,a", "3,1 2 3,a", "9,1 2 3 4,a", "0,5 6 7 8,a"])
    refused(path, "row 2 has 3 pixels")
    for _ in range(2):  # what was skipped is never in the cache, so it is told each time
        with pytest.warns(UserWarning, match=r"2 of 4 faces were left out; .*bad.csv lists them\."):
            faces = load(path, skip_bad=tmp_path / "out" / "bad.csv")
        assert faces.images.reshape(2, 4).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
        assert faces.about["emotion"].tolist() == ["happy", "angry"]
        bad = pd.read_csv(tmp_path / "out" / "bad.csv")
        assert list(bad) == ["file", "row", "reason"] and bad["row"].tolist() == [2, 3]
        assert bad["file"].tolist() == [str(path)] * 2 and "emotion '9'" in bad["reason"][1]
    assert [file for file in cache.iterdir()] == []
    refused(path, "row 2 has 3 pixels")


def test_skipping_where_nothing_is_bad(tmp_path):
    path = rows_of(tmp_path / "a.csv", ["3,1 2 3 4,a"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load(path, skip_bad=tmp_path / "bad.csv")) == 1
        assert not (tmp_path / "bad.csv").exists()
        (tmp_path / "bad.csv").write_text("file,row,reason\na.csv,7,has no pixels\n")  # of an earlier time
        for _ in range(2):  # read, and from the cache
            load(path, skip_bad=tmp_path / "bad.csv")
            assert not (tmp_path / "bad.csv").exists()


def test_skipping_everything(tmp_path):
    path = rows_of(tmp_path / "a.csv", ["3,1 2 3,a", "x,1 2 3 4,a"])
    refused(path, "no face that can be used", skip_bad=tmp_path / "bad.csv")
    assert len(pd.read_csv(tmp_path / "bad.csv")) == 2


@pytest.mark.parametrize("cut", [1, 9, 25, 60])
def test_a_truncated_csv(tmp_path, cache, images, cut):
    rows = [f"3,{' '.join(map(str, image.ravel()))},Training" for image in images]
    path = rows_of(tmp_path / "a.csv", rows)
    whole = path.read_bytes()
    path.write_bytes(whole[: -1 - cut])
    refused(path, "row 6 has ")
    assert not cache.exists() or list(cache.iterdir()) == []


def test_nothing_at_the_path(tmp_path):
    refused(tmp_path / "none.csv", "neither a file, a folder nor a data set")


def test_a_file_without_leave(tmp_path):
    path = rows_of(tmp_path / "a.csv", ["3,1 2 3 4,a"])
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    refused(path, "cannot be read")
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)


def test_unknown_formats(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    refused(tmp_path / "a.xlsx", r"does not end in \.csv, \.tsv, \.npz, \.parquet, \.pq")


class Trap:
    def __reduce__(self):
        return (open, ("trapped", "w"))


@pytest.mark.parametrize("name", ["a.pkl", "a.csv", "a.npz", "a.parquet", "a.pickle"])
def test_pickles_are_never_opened(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(pickle.dumps(Trap()))
    refused(tmp_path / name, "is a pickle; pickles are never opened")
    assert not (tmp_path / "trapped").exists()


# NumPy archives


def test_npz_of_objects_is_not_unpickled(tmp_path, monkeypatch, images):
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "a.npz", pixels=images, emotion=np.array([Trap()] * 6, dtype=object))
    refused(tmp_path / "a.npz", "emotion.npy holds Python objects, which are never unpickled")
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize(
    "arrays, sentence",
    [
        ({"faces": np.zeros((2, 3, 3), np.uint8)}, "no column named pixels; its columns are faces"),
        ({"pixels": np.zeros((2, 7), np.uint8)}, r"pixels of shape \(2, 7\) are no images"),
        ({"pixels": np.zeros((0, 4, 4), np.uint8)}, r"pixels of shape \(0, 4, 4\) are no images"),
        ({"pixels": np.zeros(4, np.uint8)}, "are no images"),
        ({"pixels": np.array(["a", "b"])}, "pixels are <U1, not whole numbers"),
        ({"pixels": np.full((2, 3, 3), 0.5)}, "pixels are fractions"),
        ({"pixels": np.full((2, 3, 3), np.nan)}, "pixels are fractions"),
        ({"pixels": np.zeros((2, 3, 3)), "emotion": np.zeros(3)}, r"2 images but emotion of shape \(3,\)"),
        ({"pixels": np.full((2, 3, 3), 300)}, "row 1 has the pixel value 300"),
        ({"pixels": np.arange(18).reshape(2, 3, 3) - 1}, "row 1 has the pixel value -1"),
        ({"pixels": np.zeros((2, 3, 3)), "emotion": np.array([6, 7])}, "row 2 has the emotion '7'"),
        (
            {"pixels": np.zeros((2, 3, 3)), "emotion": np.array(["joy", "ennui"])},
            "row 2 has the emotion 'ennui'",
        ),
        ({"pixels": np.zeros((2, 3, 3)), "usage": np.array([2, 3])}, "row 2 has the split '3'"),
    ],
)
def test_npz_of_other_things(tmp_path, arrays, sentence):
    np.savez(tmp_path / "a.npz", **arrays)
    refused(tmp_path / "a.npz", sentence)


def test_npz_skips_bad_rows(tmp_path):
    pixels = np.arange(27).reshape(3, 3, 3) + np.array([0, 300, 0])[:, None, None]
    np.savez(tmp_path / "a.npz", pixels=pixels, emotion=[0, 1, 2])
    with pytest.warns(UserWarning, match="1 of 3 faces were left out"):
        faces = load(tmp_path / "a.npz", skip_bad=tmp_path / "bad.csv")
    np.testing.assert_array_equal(faces.images, pixels[[0, 2]])
    assert faces.about["emotion"].tolist() == ["angry", "fear"]


def test_npz_that_is_no_archive(tmp_path, images):
    np.savez(tmp_path / "a.npz", pixels=images)
    whole = (tmp_path / "a.npz").read_bytes()
    for content in (b"", b"text", whole[:-40], whole[:300]):
        (tmp_path / "a.npz").write_bytes(content)
        refused(tmp_path / "a.npz", "is no whole .npz archive")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 255))
def test_npz_with_a_wrong_byte(tmp_path_factory, place, byte):
    path = tmp_path_factory.getbasetemp() / "byte.npz"
    np.savez_compressed(path, pixels=np.arange(64, dtype=np.uint8).reshape(4, 4, 4), emotion=[0, 1, 2, 3])
    content = bytearray(path.read_bytes())
    content[place % len(content)] = byte
    path.write_bytes(content)
    try:
        assert load(path).images.dtype == np.uint8
    except InputError as error:
        assert str(path) in str(error)


def zip_of(path, head, body, compression=zipfile.ZIP_DEFLATED):
    with (
        zipfile.ZipFile(path, "w", compression) as archive,
        archive.open("pixels.npy", "w", force_zip64=True) as file,
    ):
        np.lib.format.write_array_header_1_0(file, head)
        for part in body:
            file.write(part)


def test_npz_that_claims_more_than_it_holds(tmp_path):
    head = {"descr": "|u1", "fortran_order": False, "shape": (10**12, 48, 48)}
    zip_of(tmp_path / "a.npz", head, [bytes(100)])
    refused(tmp_path / "a.npz", "is no whole .npz archive")


def test_npz_that_is_a_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(_npz, "SMALL", 1 << 20)
    head = {"descr": "|u1", "fortran_order": False, "shape": (1000, 48, 48)}
    zip_of(tmp_path / "a.npz", head, [bytes(48 * 48 * 1000)])
    refused(tmp_path / "a.npz", "unpacks to 2,304,128 bytes, too many for faces")


# Parquet


def test_parquet_that_is_none(tmp_path, images):
    path = tmp_path / "a.parquet"
    for content in (b"", b"PAR1", b"text of some length"):
        path.write_bytes(content)
        refused(path, "is no Parquet that can be read")
    pd.DataFrame({"image": [png_of(image) for image in images]}).to_parquet(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refused(path, "is no Parquet that can be read")
    pd.DataFrame({"a": [1]}).to_parquet(path)
    refused(path, "has no column named pixels; its columns are a")
    pd.DataFrame({"image": pd.Series([], dtype=object)}).to_parquet(path)
    refused(path, "no face that can be used")


def test_parquet_with_bad_rows(tmp_path, images):
    contents = [png_of(image) for image in images]
    contents[2], contents[4] = b"no image", None
    path = tmp_path / "a.parquet"
    pd.DataFrame({"image": contents, "label": [0, 1, 2, 3, 4, 9]}).to_parquet(path)
    refused(path, "row 3 is no PNG, JPEG, BMP or WEBP image")
    with pytest.warns(UserWarning, match="3 of 6 faces were left out"):
        faces = load(path, skip_bad=tmp_path / "bad.csv")
    np.testing.assert_array_equal(faces.images, images[[0, 1, 3]])
    assert faces.about["emotion"].tolist() == ["angry", "disgust", "happy"]
    assert pd.read_csv(tmp_path / "bad.csv")["row"].tolist() == [3, 5, 6]


def test_a_folder_of_shards_names_the_shard(tmp_path, images):
    (tmp_path / "set").mkdir()
    for name in "ab":
        pd.DataFrame({"image": [png_of(images[0]), b"x"]}).to_parquet(tmp_path / "set" / f"{name}.parquet")
    refused(tmp_path / "set", "a.parquet: row 2 is no PNG")


def test_a_list_of_bad_rows_takes_the_place_of_no_other_file(tmp_path):
    path = rows_of(tmp_path / "a.csv", ["3,1 2 3 4,Training", "9,1 2 3 4,Training"])
    before = path.read_bytes()
    with pytest.raises(InputError, match="is no list of bad rows"):
        load(path, skip_bad=path)
    assert path.read_bytes() == before
    for _ in range(2):  # an older list may go
        with pytest.warns(UserWarning, match="1 of 2 faces were left out"):
            load(path, skip_bad=tmp_path / "bad.csv")


# Folders of images


def test_a_folder_without_images(tmp_path):
    (tmp_path / "set" / "train").mkdir(parents=True)
    (tmp_path / "set" / "readme.txt").write_text("nothing")
    refused(tmp_path / "set", "has no images")
    refused(tmp_path / "set" / "readme.txt", "cannot be read")


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"", "is empty"),
        (b"no image at all", "is no PNG, JPEG, BMP or WEBP image"),
        (png_of(np.arange(64, dtype=np.uint8).reshape(8, 8))[:-30], "is a broken image"),
        (png_of(np.zeros((8, 8), np.uint8))[:40], "is no PNG, JPEG, BMP or WEBP image"),
        (png_of(np.zeros((8, 8), np.uint8), "GIF"), "is no PNG, JPEG, BMP or WEBP image"),
    ],
)
def test_a_broken_image_among_good_ones(tmp_path, cache, folder, images, content, sentence):
    (folder / "train" / "happy" / "3.png").write_bytes(content)
    refused(folder, f"train/happy/3.png {sentence}")
    assert list(cache.iterdir()) == []
    with pytest.warns(UserWarning, match="1 of 6 faces were left out"):
        faces = load(folder, skip_bad=tmp_path / "bad.csv")
    np.testing.assert_array_equal(faces.images, np.delete(images, 3, axis=0))
    bad = pd.read_csv(tmp_path / "bad.csv")
    assert bad["file"].tolist() == ["train/happy/3.png"] and bad["row"].tolist() == [4]


def test_images_of_another_size_are_cropped_and_scaled_to_that_of_most(folder, images):
    wide = np.kron(images[0], np.ones((2, 2), np.uint8))
    (folder / "train" / "happy" / "0.png").write_bytes(png_of(np.pad(wide, ((0, 0), (3, 3)))))
    for _ in range(2):  # read, and from the cache
        with pytest.warns(UserWarning, match="1 of 6 images were cropped and scaled to 8 x 8 pixels"):
            found = load(folder).images
        np.testing.assert_array_equal(found[1:], images[1:])
        scaled = Image.fromarray(wide).resize((8, 8), Image.Resampling.BILINEAR)
        np.testing.assert_allclose(found[0][:, 1:-1], np.asarray(scaled)[:, 1:-1], atol=1)


def test_images_of_all_sizes_become_squares(tmp_path, cache):
    for row, shape in enumerate([(9, 12), (16, 10), (11, 30), (20, 11), (13, 13)]):
        (tmp_path / f"{row}.png").write_bytes(png_of(np.full(shape, 40 * row, np.uint8)))
    with pytest.warns(UserWarning, match="5 of 5 images were cropped and scaled to 11 x 11 pixels"):
        found = load(tmp_path).images
    np.testing.assert_array_equal(found, np.full((5, 11, 11), 40) * np.arange(5)[:, None, None])


def test_images_of_sixteen_bits_lose_the_lower_ones(folder, images):
    (folder / "train" / "happy" / "0.png").write_bytes(png_of(images[0].astype(np.uint16) * 257))
    np.testing.assert_array_equal(load(folder).images, images)


def test_what_is_transparent_is_white():
    clear = np.zeros((8, 8, 4), np.uint8)
    clear[:4, :, 3] = 255
    found = decode(png_of(clear))
    assert (found[:4] == 0).all() and (found[4:] == 255).all()


def test_a_photograph_is_turned_upright(images):
    held, way = io.BytesIO(), Image.Exif()
    way[0x0112] = 6  # turn right by a quarter to see it as it was
    Image.fromarray(np.kron(images[0], np.ones((8, 8), np.uint8))).save(held, "JPEG", quality=100, exif=way)
    plain = io.BytesIO()
    Image.fromarray(np.kron(images[0], np.ones((8, 8), np.uint8))).save(plain, "JPEG", quality=100)
    np.testing.assert_array_equal(decode(held.getvalue()), np.rot90(decode(plain.getvalue()), -1))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("side", [8_001, 10_000, 20_000, 60_000])
def test_a_huge_png_is_refused_before_it_is_decoded(tmp_path, folder, side):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    (folder / "train" / "happy" / "3.png").write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        refused(folder, "train/happy/3.png has more than 64,000,000 pixels")


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["PNG", "JPEG", "BMP", "WEBP"]),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=4),
    st.integers(0, 400),
)
def test_wrong_bytes_give_an_image_or_a_reason(kind, changes, cut):
    content = bytearray(png_of(np.arange(64, dtype=np.uint8).reshape(8, 8), kind))
    for place, byte in changes:
        content[place % len(content)] = byte
    content = bytes(content[: len(content) - cut])
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        found = decode(content)
    assert isinstance(found, str) or (found.dtype == np.uint8 and found.ndim == 2)


def test_links_that_go_round(tmp_path, folder):
    (folder / "train" / "again").symlink_to(folder, target_is_directory=True)
    assert len(load(folder)) == 6


# Parameters: told before anything is extracted or trained


class Costly(BaseEstimator):
    """Features that must not be fitted."""

    def fit(self, images):
        raise AssertionError("The features were fitted.")


@pytest.mark.parametrize(
    "wrong, told",
    [
        ({"clusterer": "kmeans:n_init=0"}, "n_init must be a whole number of 1 or more, got 0"),
        ({"clusterer": "dec:batch_size=1"}, "batch_size must be 2 or more"),
        ({"then": ["whiten:0"]}, "n_components must be a whole number of 1 or more, got 0"),
        ({"then": ["unit", "remove_nuisances:degree=0"]}, "degree must be a whole number of 1 or more"),
        ({"projection": "umap:min_dist=5"}, "min_dist must be a number from 0 to 1, got 5"),
        ({"projection": "tsne:perplexity=0"}, "perplexity must be a number above 0, got 0"),
    ],
    ids=str,
)
def test_what_follows_the_features_is_told_before_they_are_fitted(tiny, wrong, told):
    with pytest.raises(InputError, match=told):
        cluster(tiny, Costly(), **wrong)


def test_a_step_before_a_classifier_is_told_before_the_features_are_fitted(tiny):
    with pytest.raises(InputError, match="n_components must be a whole number of 1 or more, got 0"):
        classify(tiny, "knn", features=Costly(), then=["whiten:0"])


@pytest.mark.parametrize(
    "features, told",
    [
        ("simclr:augment=mirorr", "augment has no 'mirorr'.*Did you mean 'mirror'"),
        ("masked:crop=-1", "crop must be a whole number of 0 or more, got -1"),
        ("byol:crop=60", "crop must be 1 to 48 pixels of a frame of 48, or 0 for the whole frame, got 60"),
        ("self_named:augment=mirorr", "augment has no 'mirorr'"),
        ("self_named:crop=60", "crop must be 1 to 48 pixels of a frame of 48"),
        ("self_named:prior=", "prior must name one step or more where there is no teacher"),
        ("self_named:described=", "Features and steps are told as"),
        ("self_named:described=several:parts=hogg|pixels", "features has no 'hogg'"),
        ("local_warp:bands=mouht", "bands has no 'mouht'.*Did you mean 'mouth'"),
        ("local_warp:amplitude=0", "amplitude and spread of a warp must be above 0"),
        ("hog:region=mouht", "region has no 'mouht'"),
        ("hog:cell=0", "cell must be a whole number of 1 or more, got 0"),
        ("regions:mouht", "region has no 'mouht'"),
        ("regions:feature=hogg", "features has no 'hogg'"),
        ("regions:feature=hog:region=mouht", "region has no 'mouht'"),
        ("regions:aligned=3", "aligned must be True or False, got 3"),
        ("several:parts=hogg|pixels", "features has no 'hogg'"),
        ("several:parts=hog>whiten:0|pixels", "n_components must be a whole number of 1 or more, got 0"),
        ("neutral_residual:describe=hogg", "features has no 'hogg'"),
        ("neutral_residual:neutral=mean", "neutral has no 'mean'"),
        ("neutral_residual:smooth=0", "smooth must be above 0 pixels, got 0"),
        ("geometry:aligned=3", "aligned must be True or False, got 3"),
        ("brightness:names=brightnes", "names has no 'brightnes'"),
        ("pixels:n_components=0", "n_components must be a whole number of 1 or more, or None for all, got 0"),
        ("autoencoder:n_components=0", "n_components must be between 1 and 128"),
        ("patches:region=center", "region has no 'center'"),
        ("patches:random_state=-1", "random_state must be a whole number of 0 or more, got -1"),
        ("random_weights:random_state=-1", "random_state must be a whole number of 0 or more, got -1"),
    ],
)
def test_features_that_cannot_be_used_are_told_when_an_experiment_is_read(tmp_path, features, told):
    (tmp_path / "e.toml").write_text(f'[[runs]]\nfeatures = "{features}"\n')
    with pytest.raises(InputError, match=told):
        read_experiment(tmp_path / "e.toml")


def test_a_step_cannot_be_fitted_on_one_face():
    with pytest.raises(InputError, match="Whiten is fitted on two faces or more, got 1"):
        cluster("toy:n=2", "hog", k=1, then=["whiten"], split="stratified", seeds=1)


class Strange(BaseEstimator):
    """Features of which some are what no step can be fitted on."""

    def __init__(self, shape=3, last=0.0):
        self.shape = shape
        self.last = last

    def fit(self, images):
        return self

    def transform(self, images):
        x = np.random.default_rng(0).normal(size=(len(images), *np.atleast_1d(self.shape)))
        x[-1:] += self.last
        return x


@pytest.mark.parametrize(
    "features, told",
    [
        (Strange(last=np.nan), r"Whiten reads finite features only, but 1 of the \d+ faces have others"),
        (Strange(last=np.inf), "Whiten reads finite features only"),
        (Strange(shape=()), r"Whiten reads features of shape \(n, d\), got shape"),
        (Strange(shape=0), r"got shape \(\d+, 0\)"),
    ],
    ids=str,
)
def test_features_that_no_step_can_be_fitted_on_are_told(tiny, features, told):
    with pytest.raises(InputError, match=told):
        cluster(tiny, features, then=["whiten:2"], seeds=1)


def test_a_step_of_ones_own_may_mend_what_is_not_finite(tiny):
    run = cluster(tiny, Strange(last=np.nan), then=[SimpleImputer(), "whiten:2"], seeds=1)
    assert run.features.shape == (len(tiny), 2) and np.isfinite(run.features).all()
