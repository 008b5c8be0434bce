"""One score of every pair of features and clusterer: a table in colours."""

from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.errors import InputError, unknown
from fer_cluster.plots._axes import axes_for
from fer_cluster.plots._faces import KEYS, named
from fer_cluster.scoring import METRICS, spread

__all__ = ["Grid"]

_WIDTH, _HEIGHT = 0.75, 0.36  # inches of a cell
_LETTERS = 46  # of a line of a row's name
_OF = ["dataset", "split", "part"]


@dataclass(frozen=True)
class Grid:
    """Rows are features with their steps, the best on top; columns are clusterers, as they come.

    Runs of the same parts and other seeds share a cell, which is their mean; a clusterer that was asked
    for several numbers of clusters has a column for each.

    Parameters
    ----------
    metric : str
        ``ami``, ``named_accuracy``, ``ari``, ... as scores have it.
    """

    compares: ClassVar[bool] = True  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    metric: str = "ami"

    def data(self, runs):
        """Return a row for each run: its parts, and the score on the part reported on.

        Raises
        ------
        InputError
            Where the metric is unknown, or a run has no scores on that part.
        """
        if self.metric not in METRICS[1:]:
            raise unknown("metric", self.metric, METRICS[1:])
        rows = pd.DataFrame([self._row(keys, run) for keys, run in named(runs)])
        several = rows.groupby([*_OF, "features", "clusterer"])["k"].transform("nunique") > 1
        told = rows["clusterer"].isin(rows["clusterer"][several])
        rows.loc[told, "clusterer"] += ", k=" + rows["k"][told].astype(str)
        columns = [*KEYS, "part", "features", "clusterer", "metric", "mean", "sd", "low", "high"]
        return rows.reindex(columns=columns)

    def _row(self, keys, run):
        spec = run.spec
        if spec["report"] not in run.scores:
            raise InputError(f"{run.name!r} has no scores on {spec['report']}: no face there is labelled.")
        parts = {"features": " > ".join([spec["features"], *spec["then"]]), "clusterer": spec["clusterer"]}
        parts["k"] = spec.get("params", {}).get("clusterer", {}).get("n_clusters", 0)  # as it was asked for
        score = spread(self.metric, run.scores[spec["report"]])
        return keys | {"part": spec["report"]} | parts | {"metric": self.metric} | score

    def draw(self, data, ax=None):
        """Return the figure, a panel for each data set and part.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into.
        """
        groups = [(of, _table(rows)) for of, rows in data.groupby(_OF, sort=False)]
        names = [[_broken(name) for name in table.index] for _, table in groups]
        longest = max(len(line) for rows in names for name in rows for line in name.split("\n"))
        width = 0.075 * longest + _WIDTH * max(table.shape[1] for _, table in groups) + 1.0
        height = sum(_HEIGHT * sum(1 + name.count("\n") for name in rows) / 1.4 + 1.6 for rows in names)
        axes = axes_for(ax, (len(groups), 1), (width, height))
        for panel, (of, table), rows in zip(axes, groups, names, strict=True):
            _draw_table(panel, table, rows)
            panel.set_title(f"{_in_words(data['metric'].iloc[0])} on {of[2]} of {of[0]} ({of[1]})")
        return axes[0].figure


def _table(rows):
    """Return the scores, features by clusterers, the features of the best mean first."""
    wide = rows.pivot_table(index="features", columns="clusterer", values="mean", sort=False)
    return wide.loc[wide.mean(axis=1).sort_values(ascending=False, kind="stable").index]


def _in_words(metric):
    return metric.upper() if len(metric) == 3 else metric.replace("_", " ")


def _broken(name):
    return "\n".join(wrap(name, _LETTERS, break_on_hyphens=False))


def _draw_table(ax, table, names):
    """Draw a cell for each pair that was run, and write its score."""
    values = table.to_numpy()
    image = ax.imshow(
        np.ma.masked_invalid(values), cmap="cividis", vmin=min(0, np.nanmin(values)), aspect="auto"
    )
    bright = image.norm.vmin + 0.55 * (image.norm.vmax - image.norm.vmin)
    for row, column in zip(*np.nonzero(np.isfinite(values)), strict=True):
        score = values[row, column]
        colour = "black" if score > bright else "white"
        ax.text(column, row, f"{score:.3f}", ha="center", va="center", fontsize=8, color=colour)
    ax.set_yticks(range(len(names)), names, fontsize=8)
    ax.set_xticks(range(table.shape[1]), [name.replace(":", "\n") for name in table.columns], fontsize=8)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
