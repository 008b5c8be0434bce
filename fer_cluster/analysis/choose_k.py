"""How many clusters there are, as eight criteria without labels tell, side by side."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.analysis import _criteria as criteria
from fer_cluster.analysis import _refit
from fer_cluster.analysis._reported import KEYS, named, sd
from fer_cluster.metrics import ari, crossed
from fer_cluster.progress import bar
from fer_cluster.whole import check_whole

__all__ = ["ChooseK"]

_COLUMNS = (*KEYS, "n", "criterion", "k", "value", "value_sd", "chosen")
_NAMES = {
    "silhouette": "silhouette",
    "calinski_harabasz": "Calinski-Harabasz",
    "davies_bouldin": "Davies-Bouldin",
    "bic": "BIC",
    "aic": "AIC",
    "bic_spherical": "BIC (spherical)",
    "aic_spherical": "AIC (spherical)",
    "gap": "gap statistic",
    "prediction_strength": "prediction strength",
    "stability": "stability",
}
_LOWEST = ("davies_bouldin", "bic", "aic", "bic_spherical", "aic_spherical")
_STRONG = 0.8
_HALVED = ("prediction_strength", "stability")


@dataclass(frozen=True)
class ChooseK:
    """Criteria of the number of clusters, for the clusterer of a run on faces that it was fitted on.

    - ``silhouette``, ``calinski_harabasz`` (highest) and ``davies_bouldin`` (lowest).
    - ``bic`` and ``aic`` (lowest) of a clusterer that has them; of others
      ``bic_spherical`` and ``aic_spherical``, those of the Gaussians that K-Means implies.
    - ``gap``: the first k that is within a standard error of the next, or none.
    - ``prediction_strength``: the largest k that reaches .8, else 1.
    - ``stability`` (highest): adjusted Rand index between the clusters of all faces drawn that
      the fits of two halves of them tell.

    Parameters
    ----------
    ks : sequence of int
        Numbers of clusters; those above half the number of faces drawn are left out.
    n_faces : int
        How many faces, at random, are looked at.
    references : int
        Uniform sets of the gap statistic.
    repeats : int
        How many times the faces are halved.
    random_state : int
        Of the faces drawn, the references and the halves.

    References
    ----------
    Rousseeuw 1987; Calinski and Harabasz 1974; Davies and Bouldin 1979; Tibshirani, Walther and
    Hastie 2001 (gap); Tibshirani and Walther 2005 (prediction strength); Lange et al. 2004 (halves).
    """

    compares: ClassVar[bool] = False  # one table of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    ks: tuple[int, ...] = tuple(range(2, 13))
    n_faces: int = 3000
    references: int = 10
    repeats: int = 5
    random_state: int = 0

    def __post_init__(self):
        check_whole(self, alone=("ks",))

    def table(self, runs):
        """Return a row for each run, criterion and k.

        ``value_sd`` is the standard error of ``gap``, over the halvings of the last two
        criteria, else missing; ``chosen`` is the k that the criterion chooses, missing where none.

        Raises
        ------
        InputError
            Where a run keeps no features, its clusterer takes no number of clusters or cannot predict,
            or all ``ks`` are above half the number of faces drawn.
        """
        tables = [self._of_run(keys, run) for keys, run in named(runs)]
        return pd.concat(tables, ignore_index=True).astype({"chosen": "Int64"})[list(_COLUMNS)]

    def say(self, table):
        """Return what each criterion chooses, and whether they agree; a sentence or two a run."""
        return " ".join(_sentence(rows) for _, rows in table.groupby(list(KEYS), sort=False))

    def criteria(self, fitted, x, name="", only=None):
        """Return a row for each criterion and k of any clusterer, that of no run too.

        Parameters
        ----------
        fitted : callable
            ``fitted(x, k)`` returns a clusterer of k clusters that was fitted on x, with ``predict``.
        x : ndarray, shape (n, d)
        name : str
            What is said beside the progress bar.
        only : str, optional
            The one criterion that is wanted: nothing is fitted that others alone need.
        """
        random = np.random.default_rng(self.random_state)
        drawn = np.sort(random.permutation(len(x))[: self.n_faces])
        x = np.asarray(x[drawn])
        references = [criteria.reference(x, random) for _ in range(self.references)]
        orders = [random.permutation(len(x)) for _ in range(self.repeats)]
        ks, rows = _refit.numbers_up_to(len(x) // 2, self.ks, f"Half of the faces of {name!r}"), []
        for k in bar(sorted(set(ks)), f"{name}, numbers of clusters", leave=False):
            for criterion, (value, spread) in _found(fitted, x, k, references, orders, only).items():
                rows.append({"criterion": criterion, "k": k, "value": value, "value_sd": spread})
        table = pd.DataFrame(rows).sort_values(["criterion", "k"], key=_in_order, ignore_index=True)
        by = table.groupby("criterion", sort=False)
        choices = {criterion: choice(criterion, some) for criterion, some in by}
        table["chosen"] = table["criterion"].map(choices).astype("Int64")
        return table.assign(n=len(x))

    def _of_run(self, keys, run):
        def fitted(x, k):
            return _refit.fitted(_refit.clusterer_of(run, run.spec["seeds"][0], n_clusters=k), x)

        table = self.criteria(fitted, _refit.features_of(run, run.spec["fit"]), run.name)
        return table.assign(**keys | {"part": run.spec["fit"]})


def choice(criterion, rows):
    """Return the k that a criterion chooses of its rows (k, value, value_sd), or NA where none."""
    rows = rows.dropna(subset=["value"])
    k, value = rows["k"].to_numpy(), rows["value"].to_numpy()
    if criterion == "prediction_strength":
        return int(k[value >= _STRONG].max(initial=1))
    if criterion == "gap":
        near = value[:-1] >= value[1:] - rows["value_sd"].to_numpy()[1:]
        return int(k[near.argmax()]) if near.any() else pd.NA
    if not len(k):
        return pd.NA
    return int(k[value.argmin() if criterion in _LOWEST else value.argmax()])


def _found(fitted, x, k, references, orders, only):
    """Return the criteria of one number of clusters, or the one that is wanted."""
    found = {}
    if only not in ("gap", *_HALVED):
        found |= _whole(fitted, x, k)
    if only in (None, "gap"):
        found |= _against(fitted, x, k, references)
    if only in (None, *_HALVED):
        found |= _halved(fitted, x, k, orders)
    return {criterion: told for criterion, told in found.items() if only in (None, criterion)}


def _whole(fitted, x, k):
    """Return the criteria of one clustering of all faces drawn."""
    clusterer = fitted(x, k)
    labels = np.asarray(clusterer.predict(x))
    if hasattr(clusterer, "bic"):
        information = {"bic": float(clusterer.bic(x)), "aic": float(clusterer.aic(x))}
    else:
        information = criteria.spherical(x, labels, k)
    return {name: (value, np.nan) for name, value in (criteria.indices(x, labels) | information).items()}


def _against(fitted, x, k, references):
    """Return the gap statistic, the log dispersion of references against that of the faces."""
    ours, *theirs = (criteria.log_within(one, fitted(one, k).predict(one)) for one in (x, *references))
    return {"gap": criteria.gap(ours, theirs)}


def _halved(fitted, x, k, orders):
    """Return prediction strength and stability, over random halves."""
    strength, agreement = [], []
    for order in orders:
        halves = order[: len(x) // 2], order[len(x) // 2 :]
        one, other = (np.asarray(fitted(x[half], k).predict(x)) for half in halves)
        strength += [criteria.prediction_strength(other[halves[1]], one[halves[1]])]
        strength += [criteria.prediction_strength(one[halves[0]], other[halves[0]])]
        agreement.append(float(ari(crossed(one, other))))
    pairs = (("prediction_strength", strength), ("stability", agreement))
    return {name: (np.mean(values), float(sd(np.array(values)))) for name, values in pairs}


def _in_order(column):
    """Return the sorting key of a column: criteria as they are listed, k as it is."""
    return column.map(list(_NAMES).index) if column.name == "criterion" else column


def _sentence(rows):
    first, lots = rows.iloc[0], {}
    for criterion, chosen in rows.groupby("criterion", sort=False)["chosen"].first().items():
        lots.setdefault(np.inf if pd.isna(chosen) else int(chosen), []).append(_NAMES[criterion])
    of = (
        f"{first['run']} on {first['n']:,} faces of {first['part']}, {rows['k'].min()} to "
        f"{rows['k'].max()} clusters tried"
    )
    if len(lots) == 1:
        return f"{of}: all {rows['criterion'].nunique()} criteria choose {next(iter(lots))}."
    edge = {rows["k"].max(): f"{rows['k'].max()}, the most tried,", np.inf: "none"}
    told = "; ".join(f"{edge.get(k, k)} by {', '.join(names)}" for k, names in sorted(lots.items()))
    return f"{of}: the criteria disagree: {told}."
