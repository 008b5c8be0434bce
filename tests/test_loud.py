"""Steps that make expression loud, on features made so that the answer is known."""

import numpy as np
import pytest

from fer_cluster.chain import Chain
from fer_cluster.errors import InputError
from fer_cluster.features.hog import Hog
from fer_cluster.features.pixels import Pixels
from fer_cluster.steps._subspace import leading, mean_square
from fer_cluster.steps.local_changes import LocalChanges
from fer_cluster.steps.remove_identity import RemoveIdentity, from_afar


@pytest.fixture
def images(random):
    smooth = np.kron(random.integers(0, 256, size=(120, 6, 6)), np.ones((4, 4)))
    return np.clip(smooth + random.normal(0, 6, size=(120, 24, 24)), 0, 255).astype(np.uint8)


# ---- directions that local warps change


class Rows:
    """The row of a dark bar at the nose, that of bright marks at the sides, and the mean grey value."""

    @staticmethod
    def faces(n, random):
        faces = np.full((n, 48, 48), 128, np.uint8)
        for face, nose, marks in zip(faces, *random.integers(27, 32, size=(2, n)), strict=True):
            face[nose : nose + 3, 12:36] = 0
            face[marks : marks + 3, :7] = face[marks : marks + 3, 41:] = 255
        return faces

    def fit(self, images):
        return self

    def transform(self, images):
        x = images.astype(float)
        sides = np.delete(x, slice(4, 44), axis=2)
        return np.stack([_row(-x[:, :, 16:32]), _row(sides), x.mean((1, 2))], axis=1)


def _row(x):
    """Return the mean row of what is bright, column by column."""
    above = x - np.median(x, axis=1, keepdims=True)
    bright = (above > above.max(1, keepdims=True) / 2).astype(float)
    return ((bright * np.arange(x.shape[1])[:, None]).sum(1) / np.maximum(bright.sum(1), 1)).mean(1)


def test_what_only_a_local_warp_changes_is_kept(random):
    faces = Rows.faces(600, random)
    step = LocalChanges(n_components=1, bands="nose", ridge=1e-3)
    chain = Chain(Rows(), [step]).fit(faces)
    nose, marks, grey = step.weights_[:, 0]
    assert -1.3 < marks / nose < -0.7  # where the nose is, seen from where the face is
    assert abs(grey) < 0.02 * abs(nose)
    x = Rows().transform(faces)
    assert abs(np.corrcoef(chain.transform(faces)[:, 0], x[:, 0] - x[:, 1])[0, 1]) > 0.97
    assert chain.transform(faces).std() == pytest.approx(1, abs=0.01)


def test_local_changes_are_ranked_seeded_and_of_unit_variance(images):
    def fitted(seed):
        return Chain(Pixels(12), [LocalChanges(5, n_faces=100, random_state=seed)]).fit(images)

    one, again, other = fitted(0), fitted(0), fitted(1)
    ratio = one.steps[0].ratio_
    assert (np.diff(ratio) <= 0).all() and ratio[0] > 1.5 * ratio[-1]
    np.testing.assert_array_equal(one.transform(images), again.transform(images))
    assert not np.array_equal(one.transform(images), other.transform(images))
    np.testing.assert_allclose(one.transform(images).std(0), 1, atol=1e-3)


def test_local_changes_tell_unusable_input(images):
    x = Pixels(5).fit(images)
    with pytest.raises(InputError, match="rows of features"):
        LocalChanges().fit(x.transform(images[:9]), images=images, extractor=x)
    with pytest.raises(InputError, match="n_components"):
        LocalChanges(0).fit(x.transform(images), images=images, extractor=x)
    with pytest.raises(InputError, match="Did you mean 'eyes'"):
        LocalChanges(bands="eye").fit(x.transform(images), images=images, extractor=x)


# ---- directions that look like identity


def people(random, n=600):
    """Return images of twenty people, what tells them apart, what they feel, and features that mix both."""
    person = random.integers(20, size=n)
    coarse = np.kron(random.integers(60, 200, size=(20, 3, 3)), np.ones((8, 8)))
    fine = random.normal(0, 25, size=(n, 24, 24))  # what a feeling changes, gone from afar
    images = np.clip(coarse[person] + fine, 0, 255).astype(np.uint8)
    identity, feeling = random.normal(size=(20, 2))[person], random.normal(size=(n, 3))
    mixed = np.hstack([3 * identity, feeling]) @ random.normal(size=(5, 5)) + 7
    return images, identity, feeling, mixed


def explained(x, by):
    """Return the share of the variance of x that a linear regression on other numbers explains."""
    by = np.column_stack([by, np.ones(len(by))])
    left = x - by @ np.linalg.lstsq(by, x, rcond=None)[0]
    return 1 - left.var(0).sum() / x.var(0).sum()


def test_identity_is_removed_and_feeling_stays(random):
    images, identity, feeling, x = people(random)
    assert explained(identity, x) > 0.999 and explained(feeling, x) > 0.999
    step = RemoveIdentity(n_components=2, ridge=1e-4).fit(x, images=images)
    left = step.transform(x)
    assert explained(left, identity) < 0.02 and explained(identity, left) < 0.02
    assert explained(feeling, left) > 0.97
    assert step.ratio_.min() > 50
    assert (
        RemoveIdentity(n_components=3).fit(x, images=images).ratio_[2] < 1.5
    )  # feelings of neighbours differ


def test_what_is_left_does_not_correlate_with_what_was_read(random):
    images, _, _, x = people(random)
    step = RemoveIdentity(n_components=2).fit(x, images=images)
    read = (x - step.mean_) @ step.weights_
    np.testing.assert_allclose(np.cov(read, rowvar=False), np.eye(2), atol=1e-8)
    np.testing.assert_allclose(read.T @ (step.transform(x) - x.mean(0)), 0, atol=1e-6)
    np.testing.assert_allclose(step.transform(x).mean(0), x.mean(0))


def test_other_people_lose_the_same_directions(random):
    images, identity, _, x = people(random, 1200)
    left = RemoveIdentity(2, ridge=1e-4).fit(x[:600], images=images[:600]).transform(x[600:])
    assert explained(left, identity[600:]) < 0.05


def test_from_afar_a_face_is_its_coarse_fields_in_even_light(images):
    afar = from_afar(images)
    assert afar.shape == (120, 16)
    fields = images.reshape(120, 4, 6, 4, 6).mean((2, 4)).reshape(120, 16)
    fields -= fields.mean(1, keepdims=True)
    np.testing.assert_allclose(afar, fields / np.linalg.norm(fields, axis=1)[:, None], atol=1e-5)
    np.testing.assert_allclose(from_afar(images // 4 * 2 + 40), from_afar(images // 4), atol=1e-4)
    assert (from_afar(np.full((2, 24, 24), 9, np.uint8)) == 0).all()
    assert from_afar(images[:, :3, :7]).shape == (120, 12)


class Halves:
    """The grey value of the upper half (build), of the lower half (smile), and of left less right (light)."""

    @staticmethod
    def faces(build, smile, light):
        faces = np.full((len(build), 4, 4), 128.0)
        faces[:, :2] += build[:, None, None]
        faces[:, 2:] += smile[:, None, None]
        faces[:, :, :2] += light[:, None, None]
        faces[:, :, 2:] -= light[:, None, None]
        return faces.astype(np.uint8)

    def transform(self, images):
        x = images.astype(float)
        side = (x[:, :, :2] - x[:, :, 2:]).mean((1, 2)) / 2
        return np.stack([x[:, :2].mean((1, 2)), x[:, 2:].mean((1, 2)), side], axis=1)


def test_what_mirror_images_share_is_removed_the_loudest_first():
    build, smile, light = (one.ravel() for one in np.meshgrid([-20, 20], [-10, 10], [-30, 30]))
    images = Halves.faces(build, smile, light)
    x = Halves().transform(images)
    step = RemoveIdentity(n_components=3, ridge=0.01, shared="mirror").fit(
        x, images=images, extractor=Halves()
    )
    total = np.array([400, 100, 900]) * 8 / 7
    floor = 0.01 * total.mean()
    # build and smile are the mirror image's too; the light comes from the other side, 60 grey values away
    expected = total / (np.array([0, 0, 60**2 / 2]) + floor)
    np.testing.assert_allclose(step.ratio_, expected, rtol=1e-6)
    np.testing.assert_allclose(np.abs(step.weights_), np.diag(1 / np.sqrt(total)), atol=1e-9)
    one = RemoveIdentity(1, ridge=0.01, shared="mirror").fit(x, images=images, extractor=Halves())
    np.testing.assert_allclose(one.transform(x), np.column_stack([np.full(8, 128), 128 + smile, light]))


def test_mirror_images_are_described_by_the_chain_before(images):
    chain = Chain(Pixels(6), [RemoveIdentity(2, shared="mirror")]).fit(images)
    pixels = Pixels(6).fit(images)
    x, mirrored = pixels.transform(images), pixels.transform(np.ascontiguousarray(images[:, :, ::-1]))
    step = chain.steps[0]
    within = mean_square(x - mirrored) / 2
    total = np.cov(x, rowvar=False, dtype=np.float64)
    np.testing.assert_allclose(step.ratio_, leading(total, within, 2, 0.1)[0], rtol=1e-4)
    read = (x - step.mean_) @ step.weights_
    np.testing.assert_allclose(read.T @ (chain.transform(images) - x.mean(0)) / len(x), 0, atol=1e-2)


def test_features_that_a_mirror_leaves_alike_lose_their_principal_components(images):
    chain = Chain(Hog(mirror=True), [RemoveIdentity(3, shared="mirror")]).fit(images)
    x = Hog(mirror=True).fit(images).transform(images)
    main = np.linalg.svd(x - x.mean(0), full_matrices=False)[2][:3]
    left = (x - x.mean(0)) - (x - x.mean(0)) @ main.T @ main
    np.testing.assert_allclose(chain.transform(images) - x.mean(0), left, atol=1e-3)


def test_remove_identity_tells_unusable_input(images):
    x = Pixels(5).fit(images).transform(images)
    with pytest.raises(InputError, match="rows of features"):
        RemoveIdentity().fit(x[:9], images=images)
    with pytest.raises(InputError, match="n_components"):
        RemoveIdentity(0).fit(x, images=images)
    with pytest.raises(InputError, match="n_neighbours"):
        RemoveIdentity(n_neighbours=0).fit(x, images=images)
    with pytest.raises(InputError, match="Did you mean 'mirror'"):
        RemoveIdentity(shared="mirrors").fit(x, images=images)
    with pytest.raises(InputError, match="needs the extractor"):
        RemoveIdentity(shared="mirror").fit(x, images=images)
