"""Visualizers for any scikit-learn clusterer, of faces or not: ``fit(X)``, then ``show()``.

The names and the idiom are those of Yellowbrick, for its users; what is fitted is kept
as a table, so that a picture is drawn again without fitting again.
"""

from collections.abc import Iterable

import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from fer_cluster import catalog
from fer_cluster.errors import InputError, unknown
from fer_cluster.picture import write
from fer_cluster.whole import are_whole, is_whole

__all__ = ["KElbowVisualizer", "SilhouetteVisualizer"]

_NUMBERS = ("n_clusters", "n_components")  # what clusterers call the number of clusters
_INDICES = ("silhouette", "calinski_harabasz", "davies_bouldin")
_INFORMATION = ("bic", "aic")
_HALVED = ("prediction_strength", "stability")
_GIVEN = ("n_faces", "references", "repeats", "random_state")  # to the analysis as they are


class _Visualizer(BaseEstimator):
    """What is fitted is ``table_``; it is drawn as often as is wished."""

    def draw(self, ax=None):
        """Return the figure.

        Parameters
        ----------
        ax : Axes or sequence of Axes, optional
            To draw into.
        """
        check_is_fitted(self)
        return self._drawer().draw(self.table_, ax)

    def show(self, outpath=None):
        """Return the figure, which a notebook shows, or write it and return the path.

        Parameters
        ----------
        outpath : path-like, optional
            ``.png``, ``.pdf`` or ``.svg``.
        """
        if outpath is None:
            return self.draw()
        check_is_fitted(self)
        return write(self._drawer(), self.table_, outpath)

    def _drawer(self):
        return catalog.make("plots", self._plot)

    def _told(self):
        """Return what a caption says of no run."""
        return {"run": type(self.estimator).__name__, "dataset": "X", "split": "all", "part": "all"}


class KElbowVisualizer(_Visualizer):
    """Criteria of the number of clusters, side by side, each with the number that it chooses.

    Silhouette, Calinski-Harabasz, Davies-Bouldin, BIC and AIC, gap statistic, prediction strength
    and stability, as the analysis ``choose_k`` has them; where they disagree, the picture shows it.

    Parameters
    ----------
    estimator : scikit-learn clusterer
        With ``n_clusters`` or ``n_components``. One that cannot predict places further rows
        with their nearest neighbour.
    k : int, tuple of int, or sequence of int
        The most; the first and the one after the last; or each number of clusters. Those above half
        the number of rows are left out.
    metric : str, optional
        The one criterion that is measured and drawn, with the fits that it needs: ``silhouette``,
        ``calinski_harabasz``, ``davies_bouldin``, ``gap``, ``prediction_strength``, ``stability``, or
        ``bic`` or ``aic`` (of a clusterer without them ``bic_spherical``, ``aic_spherical``). None: all.
    n_faces, references, repeats, random_state
        As those of :class:`fer_cluster.analysis.choose_k.ChooseK`.

    Attributes
    ----------
    table_ : DataFrame
        A row for each criterion and k.
    chosen_ : dict
        Criterion -> number of clusters, missing where it chooses none.
    elbow_value_ : int or None
        Of the ``metric``: the number of clusters that it chooses, None where none. Without
        ``metric`` there is no such attribute.
    """

    _plot = "choose_k"

    def __init__(
        self, estimator=None, k=10, *, metric=None, n_faces=3000, references=10, repeats=5, random_state=0
    ):
        self.estimator = estimator
        self.k = k
        self.metric = metric
        self.n_faces = n_faces
        self.references = references
        self.repeats = repeats
        self.random_state = random_state

    def fit(self, X, y=None):
        """Fit the clusterer with every number of clusters.

        Parameters
        ----------
        X : array-like, shape (n, d)
        y : object
            Not used.

        Raises
        ------
        InputError
            Where the estimator takes no number of clusters, there is no such metric, or all numbers of
            clusters are above half the number of rows.
        """
        x = validate_data(self, X, ensure_min_samples=4)
        number = _number_of(self.estimator)
        criteria = _criteria_of(self.estimator)
        if self.metric not in (None, *criteria):
            raise unknown("The metric of KElbowVisualizer", self.metric, criteria)
        given = {name: getattr(self, name) for name in _GIVEN}
        analysis = catalog.make("analysis", "choose_k", ks=_numbers(self.k), **given)

        def fitted(x, k):
            return _fitted(_seeded(self.estimator, self.random_state, **{number: k}), x)

        told = self._told()
        self.table_ = analysis.criteria(fitted, x, told["run"], self.metric).assign(**told)
        self.chosen_ = dict(self.table_.groupby("criterion", sort=False)["chosen"].first())
        vars(self).pop("elbow_value_", None)  # of an earlier fit
        if self.metric is not None:
            chosen = self.chosen_[self.metric]
            self.elbow_value_ = None if pd.isna(chosen) else int(chosen)
        return self


class SilhouetteVisualizer(_Visualizer):
    """Silhouettes of the rows, cluster by cluster.

    Noise, rows with a label below 0 as DBSCAN and HDBSCAN have it, is no cluster: it is left out of
    the scores and of the picture, which says how many rows that is.

    Parameters
    ----------
    estimator : scikit-learn clusterer
    n_faces, random_state
        As those of :class:`fer_cluster.analysis.silhouette.Silhouette`.

    Attributes
    ----------
    table_ : DataFrame
        A row for each row looked at but for noise: its cluster and its silhouette; ``noise`` is how
        many rows of noise were left out.
    silhouette_score_ : float
        Their mean.
    """

    _plot = "silhouette"

    def __init__(self, estimator=None, *, n_faces=3000, random_state=0):
        self.estimator = estimator
        self.n_faces = n_faces
        self.random_state = random_state

    def fit(self, X, y=None):
        """Fit the clusterer and measure the rows.

        Parameters
        ----------
        X : array-like, shape (n, d)
        y : object
            Not used.

        Raises
        ------
        InputError
            Where there are fewer than two clusters.
        """
        x = validate_data(self, X, ensure_min_samples=4)
        cluster = _fitted(_seeded(_checked(self.estimator), self.random_state), x).predict(x)
        given = {name: getattr(self, name) for name in ("n_faces", "random_state")}
        told = self._told()
        rows = catalog.make("analysis", "silhouette", **given).of_clusters(x, cluster, told["run"])
        self.table_ = rows.assign(**told)
        self.silhouette_score_ = float(self.table_["silhouette"].mean())
        return self


def _fitted(clusterer, x):
    """Return a clusterer that was fitted and can predict, with the nearest neighbour where not by itself."""
    from sklearn.neighbors import KNeighborsClassifier

    clusterer.fit(x)
    if hasattr(clusterer, "predict"):
        return clusterer
    return KNeighborsClassifier(1).fit(x, clusterer.labels_)


def _checked(estimator):
    if not hasattr(estimator, "fit"):
        raise InputError(f"A visualizer takes a scikit-learn clusterer, got {estimator!r}.")
    return estimator


def _number_of(estimator):
    """Return what an estimator calls its number of clusters."""
    names = [name for name in _NUMBERS if name in _checked(estimator).get_params()]
    if not names:
        raise InputError(f"{estimator!r} takes neither n_clusters nor n_components.")
    return names[0]


def _criteria_of(estimator):
    """Return the criteria that an estimator can be judged by, in their order."""
    itself = hasattr(estimator, "bic") and hasattr(estimator, "predict")
    information = _INFORMATION if itself else [f"{name}_spherical" for name in _INFORMATION]
    return (*_INDICES, *information, "gap", *_HALVED)


def _numbers(k):
    """Return the numbers of clusters, as Yellowbrick reads them."""
    told = (2, k + 1) if is_whole(k) else k
    if not isinstance(told, Iterable) or not are_whole(tuple(told)):
        raise InputError(f"k must be a whole number, a range (2, 13) or a list of whole numbers, got {k!r}.")
    return tuple(range(*told)) if isinstance(told, tuple) and len(told) == 2 else tuple(told)


def _seeded(estimator, seed, **params):
    """Return a copy of an estimator, not fitted, with a seed where it, or a part of it, has none."""
    copy = clone(estimator).set_params(**params)
    without = [name for name, value in copy.get_params().items() if value is None]
    names = [name for name in without if name.split("__")[-1] == "random_state"]
    return copy.set_params(**dict.fromkeys(names, seed))
