"""How many labels by hand clusters need, and from how many on a classifier is better."""

from dataclasses import dataclass
from numbers import Real
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from fer_cluster.analysis._labelled import emotions, labelled
from fer_cluster.analysis._reported import KEYS, named
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.metrics import accuracy, confusion, contingency
from fer_cluster.whole import check_whole
from fer_cluster.written import percent

__all__ = ["LabelEfficiency"]

_SIZES = [step * 10**power for power in range(7) for step in (1, 2, 5)]


@dataclass(frozen=True)
class LabelEfficiency:
    """Accuracy with few labels: of clusters that are named by them, and of a classifier trained on as many.

    Of each cluster 1, 2, 5, 10, 20, 50 ... faces of the part fitted on, drawn at random, are
    labelled; the commonest of these labels names it. The classifier, a logistic regression, is
    trained on as many faces of that part, drawn from it as a whole, whose features are standardised
    without labels. Both are scored on the part reported on. Each draw takes the next seed of the run.

    Parameters
    ----------
    draws : int
        How many times faces are drawn.
    most : int
        Labels a cluster, at most; all labels of the part are added at the end.
    C : float
        Inverse strength of the classifier's penalty on the squared weights.
    random_state : int

    References
    ----------
    Cluster-then-label: Zhu and Goldberg, Introduction to Semi-Supervised Learning, 2009.
    """

    compares: ClassVar[bool] = False  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    draws: int = 20
    most: int = 500
    C: float = 1.0
    random_state: int = 0

    def __post_init__(self):
        check_whole(self)
        if not isinstance(self.C, Real) or not self.C > 0:
            raise InputError(f"C must be a number above 0, got {self.C!r}.")

    def table(self, runs):
        """Return a row for each run, method (clusters, classifier) and number of labels.

        ``accuracy`` is the mean over draws, ``low`` and ``high`` hold 95 % of them, ``n`` faces
        are scored. The last number of labels is all of the part fitted on.

        Raises
        ------
        InputError
            Where the part reported on is the one fitted on, or one of them has no labelled faces.
        """
        return pd.concat([self._of_run(keys, run) for keys, run in named(runs)], ignore_index=True)

    def say(self, table):
        """Return how many labels the classifier needs to overtake; a sentence for each run."""
        return " ".join(_sentence(rows) for _, rows in table.groupby(list(KEYS), sort=False))

    def _of_run(self, keys, run):
        task = _task(run)
        drawn = np.array([self._draw(task, draw) for draw in range(self.draws)])  # (draws, sizes, 3)
        points = np.stack([drawn.mean(axis=0), *np.percentile(drawn, [2.5, 97.5], axis=0)])
        points = np.concatenate([points, self._all(task)[:, None]], axis=1)  # (3, sizes + 1, 3)
        labels = points[0, :, 0].astype(int)  # cut off, so that no number comes twice
        tables = []
        for place, method in ((1, "clusters"), (2, "classifier")):
            scores = dict(zip(("accuracy", "low", "high"), points[:, :, place], strict=True))
            about = keys | {"n": len(task.report), "method": method, "labels": labels}
            tables.append(pd.DataFrame(about | scores))
        return pd.concat(tables, ignore_index=True)

    def _draw(self, task, draw):
        """Return the number of labels and both accuracies, for each number of faces a cluster."""
        random = np.random.default_rng([self.random_state, draw])
        cluster = task.clusters[draw % len(task.clusters)]
        order, pool = random.permutation(task.fit), random.permutation(task.fit)
        place = pd.Series(order).groupby(cluster[order]).cumcount().to_numpy()  # 0, 1, ... within each
        rows = []
        for size in _sizes(task, self.most):
            chosen = order[place < size]
            by_clusters = _named_accuracy(task, cluster, chosen, random)
            rows.append((len(chosen), by_clusters, self._classified(task, pool[: len(chosen)])))
        return rows

    def _all(self, task):
        """Return mean, low and high with all labels: (3, 3); the clusters differ by seed alone."""
        random = np.random.default_rng(self.random_state)
        seeds = [_named_accuracy(task, cluster, task.fit, random) for cluster in task.clusters]
        spread = [np.mean(seeds), *np.percentile(seeds, [2.5, 97.5])]
        classified = self._classified(task, task.fit)
        return np.array([(len(task.fit), value, classified) for value in spread])

    def _classified(self, task, chosen):
        """Return the accuracy of the classifier that is told the labels of the chosen rows."""
        from sklearn.linear_model import LogisticRegression

        told = task.emotion[chosen]
        if len(np.unique(told)) == 1:  # there is nothing to tell apart
            predicted = np.full(len(task.report), told[0])
        else:
            model = LogisticRegression(C=self.C, max_iter=2000).fit(task.x[chosen], told)
            predicted = model.predict(task.x[task.report])
        n = len(EMOTIONS)
        return float(accuracy(contingency(task.emotion[task.report], predicted, n, n)))


class _Task(NamedTuple):
    """Standardised features, emotions and clusters of all faces; the labelled rows of the two parts."""

    x: np.ndarray
    emotion: np.ndarray
    clusters: np.ndarray
    fit: np.ndarray
    report: np.ndarray


def _task(run):
    fit, report = run.spec["fit"], run.spec["report"]
    if fit == report:
        raise InputError(
            f"label_efficiency scores faces that were not labelled, but {run.name!r} was fitted on "
            f"{report}, which it reports on; cluster with the split 'official' or 'paper'."
        )
    rows = labelled(run, fit), labelled(run, report)
    x = np.asarray(run.features, np.float64)
    fitted = x[run.in_part(fit)]
    spread = fitted.std(axis=0)
    x = (x - fitted.mean(axis=0)) / np.where(spread > 1e-12, spread, 1)
    return _Task(x, emotions(run), np.asarray(run.clusters), *rows)


def _sizes(task, most):
    """Return 1, 2, 5, 10 ... labels a cluster, while each seed has a cluster that is larger."""
    largest = min(int(np.bincount(cluster[task.fit]).max()) for cluster in task.clusters)
    return [size for size in _SIZES if size <= most and size < largest]


def _named_accuracy(task, cluster, chosen, random):
    """Return the accuracy of clusters, each named by the commonest label among its chosen faces.

    Ties are broken at random; a cluster without a chosen face takes the commonest label of all.
    """
    k = int(cluster.max()) + 1
    table = contingency(task.emotion[chosen], cluster[chosen], n_clusters=k)
    chance = 0.5 * random.random(table.shape)  # less than a face
    naming = np.where(table.sum(0) > 0, (table + chance).argmax(0), table.sum(1).argmax())
    scored = contingency(task.emotion[task.report], cluster[task.report], n_clusters=k)
    return float(accuracy(confusion(scored, naming)))


def _sentence(rows):
    wide = rows.pivot(index="labels", columns="method", values="accuracy")
    first, ahead = rows.iloc[0], (wide["classifier"] > wide["clusters"]).to_numpy()
    few, every = wide.iloc[0], wide.iloc[-1]
    before = np.flatnonzero(~ahead)  # it overtakes after the last number where it is not ahead
    start = before[-1] + 1 if len(before) else 0
    if start == len(ahead):
        overtakes = "the classifier never overtakes the clusters"
    elif start == 0:
        overtakes = "the classifier is ahead at every number of labels"
    else:
        overtakes = f"the classifier overtakes at {wide.index[start]:,} labels"
    return (
        f"{first['run']}, {first['n']:,} faces of {first['part']}: with {wide.index[0]:,} labels the "
        f"accuracy is {_both(few)}; {overtakes}; with all {wide.index[-1]:,} it is {_both(every)}."
    )


def _both(row):
    return f"{percent(row['clusters'])} by clusters, {percent(row['classifier'])} by a classifier"
