"""The baselines on features, against scikit-learn's contract and independent calculations."""

import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from fer_cluster.baselines import knn
from fer_cluster.baselines.knn import KNN
from fer_cluster.baselines.linear_probe import LinearProbe
from fer_cluster.baselines.majority import Majority
from fer_cluster.errors import InputError
from fer_cluster.loading import load

PROBES = (Majority, LinearProbe, KNN)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([probe() for probe in PROBES])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture
def x(random):
    return random.normal(size=(30, 4)) * (1, 5, 0.2, 1) + (0, 3, -1, 0)


@pytest.fixture
def y(x, random):
    return np.array([0, 2, 5])[np.digitize(x[:, 0] + random.normal(0, 0.3, 30), (-0.4, 0.4))]


@pytest.mark.parametrize("probe", PROBES)
def test_float32_features_of_a_chain(probe, x, y):
    fitted = probe().fit(x.astype(np.float32), y)
    assert probe.on == ("images" if probe is Majority else "features")  # majority looks at neither
    assert fitted.n_features_in_ == 4 and fitted.classes_.tolist() == [0, 2, 5]
    probability = fitted.predict_proba(x.astype(np.float32))
    assert probability.shape == (30, 3)
    np.testing.assert_allclose(probability.sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(probability, probe().fit(x, y).predict_proba(x), atol=2e-3)
    np.testing.assert_array_equal(fitted.predict(x), fitted.classes_[probability.argmax(1)])


# ---- majority


def test_majority_knows_nothing_but_the_frequencies():
    emotion = np.array([3, 3, 3, 6, 6, 0, 3, 6])
    fitted = Majority().fit(np.zeros((8, 2)), emotion)
    assert fitted.classes_.tolist() == [0, 3, 6]
    assert fitted.predict_proba(np.ones((2, 2))).tolist() == [[0.125, 0.5, 0.375]] * 2
    assert fitted.predict(np.ones((2, 2))).tolist() == [3, 3]
    assert Majority().fit(np.zeros((4, 1)), [6, 6, 1, 1]).predict([[0.0]]).tolist() == [1]


def test_majority_takes_images():
    images = np.zeros((5, 6, 4), np.uint8)
    assert Majority().fit(images, [1, 2, 2, 2, 4]).predict(images[:2]).tolist() == [2, 2]


# ---- linear probe


def weights(x, y, penalty):
    """Return the intercept and weights of softmax regression by Newton's method, column by class."""
    design = np.column_stack([np.ones(len(x)), x])
    classes, code = np.unique(y, return_inverse=True)
    hot, d, k = np.eye(len(classes))[code], design.shape[1], len(classes)
    theta = np.zeros((d, k))
    ridge = penalty * np.repeat([0.0] + [1.0] * (d - 1), k)
    for _ in range(30):
        odds = np.exp(design @ theta)
        p = odds / odds.sum(1, keepdims=True)
        gradient = (design.T @ (p - hot)).ravel() + ridge * theta.ravel()
        curve = np.diag(ridge)
        for row, share in zip(design, p, strict=True):
            curve += np.kron(np.outer(row, row), np.diag(share) - np.outer(share, share))
        theta -= np.linalg.lstsq(curve, gradient, rcond=None)[0].reshape(d, k)
    return theta


def test_linear_probe_is_softmax_regression_of_standardised_features(x, y):
    z = (x - x.mean(0)) / x.std(0)
    theta = weights(z, y, penalty=1 / 0.5)
    odds = np.exp(np.column_stack([np.ones(30), z]) @ theta)
    fitted = LinearProbe(C=0.5).fit(x, y)
    np.testing.assert_allclose(fitted.predict_proba(x), odds / odds.sum(1, keepdims=True), atol=1e-3)
    assert 1 < fitted.n_iter_ < 1000


def test_linear_probe_equals_scikit_learn(x, y):
    z = (x - x[:20].mean(0)) / x[:20].std(0)
    plain = LogisticRegression(C=0.01, max_iter=1000).fit(z[:20], y[:20])
    fitted = LinearProbe().fit(x[:20], y[:20])
    np.testing.assert_allclose(fitted.predict_proba(x), plain.predict_proba(z), atol=1e-4)


def test_linear_probe_does_not_see_the_scale_of_a_feature(x, y):
    moved = x * (1, 1000, 0.01, 1) + (0, 5, 0, -70)
    np.testing.assert_allclose(
        LinearProbe().fit(x, y).predict_proba(x), LinearProbe().fit(moved, y).predict_proba(moved), atol=1e-5
    )


def test_balanced_classes_raise_the_rare_one(random):
    y = np.repeat([0, 1], [90, 10])
    x = random.normal(size=(100, 2)) + 0.5 * y[:, None]
    rare = [LinearProbe(class_weight=w).fit(x, y).predict_proba(x)[:, 1].mean() for w in (None, "balanced")]
    assert rare[0] < 0.2 and rare[1] > 0.4


# ---- nearest neighbours


def votes(train, code, row, n_neighbors, temperature):
    """Return the vote for one row, one neighbour after the other."""
    cosine = [float(row @ other) / (math.dist(row, 0 * row) * math.dist(other, 0 * other)) for other in train]
    vote = {0: 0.0, 2: 0.0, 5: 0.0}
    for place in sorted(range(len(train)), key=lambda i: -cosine[i])[:n_neighbors]:
        vote[int(code[place])] += math.exp(cosine[place] / temperature)
    return np.array(list(vote.values())) / sum(vote.values())


@pytest.mark.parametrize("n_neighbors, temperature", [(20, 0.07), (1, 0.07), (5, 1.0), (99, 0.2)])
def test_knn_against_one_vote_after_the_other(x, y, random, n_neighbors, temperature):
    new = random.normal(size=(9, 4)) * 3
    expected = [votes(x, y, row, n_neighbors, temperature) for row in new]
    fitted = KNN(n_neighbors=n_neighbors, temperature=temperature).fit(x, y)
    np.testing.assert_allclose(fitted.predict_proba(new), expected, atol=1e-9)
    np.testing.assert_array_equal(fitted.predict(new), np.array([0, 2, 5])[np.argmax(expected, 1)])


def test_knn_by_hand():
    fitted = KNN(n_neighbors=2, temperature=0.5).fit([[3.0, 0.0], [0.0, 0.1], [-1.0, 0.0]], [1, 4, 6])
    share = 1 / (1 + math.exp(-2 * (0.8 - 0.6)))  # cosines .8 and .6
    np.testing.assert_allclose(fitted.predict_proba([[40.0, 30.0]]), [[share, 1 - share, 0]])


def test_knn_looks_at_direction_only(x, y, random):
    length = random.uniform(0.1, 10, size=(30, 1))
    np.testing.assert_allclose(KNN().fit(x, y).predict_proba(x), KNN().fit(x * length, y).predict_proba(x))


def test_knn_tells_that_one_feature_has_no_direction(x, y):
    with pytest.warns(UserWarning, match="one feature has but its sign"):
        fitted = KNN().fit(np.abs(x[:, :1]) + 1, y)
    assert len(set(fitted.predict(np.abs(x[:, :1]) + 1))) == 1


def test_knn_of_a_blank_face_is_finite(x, y):
    x[3] = 0
    fitted = KNN().fit(x.astype(np.float32), y)
    assert fitted.rows_.dtype == np.float32
    assert np.isfinite(fitted.predict_proba(np.zeros((2, 4), np.float32))).all()


def test_knn_is_the_same_in_blocks(x, y, monkeypatch):
    whole = KNN().fit(x, y).predict_proba(x)
    monkeypatch.setattr(knn, "_AT_ONCE", 7 * 30)
    sizes, vote = [], KNN._vote
    monkeypatch.setattr(KNN, "_vote", lambda self, rows: sizes.append(len(rows)) or vote(self, rows))
    np.testing.assert_allclose(KNN().fit(x, y).predict_proba(x), whole)
    assert sizes == [7, 7, 7, 7, 2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_neighbors": 0},
        {"n_neighbors": 2.5},
        {"n_neighbors": "x"},
        {"temperature": 0},
        {"temperature": -1.0},
        {"temperature": "x"},
    ],
)
def test_knn_says_what_is_allowed(x, y, wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        KNN(**wrong).fit(x, y)


@pytest.mark.parametrize("wrong", [{"C": -1}, {"C": "x"}, {"max_iter": 0}, {"class_weight": "foo"}])
def test_linear_probe_says_what_is_allowed(x, y, wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        LinearProbe(**wrong).fit(x, y)


@pytest.mark.parametrize("wrong", [{"happy": 2}, {0: 2, 3: 1}, {0: "much"}], ids=str)
def test_weights_of_labels_that_are_none_are_told(x, y, wrong):
    told = r"class_weight .* labels that it is fitted on \(codes 0 to 6 in classify\), here 0, 2, 5, got {"
    with pytest.raises(InputError, match=told):
        LinearProbe(class_weight=wrong).fit(x, y)


@pytest.mark.parametrize("weights", [{2: 3.0}, dict.fromkeys(range(7), 1.0), {}], ids=str)
def test_weights_may_be_of_some_labels_or_of_all_there_are(x, y, weights):
    z = (x - x.mean(0)) / x.std(0)
    plain = LogisticRegression(C=0.01, max_iter=1000, class_weight=weights).fit(z, y)
    fitted = LinearProbe(class_weight=weights).fit(x, y)
    np.testing.assert_allclose(fitted.predict_proba(x), plain.predict_proba(z), atol=1e-4)


def test_a_wrong_probe_is_refused_before_features_are_made(monkeypatch):
    from fer_cluster import classifying

    monkeypatch.setattr(classifying, "embed", lambda *_, **__: pytest.fail("features were made"))
    with pytest.raises(InputError, match="n_neighbors"):
        classifying.classify(load("toy:n=30"), "knn:n_neighbors=0", features="hog")
