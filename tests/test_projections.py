import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA as Reference
from sklearn.metrics import silhouette_score

from fer_cluster.errors import InputError
from fer_cluster.projections.pca import PCA
from fer_cluster.projections.tsne import TSNE
from fer_cluster.projections.umap import UMAP


@pytest.fixture(scope="module")
def groups():
    """Three groups of 60 rows that even their first two principal components tell apart."""
    rng = np.random.default_rng(0)
    group = np.arange(180) % 3
    centres = 6 * rng.standard_normal((3, 10))
    return (centres[group] + rng.standard_normal((180, 10))).astype(np.float32), group


@pytest.mark.parametrize("shape", [(5000, 12), (30, 80), (4, 2)])
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_pca_equals_scikit_learn(shape, precision):
    rng = np.random.default_rng(0)
    x = (rng.standard_normal(shape) * 0.7 ** np.arange(shape[1]) + 100).astype(precision)
    ours, theirs = PCA().fit(x), Reference(2, svd_solver="full").fit(x.astype(np.float64))
    np.testing.assert_allclose(ours.components_, theirs.components_, atol=1e-3)  # signs too
    np.testing.assert_allclose(
        ours.explained_variance_ratio_, theirs.explained_variance_ratio_, rtol=1e-3, atol=1e-6
    )
    points = ours.transform(x)
    assert points.dtype == np.float32
    np.testing.assert_allclose(points, theirs.transform(x), atol=2e-3)
    np.testing.assert_array_equal(PCA().fit_transform(x), points)


def test_pca_of_what_has_no_variance():
    assert np.all(PCA().fit_transform(np.ones((5, 3), np.float32)) == 0)


@pytest.mark.parametrize("shape", [(1, 5), (5, 0), (5,)])
def test_pca_needs_two_faces_and_a_feature(shape):
    with pytest.raises(InputError, match="two faces and a feature"):
        PCA().fit(np.ones(shape))


def test_pca_of_one_feature_lies_on_a_line():
    x = np.array([[3.0], [1.0], [8.0]], np.float32)
    pca = PCA().fit(x)
    np.testing.assert_allclose(pca.transform(x), [[-1, 0], [-3, 0], [4, 0]], atol=1e-6)
    np.testing.assert_allclose(pca.explained_variance_ratio_, [1, 0])


def test_pca_has_no_parameters():
    assert clone(PCA()).get_params() == {}


@pytest.mark.parametrize("projection", [PCA(), UMAP(n_neighbors=10), TSNE(perplexity=15)], ids=repr)
def test_groups_stay_together_whatever_the_run(projection, groups):
    x, group = groups
    before = x.copy()
    points = projection.fit_transform(x)
    assert points.shape == (180, 2)
    assert points.dtype == np.float32
    assert silhouette_score(points, group) > 0.4
    np.testing.assert_array_equal(clone(projection).fit_transform(x), points)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("projection", [UMAP(), TSNE()], ids=repr)
def test_few_faces_and_the_same_faces_do_no_harm(projection):
    x = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
    same = np.concatenate([x, np.repeat(x[:1], 40, axis=0)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(projection.fit_transform(x)).all()
        assert np.isfinite(projection.fit_transform(same)).all()


@pytest.mark.parametrize("projection", [UMAP(), TSNE()], ids=repr)
def test_one_feature_is_shown_too(projection):
    x = np.random.default_rng(0).standard_normal((60, 1)).astype(np.float32)
    points = projection.fit_transform(x)
    assert points.shape == (60, 2) and np.isfinite(points).all()
    assert points.std(0).min() > 0.1 and x.shape == (60, 1)


@pytest.mark.parametrize("projection", [UMAP(), TSNE()], ids=repr)
@pytest.mark.parametrize("shape", [(30, 4), (5, 1), (3, 2)])
def test_faces_that_are_all_the_same_are_one_point(projection, shape):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        points = projection.fit_transform(np.ones(shape))
    assert points.dtype == np.float32 and (points == np.zeros((shape[0], 2))).all()


@pytest.mark.parametrize("shape", [(0, 5), (1, 5), (5, 0), (5,)])
def test_a_picture_needs_faces_and_a_feature(shape):
    for projection, told in ((TSNE(), "TSNE needs two faces"), (UMAP(), "UMAP needs three faces")):
        with pytest.raises(InputError, match=f"{told} and a feature, got shape"):
            projection.fit_transform(np.ones(shape))


def test_the_fewest_faces_that_are_shown():
    x = np.random.default_rng(0).standard_normal((3, 4))
    assert np.isfinite(TSNE().fit_transform(x[:2])).all() and np.isfinite(UMAP().fit_transform(x)).all()
    with pytest.raises(InputError, match=r"UMAP needs three faces and a feature, got shape \(2, 4\)"):
        UMAP().fit_transform(x[:2])


@pytest.mark.parametrize("projection", [UMAP, TSNE])
def test_a_seed_may_be_none(projection):
    projection(random_state=None).check()


SEED = r"random_state must be None or a whole number of 0 to below 2 \*\* 32, got"


@pytest.mark.parametrize(
    "projection, told",
    [
        (UMAP(min_dist=5), "min_dist must be a number from 0 to 1, got 5"),
        (UMAP(min_dist=-0.1), "min_dist must be a number from 0 to 1, got -0.1"),
        (UMAP(n_neighbors=1), "n_neighbors must be a whole number of 2 or more, got 1"),
        (UMAP(n_neighbors=2.5), "n_neighbors must be a whole number of 2 or more, got 2.5"),
        (UMAP(random_state=-1), f"{SEED} -1"),
        (UMAP(random_state=1.5), f"{SEED} 1.5"),
        (TSNE(random_state=-1), f"{SEED} -1"),
        (TSNE(random_state="a"), f"{SEED} 'a'"),
        (TSNE(random_state=2**32), f"{SEED} 4294967296"),
        (TSNE(perplexity=0), "perplexity must be a number above 0, got 0"),
        (TSNE(perplexity="many"), "perplexity must be a number above 0, got 'many'"),
    ],
    ids=repr,
)
def test_parameters_that_cannot_be_used(projection, told):
    for use in (projection.check, lambda: projection.fit_transform(np.ones((9, 3), np.float32))):
        with pytest.raises(InputError, match=told):
            use()


def test_another_seed_gives_another_umap(groups):
    x = groups[0][:60]
    first, second = (UMAP(random_state=seed).fit_transform(x) for seed in (0, 1))
    assert not np.array_equal(first, second)
