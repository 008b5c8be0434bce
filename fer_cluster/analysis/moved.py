"""How many faces change cluster where the image is changed in a way that changes no emotion."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.analysis._changes import CHANGES
from fer_cluster.analysis._pipeline import agreement, drawn, rebuilt
from fer_cluster.analysis._reported import KEYS, named
from fer_cluster.intervals import over_seeds, wilson
from fer_cluster.whole import check_whole
from fer_cluster.written import percent

__all__ = ["Moved"]

_LIKE = 0.9  # adjusted Rand index from which on clusters made anew are those of the run


@dataclass(frozen=True)
class Moved:
    """Share of faces in another cluster once the image is mirrored, relit, shifted or turned.

    No label is used. Features and clusterer are fitted anew on the part fitted on, each
    seed's clusterer with its own seed, and are given each face as it is and changed.

    Parameters
    ----------
    n_faces : int
        How many faces of the part reported on, at random.
    seeds : int
        How many of the run's seeds.
    random_state : int
        Draws the faces.

    References
    ----------
    The interval: Wilson 1927, Journal of the American Statistical Association 22, on the number of
    faces at which a share varies as much as the mean does over faces and seeds.
    """

    compares: ClassVar[bool] = False  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    n_faces: int = 2000
    seeds: int = 3
    random_state: int = 0

    def __post_init__(self):
        check_whole(self)

    def table(self, runs, faces):
        """Return a row for each run and change.

        - ``changed``, mean over the seeds, with its 95 % interval ``low`` to ``high``.
        - ``expected``: the share that would change where faces are dealt anew to clusters of
          the same sizes; ``ratio`` of changed to it, missing where there is one cluster.
        - ``refit_ari``: adjusted Rand index of the clusters made anew with the run's own.

        Raises
        ------
        InputError
            Where the run is of other faces, or cannot be made anew.
        """
        rows = [row for keys, run in named(runs) for row in self._rows(keys, run, faces)]
        return pd.DataFrame(rows)

    def say(self, table):
        """Return which change moves most faces and which fewest; a sentence or two for each run."""
        return " ".join(_sentences(rows) for _, rows in table.groupby(list(KEYS), sort=False))

    def _rows(self, keys, run, faces):
        pipeline = rebuilt(run, faces, self.seeds)
        reported = run.in_part(run.spec["report"])
        rows = drawn(reported, self.n_faces, self.random_state)
        images = faces.images[rows]
        before = pipeline.clusters(images)
        expected = float(np.mean([_dealt_anew(cluster) for cluster in before]))
        about = keys | {"n": len(rows), "seeds": len(before)}
        for name, change in CHANGES.items():
            moved = pipeline.clusters(change(images)) != before
            low, high = interval(moved)
            row = about | {"change": name, "changed": float(moved.mean()), "low": low, "high": high}
            ratio = row["changed"] / expected if expected > 0 else np.nan
            yield row | {"expected": expected, "ratio": ratio, "refit_ari": agreement(run, rows, before)}


def interval(moved):
    """Return the 95 % interval of the share of true values, shape (seeds, n), over faces and seeds."""
    share, (seeds, n) = moved.mean(), moved.shape
    variance = moved.mean(0).var() / n + (over_seeds(moved.mean(1)) / 1.96) ** 2
    count = min(share * (1 - share) / variance, n * seeds) if variance > 0 else n
    low, high = wilson(share, count)
    return max(0.0, float(low)), min(1.0, float(high))


def _dealt_anew(cluster):
    """Return the chance that a face dealt anew to clusters of the same sizes gets another one."""
    size = np.unique(cluster, return_counts=True)[1] / len(cluster)
    return 1 - np.square(size).sum()


def _sentences(rows):
    first = rows.iloc[0]
    most, least = rows.loc[rows["changed"].idxmax()], rows.loc[rows["changed"].idxmin()]
    said = f"{first['run']}, {first['n']:,} faces of {first['part']}: "
    if first["expected"] == 0:
        by = f", by '{most['change']}'" if most["changed"] else ", whatever is changed"
        return f"{said}they all lie in one cluster; at most {percent(most['changed'])} leave it{by}."
    band = f"95 % interval {percent(most['low'])} to {percent(most['high'])}"
    said += (
        f"of changes that leave the emotion as it is, '{most['change']}' puts most faces into another "
        f"cluster ({percent(most['changed'])}, {band}), '{least['change']}' fewest "
        f"({percent(least['changed'])}); dealt anew to clusters of the same sizes, "
        f"{percent(first['expected'])} would change."
    )
    if first["refit_ari"] >= _LIKE:
        return said
    return (
        f"{said} This is told of clusters made anew: they agree with the run's own by an adjusted Rand "
        f"index of {first['refit_ari']:.2f} only."
    )
