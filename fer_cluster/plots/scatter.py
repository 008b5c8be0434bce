"""Faces as points in two dimensions, by true emotion and, beside it, by cluster."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.colours import UNLABELLED, of_clusters, of_emotions
from fer_cluster.emotions import COLOURS, EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.plots._axes import axes_for, settle
from fer_cluster.plots._faces import (
    agreement,
    ami_of,
    caption,
    count,
    faces_of,
    groups,
    n_clusters_of,
    named,
    so_many,
)
from fer_cluster.plots._labels import spread

__all__ = ["Scatter"]

_PANEL = 4.2  # inches, the width
_COLUMNS = 5  # of the legend of clusters, at most
_RING = {"ms": 9, "mec": "black", "mew": 1.2}


@dataclass(frozen=True)
class Scatter:
    """Scatter plot of runs: one row a run, the same points twice.

    Parameters
    ----------
    parts : str or sequence of str, optional
        Parts of the split that are drawn, ``"Training+PrivateTest"``; by
        default the part reported on.

    References
    ----------
    Figures 1 and 2 of Bolcas 2024, with the clusters that were scored beside the emotions.
    """

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    parts: str | list | None = None

    def data(self, runs):
        """Return one row a face: run, part, AMI, emotion, cluster, x and y.

        Raises
        ------
        InputError
            Where a run has no projection, or no such part.
        """
        return pd.concat([self._points(keys, run) for keys, run in named(runs)], ignore_index=True)

    def _points(self, keys, run):
        faces, about = faces_of(run, self.parts)
        if "x" not in faces or faces[["x", "y"]].isna().all(axis=None):
            raise InputError(f"{run.name!r} has no points to draw: it was made without a projection.")
        faces = faces.dropna(subset=["x", "y"])
        about |= {
            "projection": run.spec.get("projection", "projection"),
            "ami": agreement(count(faces, n_clusters_of(run))),
        }
        points = faces[["emotion", "cluster", "x", "y"]].reset_index(drop=True)
        points[["x", "y"]] = _rounded(points[["x", "y"]])
        return pd.concat([pd.DataFrame(keys | about, index=points.index), points], axis=1)

    def draw(self, data, ax=None):
        """Return the figure: emotions left, clusters right.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: two for each run, or one that is divided.
        """
        runs = groups(data)
        height = sum(_height(rows) for rows in runs)
        axes = axes_for(ax, (len(runs), 2), (2 * _PANEL + 1.7, height))
        for rows, left, right in zip(runs, axes[::2], axes[1::2], strict=True):
            _draw_run(rows.reset_index(drop=True), left, right)
        if ax is None:
            settle(axes[0].figure)
        return axes[0].figure


def _height(rows):
    """Return the height of a run's panels with the text above and below them, in inches."""
    width, height = np.ptp(_limits(rows[["x", "y"]].to_numpy()), axis=0)
    legend = max(-(-rows["cluster"].nunique() // _COLUMNS), 2 + rows["emotion"].isna().any())
    return 1.06 * _PANEL * height / width + 0.8 + 0.17 * (caption(rows).count("\n") + 2 + legend)


def _rounded(points):
    """Return points to a ten-thousandth of their extent: finer than any picture shows."""
    extent = float(np.ptp(points.to_numpy(float), axis=0).max())
    return points.astype(float).round(4 - int(np.floor(np.log10(extent or 1))))


def _draw_run(rows, left, right):
    emotion = pd.Categorical(rows["emotion"], categories=EMOTIONS)
    order = np.random.default_rng(0).permutation(len(rows))
    order = order[np.argsort(emotion.codes[order] >= 0, kind="stable")]  # unlabelled faces lie beneath
    for ax, colours in ((left, of_emotions(emotion)), (right, of_clusters(rows["cluster"]))):
        _draw_points(ax, rows.iloc[order], colours[order])
    by = "by true emotion" if rows["emotion"].notna().any() else "without labels"
    left.set_title(f"{caption(rows)}\n{so_many(len(rows))} {by}", loc="left", fontsize=10)
    right.set_title(f"by cluster (number at its median)\n{ami_of(rows)}", loc="left", fontsize=10)
    _name_emotions(left, rows, emotion)
    _name_clusters(right, rows)


def _draw_points(ax, rows, colours):
    size, alpha = _size_and_alpha(len(rows))
    colours = np.column_stack([colours, np.full(len(rows), alpha)])
    ax.scatter(rows["x"], rows["y"], s=size, c=colours, linewidths=0, rasterized=True)
    limits = _limits(rows[["x", "y"]].to_numpy())
    outside = int(((rows[["x", "y"]] < limits[0]) | (rows[["x", "y"]] > limits[1])).any(axis=1).sum())
    note = f" (outside the frame: {so_many(outside)})" if outside else ""
    axis = f"{rows['projection'].iloc[0]} axis"
    ax.set(xlim=limits[:, 0], ylim=limits[:, 1], xlabel=f"{axis} 1{note}", ylabel=f"{axis} 2")
    ax.set_aspect("equal")


def _size_and_alpha(n):
    """Return the area of a point in square points and its opacity: smaller and paler where many."""
    return float(np.clip(350 / np.sqrt(n), 1.2, 20)), float(np.clip(1.3 - 0.07 * np.log(n), 0.5, 0.9))


def _limits(points):
    """Return the corners of a box that holds all but the outermost three, not too flat."""
    low, high = np.quantile(points, [0.001, 0.999], axis=0)
    half = 0.54 * (high - low)
    half = np.maximum(half, 0.6 * half.max() or 1.0)
    return (low + high) / 2 + np.stack([-half, half])


def _name_emotions(ax, rows, emotion):
    """Write the legend with counts; ring the median of each emotion."""
    entries = [(name, colour, int((emotion == name).sum())) for name, colour in COLOURS.items()]
    entries = [entry for entry in entries if entry[2]]
    for name, colour, _ in entries:
        ax.plot(*rows.loc[emotion == name, ["x", "y"]].median(), "o", color=colour, **_RING)
    handles = [_handle(*entry) for entry in entries]
    if emotion.isna().any():
        handles.append(_handle("unlabelled", UNLABELLED, int(emotion.isna().sum())))
    if entries:
        handles.append(_handle("median", "white", **_RING))
    _legend(ax, handles, 4)


def _name_clusters(ax, rows):
    """Write the legend with counts, and each number at the median of its cluster."""
    middle = rows.groupby("cluster")[["x", "y"]].median()
    sizes = rows["cluster"].value_counts().loc[middle.index]
    pixels = 19 / 72 * ax.figure.dpi
    places = spread(ax.transData.transform(middle), (pixels, pixels))
    places = ax.transData.inverted().transform(places)
    for cluster, place, point in zip(middle.index, places, middle.to_numpy(), strict=True):
        _number(ax, cluster, place, point)
    entries = zip(middle.index, of_clusters(middle.index), sizes, strict=True)
    _legend(ax, [_handle(*entry) for entry in entries], _COLUMNS)


def _number(ax, cluster, place, point):
    box = {"boxstyle": "circle,pad=0.2", "fc": "white", "ec": of_clusters(cluster), "lw": 1.5}
    style = {"ha": "center", "va": "center", "fontsize": 9, "bbox": box}
    ax.annotate(str(cluster), point, place, arrowprops={"arrowstyle": "-", "lw": 0.8}, **style)


def _handle(name, colour, n=None, **style):
    from matplotlib.lines import Line2D

    style = {"marker": "o", "ms": 6, "mew": 0} | style
    return Line2D([], [], ls="", color=colour, label=name if n is None else f"{name} ({n:,})", **style)


def _legend(ax, handles, columns):
    """Write the legend below the axis label, whatever the size of the panel."""
    inches = ax.get_window_extent().width / ax.figure.dpi
    columns = int(np.clip(columns * inches / 3, 1, columns))
    ax.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        borderaxespad=4.5,
        ncols=columns,
        frameon=False,
        fontsize=8,
        handletextpad=0.1,
        columnspacing=1.0,
    )
