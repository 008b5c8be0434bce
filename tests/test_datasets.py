import io
import json
import os
import sys
import threading
import types
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fer_cluster import splits
from fer_cluster.datasets import _cache, _official, _reading
from fer_cluster.datasets._about import load_about, save_about
from fer_cluster.datasets._official import official
from fer_cluster.datasets._store import Store
from fer_cluster.datasets.fer2013 import Fer2013
from fer_cluster.datasets.folder import Folder
from fer_cluster.datasets.table import Table
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.faces import Faces
from fer_cluster.images import fitted, scaled
from fer_cluster.loading import load

SHARED = Path(__file__).parent.parent.parent / "shared" / "data"
USAGE = ("Training", "PublicTest", "PrivateTest")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_CLUSTER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FER_CLUSTER_DATA", raising=False)
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(5).integers(0, 256, size=(30, 48, 48), dtype=np.uint8)


@pytest.fixture(scope="module")
def emotion():
    return np.arange(30) % 7


def csv_of(path, images, emotion, usage=None, head="emotion,pixels,Usage"):
    usage = ["Training"] * len(images) if usage is None else usage
    rows = [
        f"{e},{' '.join(map(str, i.ravel()))},{u}" for e, i, u in zip(emotion, images, usage, strict=True)
    ]
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def png_of(image, kind="PNG"):
    out = io.BytesIO()
    Image.fromarray(image).save(out, kind)
    return out.getvalue()


def folder_of(path, names, images):
    for name, image in zip(names, images, strict=True):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(png_of(image))
    return path


def entries(cache):
    return [path for path in cache.iterdir() if path.name != "seen"] if cache.exists() else []


# load


def test_faces_are_returned_as_they_are(tiny):
    assert load(tiny) is tiny
    with pytest.raises(InputError, match=r"tiny takes no votes; only faces that are read"):
        load(tiny, votes="votes.csv")


def test_faces_of_any_size_are_scaled_where_that_is_asked(tmp_path, images):
    wide = np.repeat(images, 2, axis=2)  # 48 x 96: what lies outside the middle square goes
    np.savez(tmp_path / "wide.npz", pixels=wide)
    faces = load(tmp_path / "wide.npz", size=24)
    told = load(f"table:{tmp_path / 'wide.npz'},size=24")
    assert faces.images.shape == (len(images), 24, 24)
    assert (faces.images == scaled(wide, (24, 24))).all() and (told.images == faces.images).all()
    middle = images[:, :, 12:36].astype(float).mean(axis=(1, 2))
    assert abs(faces.images.astype(float).mean(axis=(1, 2)) - middle).max() < 2
    assert load(tmp_path / "wide.npz").images.shape == (len(images), 48, 96)
    assert (load(tmp_path / "wide.npz", size=24).images == faces.images).all()  # from the cache
    with pytest.raises(InputError, match=r"size must be a whole number of pixels, 1 or more, got 0\."):
        load(tmp_path / "wide.npz", size=0)
    with pytest.raises(InputError, match=r"table 'size'|size must be a (whole )?number"):
        load(f"table:{tmp_path / 'wide.npz'},size=small")


def test_photographs_of_several_sizes_are_scaled_once_and_kept_small(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_CLUSTER_CACHE", str(tmp_path / "cache"))
    fields = np.kron(np.indices((100, 100)).sum(0) % 2, np.ones((4, 4), np.uint8)).astype(np.uint8) * 255
    names = [f"{n}.png" for n in range(5)]
    folder_of(tmp_path / "set", names, [fields[:40, :40]] * 3 + [fields] * 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what was asked for is not told
        faces = load(f"folder:{tmp_path / 'set'},size=200")
    assert (faces.images[3] == fitted(fields, (200, 200))).all() and faces.images[3].std() > 50
    assert sum(f.stat().st_size for f in (tmp_path / "cache").rglob("images.npy")) < 5 * 200 * 200 + 200
    with pytest.warns(UserWarning, match="2 of 5 images were cropped and scaled to 40 x 40 pixels"):
        assert load(tmp_path / "set").images.shape == (5, 40, 40)


def test_names_come_before_paths(tmp_path, monkeypatch, images, emotion):
    monkeypatch.chdir(tmp_path)
    csv_of(tmp_path / "toy", images, emotion)
    assert load("toy:n=35").name == "toy"
    with pytest.raises(InputError, match="toy:n=35 takes no skip_bad"):
        load("toy:n=35", skip_bad="bad.csv")


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("fer213", r"'fer213' is neither .* \(fer2013, folder, table, toy\)\. Did you mean 'fer2013'\?"),
        ("no/such.csv", r"'no/such.csv' is neither a file, a folder nor a data set"),
        ("tyo:n=3", r"Did you mean 'toy'\?"),
        ("nowhere:Faces", "not importable"),
        ("a" * 5000, "is neither a file"),
        (Path("toy"), "'toy' is neither"),
        (7, "named by text or by a path, not by 'int'"),
        ("table", "need a path"),
    ],
)
def test_what_is_not_there(name, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=sentence):
        load(name)


def test_a_folder_may_be_called_by_a_number(tmp_path, images, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("2013", "2_013"):
        folder_of(tmp_path / name, ["a.png"], images[:1])
        assert load(f"folder:{name}").name == load(f"folder:path={name}").name == name


def test_a_path_may_be_text_or_path(tmp_path, images, emotion):
    path = csv_of(tmp_path / "my.csv", images, emotion)
    for named in (path, str(path), f"table:{path}"):
        assert load(named).name == "my" and len(load(named)) == 30
    assert len(Table(path).load()) == 30


# Formats


@pytest.mark.parametrize(
    "keys, shape",
    [
        (("pixels", "emotion", "usage"), (30, 48, 48)),
        (("images", "labels", "split"), (30, 48, 48, 1)),
        (("x", "y", "usage"), (30, 2304)),
    ],
)
def test_npz(tmp_path, images, emotion, keys, shape):
    usage = np.arange(30) % 3
    arrays = dict(zip(keys, (images.reshape(shape), emotion, usage), strict=True))
    np.savez_compressed(tmp_path / "a.npz", **arrays, subject=np.arange(30), other=np.zeros(3))
    with pytest.warns(UserWarning, match="not FER2013 as published"):
        faces = load(tmp_path / "a.npz")
    np.testing.assert_array_equal(faces.images, images)
    assert faces.about["emotion"].tolist() == [EMOTIONS[code] for code in emotion]
    assert faces.about["split"].tolist() == [USAGE[code] for code in usage]
    assert faces.about["subject"].tolist() == list(range(30)) and "other" not in faces.about


def test_npz_of_names_colours_and_wider_numbers(tmp_path):
    grey = np.arange(4 * 9, dtype=np.int64).reshape(4, 3, 3)
    np.savez(tmp_path / "a.npz", pixels=np.stack([grey] * 3, axis=-1), label=["joy", "fear", "", "sad"])
    faces = load(tmp_path / "a.npz")
    np.testing.assert_array_equal(faces.images, grey)
    assert faces.about["emotion"].astype(object).fillna("-").tolist() == ["happy", "fear", "-", "sad"]
    np.savez(tmp_path / "b.npz", pixels=grey.astype(float), emotion=[0, -1, 6, 3])
    assert load(tmp_path / "b.npz").about["emotion"].astype(object).fillna("-").tolist() == [
        "angry",
        "-",
        "neutral",
        "happy",
    ]


def parquet_of(path, images, labels, names=None, **columns):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    encoded = [{"bytes": png_of(image), "path": f"{place}.png"} for place, image in enumerate(images)]
    table = pa.table({"image": encoded, "label": labels, **columns})
    if names:
        features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, path, row_group_size=7)
    return path


def test_parquet_shards_of_the_hub(tmp_path, images):
    names = ["happy", "angry", "contempt"]
    data = tmp_path / "set" / "data"
    parquet_of(data / "test-00000-of-00001.parquet", images[20:], [0, 1] * 5, names)
    parquet_of(data / "train-00000-of-00002.parquet", images[:10], [0, 2] * 5, names)
    parquet_of(data / "train-00001-of-00002.parquet", images[10:20], [1, -1] * 5, names)
    for _ in range(2):  # the second time from the cache
        with pytest.warns(UserWarning, match="no emotion is called contempt"):
            faces = load(tmp_path / "set")
        np.testing.assert_array_equal(faces.images, np.concatenate([images[20:], images[:20]]))
        assert faces.about["split"].tolist() == ["Test"] * 10 + ["Training"] * 20
        expected = ["happy", "angry"] * 5 + ["happy", "-"] * 5 + ["angry", "-"] * 5
        assert faces.about["emotion"].astype(object).fillna("-").tolist() == expected
        assert faces.about["file"].tolist()[0] == "0.png"


def test_parquet_of_one_file_with_columns(tmp_path, images, emotion):
    columns = {"usage": ["train", "test"] * 15, "age": list(range(30)), "box": [[1, 2]] * 30}
    path = parquet_of(tmp_path / "a.parquet", images, emotion.tolist(), **columns)
    faces = load(path)
    assert faces.about["split"].tolist() == ["Training", "Test"] * 15
    assert faces.about["emotion"].tolist() == [EMOTIONS[code] for code in emotion]
    assert faces.about["age"].tolist() == list(range(30)) and "box" not in faces.about


def test_parquet_of_pixels(tmp_path, images):
    pixels = [" ".join(map(str, image.ravel())) for image in images]
    pd.DataFrame({"pixels": pixels, "emotion": "joy"}).to_parquet(tmp_path / "text.parquet")
    lists = [image.ravel().tolist() for image in images]
    pd.DataFrame({"pixels": lists}).to_parquet(tmp_path / "lists.parquet")
    for name in ("text", "lists"):
        np.testing.assert_array_equal(load(tmp_path / f"{name}.parquet").images, images)


@pytest.mark.parametrize(
    "train, test", [("train", "test"), ("Training", "PrivateTest"), ("TRAIN", "Validation")]
)
def test_folders_by_split_and_emotion(tmp_path, images, train, test):
    names = [f"{train}/Happiness/a.png", f"{train}/03_sad/b.png", f"{test}/anger/c.png", f"{test}/6/d.png"]
    images = images[:4, :40]  # not the size of FER2013
    faces = load(folder_of(tmp_path / "set", names, images))
    order = np.argsort(names)
    np.testing.assert_array_equal(faces.images, images[order])
    assert faces.about["file"].tolist() == sorted(names)
    emotions = np.array(["happy", "sad", "angry", "neutral"])[order]
    assert faces.about["emotion"].tolist() == emotions.tolist()
    wanted = {"train": "Training", "TRAIN": "Training", "test": "Test"}
    assert set(faces.about["split"]) == {wanted.get(train, train), wanted.get(test, test)}
    assert faces.name == "set"


def test_folders_of_emotions_alone_and_flat_folders(tmp_path, images):
    faces = Folder(folder_of(tmp_path / "a", ["fear/1.png", "joy/1.png"], images[:2])).load()
    assert faces.about["emotion"].tolist() == ["fear", "happy"] and faces.about["split"].isna().all()
    flat = load(folder_of(tmp_path / "b", ["2.png", "1.PNG", ".hidden.png"], images[:3]))
    assert flat.about["file"].tolist() == ["1.PNG", "2.png"] and flat.about["emotion"].isna().all()


def test_file_names_tell_the_tests_of_a_merged_folder_apart(tmp_path, images):
    names = ["train/sad/Training_12.jpg", "test/sad/PublicTest_7.jpg", "test/happy/PrivateTest_10131363.jpg"]
    (tmp_path / "set").mkdir()
    with pytest.warns(UserWarning, match="1 Training faces instead of 28,709, 1 PublicTest faces instead of"):
        faces = load(folder_of(tmp_path / "set", names, images[:3]))
    assert dict(zip(faces.about["file"], faces.about["split"], strict=True)) == {
        name: name.split("/")[2].split("_")[0] for name in names
    }
    assert faces.name == "set"


def test_files_numbered_by_row_come_in_that_order(tmp_path, images, emotion):
    usage = ["Training"] * 20 + ["PublicTest"] * 5 + ["PrivateTest"] * 5
    folders = [
        ("train" if u == "Training" else "test") + "/" + EMOTIONS[e]
        for u, e in zip(usage, emotion, strict=True)
    ]
    names = [f"{folder}/{u}_{row}.png" for row, (folder, u) in enumerate(zip(folders, usage, strict=True))]
    folder_of(tmp_path / "set", names, images)
    with pytest.warns(UserWarning, match="not FER2013 as published"):
        faces = load(tmp_path / "set")
        table = load(csv_of(tmp_path / "a.csv", images, emotion, usage))
    np.testing.assert_array_equal(faces.images, images)
    assert faces.about["split"].tolist() == usage and faces.fingerprint == table.fingerprint
    assert (splits.split(faces, "paper").part == splits.split(table, "paper").part).all()
    (tmp_path / "set" / names[7]).rename(tmp_path / "set" / folders[7] / f"{usage[7]}_99.png")
    with pytest.warns(UserWarning):
        assert load(tmp_path / "set").about["file"].tolist()[0].startswith("test/")


def test_folders_named_after_no_emotion_are_told_each_time(tmp_path, images):
    folder_of(tmp_path / "set", ["train/bored/a.png", "train/happy/b.png", "train/odd/c.png"], images[:3])
    for _ in range(2):
        with pytest.warns(
            UserWarning, match="no emotion is called bored, odd; the 2 faces there are unlabelled"
        ):
            faces = load(tmp_path / "set")
        assert faces.about["emotion"].notna().tolist() == [False, True, False]


def test_numbered_folders_are_codes_only_where_all_can_be(tmp_path, images):
    codes = load(folder_of(tmp_path / "codes", ["0/a.png", "3/b.png", "6/c.png"], images[:3]))
    assert codes.about["emotion"].tolist() == ["angry", "happy", "neutral"]
    folder_of(tmp_path / "people", ["1/a.png", "2/b.png", "12/c.png"], images[:3])
    with pytest.warns(UserWarning, match="no emotion is called 1, 12, 2"):
        assert load(tmp_path / "people").about["emotion"].isna().all()


def test_colour_becomes_grey_in_every_format(tmp_path):
    colour = np.zeros((40, 40, 3), np.uint8)
    colour[..., 0], colour[..., 1], colour[..., 2] = 200, 100, 50
    for kind in ("png", "jpg", "bmp", "webp"):
        Image.fromarray(colour).save(tmp_path / f"{kind}.{kind}")
    images = load(tmp_path).images
    assert images.shape == (4, 40, 40) and np.abs(images.astype(int) - 124).max() <= 2


def test_a_folder_around_fer2013_csv_is_that_file(tmp_path, images, emotion):
    csv_of(tmp_path / "fer2013.csv", images, emotion, [USAGE[row % 3] for row in range(30)])
    with pytest.warns(UserWarning, match="not FER2013 as published"):
        assert load(tmp_path).name == "fer2013"


# FER+ votes

VOTES = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"


def votes_of(path, usage, extra=0):
    rows = [f"{u},fer{row:07}.png,{row},1,0,0,0,0,0,0,0,{extra}" for row, u in enumerate(usage)]
    path.write_text("\n".join([VOTES, *rows]) + "\n")
    return path


def test_votes_join_by_row(tmp_path, images, emotion):
    path = csv_of(tmp_path / "a.csv", images, emotion)
    faces = load(path, votes=votes_of(tmp_path / "votes.csv", ["Training"] * 30, extra=9))
    wanted = "neutral happiness surprise sadness anger disgust fear contempt unknown nf"
    assert [name for name in faces.about if "votes" in name] == [f"votes_{name}" for name in wanted.split()]
    assert faces.about["votes_neutral"].tolist() == list(range(30)) and (faces.about["votes_nf"] == 9).all()
    assert "votes_neutral" not in load(path).about


def test_votes_skip_the_rows_that_the_faces_skip(tmp_path, images, emotion):
    path = csv_of(tmp_path / "a.csv", images, ["x" if row == 4 else code for row, code in enumerate(emotion)])
    votes = votes_of(tmp_path / "votes.csv", ["Training"] * 30)
    with pytest.warns(UserWarning, match="1 of 30 faces were left out"):
        faces = load(path, votes=votes, skip_bad=tmp_path / "bad.csv")
    assert faces.about["votes_neutral"].tolist() == [row for row in range(30) if row != 4]


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda text: text.replace("contempt,", ""), "has no column contempt"),
        (lambda text: "\n".join(text.split("\n")[:-2]), "votes on 29 faces where 30 were read"),
        (
            lambda text: text.replace("Training,fer0000003", "PublicTest,fer0000003"),
            "face 4 is in PublicTest here",
        ),
        (
            lambda text: text.replace("fer0000003.png,3,", "fer0000003.png,many,"),
            "row 4 has votes that are no whole",
        ),
        (lambda text: "", "no CSV of votes"),
    ],
)
def test_votes_that_do_not_fit(tmp_path, images, emotion, change, sentence):
    path = csv_of(tmp_path / "a.csv", images, emotion)
    votes = votes_of(tmp_path / "votes.csv", ["Training"] * 30)
    votes.write_text(change(votes.read_text()))
    with pytest.raises(InputError, match=sentence):
        load(path, votes=votes)


def test_no_votes_file(tmp_path, images, emotion):
    with pytest.raises(InputError, match="nowhere.csv cannot be read"):
        load(csv_of(tmp_path / "a.csv", images, emotion), votes=tmp_path / "nowhere.csv")


# The cache


@pytest.fixture
def reads(monkeypatch):
    """Count how often a CSV is read."""
    calls = []
    reader = _reading.READERS[".csv"]

    def counted(path, *rest):
        calls.append(path)
        return reader(path, *rest)

    monkeypatch.setitem(_reading.READERS, ".csv", counted)
    return calls


def test_a_second_time_comes_from_the_cache(tmp_path, cache, images, emotion, reads):
    path = csv_of(tmp_path / "a.csv", images, emotion)
    first, second = load(path), load(path)
    assert len(reads) == 1 and isinstance(second.images, np.memmap) and not second.images.flags.writeable
    np.testing.assert_array_equal(second.images, images)
    pd.testing.assert_frame_equal(first.about, second.about)
    (entry,) = entries(cache)
    files = sorted(file.name for file in entry.iterdir())
    assert files == ["about.npz", "entry.json", "images.npy"]


def test_a_changed_file_is_read_again(tmp_path, images, emotion, reads):
    path = csv_of(tmp_path / "a.csv", images, emotion)
    load(path)
    csv_of(path, images[::-1], emotion)
    np.testing.assert_array_equal(load(path).images, images[::-1])
    assert len(reads) == 2


def test_what_an_older_reader_made_is_not_taken(tmp_path, cache, monkeypatch, images, emotion, reads):
    path = csv_of(tmp_path / "a.csv", images, emotion)
    load(path)
    monkeypatch.setattr(_cache, "VERSION", _cache.VERSION + 1)
    load(path)
    assert len(reads) == 2 and len(entries(cache)) == 2


def test_equal_content_shares_one_entry(tmp_path, cache, images, emotion, reads):
    load(csv_of(tmp_path / "a.csv", images, emotion))
    load(csv_of(tmp_path / "b.csv", images, emotion))
    assert len(reads) == 2 and len(entries(cache)) == 1


@pytest.mark.parametrize("file", ["images.npy", "about.npz", "entry.json"])
@pytest.mark.parametrize("damage", ["cut", "flip", "gone", "empty"])
def test_a_damaged_entry_is_built_again(tmp_path, cache, images, emotion, reads, file, damage):
    path = csv_of(tmp_path / "a.csv", images, emotion)
    load(path)
    (entry,) = entries(cache)
    content = (entry / file).read_bytes()
    if damage == "gone":
        (entry / file).unlink()
    else:
        broken = {"cut": content[:-9], "flip": content[:-20] + b"\x07" + content[-19:], "empty": b""}[damage]
        (entry / file).write_bytes(broken)
    faces = load(path)
    np.testing.assert_array_equal(faces.images, images)
    assert faces.about["emotion"].tolist() == [EMOTIONS[code] for code in emotion]
    assert len(reads) == 2
    assert len(load(path)) == 30 and len(reads) == 2  # it was repaired


def test_a_copied_cache_is_believed_after_a_look_at_its_content(tmp_path, cache, images, emotion, reads):
    path = csv_of(tmp_path / "a.csv", images, emotion)
    load(path)
    (entry,) = entries(cache)
    os.utime(entry / "images.npy", (1, 1))
    load(path)
    assert len(reads) == 1


def test_an_entry_that_is_no_image_is_not_believed(tmp_path, cache, images, emotion, reads):
    path = csv_of(tmp_path / "a.csv", images, emotion)
    load(path)
    (entry,) = entries(cache)
    np.save(entry / "images.npy", np.zeros((3, 2)))
    facts = json.loads((entry / "entry.json").read_text())
    facts["files"]["images.npy"] = _cache._facts(entry / "images.npy")
    (entry / "entry.json").write_text(json.dumps(facts))
    np.testing.assert_array_equal(load(path).images, images)


def test_a_cache_that_cannot_be_written(tmp_path, monkeypatch, images, emotion):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FER_CLUSTER_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.warns(UserWarning, match="cannot be written .* held in memory"):
        faces = load(csv_of(tmp_path / "a.csv", images, emotion))
    np.testing.assert_array_equal(faces.images, images)


@pytest.mark.parametrize("room", [0, 100, 20_000])
def test_a_disk_that_fills_up_while_caching(tmp_path, cache, monkeypatch, images, emotion, room):
    import fer_cluster.datasets._store as store

    write_all, written = store._write_all, [0]

    def until_full(file, data):
        written[0] += len(memoryview(data))
        if written[0] > room:
            file.write(bytes(data)[:7])
            raise OSError(28, "No space left on device")
        write_all(file, data)

    monkeypatch.setattr(store, "_write_all", until_full)
    monkeypatch.setattr("fer_cluster.datasets._csv.BLOCK", 9000)
    with pytest.warns(UserWarning, match="No space left on device"):
        faces = load(csv_of(tmp_path / "a.csv", images, emotion))
    np.testing.assert_array_equal(faces.images, images)
    assert entries(cache) == []


def test_a_failure_at_the_end_leaves_no_entry(tmp_path, cache, monkeypatch, images, emotion):
    def fail(*_):
        raise OSError(28, "No space left on device")

    path = csv_of(tmp_path / "a.csv", images, emotion)
    with monkeypatch.context() as patch, pytest.warns(UserWarning, match="No space left"):
        patch.setattr(_cache, "save_about", fail)
        np.testing.assert_array_equal(load(path).images, images)
    assert entries(cache) == [] and not (cache / "seen").exists()


def test_an_interruption_leaves_no_entry(tmp_path, cache, monkeypatch, images, emotion):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(_cache, "save_about", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load(csv_of(tmp_path / "a.csv", images, emotion))
    assert entries(cache) == []


def test_several_at_once_do_no_harm(tmp_path, cache, images, emotion):
    path = csv_of(tmp_path / "a.csv", images, emotion)
    found, start = [], threading.Barrier(4)

    def one():
        start.wait()
        found.append(np.array(load(path).images))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and all((each == images).all() for each in found)
    assert len(entries(cache)) == 1


def test_a_file_that_changes_while_it_is_read_is_not_remembered(tmp_path, monkeypatch, images, emotion):
    path = csv_of(tmp_path / "a.csv", images, emotion)
    reader = _reading.READERS[".csv"]

    def touching(path, *rest):
        reading = reader(path, *rest)
        csv_of(path, images[::-1], emotion)
        return reading

    monkeypatch.setitem(_reading.READERS, ".csv", touching)
    load(path)
    monkeypatch.setitem(_reading.READERS, ".csv", reader)
    np.testing.assert_array_equal(load(path).images, images[::-1])


def test_about_comes_back(tmp_path):
    about = pd.DataFrame(
        {"emotion": pd.Categorical(["sad", None], EMOTIONS), "n": [1, 2], "f": [0.5, np.nan]}
    )
    about = about.assign(word=["a", None], ok=[True, False])
    save_about(tmp_path / "about.npz", about)
    back = load_about(tmp_path / "about.npz")
    assert list(back) == list(about) and back["emotion"].tolist()[0] == "sad" and back["emotion"].isna()[1]
    assert back["n"].tolist() == [1, 2] and back["word"].isna().tolist() == [False, True]
    assert back["ok"].dtype == bool and back["f"].isna().tolist() == [False, True]


def test_store_in_file_and_in_memory_agree(tmp_path, images):
    for store in (Store(tmp_path / "a.npy"), Store()):
        for start in range(0, 30, 7):
            store.append(images[start : start + 7])
        found = store.finish()
        store.close()
        np.testing.assert_array_equal(found, images)
        assert not found.flags.writeable
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), images)


# FER2013 itself


def test_fer2013_is_searched_for(tmp_path, monkeypatch, images, emotion):
    monkeypatch.setattr("fer_cluster.datasets.fer2013._home", lambda: tmp_path / "home")
    monkeypatch.chdir(tmp_path)
    usage = [USAGE[row % 3] for row in range(30)]
    for name in ("home/fer2013.csv", "data/icml_face_data.csv", "fer2013.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        csv_of(tmp_path / name, images, emotion, usage)
        with pytest.warns(
            UserWarning, match=f"^{Path(name).stem} is not FER2013 as published: it has 10 Training"
        ):
            assert len(Fer2013().load()) == 30
    csv_of(tmp_path / "named.csv", images[:9], emotion[:9], usage[:9])
    monkeypatch.setenv("FER_CLUSTER_DATA", str(tmp_path / "named.csv"))
    with pytest.warns(UserWarning, match="named is not"):
        assert len(load("fer2013")) == 9
    monkeypatch.setenv("FER_CLUSTER_DATA", str(tmp_path / "gone"))
    with pytest.raises(InputError, match="There is no file or folder .*gone"):
        load("fer2013")


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    monkeypatch.setattr("fer_cluster.datasets.fer2013._home", lambda: tmp_path / "home")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")


def test_fer2013_is_downloaded_after_saying_so(tmp_path, monkeypatch, nowhere, images, emotion):
    csv_of(tmp_path / "fer2013.csv", images, emotion, [USAGE[row % 3] for row in range(30)])
    asked = []

    def download(handle):
        asked.append(handle)
        return str(tmp_path)

    monkeypatch.setitem(sys.modules, "kagglehub", types.SimpleNamespace(dataset_download=download))
    with pytest.warns(UserWarning) as told:
        faces = Fer2013().load()
    assert asked == ["deadskull7/fer2013"] and len(faces) == 30
    assert "downloading deadskull7/fer2013 from Kaggle" in str(told[0].message)


def test_fer2013_without_a_network(monkeypatch, nowhere):
    def download(handle):
        raise ConnectionError("no route to host")

    monkeypatch.setitem(sys.modules, "kagglehub", types.SimpleNamespace(dataset_download=download))
    with (
        pytest.warns(UserWarning),
        pytest.raises(InputError, match=r"could not be downloaded \(no route to host\)"),
    ):
        Fer2013().load()


def test_fer2013_with_nothing_at_all(monkeypatch, nowhere):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(
        InputError, match=r"not on this machine: get fer2013.csv from https://.*home or name it in"
    ):
        Fer2013().load()


def test_official_counts_are_not_hidden(tmp_path, images, emotion):
    usage = ["Training"] * 20 + ["PublicTest"] * 10
    with pytest.warns(UserWarning) as told:
        faces = load(csv_of(tmp_path / "part.csv", images, emotion, usage))
    (sentence,) = [str(warning.message) for warning in told]
    assert sentence == (
        "part is not FER2013 as published: it has 20 Training faces instead of 28,709, "
        "10 PublicTest faces instead of 3,589, 0 PrivateTest faces instead of 3,589."
    )
    assert faces.name == "part" and len(faces) == 30  # it may be any faces of three parts


def test_other_layouts_are_not_called_fer2013(tmp_path, images, emotion):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load(csv_of(tmp_path / "a.csv", images, emotion)).name == "a"
        small = csv_of(tmp_path / "b.csv", images[:, :8, :8], emotion, [USAGE[row % 3] for row in range(30)])
        assert load(small).name == "b"


@pytest.mark.parametrize("other", ["Test", None])
def test_faces_of_other_parts_are_not_called_fer2013(images, other):
    split = ["Training"] * 20 + ["PublicTest"] * 5 + [other] * 5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert official(Faces(images, pd.DataFrame({"split": split}), "mine")).name == "mine"


def test_what_is_said_to_be_fer2013_is_compared_with_it_whatever_its_layout(images):
    faces = Faces(images[:, :9, :9].copy(), pd.DataFrame({"split": ["Training"] * 30}), "mine")
    with pytest.warns(UserWarning, match="mine is not FER2013 as published: it has 30 Training faces"):
        assert official(faces, asked=True).name == "fer2013"


def test_more_faces_than_fer2013_has_are_told_too(images, monkeypatch):
    monkeypatch.setattr(_official, "COUNTS", {"Training": 20, "PublicTest": 9, "PrivateTest": 0})
    faces = Faces(images, pd.DataFrame({"split": ["Training"] * 20 + ["PublicTest"] * 10}), "more")
    with pytest.warns(UserWarning, match="it has 10 PublicTest faces instead of 9[.]$"):
        official(faces)


def test_the_real_fer2013(tmp_path):
    if not (SHARED / "fer2013.npz").exists():
        pytest.skip("the real FER2013 is not here")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        faces = load(SHARED / "fer2013.npz", votes=SHARED / "ferplus.csv")
    assert faces.name == "fer2013" and len(faces) == 35887
    assert faces.about["split"].value_counts().tolist() == [28709, 3589, 3589]
    with np.load(SHARED / "fer2013.npz") as npz:
        np.testing.assert_array_equal(faces.images[::1000], npz["pixels"][::1000])
    assert splits.split(faces, "paper").name == "paper"


def test_one_parquet_file_is_not_taken_for_another_of_the_same_bytes(tmp_path, images):
    lists = [image.ravel().tolist() for image in images]
    pd.DataFrame({"pixels": lists}).to_parquet(tmp_path / "train.parquet")
    assert set(load(tmp_path / "train.parquet").about["split"]) == {"Training"}
    (tmp_path / "test.parquet").write_bytes((tmp_path / "train.parquet").read_bytes())
    assert set(load(tmp_path / "test.parquet").about["split"]) == {"Test"}


def test_categories_in_parquet(tmp_path, images):
    words = {"emotion": ["happy", "sad", None] * 10, "split": ["train", "test", "test"] * 10}
    columns = {name: pd.Categorical(column) for name, column in (words | {"who": list("abc") * 10}).items()}
    lists = [image.ravel().tolist() for image in images]
    pd.DataFrame({"pixels": lists} | columns).to_parquet(tmp_path / "a.parquet")
    about = load(tmp_path / "a.parquet").about
    assert about["emotion"].tolist()[:2] == ["happy", "sad"] and about["emotion"].isna().sum() == 10
    assert about["split"].tolist()[:3] == ["Training", "Test", "Test"] and about["who"].tolist()[2] == "c"


@pytest.mark.parametrize(
    "rows, told",
    [
        ([[[1, 2], [3, 4]], [[1, 2], [3]]], "row 2 has rows of pixels that are not of one length"),
        ([[[[1, 2], [3, 4]]]], "row 1 is no grey image"),
    ],
)
def test_nested_pixels_that_are_no_image(tmp_path, rows, told):
    pd.DataFrame({"pixels": rows}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match=told):
        load(tmp_path / "a.parquet")


@pytest.mark.parametrize("empty", ["", " ", []], ids=repr)
def test_a_row_of_parquet_without_pixels(tmp_path, empty):
    four = [1, 2, 3, 4] if isinstance(empty, list) else "1 2 3 4"
    pd.DataFrame({"pixels": [four, empty, four]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"row 2 has no pixels"):
        load(tmp_path / "a.parquet")
    with pytest.warns(UserWarning, match="1 of 3 faces were left out"):
        assert len(load(tmp_path / "a.parquet", skip_bad=tmp_path / "bad.csv")) == 2


@pytest.mark.parametrize("words", ["train train test", "test train val", "train val test"])
def test_usual_splits_in_any_order(tmp_path, images, emotion, words):
    words = words.split()
    faces = load(csv_of(tmp_path / "a.csv", images[:3], emotion[:3], words))
    known = {"train": "Training", "test": "Test", "val": "Validation"}
    assert faces.about["split"].tolist() == [known[word] for word in words]


def test_people_within_emotions_are_no_codes(tmp_path, images):
    for place, name in enumerate(["sad/3", "sad/1", "happy/2"]):
        (tmp_path / "f" / name).mkdir(parents=True)
        Image.fromarray(images[place]).save(tmp_path / "f" / name / "a.png")
    about = load(tmp_path / "f").about
    assert dict(zip(about["file"], about["emotion"], strict=True)) == {
        "sad/3/a.png": "sad",
        "sad/1/a.png": "sad",
        "happy/2/a.png": "happy",
    }


def test_faces_of_which_nothing_is_known_are_kept_too(tmp_path, images):
    np.savez(tmp_path / "bare.npz", pixels=images)
    first, second = load(tmp_path / "bare.npz"), load(tmp_path / "bare.npz")
    assert isinstance(second.images, np.memmap) and len(second.about) == 30
    np.testing.assert_array_equal(first.images, second.images)
