"""Features of several views, of parts of a face, and of its geometry."""

import numpy as np
import pytest

from fer_cluster import catalog
from fer_cluster.chain import Chain, chained
from fer_cluster.errors import InputError
from fer_cluster.features.geometry import Geometry
from fer_cluster.features.hog import Hog
from fer_cluster.features.pixels import Pixels
from fer_cluster.features.regions import _WINDOWS, Regions, cut
from fer_cluster.features.several import Several


@pytest.fixture
def images(random):
    smooth = np.kron(random.integers(0, 256, size=(60, 6, 6)), np.ones((4, 4)))
    return np.clip(smooth + random.normal(0, 5, size=(60, 24, 24)), 0, 255).astype(np.uint8)


# ---- a chain told as text


def test_a_text_tells_features_steps_and_parameters():
    chain = chained("hog:cell=6;mirror=True > whiten:9 > unit", 4)
    assert (chain.extractor.cell, chain.extractor.mirror) == (6, True)
    assert [type(step).__name__ for step in chain.steps] == ["Whiten", "Unit"]
    assert chain.steps[0].n_components == 9
    assert chained("patches", 4).extractor.random_state == 4
    assert chained("patches:random_state=7", 4).extractor.random_state == 7


@pytest.mark.parametrize("text", ["", "hog>", "hog>>unit", 3])
def test_a_text_without_parts_is_explained(text):
    with pytest.raises(InputError, match="hog > whiten:64"):
        chained(text, 0)


def test_an_unknown_part_of_a_text_is_explained():
    with pytest.raises(InputError, match="Did you mean 'whiten'"):
        chained("hog>whitten", 0)


# ---- several


class Trained:
    """Two features, trained: it notes the folder that its training goes on from."""

    folders = ()

    def fit(self, images, y=None, checkpoint=None):
        Trained.folders = (*Trained.folders, checkpoint)
        return self

    def transform(self, images):
        return images[:, 0, :2].astype(np.float32)


def test_views_stand_side_by_side_with_the_same_total_variance(images):
    part = catalog.make("features", "several:hog|pixels:32")
    x = Chain(part).fit(images).transform(images)
    hog, pixels = Hog().fit(images).transform(images), Pixels(32).fit(images).transform(images)
    assert x.shape == (60, hog.shape[1] + 32) and x.dtype == np.float32
    for ours, view in ((x[:, :-32], hog), (x[:, -32:], pixels)):
        expected = (view - view.mean(0)) / np.sqrt(view.var(0).sum())
        np.testing.assert_allclose(ours, expected, atol=1e-5)
        assert ours.var(0).sum() == pytest.approx(1, abs=1e-4)


def test_the_scale_is_that_of_the_faces_fitted_on(images):
    part = Several("pixels:4").fit(images[:30])
    pixels = Pixels(4).fit(images[:30])
    fitted = pixels.transform(images[:30])
    expected = (pixels.transform(images[30:]) - fitted.mean(0)) / np.sqrt(fitted.var(0).sum())
    np.testing.assert_allclose(part.transform(images[30:]), expected, atol=1e-5)


def test_a_view_may_have_steps_and_named_parameters(images):
    part = catalog.make("features", "several:parts=hog:mirror=True;cell=6>whiten:5|pixels:3")
    x = part.fit(images).transform(images)
    assert x.shape == (60, 8) and part.views_[0].extractor.cell == 6
    np.testing.assert_allclose(x[:, :5].var(0), 0.2, atol=1e-3)  # whitened: alike, of 1 in all


def test_places_of_views_that_tell_them(images):
    part = Several("hog|pixels:3|hog>whiten:4").fit(images)
    hog = Hog().fit(images)
    np.testing.assert_array_equal(part.place_[: len(hog.place_)], hog.place_)
    assert np.isnan(part.place_[len(hog.place_) :]).all() and len(part.place_) == len(hog.place_) + 7


def test_each_trained_view_goes_on_from_a_folder_of_its_own(images, tmp_path, monkeypatch):
    monkeypatch.setattr(Trained, "folders", ())
    both = f"{__name__}:Trained|{__name__}:Trained"
    Chain(Several(both)).fit_transform(images, checkpoint=tmp_path)
    assert Trained.folders == (tmp_path / "view_0", tmp_path / "view_1")
    Several(both).fit(images)
    assert Trained.folders[2:] == (None, None)


def test_a_view_that_does_not_vary_does_no_harm():
    blank = np.full((40, 24, 24), 7, np.uint8)
    assert (Several("hog|pixels:2").fit(blank).transform(blank) == 0).all()


def test_an_unknown_view_is_explained(images):
    with pytest.raises(InputError, match="Did you mean 'pixels'"):
        Several("hog|pixel").fit(images)
    with pytest.raises(InputError, match="hog > whiten:64"):
        Several("hog|").fit(images)


# ---- regions


@pytest.fixture
def frames(images):
    return np.kron(images, np.ones((2, 2), np.uint8))  # 48 x 48


def test_each_region_is_described_by_a_part_of_its_own(frames):
    part = Regions().fit(frames)
    x = part.transform(frames)
    mouth = frames[:, 30:46, 10:38]
    hog = Hog(cell=4, mirror=True).fit(mouth).transform(mouth)
    np.testing.assert_allclose(x[:, : hog.shape[1]], hog, atol=1e-6)
    assert x.dtype == np.float32 and [len(one.steps) for one in part.described_] == [0, 0, 0]
    only = Regions(region="mouth").fit(frames).transform(frames)
    np.testing.assert_array_equal(only, x[:, : hog.shape[1]])


@pytest.mark.parametrize("name", list(_WINDOWS))
def test_what_lies_outside_a_region_changes_nothing(frames, name):
    part = Regions(region=name).fit(frames)
    other = 255 - frames
    top, bottom = (round(share * 48) for share in _WINDOWS[name][:2])
    margin = round(_WINDOWS[name][2] * 48)
    other[:, top:bottom, margin : 48 - margin] = frames[:, top:bottom, margin : 48 - margin]
    np.testing.assert_array_equal(part.transform(other), part.transform(frames))


def test_a_mirrored_face_has_the_same_regions(frames):
    part = Regions(feature="pixels:8", region="mouth+brows").fit(frames)
    x, mirrored = part.transform(frames), part.transform(np.ascontiguousarray(frames[:, :, ::-1]))
    np.testing.assert_allclose(mirrored, x, atol=1e-4)
    assert x.std(0).min() > 0.01


def test_windows_lie_evenly_about_the_middle():
    frame = np.arange(40 * 45).reshape(1, 40, 45)
    for top, bottom, left, right in _WINDOWS.values():
        assert left + right == pytest.approx(1)
        window = cut(frame, (top, bottom, left, right))
        np.testing.assert_array_equal(window[:, :, ::-1], cut(frame[:, :, ::-1], (top, bottom, left, right)))


def test_the_mouth_is_found_by_its_place(frames):
    part = catalog.make("features", "regions:eyes+mouth,feature=hog:cell=4;block=1").fit(frames)
    low = part.place_[:, 0] > 0.75  # where self_training looks for it
    x = part.transform(frames)
    np.testing.assert_array_equal(
        x[:, low], Regions("mouth", "hog:cell=4;block=1").fit(frames).transform(frames)
    )
    assert (part.place_[:, 1] == 0.5).all() and 0 < low.sum() < len(low)


def test_a_region_may_have_steps_and_folders_of_its_own(frames, tmp_path, monkeypatch):
    assert Regions(feature="hog>whiten:3").fit(frames).transform(frames).shape == (60, 9)
    monkeypatch.setattr(Trained, "folders", ())
    Chain(Regions("mouth+eyes", f"{__name__}:Trained")).fit_transform(frames, checkpoint=tmp_path)
    assert Trained.folders == (tmp_path / "mouth", tmp_path / "eyes")


def test_unusable_regions_are_explained(frames):
    with pytest.raises(InputError, match="Did you mean 'mouth'"):
        Regions("eyes+moth").fit(frames)
    with pytest.raises(InputError, match="Did you mean 'hog'"):
        Regions(feature="hogg").fit(frames)
    with pytest.raises(InputError, match="uint8"):
        Regions().fit(frames.astype(float))
    with pytest.raises(InputError, match=r"reads images \(n, 48, 48\)"):
        Regions().fit(frames).transform(frames[:, :40])


# ---- geometry


def face(brow=11, eye=18, mouth=37, tall=2, wide=10):
    """Return a drawn face: dark brows, eyes and mouth on grey."""
    drawn = np.full((48, 48), 170, np.uint8)
    drawn[brow : brow + 2, 8:18] = drawn[brow : brow + 2, 30:40] = 60
    drawn[eye : eye + 3, 10:16] = drawn[eye : eye + 3, 32:38] = 40
    drawn[28:30, 21:27] = 110
    drawn[mouth : mouth + tall, 24 - wide : 24 + wide] = 30
    return drawn


def measured(*faces):
    """Return the numbers of faces by name, each an array."""
    part = Geometry().fit(np.stack(faces))
    return dict(zip(part.names_, part.transform(np.stack(faces)).T, strict=True))


def test_rows_are_where_the_bars_are():
    at = measured(face())
    assert at["brows_row"][0] == pytest.approx(12 / 48, abs=0.005)  # the middle of rows 11 and 12
    assert at["eyes_row"][0] == pytest.approx(19.5 / 48, abs=0.005)
    assert at["mouth_row"][0] == pytest.approx(38 / 48, abs=0.005)
    assert at["brow_above_eye"][0] == pytest.approx(7.5 / 48, abs=0.01)
    assert at["mouth_out"][0] == pytest.approx(10 / 2 / 24, abs=0.03)  # the bar ends 10 columns out


def test_what_moves_changes_its_own_numbers():
    at = measured(face(), face(brow=9), face(mouth=40), face(tall=6), face(wide=6))
    assert at["brow_above_eye"][1] - at["brow_above_eye"][0] == pytest.approx(2 / 48, abs=0.006)
    assert at["mouth_row"][2] - at["mouth_row"][0] == pytest.approx(3 / 48, abs=0.005)
    assert at["eye_to_mouth"][2] - at["eye_to_mouth"][0] == pytest.approx(3 / 48, abs=0.005)
    np.testing.assert_allclose(at["mouth_open"][[0, 3]], [2 / 48, 6 / 48], atol=1e-6)
    assert at["mouth_width"][0] - at["mouth_width"][4] > 2.5 / 24
    for name in ("eyes_row", "eyes_out", "eye_open", "eye_dark"):
        assert at[name][2] == pytest.approx(at[name][0], abs=0.01)
    np.testing.assert_allclose(at["eye_open"][:2], 3 / 48, atol=1e-6)


def test_slants_are_told_with_their_sign():
    down, up = face(), face()
    down[34:42], up[34:42] = 170, 170
    for out in range(10):
        for column in (23 - out, 24 + out):
            down[37 + out // 3, column] = up[40 - out // 3, column] = 30
    at = measured(down, face(), up)
    assert at["mouth_slant"][0] > 0.05 and at["mouth_slant"][2] < -0.05
    assert at["mouth_slant"][1] == pytest.approx(0, abs=0.01)


def test_a_mirrored_face_has_the_same_geometry(frames):
    part = Geometry().fit(frames)
    mirrored = part.transform(np.ascontiguousarray(frames[:, :, ::-1]))
    np.testing.assert_allclose(mirrored, part.transform(frames), atol=1e-4)


def test_brightness_and_contrast_change_little(frames):
    part = Geometry().fit(frames)
    x, dim = part.transform(frames // 2 * 2), part.transform(frames // 2 + 50)
    np.testing.assert_allclose(dim, x, atol=0.15)
    rows = [name.endswith(("_row", "_out")) for name in part.names_]
    np.testing.assert_allclose(dim[:, rows], x[:, rows], atol=0.01)


def test_every_number_has_a_name_and_a_line_in_the_table(frames):
    part = Geometry().fit(frames)
    assert part.transform(frames[:3]).shape == (3, len(part.names_)) and 20 <= len(part.names_) <= 60
    assert len(set(part.names_)) == len(part.names_)
    for name in part.names_:
        band, _, rest = name.partition("_")
        in_bands = band in ("brows", "eyes", "nose", "mouth") and f"``BAND_{rest}``" in Geometry.__doc__
        assert in_bands or f"``{name}``" in Geometry.__doc__, name


def test_geometry_of_other_sizes_and_what_is_too_small(frames):
    for shape in ((30, 41), (96, 96)):
        few = np.kron(frames, np.ones((2, 2), np.uint8))[:9, : shape[0], : shape[1]]
        assert np.isfinite(Geometry().fit(few).transform(few)).all()
    with pytest.raises(InputError, match="too small"):
        Geometry().fit(frames[:, :9])
    with pytest.raises(InputError, match="uint8"):
        Geometry().fit(frames.astype(float))
    with pytest.raises(InputError, match=r"reads images \(n, 48, 48\)"):
        Geometry().fit(frames).transform(frames[:, :40])
