import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from fer_cluster import splits
from fer_cluster.datasets._labels import emotions
from fer_cluster.emotions import COLOURS, EMOTIONS, as_emotion, emotion_of
from fer_cluster.errors import InputError
from fer_cluster.faces import Faces


@pytest.mark.parametrize(
    "word, emotion",
    [
        ("Anger", "angry"),
        ("HAPPINESS", "happy"),
        ("3", "happy"),
        ("3.0", "happy"),
        (3.0, "happy"),
        ("03", "happy"),
        ("3.5", None),
        ("7", None),
        ("06_neutral", "neutral"),
        ("bored", None),
    ],
)
def test_aliases(word, emotion):
    assert emotion_of(word) == emotion


def test_codes_and_missing():
    assert as_emotion([0, 6, -1]).tolist()[:2] == ["angry", "neutral"]
    assert as_emotion([0, 6, -1]).isna().tolist() == [False, False, True]
    assert tuple(as_emotion(["fear"]).categories) == EMOTIONS == tuple(COLOURS)


def test_images_must_match_about():
    with pytest.raises(InputError, match="2 images but about has 1 rows"):
        Faces(np.zeros((2, 4, 4), np.uint8), pd.DataFrame({"emotion": ["sad"]}))


def test_images_must_be_uint8():
    with pytest.raises(InputError, match="uint8"):
        Faces(np.zeros((2, 4, 4)), pd.DataFrame({"emotion": ["sad", "sad"]}))


def test_slices_keep_images_and_rows_together(tiny):
    some = tiny[np.asarray(tiny.about["emotion"] == "happy")]
    assert len(some) == 10
    assert set(some.about["emotion"]) == {"happy"}
    assert (some.images // 30 >= 3).all()
    assert tiny[5:8].about["emotion"].tolist() == tiny.about["emotion"].tolist()[5:8]


def test_rows_without_a_gap_stay_a_view(tiny):
    assert np.shares_memory(tiny[np.arange(10, 20)].images, tiny.images)


def test_faces_are_frozen(tiny):
    with pytest.raises(AttributeError):
        tiny.name = "other"


def test_fingerprint_sees_pixels_emotions_and_splits(tiny):
    same = Faces(tiny.images.copy(), tiny.about.copy(), "other name")
    assert same.fingerprint == tiny.fingerprint
    images = tiny.images.copy()
    images[3, 2, 1] += 1
    assert Faces(images, tiny.about).fingerprint != tiny.fingerprint
    assert Faces(tiny.images, tiny.about.assign(split="Training")).fingerprint != tiny.fingerprint
    assert Faces(tiny.images, tiny.about.assign(emotion="sad")).fingerprint != tiny.fingerprint


def test_official(tiny):
    parts = splits.split(tiny)
    assert (parts.name, parts.fit, parts.report) == ("official", "Training", "PrivateTest")
    assert parts.parts == ["Training", "PublicTest", "PrivateTest"]
    assert not parts.transductive


def test_official_reports_on_the_test_part_there_is(tiny):
    about = tiny.about.assign(split=np.where(tiny.about["split"] == "Training", "Training", "Test"))
    assert splits.split(Faces(tiny.images, about)).report == "Test"


def test_official_needs_a_split_of_its_own(tiny):
    with pytest.raises(InputError, match="no official split"):
        splits.split(Faces(tiny.images, tiny.about.drop(columns="split")), "official")


@pytest.mark.parametrize("n", [70, 66])  # a fifth of 66 is rounded up
def test_paper_is_scikit_learns_split(tiny, n):
    _, test = train_test_split(range(n), test_size=0.2, random_state=42)
    parts = splits.split(tiny[:n], "paper")
    assert np.flatnonzero(parts.part == "test").tolist() == sorted(test)


def test_paper_on_the_real_faces_has_the_printed_supports(fer2013):
    parts = splits.split(fer2013, "paper")
    counts = fer2013.about["emotion"][parts.part == "test"].value_counts(sort=False)
    assert counts.tolist() == [985, 102, 1043, 1765, 1210, 795, 1278]


def test_faces_without_a_part_are_unused(tiny):
    about = tiny.about.assign(split=tiny.about["split"].where(np.arange(70) % 5 > 0))
    parts = splits.split(Faces(tiny.images, about))
    assert (parts.part[::5] == "unused").all() and (parts.part == "unused").sum() == 14
    assert (parts.fit, parts.report) == ("Training", "PrivateTest")


def test_paper_refuses_fer2013_in_another_order(fer2013):
    with pytest.raises(InputError, match="row order"):
        splits.split(fer2013[np.arange(len(fer2013))[::-1]], "paper")


def test_all_is_transductive(tiny):
    parts = splits.split(tiny, "all")
    assert parts.transductive and parts.parts == ["all"]


def test_stratified_takes_a_fifth_of_each_emotion_by_seed(tiny):
    bare = Faces(tiny.images, tiny.about.drop(columns="split"))
    parts = splits.split(bare)
    assert parts.name == "stratified"
    assert bare.about["emotion"][parts.part == "test"].value_counts().eq(2).all()
    assert (splits.split(bare, seed=0).part == parts.part).all()
    assert (splits.split(bare, seed=1).part != parts.part).any()


def test_too_few_faces_for_a_fifth_have_one_test_face(tiny):
    parts = splits.split(tiny[:3], "stratified")
    assert sorted(parts.part) == ["test", "train", "train"]


def test_every_emotion_of_two_faces_or_more_is_tested(tiny):
    emotion = ["happy"] * 4 + ["sad"] * 2 + ["fear"] + [None] * 63
    few = Faces(tiny.images, pd.DataFrame({"emotion": emotion}))
    tested = few.about["emotion"][splits.split(few, "stratified").part == "test"].value_counts(dropna=False)
    assert tested["happy"] == tested["sad"] == 1 and tested["fear"] == 0 and tested[np.nan] == 12
    single = Faces(tiny.images[:20], pd.DataFrame({"emotion": ["happy", "sad", "fear"] + [None] * 17}))
    assert single.about["emotion"][splits.split(single, "stratified").part == "test"].notna().sum() == 1


def test_without_labels_and_parts_all_faces_are_one_part(tiny):
    assert splits.split(Faces(tiny.images, pd.DataFrame(index=range(70)))).name == "all"


def test_an_unknown_split_names_the_nearest(tiny):
    with pytest.raises(InputError, match="Did you mean 'official'"):
        splits.split(tiny, "oficial")


def test_codes_that_a_missing_label_made_floats():
    assert as_emotion([0.0, 3.0, np.nan]).tolist()[:2] == ["angry", "happy"]
    assert as_emotion([0.5, 3.0]).isna().tolist() == [True, False]
    faces = Faces(np.zeros((3, 4, 4), np.uint8), pd.DataFrame({"emotion": [4, None, 6]}))
    assert faces.about["emotion"].tolist()[::2] == ["sad", "neutral"]


def test_labels_in_memory_are_read_as_those_of_a_file():
    words = ["3.0", "03", "+4", "-1", "Happiness", "06_neutral"]
    faces = Faces(np.zeros((len(words), 4, 4), np.uint8), pd.DataFrame({"emotion": words}))
    read, faults = emotions(words)
    told = faces.about["emotion"].astype(object)
    assert told.where(told.notna(), None).tolist() == read and not faults
    assert read == ["happy", "happy", "sad", None, "happy", "neutral"]


@pytest.mark.parametrize("rows", [[-1], [-2, -1], [-1, 0, 1], [], [2, 5], [3, 4]])
def test_indices_are_those_of_numpy(tiny, rows):
    expected = np.arange(len(tiny))[np.array(rows, int)]
    np.testing.assert_array_equal(tiny[rows].images, tiny.images[expected])
    assert tiny[rows].about["emotion"].tolist() == tiny.about["emotion"].iloc[expected].tolist()


def test_a_mask_has_a_value_for_each_face(tiny):
    with pytest.raises(IndexError, match="The mask has 2 values for"):
        tiny[[True, False]]


@pytest.mark.parametrize(
    "given", [pd.Categorical(["a", None, "b"]), [0, 1, 2]], ids=["categories", "numbers"]
)
def test_splits_are_words(given):
    faces = Faces(np.zeros((3, 4, 4), np.uint8), pd.DataFrame({"split": given}))
    expected = [None if pd.isna(one) else str(one) for one in given]
    assert [None if pd.isna(one) else one for one in faces.about["split"]] == expected
    assert faces.fingerprint and len(splits.split(faces, "stratified").part) == 3


def test_rows_that_are_not_there_or_are_no_rows(tiny):
    for rows in ([70], [68, 69, 70], [-71], np.array([5, 200])):
        with pytest.raises(IndexError, match="There are 70 faces"):
            tiny[rows]
    with pytest.raises(InputError, match="whole numbers"):
        tiny[[1.5]]
    with pytest.raises(InputError, match="by a slice, a list"):
        tiny[3]
    assert len(tiny[[]]) == 0 and len(tiny[[-1, 0]]) == 2


def test_what_is_no_array_and_no_table_is_refused(tiny):
    with pytest.raises(InputError, match="about a DataFrame, got list and DataFrame"):
        Faces(list(tiny.images), tiny.about)
    with pytest.raises(InputError, match="about a DataFrame, got ndarray and list"):
        Faces(tiny.images, ["happy"] * 70)


def test_whatever_a_table_holds_can_be_kept(tiny, tmp_path):
    about = pd.DataFrame({"person": [1, "x", None] + [2.5] * 67, 0: range(70), "age": [20] * 70})
    about["box"] = [{"left": 1}] * 70
    faces = Faces(tiny.images, about)
    assert faces.about["person"][:2].tolist() == ["1", "x"] and faces.about["person"].isna().sum() == 1
    assert faces.about["age"].dtype.kind == "i"
    assert faces.about["0"].tolist() == list(range(70)) and faces.about["box"][0] == "{'left': 1}"
    faces.about.to_parquet(tmp_path / "about.parquet")


def test_words_that_are_no_emotion_are_told(tiny):
    with pytest.warns(
        UserWarning, match="2 faces are unlabelled, as no emotion is called 'hapy', 9; the seven"
    ):
        found = Faces(tiny.images[:5], pd.DataFrame({"emotion": ["hapy", 9, -1, None, "happy"]}))
    assert found.about["emotion"].notna().tolist() == [False, False, False, False, True]


def test_parts_without_one_to_fit_on_are_no_official_split(tiny):
    names = tiny.about["split"].astype(str).replace({"Training": "anna", "PublicTest": "bert"})
    assert splits.split(Faces(tiny.images, tiny.about.assign(split=names))).name == "stratified"
