"""Words that an archive holds as bytes, as NumPy and HDF5 often save them."""

import numpy as np
import pytest

from fer_cluster.errors import InputError
from fer_cluster.loading import load

PIXELS = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_CLUSTER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "a.npz"


def test_labels_splits_and_names_may_be_bytes(path):
    who = np.array(["Zoë", "Jo", "Zoë"])
    words = {"emotion": np.array([b"angry", b"happy", b""]), "split": np.array([b"train", b"test", b"mine"])}
    np.savez(path, pixels=PIXELS, who=np.char.encode(who, "utf-8"), **words)
    about = load(path).about
    assert about["emotion"].astype(object).fillna("none").tolist() == ["angry", "happy", "none"]
    assert about["split"].tolist() == ["Training", "Test", "mine"]
    assert about["who"].tolist() == who.tolist()


def test_codes_may_be_bytes(path):
    np.savez(path, pixels=PIXELS, emotion=np.array([b"0", b"3", b"6"]))
    assert load(path).about["emotion"].tolist() == ["angry", "happy", "neutral"]


def test_bytes_that_are_no_emotion_are_told_as_the_word_they_are(path):
    np.savez(path, pixels=PIXELS, emotion=np.array([b"angry", b"hapy", b"sad"]))
    with pytest.raises(InputError, match="row 2 has the emotion 'hapy'.* of which happy is the nearest"):
        load(path)


@pytest.mark.parametrize("column", ["emotion", "split", "who"])
def test_bytes_that_are_no_text_are_told(path, column):
    np.savez(path, pixels=PIXELS, **{column: np.array([b"sad", b"\xff\xfe", b"sad"])})
    with pytest.raises(InputError, match=rf"a.npz: {column} must be text in UTF-8, got the bytes b'.*xff"):
        load(path)


def test_bytes_of_something_else_than_the_faces_are_not_read(path):
    np.savez(path, pixels=PIXELS, noise=np.array([b"\xff\xfe"]))
    assert "noise" not in load(path).about
