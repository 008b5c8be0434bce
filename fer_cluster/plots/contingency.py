"""Faces of each emotion in each cluster, against the counts that chance would give."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.plots._faces import (
    agreement,
    ami_of,
    caption,
    count,
    faces_of,
    n_clusters_of,
    named,
    so_many,
)
from fer_cluster.plots._panels import of_runs
from fer_cluster.plots._tables import colour_bar, write_sums

__all__ = ["Contingency"]

_CELL = (0.66, 0.42)  # inches
_NAMES = [*EMOTIONS, "no name", "empty"]


@dataclass(frozen=True)
class Contingency:
    """Table of emotion by cluster, coloured by how far each count lies from chance.

    Parameters
    ----------
    parts : str or sequence of str, optional
        Parts of the split that are counted, ``"Training+PrivateTest"``; by
        default the part reported on.

    References
    ----------
    Adjusted residuals: Haberman 1973, Biometrics 29.
    """

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    parts: str | list | None = None

    def data(self, runs):
        """Return one row a cell: run, part, AMI, emotion, cluster, its name and place, counts.

        Clusters are named by the labels of the part fitted on, and placed in
        the order of these names; they have none where that part has no label.

        Raises
        ------
        InputError
            Where a run has no labelled faces, or no such part.
        """
        return pd.concat([self._cells(keys, run) for keys, run in named(runs)], ignore_index=True)

    def _cells(self, keys, run):
        faces, about = faces_of(run, self.parts)
        k = n_clusters_of(run)
        table = count(faces, k)
        if not table.sum():
            raise InputError(f"{run.name!r} has no labelled faces in {about['part']}, so there is no table.")
        fitted = count(run.faces[run.in_part(run.spec["fit"])], k)
        naming = _naming(fitted, table)
        expected, residual = _chance(table)
        order = np.lexsort([-table.sum(0), naming])  # by name, then by size
        cells = {
            "emotion": np.repeat(EMOTIONS, k),
            "cluster": np.tile(np.arange(k), len(EMOTIONS)),
            "place": np.tile(np.argsort(order), len(EMOTIONS)),
            "named": np.tile(np.array(_NAMES)[naming], len(EMOTIONS)),
            "count": table.ravel().astype(int),
            "expected": expected.ravel().round(2),
            "residual": residual.ravel().round(3),
        }
        return pd.DataFrame(keys | about | {"ami": agreement(table)} | cells)

    def draw(self, data, ax=None):
        """Return the figure, a panel for each run.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: one for each run, or one that is divided.
        """
        cells = max(int(data["cluster"].max()) + 1, 6) + 1  # in the widest row, its sum included
        panel = (cells * _CELL[0] + 1.3, 8 * _CELL[1] + 1.8)
        runs, axes = of_runs(data, ax, panel, room=(0.9, 0.0), beside=2 if cells <= 10 else 1)
        limit = max(3.0, float(data["residual"].abs().max()))
        for table, panel in zip(runs, axes, strict=True):
            image = _draw_run(panel, table, limit)
            panel.set_xlim(-0.5, cells - 0.5)  # cells of one size in all panels
            total = so_many(table["count"].sum(), "labelled face")
            title = f"{caption(table, 8 * cells)}\n{total}, {ami_of(table)}"
            panel.set_title(title, loc="left", fontsize=10)
        colour_bar(image, axes, ax).set_label("adjusted residual (by chance within ±2)")
        return axes[0].figure


def _naming(fitted, table):
    """Return the code of the name of each cluster, by the faces fitted on.

    Where it has none of these that is labelled, it has no name, or is empty where no face shown is in it.
    """
    from fer_cluster.metrics import name_clusters

    nameless = np.where(table.sum(0) > 0, _NAMES.index("no name"), _NAMES.index("empty"))
    return np.where(fitted.sum(0) > 0, name_clusters(fitted), nameless) if fitted.sum() else nameless


def _chance(table):
    """Return expected counts under independence, and adjusted residuals (0 where empty)."""
    total = table.sum()
    rows, columns = table.sum(1, keepdims=True) / total, table.sum(0, keepdims=True) / total
    expected = rows * columns * total
    spread = np.sqrt(expected * (1 - rows) * (1 - columns))
    residual = np.divide(table - expected, spread, out=np.zeros_like(table), where=spread > 1e-9)
    return expected, residual


def _draw_run(ax, cells, limit):
    """Draw one table; the last row and column are sums."""
    wide = {name: _wide(cells, name) for name in ("count", "expected", "residual")}
    n, k = wide["count"].shape
    image = ax.imshow(wide["residual"], cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    ax.set_ylim(n + 0.5, -0.5)
    for row, column in np.ndindex(n, k):
        pale = abs(wide["residual"][row, column]) < 0.6 * limit
        texts = f"{wide['count'][row, column]:,}", _expected(wide["expected"][row, column])
        _write_cell(ax, column, row, texts, "black" if pale else "white")
    write_sums(ax, wide["count"], "{:,}".format)
    _name_axes(ax, cells)
    return image


def _wide(cells, values):
    table = cells.pivot(index="emotion", columns="place", values=values)
    return table.loc[list(EMOTIONS)].to_numpy()


def _expected(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _write_cell(ax, column, row, texts, colour):
    """Write the count and, below it, the expected count."""
    style = {"ha": "center", "color": colour}
    ax.text(column, row, texts[0], va="bottom", fontsize=9, fontweight="bold", **style)
    ax.text(column, row + 0.03, texts[1], va="top", fontsize=8, **style)


def _name_axes(ax, cells):
    """Name rows and columns; frame the cells where the emotion names the cluster."""
    from matplotlib.patches import Rectangle

    columns = cells.drop_duplicates("cluster").sort_values("place")
    names = [f"{cluster}\n{name}" for cluster, name in _pairs(columns)]
    ax.set_xticks(range(len(names) + 1), [*names, "sum"], fontsize=8)
    ax.set_yticks(range(len(EMOTIONS) + 1), [*EMOTIONS, "sum"], fontsize=9)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    named = columns["named"].isin(EMOTIONS).any()
    above = "cluster, and the emotion that names it (framed)" if named else "cluster: no label names it"
    ax.set_xlabel(f"{above}\nbold: faces; below: faces expected by chance", fontsize=9, loc="left")
    for column, (_, name) in enumerate(_pairs(columns)):
        if name in EMOTIONS:
            corner = (column - 0.5, EMOTIONS.index(name) - 0.5)
            ax.add_patch(Rectangle(corner, 1, 1, fill=False, lw=1.5, ec="black", clip_on=False))


def _pairs(columns):
    return list(zip(columns["cluster"], columns["named"], strict=True))
