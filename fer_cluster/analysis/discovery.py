"""Whether an emotion that the clusterer was never fitted on is found again."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from fer_cluster.analysis._effects import corrected
from fer_cluster.analysis._labelled import emotions, labelled
from fer_cluster.analysis._novelty import auroc, auroc_interval, distances
from fer_cluster.analysis._null import beyond, null_tables
from fer_cluster.analysis._refit import clusterer_of, features_of, fitted
from fer_cluster.analysis._reported import KEYS, named
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.metrics import ami, contingency
from fer_cluster.progress import bar
from fer_cluster.whole import check_whole

__all__ = ["Discovery"]

_FOUND = 0.05  # corrected p below which an emotion is found


@dataclass(frozen=True)
class Discovery:
    """Emotions held out of the fit, each in turn: how well one cluster collects it, how far out it lies.

    Labels are used to hold an emotion out, so this is for diagnosis only. The clusterer is
    fitted on the faces fitted on without those of the emotion, and tells the clusters of all
    labelled faces reported on. The features stay as they are: they were fitted on faces
    of that emotion, too. The number of clusters stays.

    Parameters
    ----------
    permutations : int
        How often the emotions are dealt to the faces anew.
    seeds : int
        How many of the run's seeds.
    random_state : int

    References
    ----------
    Distance to the nearest centre as a score of novelty: Pimentel et al. 2014, Signal Processing 99.
    """

    compares: ClassVar[bool] = False  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    permutations: int = 499
    seeds: int = 3
    random_state: int = 0

    def __post_init__(self):
        check_whole(self)

    def table(self, runs):
        """Return a row for each run and emotion; numbers are means over the seeds.

        Columns, after run, dataset, split, part and ``n`` (labelled faces scored):

        - ``emotion``; ``faces`` of it among them; ``held_out`` of the fit.
        - ``ami`` of all emotions with everything fitted on, and ``ami_held_out``.
        - ``f1`` of the cluster that collects the emotion best, and ``f1_held_out`` with its
          ``precision`` and ``recall``; ``null``, ``null_low`` and ``null_high``: mean and 95 % band of
          ``f1_held_out`` where the same clusters hold the faces at random; ``effect``, the way from
          ``null`` to 1 that it goes; ``p``, and ``p_corrected`` for false discovery over the emotions.
        - ``auroc_held_out``: whether its faces lie farther from the nearest centre than others,
          with its 95 % interval over faces, ``low`` to ``high``; ``auroc`` where it was fitted on.
          Missing where the clusterer has no centres.

        Raises
        ------
        InputError
            Where a run keeps no features, its clusterer cannot predict, or fewer than two emotions
            occur both in the part fitted on and in that reported on.
        """
        return pd.concat([self._of_run(keys, run) for keys, run in named(runs)], ignore_index=True)

    def say(self, table):
        """Return how many emotions are found again, which is lost most, and which stands out."""
        return " ".join(_sentences(rows) for _, rows in table.groupby(list(KEYS), sort=False))

    def _of_run(self, keys, run):
        task = _task(run)
        whole = self._clustered(run, task, np.ones(len(task.fit), bool))
        rows = []
        for code in bar(_held(run, task), f"{run.name}, emotions held out", leave=False):
            part = self._clustered(run, task, task.fit != code)
            about = {"n": len(task.emotion), "emotion": EMOTIONS[code]}
            about |= {"faces": int((task.emotion == code).sum()), "held_out": int((task.fit == code).sum())}
            rows.append(keys | about | self._scores(task.emotion, code, whole, part))
        return pd.DataFrame(rows).assign(p_corrected=lambda table: corrected(table["p"].to_numpy()))

    def _clustered(self, run, task, kept):
        """Return clusters and distances of the faces scored, each (seeds, n), fitted on the kept faces."""
        fit_x, clusters, apart = np.asarray(task.fit_x[kept]), [], []
        for seed in run.spec["seeds"][: self.seeds]:
            clusterer = fitted(clusterer_of(run, seed), fit_x)
            clusters.append(np.asarray(clusterer.predict(task.x)))
            apart.append(distances(clusterer, task.x))
        return np.stack(clusters), None if any(one is None for one in apart) else np.stack(apart)

    def _scores(self, emotion, code, whole, part):
        (clusters, apart), (held, apart_held) = whole, part
        n_clusters = int(held.max()) + 1
        tables = _tables(emotion, held)
        f1, precision, recall = best_cluster(tables, code)
        random = np.random.default_rng(self.random_state)
        nulls = null_tables(emotion, held, n_clusters, self.permutations, random)
        null = np.concatenate([best_cluster(block, code)[0].mean(-1) for block in nulls])
        chance = beyond(float(f1.mean()), null)
        scores = {"ami": ami(_tables(emotion, clusters)).mean(), "ami_held_out": ami(tables).mean()}
        scores |= {"f1": best_cluster(_tables(emotion, clusters), code)[0].mean(), "f1_held_out": f1.mean()}
        scores |= {"precision": precision.mean(), "recall": recall.mean(), "null": chance["null"]}
        scores |= {"null_low": chance["low"], "null_high": chance["high"]}
        scores |= {"effect": chance["effect"], "p": chance["p"]}
        return scores | _areas(emotion == code, apart, apart_held)


class _Task(NamedTuple):
    """Features of the faces fitted on and scored, and their emotions: -1 where there is none."""

    fit_x: np.ndarray
    fit: np.ndarray
    x: np.ndarray
    emotion: np.ndarray


def _task(run):
    """Return what is fitted and scored; of the part reported on the labelled faces alone."""
    every, part = emotions(run), run.faces["part"].to_numpy()
    labelled(run, run.spec["report"])
    fit_x, x = features_of(run, run.spec["fit"]), features_of(run, run.spec["report"], every >= 0)
    scored = (part == run.spec["report"]) & (every >= 0)
    return _Task(fit_x, every[part == run.spec["fit"]], np.asarray(x), every[scored])


def _held(run, task):
    """Return the emotions that occur among the faces fitted on and among those scored."""
    held = sorted(set(task.fit[task.fit >= 0]) & set(task.emotion))
    if len(held) < 2:
        raise InputError(
            f"discovery holds out emotions that occur in both {run.spec['fit']} and {run.spec['report']}, "
            f"but {run.name!r} has {len(held)} of them; it takes two or more."
        )
    return held


def best_cluster(tables, code):
    """Return F1, precision and recall of the cluster that collects an emotion best, each (...).

    Parameters
    ----------
    tables : ndarray, shape (..., emotions, clusters)
    code : int
    """
    counts, sizes = tables[..., code, :], tables.sum(-2)
    total = counts.sum(-1, keepdims=True)
    f1 = 2 * counts / (total + sizes)
    best = f1.argmax(-1)[..., None]
    precision, recall = counts / np.maximum(sizes, 1), counts / total
    return tuple(np.take_along_axis(one, best, -1)[..., 0] for one in (f1, precision, recall))


def _tables(emotion, clusters):
    n_clusters = int(clusters.max()) + 1
    return np.stack([contingency(emotion, row, len(EMOTIONS), n_clusters) for row in clusters])


def _areas(new, apart, apart_held):
    if apart is None or apart_held is None:
        return dict.fromkeys(("auroc", "auroc_held_out", "low", "high"), np.nan)
    before, area = (float(np.mean([auroc(row, new) for row in rows])) for rows in (apart, apart_held))
    low, high = auroc_interval(area, new.sum(), (~new).sum())
    return {"auroc": before, "auroc_held_out": area, "low": low, "high": high}


def _sentences(rows):
    first, found = rows.iloc[0], int((rows["p_corrected"] < _FOUND).sum())
    effect = rows["effect"].fillna(0)
    lost = (rows["f1"] - rows["f1_held_out"]).idxmax()
    best, most = (_told(rows.loc[place]) for place in (effect.idxmax(), lost))
    said = (
        f"{first['run']}, {first['n']:,} faces of {first['part']}: of {len(rows)} emotions, each held out of "
        f"the fit of the clusters, those that are found again beyond chance (corrected p < {_FOUND}) number "
        f"{found}; best is {best}, most is lost of {most}."
    )
    if rows["auroc_held_out"].notna().any():
        out = rows.loc[rows["auroc_held_out"].idxmax()]
        said += (
            f" By its distance to the nearest centre {out['emotion']} stands out most (AUROC "
            f"{out['auroc_held_out']:.2f}, where it was fitted on {out['auroc']:.2f}; 0.5 is chance)."
        )
    return f"{said} Labels are used to hold an emotion out: for diagnosis only."


def _told(row):
    shares = f"{100 * row['recall']:.0f} % of it in one cluster, {100 * row['precision']:.0f} % of that"
    fitted = f"where it was fitted on {row['f1']:.2f}"
    return f"{row['emotion']} ({shares}; F1 {row['f1_held_out']:.2f}, {fitted}, by chance {row['null']:.2f})"
