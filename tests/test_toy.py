import numpy as np
import pandas as pd
import pytest

from fer_cluster.datasets import _drawing
from fer_cluster.datasets._action_units import EMOTION_UNITS, MOVES, UNITS, activations, geometry
from fer_cluster.datasets._drawing import draw
from fer_cluster.datasets._people import POINTS
from fer_cluster.datasets.toy import EVEN, NEAR_MIDDLE, Toy
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError

NUISANCES = [*NEAR_MIDDLE, *EVEN, "skin", "hair"]
CHOICES = ["identity", "split", "bald", "long_hair", "glasses", "beard"]


@pytest.fixture(scope="module")
def faces():
    return Toy().load()


def units(count=1, **active):
    """Return activations: 0 but for the units named."""
    return pd.DataFrame({f"au{unit}": np.full(count, active.get(f"au{unit}", 0.0)) for unit in UNITS})


def points(**active):
    """Return the moved points of the average face."""
    rest = pd.DataFrame([{name: middle for name, (middle, _) in POINTS.items()}])
    return geometry(rest, units(**active)).iloc[0]


def portrait(size=96, around=None, **active):
    """Return the picture of an average bald face, lit and seen from the front."""
    looks = {"skin": 0.7, "hair": 0.1, "eyes": 0.2, "bald": 1, "long_hair": 0, "glasses": 0, "beard": 0}
    middle = {name: (low + high) / 2 for name, (low, high) in (NEAR_MIDDLE | EVEN).items()}
    row = looks | middle | {"brightness": 1, "contrast": 1, "blur": 0, "noise": 0} | (around or {})
    table = pd.DataFrame([dict(points(**active)) | row])
    return draw(table, size, np.random.default_rng(0))[0].astype(int)


def p_value(values, emotion):
    from scipy import stats

    if values.dtype.kind == "f" and values.nunique() > 20:
        return stats.f_oneway(*[values[emotion == name] for name in EMOTIONS]).pvalue
    return stats.chi2_contingency(pd.crosstab(values, emotion)).pvalue


def test_shape_dtype_columns(faces):
    assert faces.images.shape == (2000, 48, 48) and faces.images.dtype == np.uint8
    assert faces.name == "toy"
    assert {"emotion", "split", "intensity", *CHOICES, *NUISANCES} <= set(faces.about)
    assert {f"au{unit}" for unit in (1, 2, 4, 5, 6, 7, 9, 12, 15, 16, 20, 23, 26)} <= set(faces.about)
    assert not faces.about.isna().any().any()
    assert faces.about["split"].value_counts().to_dict() == {
        "Training": 1600,
        "PublicTest": 200,
        "PrivateTest": 200,
    }
    assert faces.about["emotion"].value_counts(normalize=True).min() >= 0.04
    assert 80 <= faces.about["identity"].nunique() <= 100
    assert (faces.images.std(axis=(1, 2)) > 3).all()  # none is blank


def test_same_seed_same_bytes_other_seed_other_people(faces):
    again = Toy().load()
    assert again.fingerprint == faces.fingerprint
    pd.testing.assert_frame_equal(again.about, faces.about)
    other = Toy(n=200, seed=1).load()
    assert not set(other.about["skin"]) & set(faces.about["skin"])


def test_batches_do_not_change_the_pictures(monkeypatch):
    whole = Toy(n=70).load().images
    monkeypatch.setattr(_drawing, "BATCH", 9)
    assert abs(whole.astype(int) - Toy(n=70).load().images).max() <= 1


def test_looks_belong_to_the_identity(faces):
    looks = ["skin", "hair", "bald", "long_hair", "glasses", "beard"]
    assert (faces.about.groupby("identity")[looks].nunique() == 1).all().all()


@pytest.mark.parametrize("name", [*NUISANCES, *CHOICES])
def test_nuisance_is_independent_of_emotion(faces, name):
    assert p_value(faces.about[name], faces.about["emotion"]) > 1e-3


def test_independence_test_finds_what_depends(faces):
    assert p_value(faces.about["au12"].astype(float), faces.about["emotion"]) < 1e-12
    shifted = faces.about["light_x"] + 0.2 * (faces.about["emotion"] == "happy")
    assert p_value(shifted, faces.about["emotion"]) < 1e-6


def test_facs_table():
    assert EMOTION_UNITS == {
        "happy": (6, 12),
        "sad": (1, 4, 15),
        "surprise": (1, 2, 5, 26),
        "fear": (1, 2, 4, 5, 20, 26),
        "angry": (4, 5, 7, 23),
        "disgust": (9, 15, 16),
        "neutral": (),
    }
    assert set(EMOTION_UNITS) == set(EMOTIONS)
    assert {unit for recipe in EMOTION_UNITS.values() for unit in recipe} <= set(UNITS)


@pytest.mark.parametrize("name", EMOTIONS)
def test_meant_units_are_active_and_others_leak_little(name):
    active = activations(np.full(300, name), np.full(300, 0.8), np.random.default_rng(0))
    for unit in UNITS:
        mean = active[f"au{unit}"].mean()
        assert mean > 0.6 if unit in EMOTION_UNITS[name] else 0.01 < mean < 0.1
    assert active.to_numpy().min() >= 0 and active.to_numpy().max() <= 1


def test_moves_name_points_of_the_face():
    assert {point for moves in MOVES.values() for point in moves} <= set(POINTS)


@pytest.mark.parametrize(
    ("unit", "point", "sign"),
    [
        ("au1", "brow_inner_y", -1),
        ("au2", "brow_outer_y", -1),
        ("au4", "brow_inner_y", 1),
        ("au4", "brow_inner_x", -1),
        ("au5", "lid_up", 1),
        ("au6", "cheek_y", -1),
        ("au6", "lid_low", -1),
        ("au7", "lid_up", -1),
        ("au7", "lid_low", -1),
        ("au9", "nose_lines", 1),
        ("au12", "corner_y", -1),
        ("au15", "corner_y", 1),
        ("au16", "gap_low", 1),
        ("au20", "mouth_width", 1),
        ("au23", "lip_up", -1),
        ("au23", "lip_low", -1),
        ("au26", "chin_y", 1),
        ("au26", "gap_low", 1),
    ],
)
def test_unit_moves_point(unit, point, sign):
    rest, half, full = points(), points(**{unit: 0.5}), points(**{unit: 1.0})
    assert sign * (full[point] - rest[point]) > 0
    assert half[point] == pytest.approx((rest[point] + full[point]) / 2)


def test_frown_does_not_lower_brows_raised_inside():
    assert points(au1=1, au4=1)["brow_inner_y"] < points()["brow_inner_y"] < points(au4=1)["brow_inner_y"]


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_changes_the_picture_where_it_should(unit):
    changed = abs(portrait(**{f"au{unit}": 1}) - portrait()) > 12
    assert changed.sum() > 40
    rows = np.flatnonzero(changed.any(axis=1))
    upper, lower = {1, 2, 4, 5, 7}, {15, 16, 20, 23, 26}
    assert rows.max() < 48 or unit not in upper
    assert rows.min() > 48 or unit not in lower


def test_jaw_drop_opens_a_dark_mouth():
    mouth = np.s_[55:95, 25:71]
    dark = [(portrait(au26=active)[mouth] < 30).sum() for active in (0, 0.5, 1)]
    assert dark[0] + 60 < dark[1] and dark[1] + 60 < dark[2]


def test_smile_shows_teeth():
    mouth, dark = np.s_[60:90, 30:66], {"skin": 0.3}
    white = [(portrait(around=dark, au12=active)[mouth] > 150).sum() for active in (0, 1)]
    assert white[0] == 0 and white[1] > 50


def test_lid_raiser_shows_more_white():
    eyes = np.s_[34:50, 20:76]
    white = [(portrait(**{unit: 1}, around={"brightness": 1.2})[eyes] > 215).sum() for unit in ("au5", "au7")]
    assert white[0] > white[1] + 20


def test_front_face_is_symmetric():
    picture = portrait(au12=1, au1=1)
    difference = abs(picture - picture[:, ::-1])
    assert np.mean(difference > 3) < 0.01  # but for the spark in the eyes


def test_light_falls_from_where_it_says():
    lit = portrait(around={"light_x": 0.9})
    assert lit[30:80, 60:75].mean() > lit[30:80, 21:36].mean() + 30
    assert lit[46:54, 50:54].mean() > lit[46:54, 42:46].mean() + 20  # the flanks of the nose
    below, above = (portrait(around={"light_y": y}) for y in (0.9, -0.9))
    assert below[85:, 40:56].mean() > above[85:, 40:56].mean()


def test_roll_turns_the_picture():
    from scipy.ndimage import rotate

    turned = rotate(portrait().astype(float), -10, reshape=False, mode="nearest")
    middle = np.s_[15:80, 15:80]
    assert np.corrcoef(portrait(around={"roll": 10})[middle].ravel(), turned[middle].ravel())[0, 1] > 0.97


def test_yaw_turns_the_nose_away_from_the_middle_of_the_head():
    head = portrait(around={"yaw": 18, "background": 0, "background_slope": 0})[54] > 40
    nose = portrait(around={"yaw": 18})[56:64, 20:76].sum(axis=0).argmin() + 20  # the nostrils are dark
    assert nose > np.flatnonzero(head).mean() + 9


def test_shift_moves_the_head_by_a_share_of_the_side():
    moved = portrait(around={"shift_x": 1 / 16})
    assert abs(moved[:60, 20:80] - portrait()[:60, 14:74]).mean() < 1


@pytest.mark.parametrize("size", [16, 32, 48, 96])
def test_sizes_show_the_same_faces(size):
    faces, large = Toy(n=20, size=size).load(), Toy(n=20, size=192).load()
    assert faces.images.shape == (20, size, size)
    pd.testing.assert_frame_equal(faces.about, large.about)
    step = 192 // size
    mean = large.images.reshape(20, size, step, size, step).mean(axis=(2, 4))
    for small, expected in zip(faces.images, mean, strict=True):
        assert np.corrcoef(small.ravel(), expected.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("n", [1, 2, 7, 65])
def test_few_faces(n):
    assert len(Toy(n=n).load()) == n


@pytest.mark.parametrize("wrong", [{"n": 0}, {"n": 2.5}, {"size": 15}, {"size": "48"}, {"seed": -1}])
def test_wrong_parameters_are_told(wrong):
    with pytest.raises(InputError, match=rf"{next(iter(wrong))}.*integer"):
        Toy(**wrong).load()


def test_clusters_of_pixels_follow_light_but_emotion_is_there(faces):
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.metrics import adjusted_mutual_info_score as ami

    x = faces.images.reshape(len(faces), -1).astype(np.float32)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    cluster = KMeans(7, n_init=3, random_state=0).fit_predict(PCA(50, random_state=0).fit_transform(x))
    emotion = faces.about["emotion"].cat.codes.to_numpy()
    light = pd.qcut(faces.about["brightness"], 7, labels=False)
    assert ami(emotion, cluster) < 0.05 < ami(light, cluster)
    x = PCA(150, random_state=0, svd_solver="randomized").fit_transform(x)
    training = (faces.about["split"] == "Training").to_numpy()
    model = LinearDiscriminantAnalysis().fit(x[training], emotion[training])
    assert model.score(x[~training], emotion[~training]) > 0.45
