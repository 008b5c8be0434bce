"""Which clustering to go by where there is no label, and whether such a choice would have been right."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.analysis._labelled import emotions
from fer_cluster.analysis._reported import named
from fer_cluster.errors import InputError
from fer_cluster.metrics import ami, ari, contingency, crossed
from fer_cluster.whole import check_whole

__all__ = ["Choosing"]

_CRITERIA = ("stability", "silhouette", "agreement")
_COLUMNS = ("run", "dataset", "split", "part", "labels", "collapsed", "n", *_CRITERIA, "mean_rank", "ami")
_LAST = "rank correlation with AMI"


@dataclass(frozen=True)
class Choosing:
    """Label-free criteria of clusterings of the same faces, and how they rank beside AMI.

    They are taken on the part between that of the fit and that reported on, or on the part
    fitted on where there is none; the part reported on chooses nothing.

    - ``stability``: adjusted Rand index between the clusters of its seeds, mean over all pairs;
      missing where that cannot be known: of one seed, and where nothing is drawn, so that all
      seeds have the same clusters under the same numbers.
    - ``silhouette`` in a space that all runs share: the whitened principal components of
      all their features side by side, each of the same total variance.
    - ``agreement``: adjusted mutual information with the other runs, mean over them and the seeds.
    - ``mean_rank`` of the three; 1 is best of all. A run with one cluster only has none of them,
      and ranks last. Where stability cannot be known, it is the mean of the other two; the ranks
      of those whose stability is known are spread over the places of all runs, so that
      neither gains by it.

    Parameters
    ----------
    n_faces : int
        How many faces, at random, give the common space and the silhouette.
    n_components : int
        Number of directions of the common space.
    random_state : int

    References
    ----------
    Ben-Hur, Elisseeff and Guyon, PSB 2002 (stability); Rousseeuw 1987 (silhouette). That
    silhouettes in spaces of their own cannot be compared: Wang and Ye 2024.
    """

    compares: ClassVar[bool] = True  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    n_faces: int = 3000
    n_components: int = 32
    random_state: int = 0

    def __post_init__(self):
        check_whole(self)

    def table(self, runs):
        """Return a row for each run, the best mean rank first.

        ``labels`` are those that its features were told, ``collapsed`` is how many of its seeds did.
        Where three runs or more have labels, a last row tells Spearman's rank
        correlation of each criterion with AMI, of which 1 is best also for ``mean_rank``;
        that of stability is over the runs whose stability can be known, if they are three or more.

        Raises
        ------
        InputError
            Where there are fewer than two runs, or they are not of the same faces.
        """
        pairs = [(keys, run) for keys, run in named(runs)]
        if len(pairs) < 2:
            raise InputError(f"choosing compares two runs or more, got {len(pairs)}.")
        part, rows = _between(runs)
        clusters = [_seen(run, rows) for run in runs]
        silhouettes = self._silhouettes(runs, rows, clusters)
        table = pd.DataFrame([keys | {"part": part, "n": len(rows)} | _told(run) for keys, run in pairs])
        table["stability"] = [_stability(seeds) for seeds in clusters]
        table["silhouette"] = silhouettes
        table["agreement"] = [_agreement(place, clusters) for place in range(len(clusters))]
        ranks = [_rank(table[criterion], _known(table, criterion)) for criterion in _CRITERIA]
        table["mean_rank"] = np.nanmean(ranks, axis=0)
        table["ami"] = _ami(runs[0], rows, clusters)
        table = table.sort_values("mean_rank", kind="stable", ignore_index=True)
        return _with_correlations(table)[list(_COLUMNS)]

    def say(self, table):
        """Return what the criteria choose, and how far that follows AMI."""
        table, last = table[table["run"] != _LAST], table[table["run"] == _LAST]
        best = table.iloc[0]
        said = (
            f"Of {len(table)} runs, judged without labels on {best['n']:,} faces of {best['part']}, "
            f"{best['run']} is chosen (mean rank {best['mean_rank']:.1f}"
            f"{'' if _known(table, 'stability').iloc[0] else ', its stability not known'})"
        )
        if table["ami"].isna().all():
            return f"{said}."
        by_ami = table.loc[table["ami"].idxmax()]
        said += f", whose AMI is {best['ami']:.3f}; the highest is {by_ami['ami']:.3f}, of {by_ami['run']}"
        known = [f"{name} {last[name].iloc[0]:.2f}" for name in _CRITERIA if last[name].notna().any()]
        return f"{said}." + (f" Rank correlation with AMI: {', '.join(known)}." if known else "")

    def _silhouettes(self, runs, rows, clusters):
        """Return the mean silhouette over the seeds of each run, in the common space."""
        from scipy.spatial.distance import pdist, squareform

        random = np.random.default_rng(self.random_state)
        drawn = np.sort(random.permutation(len(rows))[: self.n_faces])
        space = common_space([run.features[rows[drawn]] for run in runs], self.n_components)
        distance = squareform(pdist(space))
        return [np.mean([_silhouette(distance, row[drawn]) for row in seeds]) for seeds in clusters]


def common_space(features, count):
    """Return whitened principal components of feature sets side by side, shape (n, count).

    Parameters
    ----------
    features : sequence of ndarray, each of shape (n, d)
        Each is centred and scaled to a total variance of 1; the same set counts once.
    count : int
        Number of components at most: fewer where fewer vary.
    """
    from scipy.linalg import eigh

    distinct = list({np.ascontiguousarray(x).tobytes(): x for x in features}.values())
    products = 0
    for x in distinct:
        x = x - x.mean(0, dtype=np.float64)
        total = np.square(x).sum() / len(x)
        products = products + x @ x.T / (total if total > 1e-12 else 1)
    n = len(products)
    variance, vectors = eigh(products, subset_by_index=[max(n - count, 0), n - 1])
    kept = variance > 1e-9 * max(variance[-1], 1e-9)
    return np.sqrt(n) * vectors[:, kept][:, ::-1]


def _told(run):
    collapsed = sum(run.spec["collapsed"]) if "collapsed" in run.spec else None
    return {"labels": run.spec.get("labels"), "collapsed": collapsed}


def _between(runs):
    """Return the name and the rows of the part between; raise an InputError where faces differ."""
    first = runs[0]
    for run in runs:
        if _facts(run) != _facts(first):
            both = f"{first.name!r} and {run.name!r}"
            raise InputError(f"choosing compares runs of the same faces and split, which {both} are not.")
    part = first.faces["part"].to_numpy(str)
    others = sorted(set(part) - {first.spec["fit"], first.spec["report"], "unused"})
    name = "PublicTest" if "PublicTest" in others else (others or [first.spec["fit"]])[0]
    return name, np.flatnonzero(part == name)


def _facts(run):
    return run.spec["split"], run.spec["dataset"].get("fingerprint"), len(run.faces)


def _seen(run, rows):
    """Return the clusters of the rows that occur, numbered from 0, for each seed: (seeds, n)."""
    return np.stack([np.unique(row[rows], return_inverse=True)[1] for row in np.asarray(run.clusters)])


def _pair(score, one, other):
    return float(score(crossed(one, other)))


def _stability(seeds):
    """Return the mean adjusted Rand index of all pairs of seeds; missing where all are one and the same.

    So are one seed, one cluster, and seeds of what draws nothing: what draws numbers its clusters anew.
    """
    if (seeds == seeds[0]).all():
        return np.nan
    pairs = [(one, other) for place, one in enumerate(seeds) for other in seeds[:place]]
    return np.mean([_pair(ari, *pair) for pair in pairs])


def _agreement(place, clusters):
    """Return the mean adjusted mutual information with the same seeds of the other runs."""
    seeds, others = clusters[place], clusters[:place] + clusters[place + 1 :]
    if seeds.max() == 0:
        return np.nan
    each = [np.mean([_pair(ami, *pair) for pair in zip(seeds, other, strict=False)]) for other in others]
    return np.mean(each)


def _silhouette(distance, cluster):
    from sklearn.metrics import silhouette_score

    if not 1 < len(np.unique(cluster)) < len(cluster):
        return np.nan
    return silhouette_score(distance, cluster, metric="precomputed")


def _ami(run, rows, clusters):
    """Return the mean AMI of each run on the labelled faces among the rows; missing where there are none."""
    emotion = emotions(run)[rows]
    if not (emotion >= 0).any():
        return np.nan
    return [np.mean([float(ami(contingency(emotion, row))) for row in seeds]) for seeds in clusters]


def _known(table, criterion):
    """Return of which runs a criterion can be known; to be missing for want of clusters is to be the last."""
    return (criterion != "stability") | table["stability"].notna() | table["agreement"].isna()


def _rank(values, known=True):
    """Return ranks, 1 for the largest; equal ones share the mean of theirs, missing ones the last.

    Those not known have no rank, and the ranks of the others are spread over the places of all.
    """
    from scipy.stats import rankdata

    values = np.round(np.asarray(values, float), 9)  # equal but for rounding is equal
    known = np.broadcast_to(known, values.shape)
    ranks = np.full(len(values), np.nan)
    ranks[known] = rankdata(-np.nan_to_num(values[known], nan=-np.inf))
    return ranks * (len(values) + 1) / (known.sum() + 1)


def _with_correlations(table):
    """Return the table with its last row, where AMI is known of three runs or more."""
    if len(table) < 3 or table["ami"].isna().any():
        return table
    row = table.iloc[[0]].assign(run=_LAST, labels=None, collapsed=None, n=None, ami=np.nan)
    for criterion in _CRITERIA:
        some = table[_known(table, criterion)]
        told = len(some) >= 3
        row[criterion] = _spearman(_rank(some[criterion]), _rank(some["ami"])) if told else np.nan
    row["mean_rank"] = _spearman(_rank(-table["mean_rank"]), _rank(table["ami"]))
    whole = {"n": "Int64", "collapsed": "Int64"}
    return pd.concat([table.astype(whole), row.astype(whole)], ignore_index=True)


def _spearman(one, other):
    """Return the correlation of ranks, missing where one does not vary."""
    spread = one.std() * other.std()
    return np.mean((one - one.mean()) * (other - other.mean())) / spread if spread > 0 else np.nan
