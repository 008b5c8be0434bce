"""A run whose clusterer says that it collapsed says so itself, wherever it is scored or shown."""

import json

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.cluster import DBSCAN

from fer_cluster.analysis.leaderboard import Leaderboard
from fer_cluster.clusterers.scan import SCAN
from fer_cluster.clustering import cluster
from fer_cluster.report.writing import write_report
from fer_cluster.runs import Runs, load_run
from fer_cluster.summary import collapses, summary

PIXELS = "pixels:n_components=3"


class GivesUp(BaseEstimator):
    """Cluster by the first feature, into one where the seed is odd; it tells so."""

    def __init__(self, random_state=0):
        self.random_state = random_state

    def fit(self, x, y=None):
        self.collapsed_ = bool(self.random_state % 2)
        self.effective_ = 1.0 if self.collapsed_ else 2.0
        return self

    def predict(self, x):
        return (x[:, 0] > 0).astype(int) * (not self.collapsed_)


@pytest.fixture
def run(tiny):
    return cluster(tiny, PIXELS, GivesUp(), seeds=3, projection=None, name="gives up")


@pytest.fixture
def plain(tiny):
    return cluster(tiny, PIXELS, "kmeans", seeds=2, projection=None)


def scored(run, accuracy):
    """Give a run another named accuracy."""
    run.scores["PrivateTest"]["named_accuracy"] = {"mean": accuracy, "low": accuracy, "high": accuracy}
    return run


def test_the_record_tells_each_seed_and_is_read_again(run, tmp_path):
    assert run.spec["collapsed"] == [False, True, False] and run.spec["effective_clusters"] == [2, 1, 2]
    run.save(tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert record["spec"]["collapsed"] == [False, True, False]
    read = load_run(tmp_path / "run")
    assert read.spec == run.spec
    assert Leaderboard().table([read])["collapsed"].tolist() == [1]


def test_a_real_collapse_reaches_the_record(tiny):
    given = {"over": 1, "heads": 1, "epochs": 20, "learning_rate": 3e-2}
    with pytest.warns(UserWarning, match="SCAN has collapsed"):
        run = cluster(tiny, PIXELS, SCAN(4, entropy_weight=0.0, **given), seeds=1, projection=None)
    assert run.spec["collapsed"] == [True] and run.spec["effective_clusters"][0] < 2
    sizes = np.unique(run.clusters[0, (run.faces["part"] == "Training").to_numpy()], return_counts=True)[1]
    share = sizes / sizes.sum()
    assert run.spec["effective_clusters"][0] == pytest.approx(np.exp(-(share * np.log(share)).sum()))


def test_of_a_clusterer_that_does_not_tell_the_clusters_do(plain, tiny):
    assert plain.spec["collapsed"] == [False, False] and min(plain.spec["effective_clusters"]) > 3.5
    assert Leaderboard().table([plain])["collapsed"].tolist() == [0] and collapses([plain]) == []
    lopsided = cluster(tiny, "brightness", "strongest:threshold=1e9", seeds=1, projection=None)
    assert lopsided.spec["collapsed"] == [True] and lopsided.spec["effective_clusters"] == [1]
    assert len(collapses([lopsided])) == 1


def test_of_controls_and_of_what_chooses_its_number_nothing_is_told(tiny):
    for clusterer in ("one", "chance", DBSCAN(eps=0.5)):
        run = cluster(tiny, PIXELS, clusterer, seeds=1, projection=None, split="all")
        assert "collapsed" not in run.spec and "effective_clusters" not in run.spec


def test_the_leaderboard_counts_the_seeds_and_never_calls_it_the_best(run, plain):
    table = Leaderboard().table([scored(plain, 0.2), scored(run, 0.9)])
    assert table["run"].tolist() == ["gives up", plain.name]  # by the score alone it would be
    assert table[["seeds", "collapsed"]].to_numpy().tolist() == [[3, 1], [2, 0]]
    said = Leaderboard().say(table)
    assert said.startswith(f"Of 2 runs, 1 with collapsed seeds apart, {plain.name} (20.0 %")
    assert said.endswith("is the highest, without a label.") and "gives up" not in said


def test_the_sentence_where_all_or_all_without_a_label_collapsed(run, plain):
    table = Leaderboard().table([run])
    assert Leaderboard().say(table) == "None of 1 runs is called the best: all have collapsed seeds."
    plain.spec["labels"] = "emotion of Training"
    said = Leaderboard().say(Leaderboard().table([plain, run]))
    assert said.endswith("is the highest; of the others all but controls learnt from labels.")


def test_summary_and_report_tell_it(run, plain, tmp_path):
    told = "gives up, split official: 1 of 3 seeds collapsed, which no score tells."
    assert collapses([plain, run]) == [told]
    assert summary(Runs([run, plain])).splitlines()[-1] == told and told not in summary([plain])
    page = write_report([run], tmp_path / "report.html", patience=0).read_text(encoding="utf-8")
    assert page.index('id="scores"') < page.index(told) < page.index('id="provenance"')
