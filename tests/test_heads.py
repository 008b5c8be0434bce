"""Clusterers on features that are more than centres: heads, graphs, codes, manifolds."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.datasets import make_blobs, make_circles, make_moons
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.estimator_checks import (
    check_clusterer_compute_labels_predict,
    check_clustering,
    parametrize_with_checks,
)
from torch import nn

from fer_cluster.clusterers._autoencoder import Autoencoder, Sharpening, divergence, student_t, target
from fer_cluster.clusterers._collapse import collapsed, effective
from fer_cluster.clusterers._graph import mutual
from fer_cluster.clusterers._learning import learn
from fer_cluster.clusterers._merged import merged
from fer_cluster.clusterers._neighbours import directions, neighbours
from fer_cluster.clusterers._scan import Scan, adoption
from fer_cluster.clusterers._temi import Temi, agreement, information
from fer_cluster.clusterers.dec import DEC
from fer_cluster.clusterers.idec import IDEC
from fer_cluster.clusterers.kmeans import KMeans
from fer_cluster.clusterers.n2d import N2D
from fer_cluster.clusterers.scan import SCAN
from fer_cluster.clusterers.spectral import Spectral
from fer_cluster.clusterers.temi import TEMI
from fer_cluster.errors import InputError

ON_CENTRES = (TEMI, SCAN, DEC, IDEC)
ALL = (*ON_CENTRES, Spectral, N2D)
QUICK = [
    TEMI(epochs=2, heads=2, hidden=4),
    SCAN(epochs=2, heads=2, hidden=4),
    DEC(pretrain_epochs=2, epochs=1, hidden=(8,)),
    IDEC(pretrain_epochs=2, epochs=1, hidden=(8,)),
    Spectral(),
]


def checks():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* does not inherit from `sklearn.base.BaseEstimator`")
        return parametrize_with_checks(QUICK)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning", "ignore:.*has collapsed")
@checks()
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore:.*has collapsed")
@pytest.mark.parametrize(
    "estimator", [TEMI(), SCAN(), DEC(), IDEC(), Spectral()], ids=lambda e: type(e).__name__
)
def test_scikit_learn_checks_of_clusterers(estimator):
    check_clusterer_compute_labels_predict(type(estimator).__name__, estimator)
    check_clustering(type(estimator).__name__, estimator, readonly_memmap=True)


def blobs(sizes, width=8, apart=4.0, seed=0):
    """Return rows around as many axes as there are sizes, shuffled, and the truth."""
    random = np.random.default_rng(seed)
    truth = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return apart * np.eye(width)[truth] + 0.6 * random.standard_normal((len(truth), width)), truth


def shares(*shape, seed=0):
    logits = np.random.default_rng(seed).standard_normal(shape)
    return np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)


@pytest.mark.parametrize("beta", [1.0, 0.6])
def test_the_loss_of_temi_by_hand(beta):
    student, teacher, mean = shares(2, 5, 3), shares(2, 5, 3, seed=1), shares(2, 3, seed=2)
    found = information(*(torch.tensor(p).log() for p in (student, teacher)), torch.tensor(mean), beta)
    for head in range(2):
        for row in range(5):
            total = sum(
                (student[head, row, k] * teacher[head, row, k]) ** beta / mean[head, k] for k in range(3)
            )
            assert found[head, row] == pytest.approx(-np.log(total))
    halves = torch.full((1, 1, 2), 0.5).log()
    assert information(halves, halves, torch.full((1, 2), 0.5), 1.0).item() == pytest.approx(0, abs=1e-6)


def test_a_beta_below_one_makes_clusters_of_one_size_worth_less():
    def gain(beta):  # of two clusters of one size over clusters of .9 and .1, all rows sure of theirs
        sure = torch.eye(2)[None].log().clamp_min(-30)
        even = information(sure, sure, torch.tensor([[0.5, 0.5]]), beta)[0]
        uneven = information(sure, sure, torch.tensor([[0.9, 0.1]]), beta)[0]
        return float((uneven * torch.tensor([0.9, 0.1])).sum() - even.mean())

    assert gain(1.0) == pytest.approx(np.log(2) + 0.9 * np.log(0.9) + 0.1 * np.log(0.1), abs=1e-5)
    soft = torch.tensor([[[0.9, 0.1]]]).log()  # a row of a large cluster that is not quite sure
    pull = [
        (information(soft, soft, torch.tensor([[m, 1 - m]]), b).item())
        for b in (1.0, 0.6)
        for m in (0.5, 0.9)
    ]
    assert pull[1] - pull[0] > pull[3] - pull[2] > 0


def test_weights_of_temi_are_agreement_over_heads():
    one, other = shares(3, 4, 5), shares(3, 4, 5, seed=1)
    found = agreement(torch.tensor(one).log(), torch.tensor(other).log())
    np.testing.assert_allclose(found, np.einsum("hbk,hbk->b", one, other) / 3)


def test_the_loss_of_scan_by_hand():
    one, other = shares(2, 6, 3), shares(2, 6, 3, seed=1)
    found = adoption(torch.tensor(one).log(), torch.tensor(other).log(), 5.0)
    for head in range(2):
        mean = one[head].mean(0)
        agree = np.mean([-np.log(one[head, row] @ other[head, row]) for row in range(6)])
        assert found[head] == pytest.approx(agree + 5 * (mean * np.log(mean)).sum())


class Shares(nn.Module):
    """Two heads of three clusters on rows of four numbers."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(np.random.default_rng(0).standard_normal((2, 4, 3))))

    def forward(self, z):
        return (z @ self.weight).log_softmax(-1)


def test_a_step_of_temi_by_hand():
    random = np.random.default_rng(1)
    z, near = torch.tensor(random.standard_normal((6, 4))), torch.tensor([[3], [2], [5], [1], [0], [4]])
    heads, rows = Shares(), torch.tensor([0, 5])
    temi = Temi(heads, z, near, beta=0.6, momentum=0.75)
    before, mean = heads.weight.detach().clone(), temi.mean
    torch.testing.assert_close(mean, heads(z).exp().mean(1))
    with torch.no_grad():
        heads.weight += torch.tensor(random.standard_normal((2, 4, 3)))
    losses = temi(rows)
    slow = before + 0.25 * (heads.weight.detach() - before)  # the teacher follows first
    torch.testing.assert_close(temi.teacher.weight.detach(), slow)
    faces, pairs = z[rows], z[near[rows, 0]]
    teacher = [(x @ slow).softmax(-1) for x in (faces, pairs)]
    student = [heads(x).exp() for x in (faces, pairs)]
    mean = 0.9 * mean + 0.1 * torch.cat(teacher, 1).mean(1)
    torch.testing.assert_close(temi.mean, mean)
    weight = (teacher[0] * teacher[1]).sum(-1).mean(0)
    wanted = 0
    for own, other in ((0, 1), (1, 0)):  # each view learns what the teacher says of the other
        told = ((student[own] * teacher[other]) ** 0.6 / mean[:, None]).sum(-1)
        wanted = wanted - (weight * told.log()).mean(1) / 2
    torch.testing.assert_close(losses, wanted)


def test_a_step_of_scan_is_of_faces_and_their_neighbours():
    z, near = torch.randn(6, 4, dtype=torch.float64), torch.tensor([[3], [2], [5], [1], [0], [4]])
    heads, rows = Shares(), torch.tensor([0, 5])
    loss = Scan(heads, z, near, entropy_weight=2.0)(rows)
    torch.testing.assert_close(loss, adoption(heads(z[rows]), heads(z[[3, 4]]), 2.0))


def test_student_t_and_its_target_by_hand():
    code, centres = torch.tensor([[0.0, 0.0], [3.0, 0.0]]), torch.tensor([[0.0, 1.0], [2.0, 0.0]])
    near = np.array([[1 / 2, 1 / 5], [1 / 11, 1 / 2]])
    q = near / near.sum(1, keepdims=True)
    np.testing.assert_allclose(student_t(code, centres), q, rtol=1e-6)
    sharp = q**2 / q.sum(0)
    p = sharp / sharp.sum(1, keepdims=True)
    np.testing.assert_allclose(target(torch.tensor(q)), p)
    assert divergence(torch.tensor(p), torch.tensor(q)).item() == pytest.approx((p * np.log(p / q)).sum() / 2)


def test_neighbours_are_those_of_scikit_learn():
    x = np.random.default_rng(0).standard_normal((600, 5)) + 3
    z = directions(x, x.mean(0))
    expected = NearestNeighbors(n_neighbors=7, metric="cosine").fit(x - x.mean(0)).kneighbors()[1]
    np.testing.assert_array_equal(np.sort(neighbours(z, 7)), np.sort(expected))
    assert neighbours(z[:3], 7).shape == (3, 2) and neighbours(z[:1], 7).tolist() == [[0]]


def test_a_row_at_the_mean_has_no_direction():
    rows = np.array([[1.0, 2.0], [1.0, 2.0 + 1e-9], [1.0, 3.0]])
    np.testing.assert_array_equal(directions(rows, np.array([1.0, 2.0])), [[0, 0], [0, 0], [0, 1]])


def test_merging_joins_what_is_near_and_keeps_what_is_rare():
    angle = np.deg2rad([0, 8, 90, 97, 200])
    z = np.column_stack([np.cos(angle), np.sin(angle)])[[0] * 50 + [1] * 40 + [2] * 5 + [3] * 50 + [4]]
    fine = np.repeat([0, 1, 3, 5, 6], [50, 40, 5, 50, 1])
    cluster = merged(z, fine, np.unique(fine), 3)
    assert cluster[0] == cluster[1] and cluster[2] == cluster[3] and len(set(cluster)) == 3
    assert merged(z, fine, np.unique(fine), 6).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("kind", ON_CENTRES, ids=lambda c: c.__name__)
def test_separate_groups_are_found_and_new_rows_join_them(kind):
    x, truth = blobs([100] * 4)
    model = kind(4).fit(x[:300])
    assert adjusted_rand_score(truth[:300], model.labels_) > 0.9
    assert adjusted_rand_score(truth[300:], model.predict(x[300:])) > 0.9
    assert not model.collapsed_ and model.effective_ == pytest.approx(4, abs=0.2)


def test_temi_finds_a_rare_group():
    x, truth = blobs([400, 180, 20])
    model = TEMI(3, neighbours=15).fit(x)
    assert adjusted_rand_score(truth, model.labels_) > 0.9
    rare = np.bincount(model.labels_[truth == 2]).argmax()
    assert (model.labels_[truth == 2] == rare).mean() > 0.9
    assert (model.labels_ == rare).sum() < 40


def test_training_lowers_the_loss_and_the_lowest_head_is_kept():
    x, _ = blobs([60] * 5, apart=1.5)
    for kind in (TEMI, SCAN):
        short, long = kind(5, over=1, epochs=1).fit(x), kind(5, over=1, epochs=40).fit(x)
        assert (long.losses_ < short.losses_).all() and long.losses_.shape == (4,)
        assert [part.shape for part in long.head_] == [(8, 5), (8, 64), (1, 64), (64, 5)]
        _, heads = long._trained(directions(x, long.mean_), np.random.RandomState(0))
        for kept, best in zip(long.head_, heads[long.losses_.argmin()], strict=True):
            np.testing.assert_array_equal(kept, best)


def test_scan_without_its_entropy_collapses_and_says_so():
    x = np.random.default_rng(0).standard_normal((300, 3))
    with pytest.warns(UserWarning, match="SCAN has collapsed: . of 4 clusters"):
        model = SCAN(4, over=1, heads=1, entropy_weight=0.0, epochs=20, learning_rate=3e-2).fit(x)
    assert model.collapsed_ and model.effective_ < 2
    assert not SCAN(4, over=1, heads=1, epochs=20, learning_rate=3e-2).fit(x).collapsed_


@pytest.mark.parametrize("kind", ON_CENTRES, ids=lambda c: c.__name__)
def test_rows_that_are_all_the_same_are_a_collapse(kind):
    x = np.full((60, 5), 7.0) + 1e-8 * np.random.default_rng(0).standard_normal((60, 5))
    model = kind(3)
    with pytest.warns(UserWarning, match=f"{kind.__name__} has collapsed: 1 of 3"):
        model.fit(x)
    assert model.collapsed_ and model.effective_ == pytest.approx(1)


def test_equal_rows_are_a_collapse_of_n2d_too():
    with pytest.warns(UserWarning, match="N2D has collapsed: 1 of 3"):
        model = N2D(3).fit(np.ones((60, 5)))
    assert model.predict(np.ones((2, 5))).tolist() == model.labels_[:2].tolist()


@pytest.mark.parametrize("min_dist", [-1, 2])
def test_a_distance_that_umap_does_not_know(min_dist):
    with pytest.raises(InputError, match=f"min_dist must be from 0 to 1, got {min_dist}"):
        N2D(3, min_dist=min_dist).fit(np.random.default_rng(0).normal(size=(60, 5)))


def test_what_a_collapse_is():
    assert effective(np.repeat([0, 1, 2, 3], 5)) == pytest.approx(4)
    assert effective(np.repeat([0, 1], [3, 1])) == pytest.approx(
        np.exp(-0.75 * np.log(0.75) - 0.25 * np.log(0.25))
    )
    fer2013 = np.repeat(np.arange(7), [3995, 436, 4097, 7215, 4830, 3171, 4965])
    assert not collapsed(fer2013, 7, "truth")
    for labels in (np.zeros(9, int), np.repeat([0, 1, 2, 3], [970, 10, 10, 10]), np.array([0, 2] * 5)):
        with pytest.warns(UserWarning, match="it has collapsed"):
            assert collapsed(labels, labels.max() + 1 if labels.any() else 2, "it")


def test_dec_leaves_the_reconstruction_out_and_idec_keeps_it():
    assert DEC()._weights() == (1.0, 0.0) and IDEC(gamma=0.3)._weights() == (0.3, 1.0)
    torch.manual_seed(0)
    net, x, rows = Autoencoder((4, 6, 2)), torch.randn(30, 4), torch.tensor([3, 8, 21])
    centres = torch.randn(3, 2)
    p = target(student_t(net.encoder(x), centres))[rows]
    kl = divergence(p, student_t(net.encoder(x[rows]), centres)).item()
    apart = (net(x[rows])[1] - x[rows]).square().mean().item()
    for clustering, reconstruction in ((1.0, 0.0), (0.3, 1.0)):
        loss = Sharpening(net, centres, x, clustering=clustering, reconstruction=reconstruction, tol=0.1)
        assert not loss.settled()  # there is nothing yet that could have stayed
        assert loss(rows).item() == pytest.approx(clustering * kl + reconstruction * apart, rel=1e-5)
        assert loss.settled()
        loss.labels = (loss.labels + 1) % 3
        assert not loss.settled()


@pytest.mark.parametrize("shape", ["moons", "circles"])
def test_spectral_finds_shapes_that_k_means_does_not(shape):
    make = {"moons": make_moons, "circles": lambda *a, **k: make_circles(*a, factor=0.4, **k)}[shape]
    x, truth = make(900, noise=0.05, random_state=0)
    model = Spectral(2, neighbours=10, landmarks=500).fit(x[:700])
    assert len(model.landmarks_) == 500
    assert adjusted_rand_score(truth[:700], model.labels_) > 0.95
    assert adjusted_rand_score(truth[700:], model.predict(x[700:])) > 0.95
    assert adjusted_rand_score(truth, KMeans(2).fit(x).labels_) < 0.6
    np.testing.assert_array_equal(
        Spectral(2, neighbours=10, landmarks=500).fit(x[:700]).labels_, model.labels_
    )


def test_the_graph_ties_mutual_neighbours_most():
    graph = mutual(np.array([[0.0], [1.0], [2.1], [9.0]]), 1).toarray()
    expected = [[0, 1, 0, 0], [1, 0, 0.1, 0], [0, 0.1, 0, 0.1], [0, 0, 0.1, 0]]
    np.testing.assert_allclose(graph, expected)


def test_landmarks_fewer_than_clusters():
    with pytest.raises(InputError, match="n_clusters=7"):
        Spectral(landmarks=5).fit(blobs([20] * 3)[0])


def test_n2d_follows_moons_and_repeats_itself():
    x, truth = make_moons(260, noise=0.04, random_state=0)
    model = N2D(2, n_components=2).fit(x[:200])
    assert adjusted_rand_score(truth[:200], model.labels_) > 0.9
    assert adjusted_rand_score(truth[200:], model.predict(x[200:])) > 0.9
    np.testing.assert_array_equal(model.predict(x[:200]), model.labels_)
    np.testing.assert_array_equal(N2D(2, n_components=2).fit(x[:200]).labels_, model.labels_)
    with pytest.raises(InputError, match="at least 4 faces"):
        N2D(2).fit(x[:3])


@pytest.mark.parametrize("estimator", QUICK, ids=lambda e: type(e).__name__)
def test_the_seed_decides(estimator):
    x = make_blobs(150, 6, centers=7, random_state=1)[0]
    if isinstance(estimator, Spectral):
        estimator = Spectral(landmarks=60)
    state = torch.random.get_rng_state()
    np.testing.assert_array_equal(estimator.fit(x).labels_, estimator.fit(x).labels_)
    assert torch.equal(torch.random.get_rng_state(), state)
    other = type(estimator)(**{**estimator.get_params(), "random_state": 5}).fit(x)
    learnt = {"losses_": np.ravel, "layers_": lambda layers: layers[0][0], "landmarks_": np.ravel}
    name = next(name for name in learnt if hasattr(estimator, name))
    ours, others = (learnt[name](getattr(one, name)) for one in (estimator, other))
    assert not np.array_equal(ours, others)


def test_rows_are_shuffled_in_even_batches_and_the_loss_is_the_last_epochs():
    weight, batches = nn.Parameter(torch.zeros(2)), []

    def objective(rows):
        batches.append(rows.tolist())
        return (weight - rows.float().mean()).square() * torch.tensor([1.0, 3.0])

    net = nn.Module()
    net.weight = weight
    recipe = {"epochs": 2, "batch_size": 40, "learning_rate": 1e-9, "random": np.random.RandomState(0)}
    loss = learn(net, objective, 100, title="numbers", **recipe)
    assert [len(rows) for rows in batches] == [25] * 8  # not 32, 32, 32, 4
    assert sorted(np.concatenate(batches[4:])) == list(range(100)) and batches[:4] != batches[4:]
    expected = sum(np.mean(rows) ** 2 * len(rows) for rows in batches[4:]) / 100
    np.testing.assert_allclose(loss, [expected, 3 * expected], rtol=1e-5)


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch_size": 0}, {"learning_rate": "high"}])
def test_a_recipe_that_cannot_be_used(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        SCAN(3, **wrong).fit(blobs([30] * 3)[0])


@pytest.mark.parametrize("kind", [TEMI, DEC], ids=lambda c: c.__name__)
def test_a_learning_rate_that_is_far_too_high(kind):
    with pytest.raises(InputError, match="no longer numbers; use a lower learning_rate"):
        kind(3, learning_rate=1e30).fit(blobs([30] * 3)[0])
