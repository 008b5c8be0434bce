import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn.base import clone, is_clusterer
from sklearn.cluster import KMeans as Reference
from sklearn.datasets import load_digits, load_iris, make_blobs
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import (
    check_clusterer_compute_labels_predict,
    check_clustering,
    parametrize_with_checks,
)

from fer_cluster import catalog
from fer_cluster.clusterers import _lloyd, _rows
from fer_cluster.clusterers._lloyd import nearest
from fer_cluster.clusterers.chance import Chance
from fer_cluster.clusterers.gmm import GMM
from fer_cluster.clusterers.kmeans import KMeans
from fer_cluster.clusterers.one import One
from fer_cluster.clusterers.spherical import Spherical
from fer_cluster.errors import InputError

CLUSTERERS = (KMeans, GMM, Spherical, Chance, One)
SHAPES = ("full", "tied", "diag", "spherical")


def expected_failures(estimator):
    if isinstance(estimator, Chance):
        return {"check_methods_sample_order_invariance": "the lot depends on the place of a row"}
    return {}


def checks():
    """Return scikit-learn's checks, which warn of a class that is not one of its own."""
    diagonal = [GMM(covariance_type=shape) for shape in SHAPES[1:]]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* does not inherit from `sklearn.base.BaseEstimator`")
        estimators = [KMeans(), GMM(), *diagonal, Spherical(), Chance(), One()]
        return parametrize_with_checks(estimators, expected_failed_checks=expected_failures)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@checks()
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", [KMeans(), GMM(), Spherical()], ids=["kmeans", "gmm", "spherical"])
@pytest.mark.parametrize("readonly", [False, True])
def test_scikit_learn_checks_of_clusterers(estimator, readonly):
    assert is_clusterer(estimator)
    check_clusterer_compute_labels_predict(type(estimator).__name__, estimator)
    check_clustering(type(estimator).__name__, estimator, readonly_memmap=readonly)


def test_in_a_pipeline_of_scikit_learn():
    x = make_blobs(200, 4, centers=3, random_state=0)[0]
    pipeline = clone(make_pipeline(StandardScaler(), KMeans(3)))
    assert pipeline.fit_predict(x).max() == 2
    assert repr(KMeans(3, tol=1e-4)) == "KMeans(n_clusters=3)"
    with pytest.raises(ValueError, match="KMeans has no parameter 'k'"):
        KMeans().set_params(k=3)


def test_the_plain_case_does_without_scikit_learn():
    code = """
import sys, numpy as np
from fer_cluster.clusterers.kmeans import KMeans
from fer_cluster.features.pixels import Pixels
images = np.random.default_rng(0).integers(0, 256, (300, 24, 24), dtype=np.uint8)
KMeans().fit(Pixels(10).fit(images).transform(images))
print([name for name in ("sklearn", "scipy", "pandas", "matplotlib", "torch") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def datasets():
    rng = np.random.default_rng(0)
    yield "digits", load_digits().data, 10
    yield "iris", load_iris().data, 3
    yield "blobs", make_blobs(3000, 8, centers=12, cluster_std=1.5, random_state=1)[0], 12
    yield "far", make_blobs(2000, 3, centers=5, random_state=2)[0] + 1e6, 5
    decay = 0.9 ** np.arange(30)
    yield (
        "slopes",
        np.float32(rng.standard_normal((20_000, 30)) * decay + rng.exponential(size=(20_000, 1)) * decay),
        7,
    )


@pytest.mark.parametrize(("x", "k"), [pytest.param(x, k, id=name) for name, x, k in datasets()])
def test_kmeans_is_as_good_as_scikit_learn(x, k):
    ours = KMeans(k).fit(x)
    best = min(Reference(k, n_init=10, random_state=seed).fit(x).inertia_ for seed in range(2))
    assert ours.inertia_ <= best * (1 + 1e-4 if len(x) > _rows.SAMPLE else 1 + 2e-3)
    gaps = x.astype(float) - ours.cluster_centers_[ours.labels_]
    assert ours.inertia_ == pytest.approx((gaps**2).sum(), rel=1e-4)
    np.testing.assert_array_equal(ours.predict(x), ours.labels_)
    assert len(np.unique(ours.labels_)) == k


def test_lloyd_matches_a_plain_loop():
    x = make_blobs(400, 4, centers=5, random_state=0)[0]
    centres = x[:5].copy()
    for _ in range(20):
        label = ((x[:, None] - centres) ** 2).sum(2).argmin(1)
        centres = np.stack([x[label == c].mean(0) for c in range(5)])
    ours, _, _ = _lloyd.lloyd(x, _rows.less(np.zeros(4)), x[None, :5], max_iter=20, tol=-1)
    np.testing.assert_allclose(ours[0], centres, rtol=1e-10)


def test_restarts_together_are_the_same_as_alone():
    x = make_blobs(500, 4, centers=5, cluster_std=4, random_state=0)[0]
    starts = x[:15].reshape(3, 5, 4)
    moved = _rows.less(x.mean(0))
    together, gain, _ = _lloyd.lloyd(x, moved, starts - x.mean(0), max_iter=300, tol=0)
    for place in range(3):
        alone, alone_gain, _ = _lloyd.lloyd(x, moved, starts[[place]] - x.mean(0), max_iter=300, tol=0)
        np.testing.assert_allclose(together[place], alone[0])
        assert gain[place] == pytest.approx(alone_gain[0])


def test_a_tie_belongs_to_the_first_centre_alone():
    x = np.array([[-1.0], [1.0], [0.0]])
    sums, sizes, _ = _lloyd._sweep(x, _rows.less(np.zeros(1)), np.array([[[-1.0], [1.0]]]))
    np.testing.assert_array_equal(sizes[0, :, 0], [2, 1])
    np.testing.assert_array_equal(sums[0, :, 0], [-1, 1])


def test_k_means_does_not_know_the_unit():
    x = np.random.default_rng(0).standard_normal((600, 4))
    np.testing.assert_array_equal(KMeans(6).fit(x / 8192).labels_, KMeans(6).fit(x).labels_)


def test_a_centre_without_rows_stays():
    x = np.array([[0.0], [1.0]])
    centres, _, _ = _lloyd.lloyd(
        x, _rows.less(np.zeros(1)), np.array([[[0.0], [1.0], [9.0]]]), max_iter=5, tol=0
    )
    np.testing.assert_array_equal(centres[0, :, 0], [0, 1, 9])


def test_seeding_never_takes_a_row_twice_and_prefers_far_ones():
    x = np.repeat(np.array([[0.0, 0], [100, 0], [0, 100]]), 50, axis=0)
    starts = _lloyd.seeded(x, 3, np.random.RandomState(0), 6)
    assert all(len(np.unique(start, axis=0)) == 3 for start in starts)


@pytest.mark.parametrize("cores", ["1", "2", "3"])
def test_the_number_of_cores_changes_nothing(cores, monkeypatch):
    x = np.random.default_rng(0).standard_normal((9000, 5)).astype(np.float32)
    alone = nearest(x, KMeans(4, n_init=2).fit(x).cluster_centers_)
    monkeypatch.setenv("OMP_NUM_THREADS", cores)
    model = KMeans(4, n_init=2).fit(x)
    np.testing.assert_array_equal(model.labels_, alone[0])
    assert model.inertia_ == alone[1]


@pytest.mark.parametrize(
    "model", [KMeans(5), Spherical(5), GMM(5, max_iter=5)], ids=lambda m: type(m).__name__
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_memory_mapped_rows_give_the_same_clusters(model, tmp_path):
    x = np.random.default_rng(0).standard_normal((9000, 5)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    np.testing.assert_array_equal(model.fit(mapped).labels_, model.fit(x).labels_)
    np.testing.assert_array_equal(model.fit(mapped).predict(mapped), model.labels_)


@pytest.mark.parametrize("kind", [c for c in CLUSTERERS if c is not One], ids=lambda c: c.__name__)
def test_more_clusters_than_faces(kind):
    with pytest.raises(InputError, match="n_clusters=7 must be .* the number of faces, n_samples=5"):
        kind().fit(np.random.default_rng(0).standard_normal((5, 2)))


@pytest.mark.parametrize("kind", CLUSTERERS, ids=lambda c: c.__name__)
def test_identical_faces_do_no_harm(kind):
    x = np.ones((40, 3), np.float32)
    labels = kind().fit(x).predict(x)
    assert kind is Chance or len(np.unique(labels)) == 1


@pytest.mark.parametrize("kind", CLUSTERERS, ids=lambda c: c.__name__)
def test_one_cluster(kind):
    x = np.random.default_rng(0).standard_normal((40, 3))
    model = kind() if kind is One else kind(n_clusters=1)
    assert set(model.fit(x).predict(x)) == {0}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_gmm_is_as_likely_as_scikit_learn(shape, precision):
    rng = np.random.default_rng(0)
    parts = [
        rng.standard_normal((n, 6)) @ rng.normal(size=(6, 6)) + 4 * rng.normal(size=6)
        for n in (900, 700, 1400)
    ]
    x = np.concatenate(parts).astype(precision)
    ours = GMM(3, covariance_type=shape).fit(x)
    theirs = GaussianMixture(3, covariance_type=shape, random_state=0).fit(x)
    assert ours.score(x) > theirs.score(x) - 2e-3
    assert ours.covariances_.shape == theirs.covariances_.shape
    assert ours._parameters() == theirs._n_parameters()
    assert ours.weights_.sum() == pytest.approx(1)


@pytest.mark.parametrize("shape", SHAPES)
def test_gmm_gives_the_densities_of_its_parameters(shape):
    x = make_blobs(600, 4, centers=3, cluster_std=2, random_state=0)[0]
    ours = GMM(3, covariance_type=shape).fit(x)
    theirs = GaussianMixture(3, covariance_type=shape)
    theirs.weights_, theirs.means_, theirs.covariances_ = ours.weights_, ours.means_, ours.covariances_
    precisions = {
        "full": lambda c: np.linalg.inv(np.linalg.cholesky(c)).transpose(0, 2, 1),
        "tied": lambda c: np.linalg.inv(np.linalg.cholesky(c)).T,
    }.get(shape, lambda c: c**-0.5)
    theirs.precisions_cholesky_ = precisions(ours.covariances_)
    np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=1e-8)
    np.testing.assert_allclose(ours.score_samples(x), theirs.score_samples(x), rtol=1e-8)
    assert ours.bic(x) == pytest.approx(theirs.bic(x))
    assert ours.aic(x) == pytest.approx(theirs.aic(x))


@pytest.mark.parametrize("shape", SHAPES)
def test_gmm_at_rest_is_a_fixed_point_of_plain_em(shape):
    x = make_blobs(900, 3, centers=3, cluster_std=1.5, random_state=3)[0]
    ours = GMM(3, covariance_type=shape, tol=1e-12, max_iter=2000).fit(x)
    share = ours.predict_proba(x)
    np.testing.assert_allclose(ours.weights_, share.mean(0), rtol=1e-4)
    np.testing.assert_allclose(ours.means_, share.T @ x / share.sum(0)[:, None], rtol=1e-4)


def test_gmm_finds_clusters_far_from_zero_and_from_each_other():
    for precision, far in ((np.float64, 1e5), (np.float32, 1e3)):
        x, truth = make_blobs(3000, 4, centers=[[far] * 4, [-far] * 4, [far + 5] * 4], random_state=0)
        found = GMM(3).fit(x.astype(precision)).labels_
        assert adjusted_rand_score(truth, found) > 0.99


def test_gmm_keeps_the_likeliest_of_its_starts():
    x = np.random.default_rng(0).standard_normal((300, 3))
    assert GMM(5, n_init=6).fit(x).lower_bound_ >= GMM(5).fit(x).lower_bound_


def test_gmm_says_where_it_is_not_at_rest():
    x = np.random.default_rng(0).standard_normal((300, 3))
    with pytest.warns(ConvergenceWarning, match="not at rest after 2 passes"):
        model = GMM(5, max_iter=2).fit(x)
    assert not model.converged_
    assert model.n_iter_ == 2


def test_gmm_unknown_covariance_type():
    with pytest.raises(InputError, match="covariance_type has no 'ful'.*Did you mean 'full'"):
        GMM(covariance_type="ful").fit(np.ones((20, 2)))


def test_gmm_survives_features_that_repeat_each_other():
    x = np.random.default_rng(0).standard_normal((500, 3)).astype(np.float32) * 1000
    assert np.isfinite(GMM(2).fit(np.column_stack([x, x, x])).score(np.column_stack([x, x, x])))


def test_spherical_knows_directions_and_no_lengths():
    rng = np.random.default_rng(0)
    axes = rng.standard_normal((4, 10))
    truth = rng.integers(4, size=2000)
    x = (axes[truth] + 0.3 * rng.standard_normal((2000, 10))) * rng.exponential(size=(2000, 1))
    model = Spherical(4).fit(x)
    assert adjusted_rand_score(truth, model.labels_) > 0.95
    np.testing.assert_allclose(np.linalg.norm(model.cluster_centers_, axis=1), 1)
    np.testing.assert_array_equal(model.predict(17 * x), model.labels_)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    cosine = (unit * model.cluster_centers_[model.labels_]).sum(1)
    assert model.inertia_ == pytest.approx((2 - 2 * cosine).sum())
    mean = np.stack([unit[model.labels_ == c].mean(0) for c in range(4)])
    np.testing.assert_allclose(
        model.cluster_centers_, mean / np.linalg.norm(mean, axis=1, keepdims=True), atol=1e-3
    )


def test_chance_is_fair_and_blind():
    x = np.random.default_rng(0).standard_normal((7000, 3))
    model = Chance(random_state=3).fit(x)
    np.testing.assert_allclose(np.bincount(model.predict(x)) / 7000, 1 / 7, atol=0.02)
    np.testing.assert_array_equal(model.predict(-x), model.predict(x))
    truth = np.arange(7000) % 7
    assert abs(adjusted_mutual_info_score(truth, model.predict(x))) < 0.003
    other = Chance(random_state=4).fit(x).predict(x)
    assert abs(adjusted_mutual_info_score(other, model.predict(x))) < 0.003
    np.testing.assert_array_equal(Chance(random_state=3).fit(-x).predict(x), model.labels_)


@pytest.mark.parametrize("kind", CLUSTERERS, ids=lambda c: c.__name__)
def test_the_seed_decides(kind):
    x = np.random.default_rng(0).standard_normal((200, 3))
    ours = kind().fit(x).labels_
    np.testing.assert_array_equal(ours, kind().fit(x).labels_)
    if kind is not One:
        assert (ours != kind(random_state=1).fit(x).labels_).any()


WRONG = [{"n_clusters": 3.0}, {"n_clusters": 0}, {"n_init": 0}, {"n_init": "many"}, {"max_iter": 2.5}]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_counts_is_a_whole_number(wrong):
    name, value = next(iter(wrong.items()))
    with pytest.raises(InputError, match=f"{name} must be a whole number of 1 or more, got {value!r}"):
        KMeans(**wrong).fit(np.random.default_rng(0).standard_normal((20, 3)))


@pytest.mark.parametrize(
    "part, told",
    [
        ("gmm:covariance_type=ful", "covariance_type has no 'ful'"),
        ("gmm:reg_covar=0", "reg_covar must be above 0, got 0"),
        ("n2d:min_dist=2", "min_dist must be from 0 to 1, got 2"),
        ("non_redundant:choose=last", "choose has no 'last'"),
        ("spectral:landmarks=5", "n_clusters=7 must be between 1 and the number of landmarks, 5"),
        ("temi:batch_size=1", "batch_size must be 2 or more"),
        ("dec:learning_rate=-1", "learning_rate must be a number of 0 or more, got -1"),
    ],
)
def test_what_cannot_be_used_is_told_without_any_features(part, told):
    with pytest.raises(InputError, match=told):
        catalog.make("clusterers", part).check()


FRACTION = "must be a finite number of 0 or more, got"
SEED = "random_state must be None, a RandomState or a whole number of 0 to below 2 \\*\\* 32, got"


@pytest.mark.parametrize(
    "part, told",
    [
        ("kmeans:tol=None", f"tol {FRACTION} None"),
        ("kmeans:tol=-1", f"tol {FRACTION} -1"),
        ("gmm:tol=None", f"tol {FRACTION} None"),
        ("gmm:reg_covar=None", "reg_covar must be a finite number, got None"),
        ("n2d:min_dist=None", "min_dist must be a finite number, got None"),
        ("idec:gamma=-1", f"gamma {FRACTION} -1"),
        ("strongest:threshold=(1,2)", r"threshold must be a finite number, got \(1, 2\)"),
        ("chance:random_state=-1", f"{SEED} -1"),
        ("kmeans:random_state=-1", f"{SEED} -1"),
        ("kmeans:random_state=1.5", f"{SEED} 1.5"),
        ("kmeans:random_state=4294967296", f"{SEED} 4294967296"),
        ("non_redundant:random_state=-3", f"{SEED} -3"),
    ],
)
def test_fractions_and_seeds_that_are_none_are_told(part, told):
    with pytest.raises(InputError, match=told):
        catalog.make("clusterers", part).fit(np.random.default_rng(0).standard_normal((20, 3)))


@pytest.mark.parametrize("seed", [None, 0, np.int64(7), 2**32 - 1, np.random.RandomState(3)], ids=str)
def test_every_seed_of_scikit_learn_is_one(seed):
    x = np.random.default_rng(0).standard_normal((20, 3))
    assert len(Chance(random_state=seed).fit(x).labels_) == 20


def test_a_threshold_may_be_below_0():
    catalog.make("clusterers", "strongest:threshold=-0.5").check()


@pytest.mark.parametrize("seed", range(20))
def test_a_mixture_where_many_rows_are_the_same(seed):
    random = np.random.default_rng(seed)
    x = (random.normal(size=(100, 1)) * 30).astype(np.float32)
    x[:35] = x[0]
    shares = GMM(7).fit(x).predict_proba(x)
    assert np.isfinite(shares).all() and len(set(shares[:35].argmax(1))) == 1


@pytest.mark.parametrize("wrong", [0, -1])
def test_a_mixture_needs_something_added_to_its_variances(wrong):
    with pytest.raises(InputError, match=f"reg_covar must be above 0, got {wrong}"):
        GMM(reg_covar=wrong).fit(np.ones((20, 2)))


@pytest.mark.parametrize("kind", [KMeans, GMM, Spherical])
def test_a_fit_that_was_refused_leaves_no_half_a_clusterer(kind):
    x, model = np.random.default_rng(0).normal(size=(20, 3)), kind(7)
    with pytest.raises(InputError, match="n_clusters=7"):
        model.fit(x[:5])
    with pytest.raises(NotFittedError):
        model.predict(x)
    model.fit(x)
    with pytest.raises(InputError, match="n_clusters=7"):
        model.fit(x[:5, :2])
    assert len(model.predict(x)) == 20
