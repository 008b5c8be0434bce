"""Clusters under the votes of annotators, by hand and by drawing voters."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import entropy
from test_label_efficiency import clustering
from test_plots import LONG, _outside, _overlapping, _texts, pixels

from fer_cluster.analysis.annotators import Annotators, _groups, _one_voter
from fer_cluster.datasets._votes import COLUMNS
from fer_cluster.emotions import EMOTIONS, emotion_of
from fer_cluster.errors import InputError
from fer_cluster.faces import Faces
from fer_cluster.plots.annotators import Annotators as Plot
from fer_cluster.votes import outvoted, votes_of

HAPPY, SAD = 3, 4
IN_COLUMN = [COLUMNS.index(name) for e in EMOTIONS for name in COLUMNS if emotion_of(name[6:]) == e]


BESIDE = {  # yardstick -> what people reach by it, and the clusters
    "most voters": ("one_voter", "accuracy_majority"),
    "the label": ("label_majority", "accuracy"),
    "single voters": ("best_answer", "accuracy_voters"),
}


def with_votes(run, votes, others=0):
    """Give a run votes for the seven emotions in their order, and for contempt."""
    table = np.zeros((len(votes), 10), int)
    table[:, IN_COLUMN] = votes
    table[:, COLUMNS.index("votes_contempt")] = others
    for place, name in enumerate(COLUMNS):
        run.faces[name] = table[:, place]
    return run


def seven(happy, sad):
    return np.transpose([0 * np.array(happy)] * 3 + [happy, sad] + [0 * np.array(happy)] * 2)


@pytest.fixture
def small():
    """Return a run whose table is worked out by hand; cluster 0 is named happy, 1 sad."""
    emotion = [HAPPY, SAD, HAPPY, HAPPY, SAD, HAPPY, HAPPY, -1]
    run = clustering(emotion, [0, 1, 0, 0, 1, 1, 0, 0], np.zeros((8, 2)), part=["train"] * 2 + ["test"] * 6)
    return with_votes(run, seven([9, 9, 10, 6, 5, 0, 0, 10], [0, 0, 0, 4, 5, 2, 1, 0]), [0] * 5 + [8, 9, 0])


def random_run(random, n=400, k=5, seeds=2, **given):
    emotion, clusters = random.integers(7, size=n), random.integers(k, size=(seeds, n))
    run = clustering(emotion, clusters, part=np.where(np.arange(n) % 2, "test", "train"), **given)
    return with_votes(run, random.multinomial(10, random.dirichlet([0.3] * 7, n)))


def test_all_faces_by_hand(small):
    table = Annotators(groups=2).table([small])
    row = table.set_index("disagreement").loc["all"]
    assert (row["n"], row["left_out"]) == (4, 1)  # one has a single vote for the seven, one has no label
    assert row["accuracy"] == 0.75 and row["accuracy_majority"] == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert row["accuracy_voters"] == pytest.approx((1 + 0.6 + 0.5 + 1) / 4)
    assert row["label_majority"] == pytest.approx((1 + 1 + 0.5 + 0) / 4)
    assert row["label_voters"] == pytest.approx((1 + 0.6 + 0.5 + 0) / 4)
    # of 6 : 4 the six are right; of 5 : 5 each meets 4 : 5 and is wrong
    assert row["one_voter"] == pytest.approx((1 + 0.6 + 0 + 1) / 4)
    assert row["best_answer"] == pytest.approx((1 + 0.6 + 0.5 + 1) / 4)
    assert row["purity"] == 0.75 and row["purity_votes"] == pytest.approx((1.6 + 1.5) / 4)
    assert isinstance(row["purity_of_one"], float)  # an array of one is typeset with all its digits
    assert row["purity_of_one"] == 0.75 and row["purity_votes_of_one"] == pytest.approx(2.1 / 4)
    faces = (0 + entropy([6, 4]) + np.log(2) + 0) / 4
    within = (entropy([1.6, 0.4]) + entropy([0.5, 1.5])) / 2
    assert row["entropy"] == pytest.approx(faces) and row["entropy_within"] == pytest.approx(within)
    assert row["entropy_total"] == pytest.approx(entropy([2.1, 1.9]))
    assert row["by_people"] == pytest.approx(faces / within)
    assert row["other_votes"] == pytest.approx(8 / 40)


def test_groups_by_hand(small):
    table = Annotators(groups=2).table([small])
    assert table["disagreement"].tolist() == ["all", "1 of 2", "2 of 2"]
    assert table["n"].tolist() == [4, 2, 2] and table["accuracy"].tolist() == [0.75, 0.5, 1.0]
    assert table["accuracy_majority"].tolist() == pytest.approx([0.875, 1.0, 0.75])
    assert table["one_voter"].tolist() == pytest.approx([0.65, 1.0, 0.3])
    assert table["left_out"].isna().tolist() == [False, True, True]


def test_the_sentence(small):
    assert Annotators(groups=2).say(Annotators(groups=2).table([small])) == (
        "pixels-kmeans, 4 faces of test: the emotion that names a face's cluster is what most voters saw "
        "for 87.5 % and its label for 75.0 %; one voter agrees with most others on 65.0 %, and no answer can "
        "agree with more than 77.5 % of single votes. Expected purity is 0.775 under the votes, 0.750 under "
        "the labels (0.525 and 0.750 with one cluster for all). From the faces that voters agree on most to "
        "those they agree on least, 100.0 % to 75.0 %. The mixing is mostly in the people: of 0.53 nats of "
        "entropy within clusters (0.69 without clusters), people's disagreement on single faces is 0.34 "
        "(64.3 %). Left out: the 20.0 % of votes for contempt, unknown or no face, and faces with fewer than "
        "two others (1)."
    )


def test_equal_entropies_stay_together():
    assert _groups(np.array([0.3, 0, 0, 0, 0, 0.9, 0.3, 0.5]), 4).tolist() == [2, 0, 0, 0, 0, 3, 2, 3]
    assert _groups(np.zeros(9), 5).tolist() == [2] * 9
    assert np.bincount(_groups(np.arange(100.0), 5)).tolist() == [20] * 5


def test_one_voter_by_drawing_voters(random):
    votes = np.array(
        [[3, 3, 2, 2, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0], [4, 3, 3, 0, 0, 0, 0], [7, 3, 0, 0, 0, 0, 0]]
    )
    ours = _one_voter(votes, votes / votes.sum(1, keepdims=True))
    for face, counts in enumerate(votes):
        right = []
        for _ in range(4000):
            voters = random.permutation(np.repeat(np.arange(7), counts))
            others = np.bincount(voters[1:], minlength=7)
            right.append(voters[0] == random.choice(np.flatnonzero(others == others.max())))
        assert ours[face] == pytest.approx(np.mean(right), abs=0.03)


@pytest.mark.parametrize("apart", [False, True])
def test_mixing_of_known_kinds(random, apart):
    run = random_run(random, seeds=1)
    run.faces["cluster"] = np.arange(400, dtype=np.int32) * apart  # a cluster for each face, or one for all
    votes = votes_of(run)[0][run.faces["part"] == "test"]
    row = Annotators().table([run]).loc[0]
    everyone, each = entropy(votes.sum(0)), entropy(votes, axis=1).mean()
    assert row["entropy"] == pytest.approx(each) and row["entropy_total"] == pytest.approx(everyone)
    assert row["entropy_within"] == pytest.approx(each if apart else everyone)
    assert row["by_people"] == pytest.approx(1 if apart else each / everyone)
    assert np.isnan(row["entropy_within_sd"])  # of one seed


def test_clear_votes_for_the_label_are_the_label(random):
    run = random_run(random)
    with_votes(run, 10 * np.eye(7, dtype=int)[run.faces["emotion"].cat.codes])
    row = Annotators().table([run]).loc[0]
    assert row["purity_votes"] == pytest.approx(row["purity"])
    assert row["accuracy"] == row["accuracy_majority"] == pytest.approx(row["accuracy_voters"])
    assert row["one_voter"] == row["best_answer"] == row["label_majority"] == 1 and row["by_people"] == 0
    assert "mostly in the clusters" in Annotators().say(Annotators().table([run]))


def test_the_label_is_outvoted_as_the_audit_counts(random):
    from fer_cluster.audit import audit

    run = random_run(random, n=60)
    faces = Faces(random.integers(256, size=(60, 8, 8)).astype(np.uint8), run.faces.assign(split="Training"))
    votes, others = votes_of(run)
    emotion = run.faces["emotion"].cat.codes.to_numpy()
    counts = audit(faces).query("finding == 'label outvoted' and split == 'all'")["count"].item()
    assert outvoted(emotion, votes, others).sum() == counts > 10
    assert outvoted(np.array([HAPPY] * 3), seven([4, 4, 4], [4, 5, 0]), [[0], [0], [5]]).tolist() == [0, 1, 1]


class TestWhereTheVotesAre:
    def run_and_faces(self, random):
        run = random_run(random)
        images = random.integers(256, size=(400, 2, 2)).astype(np.uint8)
        faces = Faces(images, run.faces[["emotion", *COLUMNS]], "toy")
        bare = clustering(run.faces["emotion"].cat.codes, run.clusters, part=run.faces["part"])
        bare.spec["dataset"]["fingerprint"] = faces.fingerprint
        return run, bare, faces

    def test_votes_of_the_faces_are_those_of_the_run(self, random):
        run, bare, faces = self.run_and_faces(random)
        pd.testing.assert_frame_equal(Annotators().table([run]), Annotators().table([bare], faces))

    def test_what_is_missing_is_explained(self, random):
        run, bare, faces = self.run_and_faces(random)
        with pytest.raises(InputError, match="no FER\\+ votes; load its faces with votes="):
            Annotators().table([bare])
        with pytest.raises(InputError, match="not the faces of 'pixels-kmeans'"):
            Annotators().table([bare], faces[::-1])
        del run.faces["votes_fear"]
        with pytest.raises(InputError, match="no column for fear"):
            Annotators().table([run])
        with pytest.raises(InputError, match="two votes"):
            Annotators().table([with_votes(bare, np.zeros((400, 7), int), 10)])


class TestPlot:
    def test_draws_each_accuracy_beside_what_people_reach_by_it_from_the_csv(self, random, tmp_path):
        runs = [random_run(random, name=name) for name in (LONG, "b", "b")]
        data = Plot().data(runs)
        pd.testing.assert_frame_equal(data, Annotators().table(runs))
        assert data["run"].unique().tolist() == [LONG, "b", "b (2)"]
        data.to_csv(tmp_path / "data.csv", index=False)
        figure = Plot().draw(data)
        assert pixels(figure) == pixels(Plot().draw(pd.read_csv(tmp_path / "data.csv")))
        assert len(figure.axes) == 9
        whole = data[(data["run"] == LONG) & (data["disagreement"] == "all")].iloc[0]
        shown = data[(data["run"] == LONG) & (data["disagreement"] != "all")]
        for panel, (by, columns) in zip(figure.axes, BESIDE.items(), strict=False):
            assert panel.get_ylabel() == f"agreement with {by} (%)" and len(panel.lines) == 2
            for line, column in zip(panel.lines, columns, strict=True):
                np.testing.assert_allclose(line.get_ydata(), 100 * shown[column])
                assert line.get_label().endswith(f": {100 * whole[column]:.1f} %")

    def test_the_ceiling_alone_bounds_what_is_drawn_below_it(self, random):
        data = Plot().data([random_run(random, seeds=1)])
        for panel in Plot().draw(data).axes:
            beside, clusters = panel.lines
            if "ceiling" in beside.get_label():
                assert (clusters.get_ydata() <= beside.get_ydata() + 1e-9).all()
        assert [line.get_label().startswith("ceiling") for line in _lines(Plot().draw(data))].count(True) == 1

    def test_text_is_legible_and_does_not_overlap(self, random):
        data = Plot().data([random_run(random, name=name) for name in (LONG, "b", "c")])
        for some in (data, data[data["run"] == "b"]):
            texts = _texts(Plot().draw(some))
            assert min(text.get_fontsize() for text, _ in texts) >= 8
            assert not _overlapping(texts) and not _outside(texts)

    def test_draws_into_a_given_panel(self, small):
        from matplotlib.figure import Figure

        panel = Figure().subplots()
        assert Plot().draw(Plot().data([small]), ax=panel) is panel.figure
        assert [len(part.lines) for part in panel.child_axes] == [2, 2, 2]


def _lines(figure):
    return [line for panel in figure.axes for line in panel.lines]
