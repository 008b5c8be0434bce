import warnings

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import check_clustering, parametrize_with_checks

from fer_cluster.clusterers.kmeans import KMeans
from fer_cluster.clusterers.non_redundant import NonRedundant
from fer_cluster.errors import InputError


def two_labellings(n=600, seed=0, first=12.0, second=5.0):
    """Return features in which two independent labellings of three show, and the labellings."""
    random = np.random.default_rng(seed)
    one, other = random.integers(3, size=(2, n))
    turn = np.linalg.qr(random.normal(size=(8, 8)))[0]
    x = random.normal(size=(n, 8))
    x[:, :3] += first * np.eye(3)[one]
    x[:, 3:6] += second * np.eye(3)[other]
    return x @ turn + 3, one, other


def checks():
    """Return scikit-learn's checks, which warn of a class that is not one of its own."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* does not inherit from `sklearn.base.BaseEstimator`")
        return parametrize_with_checks([NonRedundant(n_clusters=3, n_init=2)])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@checks()
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_scikit_learn_checks_of_clusterers():
    check_clustering("NonRedundant", NonRedundant(n_clusters=3, choose="first"), False)


def test_the_second_partition_is_the_hidden_second_labelling():
    x, one, other = two_labellings()
    model = NonRedundant(n_clusters=3, n_partitions=2, choose="first").fit(x)
    assert adjusted_rand_score(one, model.partitions_[0]) == 1
    assert adjusted_rand_score(other, model.partitions_[1]) > 0.98
    assert abs(adjusted_rand_score(*model.partitions_)) < 0.01
    again = KMeans(3, random_state=5).fit(x).labels_  # another seed of K-Means only finds the first again
    assert adjusted_rand_score(one, again) == 1


def test_later_centres_are_orthogonal_to_earlier_ones():
    x, *_ = two_labellings()
    centres = NonRedundant(n_clusters=3, n_partitions=3).fit(x).centres_ - x.mean(0)
    assert centres.shape == (3, 3, 8)
    for later in (1, 2):
        across = centres[later] @ centres[:later].reshape(-1, 8).T
        np.testing.assert_allclose(across, 0, atol=1e-8)


def test_faces_are_placed_by_what_is_left_of_them():
    x, _, other = two_labellings()
    model = NonRedundant(n_clusters=3, n_partitions=2).fit(x[:400])
    model.chosen_ = 1
    new = model.predict(x[400:])
    assert adjusted_rand_score(other[400:], new) > 0.98
    first = (model.centres_ - x[:400].mean(0))[0]
    basis = np.linalg.svd(first, full_matrices=False)[2][:2]
    moved = x[400:] + 50 * basis[0] - 20 * basis[1]  # what the first partition sees counts for nothing
    np.testing.assert_array_equal(model.predict(moved), new)


def test_the_stable_partition_is_chosen_without_labels():
    x, _, other = two_labellings(first=0, second=6)
    random = np.random.default_rng(1)
    angle, length = random.uniform(0, 2 * np.pi, 600), 12 * np.sqrt(random.random(600))
    disc = np.stack([length * np.cos(angle), length * np.sin(angle)], axis=1)  # cut in three any way
    x = np.hstack([disc, x])
    model = NonRedundant(n_clusters=3, n_partitions=2).fit(x)
    assert model.chosen_ == 1 and model.stability_[1] > 0.95 > model.stability_[0] + 0.1
    assert adjusted_rand_score(other, model.labels_) > 0.95
    np.testing.assert_array_equal(model.predict(x), model.labels_)
    assert adjusted_rand_score(other, NonRedundant(3, 2, "first").fit(x).labels_) < 0.05


def test_no_more_partitions_than_the_features_hold():
    x = two_labellings()[0][:, :3]
    assert len(NonRedundant(n_clusters=3, n_partitions=9).fit(x).partitions_) == 2  # 2 directions, then 1
    assert len(NonRedundant(n_clusters=7, n_partitions=9).fit(x).partitions_) == 1
    blank = NonRedundant(n_clusters=3).fit(np.ones((20, 4), np.float32))
    assert blank.partitions_.shape == (1, 20) and (blank.labels_ == 0).all()


def test_the_seed_decides():
    x = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32)
    one, again, other = (NonRedundant(4, random_state=seed).fit(x) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.partitions_, again.partitions_)
    np.testing.assert_array_equal(one.stability_, again.stability_)
    assert not np.array_equal(one.stability_, other.stability_)


def test_unusable_parameters_are_explained():
    x = np.random.default_rng(0).normal(size=(20, 4))
    with pytest.raises(InputError, match="Did you mean 'stable'"):
        NonRedundant(choose="stabel").fit(x)
    with pytest.raises(InputError, match="n_partitions"):
        NonRedundant(n_partitions=0).fit(x)
    with pytest.raises(InputError, match="n_clusters=21"):
        NonRedundant(n_clusters=21).fit(x)
