"""Files and folders are written whole or not at all."""

import os
import time

import pytest

from fer_cluster import atomic


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_its_place_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "scores.csv"
    with atomic.writing(path) as temporary:
        temporary.write_text("half")
        assert temporary.suffix == ".csv" and not path.exists()
    assert path.read_text() == "half" and names(path.parent) == ["scores.csv"]


def test_after_an_error_the_older_file_and_folder_are_as_they_were(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "old").touch()
    (tmp_path / "table").write_text("old")
    with pytest.raises(ZeroDivisionError), atomic.writing(tmp_path / "table") as temporary:
        temporary.write_text("new")
        1 / 0  # noqa: B018
    with pytest.raises(ZeroDivisionError), atomic.writing_folder(tmp_path / "run") as temporary:
        (temporary / "new").touch()
        1 / 0  # noqa: B018
    assert names(tmp_path) == ["run", "table"]
    assert (tmp_path / "table").read_text() == "old" and names(tmp_path / "run") == ["old"]


@pytest.mark.parametrize("swaps", [True, False])
def test_a_folder_takes_the_place_of_an_older_one(tmp_path, monkeypatch, swaps):
    if not swaps:
        monkeypatch.setattr(atomic, "_swapped", lambda one, other: False)
    for name in ("first", "second"):
        with atomic.writing_folder(tmp_path / "run") as temporary:
            (temporary / name).touch()
    assert names(tmp_path) == ["run"] and names(tmp_path / "run") == ["second"]


def test_what_a_killed_process_left_is_taken_away_after_a_day(tmp_path):
    long_ago = time.time() - 25 * 3600
    for name in (".writing-killed", ".writing-busy", "mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "state").touch()
    for name in (".writing-killed", "mine"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    with atomic.writing_folder(tmp_path / "run"):
        pass
    assert names(tmp_path) == [".writing-busy", "mine", "run"]
