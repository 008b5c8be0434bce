"""The scores of clusters and of named faces, part by part, with intervals over seeds and faces."""

import math

import numpy as np

from fer_cluster import metrics
from fer_cluster.intervals import over_seeds, wilson

METRICS = (
    "n",
    "ami",
    "ari",
    "nmi",
    "homogeneity",
    "completeness",
    "purity",
    "purity_chance",
    "hungarian_accuracy",
    "named_accuracy",
    "balanced_accuracy",
    "macro_f1",
)
_TINY = 1e-12  # of an interval that has no width
_BARE = ("n", "purity_chance", "named_accuracy")  # of one seed: the last has an interval by itself
_BELOW_0 = ("ami", "ari")  # scores that may be negative: chance is taken off
_OF_NAMES = ("named_accuracy", "balanced_accuracy", "macro_f1")
CONTROLS = ("chance", "one", "majority")
REPLICATES = 200


def score(emotion, clusters, part, fit, named=False, only=None):
    """Return the scores of every part.

    Parameters
    ----------
    emotion : ndarray of int, shape (n,)
        Codes; -1 where a face has no label.
    clusters : ndarray of int, shape (seeds, n)
        The cluster of each face, a row for each seed.
    part : ndarray of str, shape (n,)
        The part of the split that each face belongs to.
    fit : str
        The part whose labels name the clusters.
    named : bool
        Whether the clusters are emotions already, as those of a classifier are;
        then the named accuracy is its plain accuracy.
    only : str, optional
        The one part to score; by default all of them.

    Returns
    -------
    dict
        part -> metric -> ``mean``, ``sd`` (over several seeds), ``low`` and ``high`` (95 %, over seeds
        and faces). Of one seed ``n``, ``purity_chance`` and ``named_accuracy`` are bare floats; the
        interval of the last is by :func:`spread`. Parts without labelled faces are left out; where
        ``fit`` is one, the metrics that depend on names are NaN.
    """
    emotion = np.asarray(emotion, np.int64)  # codes of a Categorical are int8, which cells outgrow
    n_clusters = 7 if named else int(clusters.max()) + 1
    namings = [np.arange(7)] * len(clusters)
    if not named:
        namings = names_by_seed(emotion, clusters, part == fit, n_clusters)
    nameless = not named and not (emotion[part == fit] >= 0).any()
    scores = {}
    for one in dict.fromkeys(part) if only is None else [only]:
        rows = (part == one) & (emotion >= 0)
        if one != "unused" and rows.any():
            found = _score_part(emotion[rows], clusters[:, rows], namings, n_clusters)
            scores[str(one)] = found | (
                {name: _unknown(found[name]) for name in _OF_NAMES} if nameless else {}
            )
    return scores


def with_and_without(rows, clusters, fit, named=False):
    """Return the scores of all faces, and those without the faces that copy one fitted on.

    Parameters
    ----------
    rows : DataFrame
        ``emotion``, ``part`` and ``duplicate`` of each face.
    clusters : ndarray of int, shape (seeds, n)
    fit, named
        As of :func:`score`.
    """
    emotion, part = rows["emotion"].cat.codes.to_numpy(), rows["part"].to_numpy(str)
    kept = ~rows["duplicate"].to_numpy()
    whole = score(emotion, clusters, part, fit, named)
    return whole, score(emotion[kept], clusters[:, kept], part[kept], fit, named)


def _unknown(score):
    """Return a score of the same form that is not a number."""
    return dict.fromkeys(score, math.nan) if isinstance(score, dict) else math.nan


def names_by_seed(emotion, clusters, fitted, n_clusters):
    """Return the emotion that each cluster is named after by the fitted faces, for each seed."""
    return [
        metrics.name_clusters(metrics.contingency(emotion[fitted], row[fitted], n_clusters=n_clusters))
        for row in clusters
    ]


def kind_of(spec):
    """Return what a run is.

    A control by its name, ``supervised``, ``weak`` where features were told a part of the labels,
    or a ``method`` that sees no label.
    """
    supervised = spec.get("kind") == "classifier"
    name = str(spec.get("baseline" if supervised else "clusterer", "")).partition(":")[0]
    if name in CONTROLS:
        return name
    weak = spec.get("labels", "none") != "none"
    return "supervised" if supervised else "weak" if weak else "method"


def spread(metric, scores):
    """Return ``mean`` of a metric, with ``sd``, ``low`` and ``high`` as far as they are known.

    Parameters
    ----------
    metric : str
    scores : dict
        Of one part, as :func:`score` gives them.

    Returns
    -------
    dict
        Of one seed the interval is over the faces; that of the named accuracy, a share of them,
        is by :func:`fer_cluster.intervals.wilson`. Runs scored by older versions have it alone.
    """
    found = scores[metric]
    if isinstance(found, dict):
        return found
    if metric != "named_accuracy":
        return {"mean": found}
    return {"mean": found} | dict(zip(("low", "high"), wilson(found, scores["n"]), strict=True))


def value(score):
    """Return the float of a score, the mean where there were several seeds."""
    return score["mean"] if isinstance(score, dict) else score


def _score_part(emotion, clusters, namings, n_clusters):
    cells = emotion * n_clusters + clusters  # (seeds, n)
    tables = _tables(cells, None, n_clusters)
    fixed = {
        "expected": np.array([metrics.expected_mutual_information(table) for table in tables]),
        "purity_chance": np.array([metrics.purity_chance(table) for table in tables]),
    }
    values = _values(tables, namings, fixed)  # metric -> (seeds,)
    faces = _margin_of_faces(cells, namings, n_clusters, fixed)
    margin = {m: math.hypot(faces[m], over_seeds(v)) for m, v in values.items()}
    bare = _BARE if len(cells) == 1 else ()
    n = cells.shape[1]
    return {m: float(v[0]) if m in bare else _summary(m, v, margin[m], n) for m, v in values.items()}


def _summary(metric, value, margin, n):
    mean = float(value.mean())
    sd = {"sd": float(value.std(ddof=1))} if len(value) > 1 else {}
    least, most = (-1.0 if metric in _BELOW_0 else 0.0), (math.inf if metric == "n" else 1.0)
    low, high = mean - margin, mean + margin
    if metric == "named_accuracy" and margin < _TINY:  # all right or all wrong: faces drawn anew are, too
        low, high = wilson(mean, n)
    return {"mean": mean, **sd, "low": max(low, least), "high": min(high, most)}


def _margin_of_faces(cells, namings, n_clusters, fixed):
    """Half-width of the 95 % interval, over the faces alone, of each mean over seeds.

    Each replicate draws the faces, for all seeds alike, with replacement. The
    replicates give the width only, the scores themselves the centre: resampled
    tables have more mutual information than the faces they were drawn from, so
    their percentiles would lie too high.
    """
    random = np.random.default_rng(0)
    n = cells.shape[1]
    means = {metric: [] for metric in METRICS}
    for _ in range(REPLICATES):
        weight = np.bincount(random.integers(n, size=n), minlength=n)
        values = _values(_tables(cells, weight, n_clusters), namings, fixed)
        for metric in METRICS:
            means[metric].append(values[metric].mean())
    return {metric: float(1.96 * np.std(replicates, ddof=1)) for metric, replicates in means.items()}


def _tables(cells, weight, n_clusters):
    size = 7 * n_clusters
    counts = [np.bincount(row, weight, minlength=size) for row in cells]
    return np.reshape(counts, (len(cells), 7, n_clusters)).astype(float)


def _values(tables, namings, fixed):
    """Return metric -> array over seeds; chance levels are those of the faces themselves."""
    confused = np.stack([metrics.confusion(t, naming) for t, naming in zip(tables, namings, strict=True)])
    return {
        "n": tables.sum((-1, -2)),
        "ami": metrics.ami(tables, fixed["expected"]),
        "ari": metrics.ari(tables),
        "nmi": metrics.nmi(tables),
        "homogeneity": metrics.homogeneity(tables),
        "completeness": metrics.completeness(tables),
        "purity": metrics.purity(tables),
        "purity_chance": fixed["purity_chance"],
        "hungarian_accuracy": metrics.hungarian_accuracy(tables),
        "named_accuracy": metrics.accuracy(confused),
        "balanced_accuracy": metrics.balanced_accuracy(confused),
        "macro_f1": metrics.macro_f1(confused),
    }
