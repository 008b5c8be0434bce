"""One score of every pair of features and clusterer."""

import numpy as np
import pandas as pd
import pytest

import fer_cluster
from fer_cluster.errors import InputError
from fer_cluster.picture import save
from fer_cluster.plots.grid import Grid, _table
from fer_cluster.scoring import value


@pytest.fixture
def runs(tiny):
    pairs = [("pixels:5", "kmeans"), ("pixels:5", "gmm"), ("pixels:2", "kmeans")]
    made = [fer_cluster.cluster(tiny, *pair, seeds=2) for pair in pairs]
    return [*made, fer_cluster.cluster(tiny, "pixels:2", "kmeans", then=["unit"], seeds=2, name="steps")]


def test_each_run_is_a_row_with_its_parts_and_score(runs):
    data = Grid().data(runs)
    assert data["features"].tolist() == ["pixels:5", "pixels:5", "pixels:2", "pixels:2 > unit"]
    assert data["clusterer"].tolist() == ["kmeans", "gmm", "kmeans", "kmeans"]
    expected = [value(run.scores["PrivateTest"]["ami"]) for run in runs]
    assert data["mean"].tolist() == expected and data["low"].notna().all()
    named = Grid(metric="named_accuracy").data(runs)
    assert named["mean"].tolist() == [value(run.scores["PrivateTest"]["named_accuracy"]) for run in runs]


def test_the_best_features_come_first_and_the_same_parts_share_a_cell():
    rows = [("a", "x", 0.1), ("a", "y", 0.3), ("b", "x", 0.5), ("b", "y", 0.6), ("b", "y", 0.8)]
    table = _table(pd.DataFrame(rows, columns=["features", "clusterer", "mean"]))
    assert list(table.index) == ["b", "a"] and list(table.columns) == ["x", "y"]
    np.testing.assert_allclose(table, [[0.5, 0.7], [0.1, 0.3]])


def test_cells_that_were_run_hold_their_score(runs, tmp_path):
    _, table = save(Grid(), runs, tmp_path / "grid.png")
    data = pd.read_csv(table)
    (ax, *_) = Grid().draw(data).axes
    expected = _table(data)
    (image,) = ax.images
    assert np.ma.count(image.get_array()) == 4 and image.get_array().shape == (3, 2)
    written = {text.get_text() for text in ax.texts}
    assert written == {f"{score:.3f}" for score in expected.to_numpy().ravel() if np.isfinite(score)}
    assert [text.get_text() for text in ax.get_xticklabels()] == list(expected.columns)
    assert ax.get_title() == "AMI on PrivateTest of tiny (official)"


def test_several_numbers_of_clusters_have_a_column_each(tiny, runs):
    more = fer_cluster.cluster(tiny, "pixels:5", "kmeans", k=3, seeds=2, name="three")
    data = Grid().data([*runs, more])
    assert data["clusterer"].tolist() == ["kmeans, k=7", "gmm", "kmeans, k=7", "kmeans, k=7", "kmeans, k=3"]
    assert len(_table(data).columns) == 3


def test_what_cannot_be_drawn(runs):
    with pytest.raises(InputError, match="metric has no 'amy'"):
        Grid(metric="amy").data(runs)
    runs[0].scores.clear()
    with pytest.raises(InputError, match="has no scores on PrivateTest"):
        Grid().data(runs)
