import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fer_cluster.datasets import _csv
from fer_cluster.datasets._csv import read_csv
from fer_cluster.datasets._decimal import values
from fer_cluster.datasets._exact import read_exact
from fer_cluster.datasets._rejects import Rejects
from fer_cluster.datasets._store import Store
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.loading import load


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_CLUSTER_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("csv")


def read(path, keep=False):
    store, rejects = Store(), Rejects(path, keep)
    reading = read_csv(path, store, rejects)
    return store.finish(), reading.about, rejects.rows


def text_of(image):
    return " ".join(str(value) for value in np.ravel(image))


def as_csv(images, emotion, split, **options):
    out = io.StringIO()
    writer = csv.writer(out, **options)
    writer.writerow(["emotion", "pixels", "Usage"])
    writer.writerows(zip(emotion, map(text_of, images), split, strict=True))
    return out.getvalue().encode()


def exact(monkeypatch):
    """Have every row read by the exact reader."""
    monkeypatch.setattr(_csv, "_parse", lambda block, rows: None)


# The arithmetic


@given(arrays.arrays(np.uint8, st.integers(0, 60)), st.sampled_from([" ", "  ", "   "]))
def test_values_of_good_text(numbers, blank):
    text = blank.join(str(value) for value in numbers).encode()
    found, ends = values(text)
    assert found.tolist() == numbers.tolist()
    assert [text[: end + 1].split()[-1] for end in ends] == [str(value).encode() for value in numbers]


@given(st.text(alphabet="0123456789 -x,.\n", max_size=40))
def test_values_of_any_text(text):
    words = text.split(" ")
    good = all(word == "" or (word.isdecimal() and len(word) <= 3 and int(word) <= 255) for word in words)
    found = values(text.encode())
    assert (found is not None) == good
    if good:
        assert found[0].tolist() == [int(word) for word in words if word]


# Whole files

images_strategy = st.integers(1, 5).flatmap(
    lambda side: arrays.arrays(np.uint8, st.tuples(st.integers(1, 12), st.just(side), st.just(side)))
)


@settings(max_examples=60, deadline=None)
@given(
    images_strategy,
    st.data(),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from([16, 64, 1 << 18]),
)
def test_good_rows_come_back(folder, images, data, quoting, ending, comma, block):
    n = len(images)
    emotion = data.draw(st.lists(st.integers(0, 6), min_size=n, max_size=n))
    split = data.draw(
        st.lists(st.sampled_from(["Training", "PublicTest", "PrivateTest"]), min_size=n, max_size=n)
    )
    content = as_csv(images, emotion, split, quoting=quoting, lineterminator=ending, delimiter=comma)
    (folder / "good.csv").write_bytes(content)
    before, _csv.BLOCK = _csv.BLOCK, block
    try:
        found, about, _ = read(folder / "good.csv")
    finally:
        _csv.BLOCK = before
    np.testing.assert_array_equal(found, images)
    assert about["emotion"].tolist() == [EMOTIONS[code] for code in emotion]
    assert about["split"].tolist() == split


NO_ROWS = ("is empty", "has no column", "but no row", "has two columns", "no CSV header")
ROW = st.one_of(
    st.just(b"3,1 2 3 4,Training"),
    st.just(b'"3","1 2 3 4","Training"'),
    st.tuples(
        st.sampled_from([b"0", b"6", b"7", b"", b"x", b"happy"]),
        st.sampled_from(
            [
                b"1 2 3 4",
                b"1 2 3",
                b"1 2 3 4 5",
                b"1 2 300 4",
                b"-1 2 3 4",
                b"1 x 3 4",
                b"",
                b'"1 2 3 4',
                b"0007 2 3 4",
            ]
        ),
        st.sampled_from([b"Training", b"", b"Train", b"\xff", b'a"b']),
    ).map(b",".join),
    st.binary(max_size=30),
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.lists(ROW, max_size=6).map(lambda rows: b"emotion,pixels,Usage\n" + b"\n".join(rows)),
        st.binary(max_size=80),
    )
)
def test_any_bytes_give_faces_or_one_sentence(folder, content):
    path = folder / "any.csv"
    path.write_bytes(content)
    try:
        images, about, _ = read(path)
    except InputError as error:
        assert str(path) in str(error) and str(error).endswith(".")
        whole = any(word in str(error) for word in NO_ROWS)
        assert whole or "row " in str(error)
    else:
        assert len(images) == len(about) and images.dtype == np.uint8
    kept, about, rejected = keep_good(path)
    assert len(kept) == len(about)
    assert len({row for _, row, _ in rejected}) == len(rejected)


def keep_good(path):
    try:
        return read(path, keep=True)
    except InputError as error:
        assert any(word in str(error) for word in NO_ROWS)
        return [], [], []


@settings(max_examples=100, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=8))
def test_the_two_readers_agree(folder, rows):
    path = folder / "both.csv"
    path.write_bytes(b"emotion,pixels,Usage\n" + b"\n".join(rows))
    fast = keep_good(path)
    parse, _csv._parse = _csv._parse, lambda block, rows: None
    try:
        slow = keep_good(path)
    finally:
        _csv._parse = parse
    np.testing.assert_array_equal(fast[0], slow[0])
    assert fast[2] == slow[2]


def test_the_plain_reader_is_the_one_used(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(
        _csv, "read_exact", lambda file, *rest: calls.append(file.read()) or read_exact(file, *rest)
    )
    images = np.arange(5 * 9, dtype=np.uint8).reshape(5, 3, 3)
    (tmp_path / "a.csv").write_bytes(as_csv(images, [0] * 5, ["Training"] * 5))
    read(tmp_path / "a.csv")
    assert calls == [b""]


# Layouts


def test_the_layout_of_icml(tmp_path):
    path = tmp_path / "icml_face_data.csv"
    path.write_text("emotion, Usage, pixels\n0,Training,1 2 3 4\n3,PrivateTest,5 6 7 8\n")
    images, about, _ = read(path)
    assert images.tolist() == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    assert about["emotion"].tolist() == ["angry", "happy"] and about["split"].tolist() == [
        "Training",
        "PrivateTest",
    ]


@pytest.mark.parametrize("slow", [False, True])
def test_other_columns_are_kept(tmp_path, monkeypatch, slow):
    if slow:
        exact(monkeypatch)
    path = tmp_path / "a.csv"
    path.write_text(
        '\ufeffSubject,PIXELS,Expression,note,,age\n7,1 2 3 4,Joy,"a",x,3\n8,5 6 7 8,anger,,y,4.5\n', "utf-8"
    )
    _, about, _ = read(path)
    assert list(about) == ["emotion", "Subject", "note", "column5", "age"]
    assert about["Subject"].tolist() == [7, 8] and about["age"].tolist() == [3, 4.5]
    assert about["note"].tolist()[0] == "a" and about["note"].isna().tolist() == [False, True]
    assert about["emotion"].tolist() == ["happy", "angry"]


def test_pixels_alone_are_unlabelled_faces(tmp_path):
    (tmp_path / "a.csv").write_text("pixels\n1 2 3 4\n5 6 7 8\n")
    faces = load(tmp_path / "a.csv")
    assert len(faces) == 2 and faces.about["emotion"].isna().all() and faces.about["split"].isna().all()
    assert faces.name == "a"


def test_quotes_commas_and_line_ends_within_fields(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('note,pixels\nplain,1 2 3 4\n"a, b\n""c""",5 6 7 8\nplain,"9 8\t7  6"\n')
    images, about, _ = read(path)
    assert about["note"].tolist() == ["plain", 'a, b\n"c"', "plain"]
    assert images.reshape(3, 4).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 8, 7, 6]]


def test_blanks_before_a_quote_are_no_text(tmp_path):
    (tmp_path / "a.csv").write_text('emotion, pixels, note\n3, "1 2 3 4", "a, b"\n')
    images, about, _ = read(tmp_path / "a.csv")
    assert images.tolist() == [[[1, 2], [3, 4]]] and about["note"].tolist() == ["a, b"]


def test_large_images_and_blank_lines(tmp_path):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, size=(3, 260, 260), dtype=np.uint8)  # longer than csv's own limit
    content = "pixels\n\n" + "\n\n".join(map(text_of, images)) + "\n\n"
    (tmp_path / "a.csv").write_text(content)
    np.testing.assert_array_equal(read(tmp_path / "a.csv")[0], images)
    (tmp_path / "b.csv").write_text(content.replace("\n", "\r\n"))
    np.testing.assert_array_equal(read(tmp_path / "b.csv")[0], images)


def test_long_fields_leave_the_limit_of_csv_alone(tmp_path):
    before = csv.field_size_limit(131_072)
    (tmp_path / "a.csv").write_text("pixels\n1 2 3\n")
    with pytest.raises(InputError):
        read(tmp_path / "a.csv")
    assert csv.field_size_limit(before) == 131_072


# What is wrong, and where


def test_some_faces_may_have_no_label(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("emotion,pixels,Usage\n3,1 2 3 4,a\n-1,1 2 3 5,a\n,1 2 3 6,b\nsad,1 2 3 7,b\n")
    with pytest.warns(UserWarning, match="2 of 4 faces have no emotion"):
        faces = load(path)
    assert faces.about["emotion"].isna().tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    "head, told", [("emtion,pixels,Usage", "'emtion'"), ("emotion,pixels,Usag", "'usag'")]
)
def test_a_mistyped_column_is_told(tmp_path, head, told):
    path = tmp_path / "a.csv"
    path.write_text(f"{head}\n3,1 2 3 4,Training\n3,1 2 3 5,Training\n")
    with pytest.warns(UserWarning, match=f"no column is called .*did you mean {told}"):
        load(path)


GOOD = "3,1 2 3 4,Training"


@pytest.mark.parametrize(
    "row, sentence",
    [
        ("3,1 2 3,Training", "row 3 has 3 pixels instead of 4 (2 x 2)"),
        ("3,1 2 3 4 5,Training", "row 3 has 5 pixels instead of 4 (2 x 2)"),
        ("3,,Training", "row 3 has no pixels"),
        ("3,1 2 300 4,Training", "row 3 has '300' as pixel 3; pixels are whole numbers from 0 to 255"),
        ("3,-1 2 3 4,Training", "row 3 has '-1' as pixel 1"),
        ("3,1 x 3 4,Training", "row 3 has 'x' as pixel 2"),
        ("3,1 2.5 3 4,Training", "row 3 has '2.5' as pixel 2"),
        ("3,1 2 3 \u0663,Training", "row 3 has '\u0663' as pixel 4"),
        (
            "7,1 2 3 4,Training",
            "row 3 has the emotion '7'; allowed are 0 to 6 and angry, disgust",
        ),
        ("-2,1 2 3 4,Training", "row 3 has the emotion '-2'"),
        ("bored,1 2 3 4,Training", "row 3 has the emotion 'bored'; allowed are 0 to 6 and angry, "),
        ("3,1 2 3 4,", "row 3 has no Usage"),
        ("3,1 2 3 4,Priv", "row 3 has the Usage 'Priv'; allowed are Training, PublicTest, PrivateTest"),
        ("3,1 2 3 4", "row 3 has 2 fields instead of 3"),
        ("3,1 2 3 4,Training,5", "row 3 has 4 fields instead of 3"),
        ('3,"1 2 3 4"x,Training', "row 3 is not valid CSV"),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_a_bad_row_is_named(tmp_path, row, sentence, last):
    rows = ["emotion,pixels,Usage", GOOD, GOOD, row] + [GOOD] * (not last)
    path = tmp_path / "a.csv"
    path.write_text("\n".join(rows), "utf-8")
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: {sentence}") and str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    images, _, rejected = read(path, keep=True)
    assert len(images) == 3 - last and [number for _, number, _ in rejected] == [3]


@pytest.mark.parametrize(
    "word, told", [("suprise", ", of which surprise is the nearest;"), ("bored", "neutral;")]
)
def test_a_mistyped_emotion_is_told_its_nearest(tmp_path, word, told):
    (tmp_path / "a.csv").write_text(f"emotion,pixels\n{word},1 2 3 4\n", "utf-8")
    with pytest.raises(InputError, match=f"has the emotion '{word}'; allowed are .*{told} skip_bad leaves"):
        read(tmp_path / "a.csv")


def test_what_one_row_has_too_little_is_not_taken_from_the_next(tmp_path):
    (tmp_path / "a.csv").write_text("pixels\n1 2 3 4\n1 2 3\n4 1 2 3 4\n")
    with pytest.raises(InputError, match="row 2 has 3 pixels instead of 4"):
        read(tmp_path / "a.csv")


def test_the_first_row_tells_the_nearest_square(tmp_path):
    for count in (2303, 2305):
        (tmp_path / "a.csv").write_text(f"pixels\n{text_of(np.zeros(count, int))}\n")
        told = rf"row 1 has {count:,} pixels instead of 2,304 \(48 x 48\); skip_bad leaves such faces out\.$"
        with pytest.raises(InputError, match=told):
            read(tmp_path / "a.csv")


def test_text_that_is_not_utf8(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"pixels,note\n1 2 3 4,caf\xe9\n")
    with pytest.raises(InputError, match="row 1 is not UTF-8 text"):
        read(path)


def test_a_quote_that_never_closes_is_one_bad_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('pixels,note\n1 2 3 4,a\n1 2 3 4,"b\n1 2 3 4,c\n')
    with pytest.raises(InputError, match="row 2 is not valid CSV"):
        read(path)


def test_bad_rows_far_into_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(_csv, "BLOCK", 256)
    images = np.random.default_rng(1).integers(0, 256, size=(200, 3, 3))
    images[[60, 150], 1, 1] = 999
    path = tmp_path / "a.csv"
    path.write_bytes(as_csv(images, [0] * 200, ["Training"] * 200))
    with pytest.raises(InputError, match="row 61 has '999' as pixel 5"):
        read(path)
    kept, about, rejected = read(path, keep=True)
    np.testing.assert_array_equal(kept, np.delete(images, [60, 150], axis=0))
    assert [row for _, row, _ in rejected] == [61, 151] and about.index.tolist() == list(range(198))


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"emotion,pixels,Usage\n", "has a header but no row"),
        (b"emotion,pixels,Usage", "has a header but no row"),
        (b"emotion,Usage\n1,Training\n", "has no column named pixels; its columns are emotion, Usage"),
        (b"pixels,Pixels\n1,1\n", "has two columns named 'pixels'"),
        (b"\x00\x01\x02", "has no column named pixels"),
    ],
)
def test_files_without_faces(tmp_path, content, sentence):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        read(path)


def test_ages_are_no_mistyped_usage(tmp_path, recwarn):
    path = tmp_path / "ages.csv"
    path.write_text("age,emotion,pixels\n" + "".join(f"{30 + i},{i % 2},{i} 1 2 3\n" for i in range(4)))
    assert load(path).about["age"].tolist() == [30, 31, 32, 33]
    assert not [str(one.message) for one in recwarn if "did you mean" in str(one.message)]
