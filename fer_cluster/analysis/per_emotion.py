"""Precision, recall and F1 of each emotion, as the paper's Tables 1 and 2 print them."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.analysis._reported import KEYS, named, reported, sd
from fer_cluster.emotions import EMOTIONS
from fer_cluster.metrics import contingency
from fer_cluster.written import percent

__all__ = ["PerEmotion"]

_METRICS = ("precision", "recall", "f1")
_TOTALS = ("accuracy", "macro average", "weighted average")


@dataclass(frozen=True)
class PerEmotion:
    """Precision, recall, F1 and support of each emotion on the part reported on.

    Clusters are named on the labels of the part fitted on. The mean is over
    emotions that occur or are predicted; a share of nothing is 0.

    References
    ----------
    Laid out like ``sklearn.metrics.classification_report`` and Tables 1 and 2 of Bolcas 2024.
    """

    compares: ClassVar[bool] = False  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer", "classifier")
    by_default: ClassVar[tuple[str, ...]] = ("classifier",)

    def table(self, runs):
        """Return a row for each run and emotion, then accuracy and averages: means and sd over seeds.

        Columns: run, dataset, split, part, emotion, precision, recall and f1,
        each followed by its ``_sd``, then support and seeds.

        Raises
        ------
        InputError
            Where a run has no labelled faces on that part.
        """
        return pd.concat([_of_run(keys, run) for keys, run in named(runs)], ignore_index=True)

    def say(self, table):
        """Return accuracy, and the emotions named best and worst; a sentence for each run."""
        return " ".join(_sentence(rows) for _, rows in table.groupby(list(KEYS), sort=False))


def _of_run(keys, run):
    emotion, predicted = reported(run)
    n = len(EMOTIONS)
    tables = np.stack([contingency(emotion, codes, n, n) for codes in predicted])
    values = _values(tables)  # (seeds, rows, metrics)
    mean, spread = values.mean(axis=0), sd(values)
    columns = keys | {"emotion": [*EMOTIONS, *_TOTALS]}
    for place, metric in enumerate(_METRICS):
        columns |= {metric: mean[:, place], f"{metric}_sd": spread[:, place]}
    support = tables[0].sum(axis=1).astype(int)
    columns["support"] = [*support, *[support.sum()] * len(_TOTALS)]
    return pd.DataFrame(columns | {"seeds": len(tables)})


def _values(tables):
    """Return precision, recall and F1 of each emotion and of the three totals: (seeds, 10, 3)."""
    right = np.diagonal(tables, axis1=1, axis2=2)
    support, named_so = tables.sum(axis=2), tables.sum(axis=1)
    shares = [_share(right, named_so), _share(right, support), _share(2 * right, support + named_so)]
    each = np.stack(shares, axis=2)  # (seeds, emotions, metrics)
    weight = support / support.sum(axis=1, keepdims=True)
    seen = (support + named_so > 0) / (support + named_so > 0).sum(axis=1, keepdims=True)
    accuracy = np.full((len(tables), 1, len(_METRICS)), np.nan)
    accuracy[:, 0, _METRICS.index("f1")] = right.sum(axis=1) / support.sum(axis=1)
    averages = [(each * share[:, :, None]).sum(axis=1, keepdims=True) for share in (seen, weight)]
    return np.concatenate([each, accuracy, *averages], axis=1)


def _share(above, below):
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def _sentence(rows):
    first, by_name = rows.iloc[0], rows.set_index("emotion")
    total = by_name.loc["accuracy"]
    each = by_name.loc[list(EMOTIONS)]
    f1 = each.loc[each["support"] > 0, "f1"]
    spread = f" (sd {100 * total['f1_sd']:.1f} over {total['seeds']} seeds)" if total["seeds"] > 1 else ""
    ends = f"by F1 best {f1.idxmax()} ({f1.max():.2f}), worst {f1.idxmin()} ({f1.min():.2f})"
    return (
        f"{first['run']} names {percent(total['f1'])}{spread} of {total['support']:,} labelled faces "
        f"of {first['part']} rightly; {ends}."
    )
