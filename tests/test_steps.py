import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.utils.estimator_checks import parametrize_with_checks

from fer_cluster import catalog
from fer_cluster.chain import Chain
from fer_cluster.errors import InputError
from fer_cluster.features.pixels import Pixels
from fer_cluster.nuisances import IN_FEATURES, measure
from fer_cluster.steps._subspace import leading, mean_square
from fer_cluster.steps.remove_nuisances import RemoveNuisances
from fer_cluster.steps.self_training import SelfTraining
from fer_cluster.steps.signal_to_nuisance import SignalToNuisance
from fer_cluster.steps.unit import Unit
from fer_cluster.steps.whiten import Whiten


@parametrize_with_checks([Unit(), Whiten()])
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.fixture
def x(random):
    return random.normal(size=(300, 8)) @ random.normal(size=(8, 8)) + 5


@pytest.fixture
def images(random):
    smooth = np.kron(random.integers(0, 256, size=(200, 4, 4)), np.ones((6, 6)))
    return np.clip(smooth + random.normal(0, 6, size=(200, 24, 24)), 0, 255).astype(np.uint8)


def test_unit_rows_have_length_one_and_zeros_stay(x):
    x[0] = 0
    z = Unit().fit(x).transform(x)
    np.testing.assert_allclose(np.linalg.norm(z[1:], axis=1), 1)
    assert (z[0] == 0).all()
    assert Unit().fit(x).transform(x.astype(np.float32)).dtype == np.float32


def test_whiten_equals_scikit_learn_up_to_sign(x):
    ours = Whiten(5).fit(x).transform(x)
    theirs = PCA(5, whiten=True, svd_solver="full").fit_transform(x)
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=1e-8)
    np.testing.assert_allclose(np.cov(ours, rowvar=False), np.eye(5), atol=1e-8)


def test_whiten_leaves_out_what_does_not_vary(x):
    doubled = np.hstack([x, x[:, :3], np.ones((len(x), 2))])
    assert Whiten(64).fit(doubled).transform(doubled).shape == (300, 8)
    with pytest.raises(InputError, match="no feature that varies"):
        Whiten().fit(np.ones((9, 3)))
    with pytest.raises(InputError, match="n_components"):
        Whiten(0).fit(x)


def test_the_mean_square_is_that_of_outer_products(random):
    change = random.normal(size=(5, 3)).astype(np.float32)
    found = mean_square(change)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, np.mean([np.outer(row, row) for row in change], axis=0), rtol=1e-5)


def test_directions_keep_the_precision_of_the_features(x):
    part = Whiten(3).fit(x)
    for kind in (np.float64, np.float32):
        found = part.transform(x.astype(kind))
        assert found.dtype == kind
        np.testing.assert_allclose(found, (x - part.mean_) @ part.weights_, atol=1e-3)


def test_nuisances_are_gone_from_the_features_and_the_rest_stays(images, random):
    nuisances = measure(images)
    signal = random.normal(size=(len(images), 3))
    mixed = np.hstack([signal, signal + 30 * nuisances[["brightness", "gradient_x", "sharpness"]].to_numpy()])
    left = RemoveNuisances().fit(mixed, images=images).transform(mixed, images=images)
    moved = [name for name in IN_FEATURES if nuisances[name].std() > 0]
    correlation = np.corrcoef(left.T, nuisances[moved].T)[:6, 6:]
    assert np.abs(correlation).max() < 0.05
    for column in range(3):
        assert np.corrcoef(left[:, 3 + column], signal[:, column])[0, 1] > 0.9


def test_only_the_named_nuisances_are_removed(images):
    nuisances = measure(images)
    x = nuisances[["brightness", "contrast"]].to_numpy()
    one = RemoveNuisances(names="brightness", degree=1).fit(x, images=images)
    left = one.transform(x, images=images)
    assert left[:, 0].std() < 0.01 * x[:, 0].std() and left[:, 1].std() > 0.5 * x[:, 1].std()
    both = RemoveNuisances(names="brightness+contrast").fit(x, images=images)
    assert both.transform(x, images=images).std(0).max() < 0.01 * x.std(0).min()
    with pytest.raises(InputError, match="Did you mean 'brightness'"):
        RemoveNuisances(names=("brightnes",)).fit(x, images=images)
    with pytest.raises(InputError, match="rows of features"):
        one.transform(x[:5], images=images)


@pytest.mark.parametrize(
    "wrong, told",
    [
        ({"degree": 0}, "degree must be a whole number of 1 or more, got 0"),
        ({"degree": 1.5}, "degree must be a whole number of 1 or more, got 1.5"),
        ({"names": 3}, "names has no 3; it has all, brightness, "),
    ],
    ids=str,
)
def test_nuisances_that_cannot_be_removed(images, wrong, told):
    with pytest.raises(InputError, match=told):
        RemoveNuisances(**wrong).fit(np.ones((len(images), 3)), images=images)


def test_what_was_learnt_is_applied_to_other_faces(images):
    x = measure(images, IN_FEATURES).to_numpy() * 3 + 1
    step = RemoveNuisances().fit(x[:150], images=images[:150])
    left = step.transform(x[150:], images=images[150:])
    assert left.std(0).max() < 0.2 * x[150:].std(0).max()


def test_leading_directions_have_most_signal_for_their_nuisance():
    total, nuisance = np.diag([9.0, 4.0, 1.0]), np.diag([9.0, 0.1, 1.0])
    ratio, weights = leading(total, nuisance, 2, ridge=1e-6)
    np.testing.assert_allclose(ratio, [40, 1], rtol=1e-3)
    np.testing.assert_allclose(weights[:, 0], [0, 0.5, 0], atol=1e-6)
    assert leading(total, nuisance, 9, ridge=0)[1].shape == (3, 3)


def test_signal_to_nuisance_finds_what_augmentation_does_not_change(images):
    class Described:
        """One feature that light changes, one that nothing changes but the face itself."""

        def __init__(self, images):
            self.own = {}
            for face in images:
                self.own[face.tobytes()] = len(self.own) % 7

        def fit(self, images):
            return self

        def transform(self, images):
            light = images.mean((1, 2)) / 10
            own = [self.own.get(face.tobytes(), None) for face in images]
            if None in own:  # augmented: the same faces in the same order
                own = [place % 7 for place in range(len(images))]
            return np.stack([light, np.array(own, dtype=float)], axis=1)

    chain = Chain(Described(images), [SignalToNuisance(n_components=1, ridge=1e-3)]).fit(images)
    weights = chain.steps[0].weights_[:, 0]
    assert abs(weights[1]) > 20 * abs(weights[0])
    assert chain.transform(images).std() == pytest.approx(1, abs=0.01)


def test_signal_to_nuisance_ranks_its_directions_and_is_seeded(images):
    def fitted(seed):
        return Chain(Pixels(20), [SignalToNuisance(6, n_faces=150, random_state=seed)]).fit(images)

    one, again, other = fitted(0), fitted(0), fitted(1)
    ratio = one.steps[0].ratio_
    assert (np.diff(ratio) <= 0).all() and ratio[0] > 1.5 * ratio[-1]
    np.testing.assert_array_equal(one.transform(images), again.transform(images))
    assert not np.array_equal(one.transform(images), other.transform(images))
    np.testing.assert_allclose(one.transform(images).std(0), 1, atol=0.02)


def test_signal_to_nuisance_tells_unusable_input(images):
    x = Pixels(5).fit(images)
    with pytest.raises(InputError, match="rows of features"):
        SignalToNuisance().fit(x.transform(images[:9]), images=images, extractor=x)
    with pytest.raises(InputError, match="n_components"):
        SignalToNuisance(0).fit(x.transform(images), images=images, extractor=x)


class Kinds:
    """Faces of two kinds that the mouth shows well and the brow somewhat; hats of two kinds too."""

    place_ = np.repeat([[0.125, 0.5], [0.9, 0.5]], 6, axis=0)

    def __init__(self, n, random):
        self.kind, self.hat = random.integers(0, 2, n), random.integers(0, 2, n)
        self.x = random.normal(size=(n, 12))
        self.x[:, 0] += 9 * self.hat
        self.x[:, 1:6] += 1.2 * self.kind[:, None]
        self.x[:, 6:] += 1.6 * self.kind[:, None]
        self.shaken = self.x + 0.2 * random.normal(size=self.x.shape)

    def transform(self, images):
        return self.shaken[: len(images)]


def apart(z, kind):
    """How many standard deviations lie between the means of two kinds."""
    return abs(z[kind == 1].mean() - z[kind == 0].mean()) / z[kind == 0].std()


def test_self_training_learns_from_the_whole_face_what_the_mouth_names(random):
    faces = Kinds(2000, random)
    images = np.zeros((2000, 4, 4), np.uint8)
    settings = {"n_components": 1, "n_first": 1, "n_names": (2, 4)}
    z = SelfTraining(**settings).fit(faces.x, images=images, extractor=faces).transform(faces.x)
    assert apart(z, faces.kind) > 1.15 * apart(
        faces.x[:, 6:].mean(1), faces.kind
    )  # more than the mouth knows
    assert apart(z, faces.hat) < 0.5
    faces.place_ = faces.place_[::-1]  # where the hat is the mouth, the hat is what is learnt
    z = SelfTraining(**settings).fit(faces.x, images=images, extractor=faces).transform(faces.x)
    assert apart(z, faces.hat) > 5


def test_self_training_is_seeded_bounded_and_of_unit_variance(images):
    def fitted(seed):
        return Chain(Pixels(20), [SelfTraining(4, n_first=3, random_state=seed)]).fit(images)

    one, again, other = (fitted(seed).transform(images) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    assert np.abs(one).max() <= 3
    np.testing.assert_allclose(one.std(0), 1, atol=0.1)


def test_self_training_tells_unusable_input(images):
    x = Pixels(5).fit(images)
    with pytest.raises(InputError, match="rows of features"):
        SelfTraining().fit(x.transform(images[:9]), images=images, extractor=x)
    with pytest.raises(InputError, match="n_components"):
        SelfTraining(0).fit(x.transform(images), images=images, extractor=x)


def made(features, step):
    return Chain(catalog.make("features", features), [catalog.make("steps", step)])


BLANK = ("signal_to_nuisance", "self_training", "remove_identity", "local_changes")
READING = ("action_units", "expressions", "learnt_expressions")


@pytest.mark.parametrize("step", BLANK + READING)
def test_faces_that_are_all_the_same(step):
    images = np.full((30, 48, 48), 90, np.uint8)
    with pytest.raises(InputError, match="No feature varies|no feature that varies"):
        made("hog", step).fit_transform(images)


@pytest.mark.parametrize("step", READING)
def test_faces_that_are_each_of_one_grey(step):
    images = np.repeat(np.arange(0, 240, 20, dtype=np.uint8), 48 * 48).reshape(12, 48, 48)
    with pytest.raises(InputError, match="No feature varies between the faces"):
        made("hog", step).fit_transform(images)


def test_a_ridge_that_is_too_small(images):
    with pytest.raises(InputError, match="A ridge of 0 is too small"):
        made("hog:cell=4", "signal_to_nuisance:4,ridge=0").fit_transform(images)


@pytest.mark.parametrize("value", [0.1, 1e6, -3.7])
def test_whitening_tells_what_varies_from_rounding(value):
    with pytest.raises(InputError, match="no feature that varies"):
        Whiten().fit(np.full((9, 3), value))


@pytest.mark.parametrize(
    "step, told",
    [
        ("self_training:n_names=20", "n_names must be one or more whole numbers of 2 or more, got 20"),
        ("self_training:n_names=(20,1)", "n_names must be one or more whole numbers of 2 or more"),
        ("self_training:n_rounds=0", "n_rounds must be a whole number of 1 or more, got 0"),
        ("expressions:n_cells=20", "n_cells must be one or more"),
        ("whiten:8.0", "n_components must be a whole number of 1 or more, got 8.0"),
    ],
)
def test_what_counts_is_a_whole_number(images, step, told):
    with pytest.raises(InputError, match=told):
        made("hog:cell=4", step).fit_transform(images)


@pytest.mark.parametrize(
    "step, told",
    [
        ("action_units:code=unit", "code has no 'unit'"),
        ("local_changes:bands=ears", "bands has no 'ears'"),
        ("remove_identity:shared=mirrored", "shared has no 'mirrored'"),
        ("remove_nuisances:tilted", "names has no 'tilted'"),
        ("self_training:first=nose", "first has no 'nose'"),
        ("self_training:first=whiten:0", "n_components must be"),
        ("expressions:within=whiten > unit | whiten:0", "n_components must be"),
        ("expressions:within=remove_nuisances", "within cannot hold RemoveNuisances"),
        ("learnt_expressions:n_parts=1", "n_parts must be a whole number of 2 or more, got 1"),
        ("learnt_expressions:within=whitened", "Did you mean 'whiten'"),
        ("learnt_expressions:ridge=-1", "ridge must be a finite number of 0 or more, got -1"),
        ("learnt_expressions:threshold=1e999", "threshold must be a finite number, got inf"),
        ("self_training:nuisance=-50", "nuisance must be a finite number of 0 or more, got -50"),
        ("expressions:within=self_training:nuisance=-50", "nuisance must be a finite number"),
        ("signal_to_nuisance:random_state=-1", "random_state must be a whole number of 0 or more, got -1"),
        ("remove_identity:random_state=0.5", "random_state must be a whole number of 0 or more, got 0.5"),
    ],
)
def test_a_step_that_cannot_be_used_is_told_without_any_features(step, told):
    with pytest.raises(InputError, match=told):
        catalog.make("steps", step).check()


@pytest.mark.parametrize("wrong", [-0.1, np.nan, np.inf, "much", None, True])
@pytest.mark.parametrize("step", ["signal_to_nuisance", "action_units", "local_changes", "remove_identity"])
def test_a_ridge_is_a_finite_number(step, wrong):
    with pytest.raises(InputError, match=f"ridge must be a finite number of 0 or more, got {wrong!r}"):
        catalog.find("steps", step)(ridge=wrong).check()


def test_a_threshold_may_be_below_0():
    catalog.make("steps", "learnt_expressions:threshold=-0.5").check()


class Before:
    """A step that notes what it is fitted on and what came before it."""

    def fit(self, x, images, extractor):
        self.x, self.images, self.before = x, images, extractor
        return self

    def transform(self, x):
        return x + 1


def test_a_step_is_fitted_on_the_rows_asked_for_and_given_all_steps_before_it(images):
    steps, rows = [Whiten(4), Before()], np.arange(0, 200, 3)
    z = Chain(Pixels(9), steps).fit_transform(images, rows)
    pixels = Pixels(9).fit(images[rows])
    white = Whiten(4).fit(pixels.transform(images[rows]))
    expected = white.transform(pixels.transform(images))
    np.testing.assert_allclose(z, expected + 1, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(steps[1].x, expected[rows], rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(steps[1].images, images[rows])
    np.testing.assert_allclose(steps[1].before.transform(images), expected, rtol=1e-4, atol=1e-4)


def test_one_face_alone_fits_no_step(images):
    with pytest.raises(InputError, match="Unit is fitted on two faces or more, got 1"):
        Chain(Pixels(9).fit(images), [Unit()]).fit_steps(images, np.array([3]))


class Shifted:
    """What photographing anew adds to the first feature is the same for all faces."""

    def __init__(self, x):
        self.x = x

    def transform(self, images):
        return self.x + np.array([5, 0])


def test_a_change_that_all_faces_share_is_a_nuisance_too(images, random):
    x = random.normal(size=(200, 2)) * [2, 1] + 30
    step = SignalToNuisance(1, ridge=1e-3).fit(x, images=images, extractor=Shifted(x))
    assert abs(step.weights_[1, 0]) > 20 * abs(step.weights_[0, 0])
    assert step.transform(x).mean() == pytest.approx(0, abs=1e-6)


def test_the_nuisances_of_new_faces_are_seen_from_those_that_were_learnt(images):
    step = RemoveNuisances(names="brightness", degree=1)
    x = measure(images, ["brightness"]).to_numpy()
    step.fit(x, images=images)
    brighter = np.clip(images.astype(int) + 20, 0, 255).astype(np.uint8)
    left = step.transform(measure(brighter, ["brightness"]).to_numpy(), images=brighter)
    np.testing.assert_allclose(left, 0, atol=0.05)
