"""Accuracy and loss epoch by epoch, on the faces trained on and on the faces watched."""

from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

import pandas as pd

from fer_cluster.colours import BLUE, VERMILION
from fer_cluster.errors import InputError
from fer_cluster.plots._axes import axes_for
from fer_cluster.plots._faces import groups, named
from fer_cluster.plots._panels import frame
from fer_cluster.written import percent

__all__ = ["LearningCurve"]

_COLUMNS = {
    ("accuracy", "training"): "accuracy",
    ("accuracy", "watched"): "watch_accuracy",
    ("loss", "training"): "loss",
    ("loss", "watched"): "watch_loss",
}
# The line tells them apart without colour.
_TRAINING, _WATCHED = {"color": BLUE, "ls": "-"}, {"color": VERMILION, "ls": (0, (4, 1.5))}
_PANEL = (4.0, 2.9)  # inches
_UNITS = {"accuracy": (100, "accuracy (%)"), "loss": (1, "loss")}
_VIEWS = {  # over which the finished net averages
    "one": "",
    "mirror": "\n(one view each; scored with mirror images)",
    "ten_crop": "\n(one view each; scored by ten crops)",
}


@dataclass(frozen=True)
class LearningCurve:
    """Learning curves: accuracy left, loss right, a row a run; a thin line a seed, their mean bold.

    References
    ----------
    Figures 4 and 5 of Bolcas 2024, with every seed.
    """

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer", "classifier")

    def data(self, runs):
        """Return one row for each run, seed, epoch, metric and kind of faces.

        ``faces`` is ``"training"``, or the name of the part that was watched, each face in one view;
        ``views`` tells over which views of a face the finished net averages.
        What was not measured (an autoencoder has no accuracy) has no row.

        Raises
        ------
        InputError
            Where a run has no history: nothing in it was trained.
        """
        return pd.concat([_curves(keys, run) for keys, run in named(runs)], ignore_index=True)

    def draw(self, data, ax=None):
        """Return the figure: a row of panels for each run.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: one for each metric of each run, or one that is divided.
        """
        runs = groups(data)
        metrics = [metric for metric in _UNITS if metric in set(data["metric"])]
        size = (len(metrics) * _PANEL[0] + 0.3, len(runs) * (_PANEL[1] + 0.9))
        panels = iter(axes_for(ax, (len(runs), len(metrics)), size))
        for rows in runs:
            row = [next(panels) for _ in metrics]
            for panel, metric in zip(row, metrics, strict=True):
                _draw_metric(panel, rows[rows["metric"] == metric], metric)
            _explain(row, rows)
        return row[0].figure


def _curves(keys, run):
    if not len(run.history):
        raise InputError(f"{run.name!r} has no history to draw: nothing in it was trained epoch by epoch.")
    watched = run.spec.get("watched") or "watched"
    views = run.spec["params"].get("baseline", {}).get("views", "one")
    tables = []
    for (metric, faces), column in _COLUMNS.items():
        if column in run.history:
            key = keys | {"views": views, "metric": metric, "faces": watched if faces == "watched" else faces}
            table = run.history[["seed", "epoch", column]].rename(columns={column: "value"})
            tables.append(table.dropna().assign(**key))
    columns = [*keys, "views", "seed", "epoch", "metric", "faces", "value"]
    return pd.concat(tables)[columns]


def _draw_metric(ax, rows, metric):
    """Draw every seed thin and the mean of them bold, as far as all seeds were trained."""
    from matplotlib.ticker import MaxNLocator

    scale, label = _UNITS[metric]
    if not len(rows):
        ax.set_axis_off()
        ax.text(0.5, 0.5, f"no {metric} was measured", ha="center", va="center", fontsize=9, color="0.4")
        return
    for faces, style in _styles(rows):
        wide = scale * rows[rows["faces"] == faces].pivot(index="epoch", columns="seed", values="value")
        dots = {"marker": "o", "ms": 4} if len(wide) < 3 else {}  # a line of one point is not seen
        if wide.shape[1] > 1:
            ax.plot(wide.index, wide, lw=0.7, alpha=0.5, **style)
        mean = wide.dropna().mean(axis=1)
        ax.plot(mean.index, mean, lw=2.2, **style, **dots)
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    ax.set_xlabel("epoch", fontsize=9)
    ax.set_ylabel(label, fontsize=9)
    ax.tick_params(labelsize=8.5)
    frame(ax)


def _styles(rows):
    """Return the faces in their order with the style of their lines."""
    watched = [faces for faces in dict.fromkeys(rows["faces"]) if faces != "training"]
    styles = [("training", _TRAINING), *((faces, _WATCHED) for faces in watched)]
    return [(faces, style) for faces, style in styles if faces in set(rows["faces"])]


def _explain(row, rows):
    """Write what is seen above the left panel, and the legend above the right one or in the only one."""
    from matplotlib.lines import Line2D

    seeds, epochs = rows["seed"].nunique(), int(rows["epoch"].max())
    first = rows.iloc[0]
    long = f"{epochs} epoch{'s' * (epochs > 1)}, {seeds} seed{'s' * (seeds > 1)}"
    of = f"{first['dataset']}, split {first['split']}: {long}"
    lines = [*wrap(first["run"], 48), *wrap(of, 48), *wrap(_last(rows), 54)]
    row[0].set_title("\n".join(lines), loc="left", fontsize=9.5)
    view = _VIEWS[first["views"]]
    names = [
        (faces if faces == "training" else f"watched: {faces}{view}", style) for faces, style in _styles(rows)
    ]
    handles = [Line2D([], [], lw=2.2, label=name, **style) for name, style in names]
    if seeds > 1:
        handles.append(Line2D([], [], lw=0.7, color="0.4", label="each seed; bold: their mean"))
    style = {"frameon": False, "fontsize": 8.5, "borderaxespad": 0.3, "handlelength": 2.6}
    if len(row) > 1:
        row[-1].legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), **style)
    else:
        row[-1].legend(handles=handles, loc="best", **style)


def _last(rows):
    """Return the mean over seeds after the last epoch of each, in words."""
    metric = "accuracy" if "accuracy" in set(rows["metric"]) else "loss"
    ends = rows[rows["metric"] == metric].sort_values("epoch").groupby(["faces", "seed"])["value"].last()
    ends = ends.groupby("faces").mean()
    shown = (percent(end) if metric == "accuracy" else f"{end:.3g}" for end in ends)
    names = ("training" if faces == "training" else "watched" for faces in ends.index)
    return f"last {metric}: " + ", ".join(sorted(map(" ".join, zip(names, shown, strict=True))))
