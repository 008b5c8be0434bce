import numpy as np
import pandas as pd
import pytest

from fer_cluster.audit import FINDINGS, audit, found
from fer_cluster.datasets._votes import COLUMNS, read_votes
from fer_cluster.duplicates import LIKENESS, content_keys, copied, near_pairs
from fer_cluster.errors import InputError
from fer_cluster.faces import Faces
from fer_cluster.plots.audit import Audit


def counts(findings, by="split"):
    """Return {(finding, part): count}."""
    return {
        (row.finding, getattr(row, by)): row.count
        for row in findings.rename(columns={"count": "n"}).assign(count=findings["count"]).itertuples()
    }


@pytest.fixture
def images(random):
    smooth = np.kron(random.integers(0, 200, size=(12, 4, 4)), np.ones((4, 4)))
    return (smooth + random.integers(0, 40, size=(12, 16, 16))).astype(np.uint8)


@pytest.fixture
def faces(images):
    """Twelve faces with one fault of each kind."""
    images = images.copy()
    images[1] = images[0]  # within Training
    images[6] = images[2]  # PrivateTest, of a training face, with another label
    images[7] = images[8] = images[6]  # and PublicTest
    images[3] = 9  # constant
    images[9] = (images[4] * 0.8 + 10).astype(np.uint8)  # another light, PublicTest
    images[10] = images[5][:, ::-1]  # mirrored
    split = ["Training"] * 6 + ["PrivateTest"] * 2 + ["PublicTest"] * 3 + ["Training"]
    emotion = ["happy", "happy", "sad", "sad", "fear", "fear", "fear", "sad", "sad", "fear", "angry", None]
    return Faces(
        images, pd.DataFrame({"emotion": emotion, "split": split, "file": list("abcdefghijkl")}), "twelve"
    )


def rows(table, finding):
    return table.loc[table["finding"] == finding, "row"].tolist()


def test_no_face_is_nothing_to_audit(faces):
    with pytest.raises(InputError, match="twelve has no face to audit"):
        found(faces[[]])


def test_each_fault_is_found(faces):
    table = found(faces)
    assert list(table) == ["row", "face", "file", "split", "emotion", "finding", "group", "detail"]
    assert rows(table, "constant") == [4]
    assert rows(table, "surplus copy") == [2, 7, 8, 9]
    assert rows(table, "copy within a split") == [1, 2, 7, 8]
    assert rows(table, "copy across splits") == [3, 7, 8, 9]
    assert rows(table, "copy of a training face") == [7, 8, 9]
    assert rows(table, "copies contradict") == [3, 7, 8, 9]
    assert rows(table, "near copy across splits") == [5, 6, 10, 11]
    assert rows(table, "near copy within a split") == []
    assert rows(table, "near copies contradict") == [6, 11]
    np.testing.assert_array_equal(table["file"], faces.about["file"].iloc[table["face"]])  # from 0
    last = table[table["row"] == 11].iloc[0]
    assert last["file"] == "k" and "mirrored" in last["detail"]
    assert table.loc[table["finding"] == "copies contradict", "detail"].unique().tolist() == ["fear, sad"]
    assert (
        table.loc[table["finding"] == "surplus copy", "detail"].tolist()
        == ["equals row 1"] + ["equals row 3"] * 3
    )


def test_the_counts(faces):
    findings = audit(faces)
    table = findings.set_index(["finding", "split"])
    assert findings["split"].unique().tolist() == ["Training", "PublicTest", "PrivateTest", "all"]
    assert table.loc[("surplus copy", "all"), ["count", "of", "groups"]].tolist() == [4, 12, 2]
    assert table.loc[("copies contradict", "all"), ["count", "of", "groups"]].tolist() == [4, 11, 1]
    assert table.loc[("copy of a training face", "all"), ["count", "of"]].tolist() == [3, 5]
    assert table.loc[("copy of a training face", "PublicTest"), "share"] == pytest.approx(1 / 3, abs=1e-4)
    assert not findings["finding"].str.startswith("label").any()
    by = audit(faces, by="emotion").set_index(["finding", "emotion"])
    assert (
        by.loc[("copies contradict", "sad"), "count"] == 3
        and by.loc[("copies contradict", "fear"), "count"] == 1
    )
    with pytest.raises(InputError, match="audit has no 'age'"):
        audit(faces, by="age")


def test_the_likeliest_near_copy_is_told(random):
    first = np.kron(random.integers(0, 256, size=(4, 4)), np.ones((4, 4)))
    noisy = first + random.normal(0, 15, size=(16, 16))
    images = np.stack([first, noisy, first * 0.5 + 20]).clip(0, 255).astype(np.uint8)
    table = found(Faces(images, pd.DataFrame({"split": ["Training"] * 3})))
    details = table.loc[table["finding"] == "near copy within a split"].set_index("row")["detail"]
    assert details[1] == details[3] == "likeness 1.00" and details[2] < "likeness 1.00"


def test_labels_against_votes(faces):
    votes = pd.DataFrame(0, index=range(12), columns=COLUMNS)
    votes["votes_happiness"] = [9, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]
    votes["votes_fear"] = [1, 4, 1, 0, 3, 0, 9, 0, 0, 3, 0, 0]
    votes["votes_nf"] = [0, 0, 2, 0, 3, 8, 0, 0, 0, 4, 0, 0]
    table = found(Faces(faces.images, pd.concat([faces.about, votes], axis=1)))
    assert rows(table, "label tied") == [2, 5]  # nobody voted on rows 4, 8, 9, 11; row 12 has no label
    assert rows(table, "label outvoted") == [3, 6, 10]
    assert table.loc[table["finding"] == "label outvoted", "detail"].tolist()[1] == "nf 8, fear 0"


def test_faces_without_labels_or_splits(images):
    findings = audit(Faces(images, pd.DataFrame(index=range(12))))
    assert findings["split"].unique().tolist() == ["all"] and findings["count"].sum() == 0
    assert Audit().draw(Audit().data(findings)).axes


def test_the_tables_and_the_figure(faces, tmp_path):
    findings = audit(faces, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"audit.csv", "audit.png", "faces.csv"}
    assert len(pd.read_csv(tmp_path / "out" / "faces.csv")) == len(found(faces))
    drawn = pd.read_csv(tmp_path / "out" / "audit.csv")
    assert set(drawn["finding"]) <= set(FINDINGS) and "all" not in set(drawn["split"])
    merged = drawn.merge(findings, on=["finding", "split"])
    assert len(merged) == len(drawn) and (merged["count_x"] == merged["count_y"]).all()
    (ax,) = Audit().draw(drawn).axes
    bars = [bar for container in ax.containers for bar in container]
    assert len(bars) == len(drawn)
    widths = sorted(100 * drawn["count"] / drawn["of"])
    np.testing.assert_allclose(sorted(bar.get_width() for bar in bars), widths)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "Training",
        "PublicTest",
        "PrivateTest",
    ]


def test_keys_tell_images_apart(images):
    keys = content_keys(images)
    assert keys.dtype == np.uint64 and len(set(keys)) == 12
    changed = images.copy()
    changed[5, 15, 15] ^= 1
    assert (content_keys(changed) == keys).tolist() == [row != 5 for row in range(12)]
    assert (content_keys(images[:, :, ::-1][:, :, ::-1]) == keys).all()


def test_copied(images):
    images = np.concatenate([images, images[:3]])
    assert np.flatnonzero(copied(images, np.arange(2))).tolist() == [12, 13]
    assert np.flatnonzero(copied(content_keys(images), np.arange(15) >= 13)).tolist() == [1, 2]


def test_near_pairs_are_all_pairs_that_comparing_everything_gives(random):
    images = np.kron(random.integers(0, 256, size=(70, 3, 3)), np.ones((5, 5)))
    images = np.clip(images + random.normal(0, 9, size=(70, 15, 15)), 0, 255)
    images[35:] = np.where(random.random((35, 1, 1)) < 0.5, images[:35], images[:35, :, ::-1])
    images[35:] += random.normal(0, 1, size=(35, 1, 1)) * random.uniform(0, 40, size=(35, 15, 15))
    images = images.clip(0, 255).astype(np.uint8)
    images[3] = images[40] = 77
    pairs, likeness, mirrored = near_pairs(images, np.arange(70), 0.9)

    flat = [images.reshape(70, -1), images[:, :, ::-1].reshape(70, -1)]
    with np.errstate(invalid="ignore"):
        table = np.corrcoef(np.concatenate(flat).astype(float))
    expected = {
        (i, j, turned)
        for turned in (0, 1)
        for i in range(70)
        for j in range(i + 1, 70)
        if table[i, j + 70 * turned] >= 0.9
    }
    assert len(expected) > 10 and {turned for *_, turned in expected} == {0, 1}
    assert {(i, j, int(m)) for (i, j), m in zip(pairs.tolist(), mirrored, strict=True)} == expected
    for (i, j), alike, turned in zip(pairs, likeness, mirrored, strict=True):
        assert alike == pytest.approx(table[i, j + 70 * turned], abs=1e-4)


def test_near_pairs_cross_tiles(random):
    images = random.integers(0, 256, size=(1300, 6, 6), dtype=np.uint8)
    images[1290], images[700] = images[3] // 2, images[650] // 3
    pairs, _, _ = near_pairs(images, np.arange(1300), 0.99)
    assert sorted(map(tuple, pairs.tolist())) == [(3, 1290), (650, 700)]


def test_what_is_alike_in_the_coarse_alone_is_no_near_pair(random):
    noise = random.integers(0, 256, size=(20, 48, 48), dtype=np.uint8)  # hardly any of it is coarse
    assert len(near_pairs(noise, np.arange(20))[0]) == 0


@pytest.fixture(scope="module")
def real(fer2013):
    from conftest import REAL

    votes = read_votes(REAL / "ferplus.csv", fer2013.about["split"])
    faces = Faces(fer2013.images, pd.concat([fer2013.about, votes], axis=1), "fer2013")
    return faces, found(faces)


def test_what_is_known_of_fer2013(real):
    _, table = real
    assert len(rows(table, "constant")) == 12
    assert len(rows(table, "surplus copy")) == 1853 == 35887 - 34034
    assert table.loc[table["finding"] == "copies contradict", "group"].nunique() == 57
    training = table[table["finding"] == "copy of a training face"]
    assert (training["split"] == "PrivateTest").sum() == 288
    near = table[table["finding"].isin(["near copy within a split", "near copy across splits"])]
    assert 1880 < near["row"].nunique() < 1940 and LIKENESS == 0.94


def test_labels_of_fer2013_against_votes(real):
    # "The label is the plurality for 62 % (fear: 14 %)": between these with and without ties.
    faces, table = real
    for emotion, share in ((None, 0.62), ("fear", 0.14)):
        mine = faces.about["emotion"] == emotion if emotion else np.ones(len(faces), bool)
        labels = table if emotion is None else table[table["emotion"] == emotion]
        outvoted = len(rows(labels, "label outvoted")) / mine.sum()
        tied = len(rows(labels, "label tied")) / mine.sum()
        assert 1 - outvoted - tied < share < 1 - outvoted
        assert tied < 0.035


def test_copies_without_a_label_contradict_nobody(images):
    same = np.repeat(images[:1], 5, axis=0)
    about = pd.DataFrame({"emotion": ["happy", "sad", None, None, None], "split": "Training"})
    table = audit(Faces(same, about, "five")).set_index(["finding", "split"])
    assert table.loc[("copies contradict", "all"), ["count", "of"]].tolist() == [2, 2]
