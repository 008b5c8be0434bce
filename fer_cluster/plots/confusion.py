"""How faces of each emotion were named: the confusion matrix of a classifier."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.plots._faces import caption, named, parts_of, so_many
from fer_cluster.plots._panels import of_runs
from fer_cluster.plots._tables import colour_bar, write_sums

__all__ = ["Confusion"]

_CELL = (0.74, 0.47)  # inches
_DARK = 0.65  # the share from which text is white


@dataclass(frozen=True)
class Confusion:
    """Confusion matrix: true emotion by predicted emotion, each row coloured by its shares.

    Parameters
    ----------
    parts : str or sequence of str, optional
        Parts of the split that are counted, ``"PublicTest+PrivateTest"``; by
        default the part reported on.
    """

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("classifier",)
    parts: str | list | None = None

    def data(self, runs):
        """Return one row a cell: run, part, accuracy, F1, emotion, predicted, count and share.

        Counts are means over the seeds; the share is of the faces of the true emotion.

        Raises
        ------
        InputError
            Where a run has no labelled faces, or no such part.
        """
        return pd.concat([self._cells(keys, run) for keys, run in named(runs)], ignore_index=True)

    def _cells(self, keys, run):
        from fer_cluster.metrics import accuracy, macro_f1

        parts = parts_of(run, self.parts)
        about = {"part": " + ".join(parts), "fitted": run.spec["fit"] in parts}
        tables = _tables(run, parts)  # (seeds, true, predicted)
        if not tables.sum():
            raise InputError(f"{run.name!r} has no labelled faces in {about['part']}, so there is no table.")
        about |= {"seeds": len(tables)}
        for metric, values in (("accuracy", accuracy(tables)), ("macro_f1", macro_f1(tables))):
            sd = values.std(ddof=1) if len(values) > 1 else np.nan
            about |= {metric: round(values.mean(), 5), f"{metric}_sd": np.round(sd, 5)}
        table = tables.mean(0)
        share = table / np.maximum(table.sum(1, keepdims=True), 1)
        cells = {
            "emotion": np.repeat(EMOTIONS, len(EMOTIONS)),
            "predicted": np.tile(EMOTIONS, len(EMOTIONS)),
            "count": table.ravel().round(3),
            "share": share.ravel().round(5),
        }
        return pd.DataFrame(keys | about | cells)

    def draw(self, data, ax=None):
        """Return the figure, a panel for each run.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: one for each run, or one that is divided.
        """
        runs, axes = of_runs(data, ax, (8 * _CELL[0] + 1.1, 8 * _CELL[1] + 1.5), room=(0.9, 0.0))
        for cells, panel in zip(runs, axes, strict=True):
            image = _draw_run(panel, cells)
            panel.set_title(f"{caption(cells, 64)}\n{_result(cells)}", loc="left", fontsize=10)
        bar = colour_bar(image, axes, ax)
        bar.set_label("share of the faces of the true emotion (%)", fontsize=9)
        bar.ax.tick_params(labelsize=8.5)
        return axes[0].figure


def _tables(run, parts):
    """Return the counts of (true, predicted) of each seed; faces without a label are left out."""
    from fer_cluster.metrics import contingency

    rows = run.faces["part"].isin(parts).to_numpy()
    emotion, n = run.faces["emotion"].cat.codes.to_numpy()[rows], len(EMOTIONS)
    return np.stack([contingency(emotion, predicted[rows], n, n) for predicted in run.predictions()])


def _result(cells):
    """Return accuracy and macro F1, with their spread over seeds, in words."""
    first = cells.iloc[0]
    texts = []
    for metric, name in (("accuracy", "accuracy"), ("macro_f1", "macro F1")):
        mean, sd = 100 * first[metric], 100 * first[f"{metric}_sd"]
        texts.append(f"{name} {mean:.1f}{'' if np.isnan(sd) else f' ± {sd:.1f}'} %")
    seeds = f"mean ± sd of {first['seeds']} seeds" if first["seeds"] > 1 else "one seed"
    return f"{', '.join(texts)} ({seeds})\n{so_many(cells['count'].sum(), 'labelled face')}"


def _draw_run(ax, cells):
    """Draw one table; the last row and column are sums."""
    count, share = _wide(cells, "count"), 100 * _wide(cells, "share")
    n = len(EMOTIONS)
    image = ax.imshow(share, cmap="Blues", vmin=0, vmax=100, aspect="auto")
    for row, column in np.ndindex(n, n):
        colour = "white" if share[row, column] > 100 * _DARK else "black"
        style = {"ha": "center", "color": colour}
        percent = f"{share[row, column]:.0f} %"
        weight = "bold" if row == column else "normal"
        ax.text(column, row, percent, va="bottom", fontsize=9.5, fontweight=weight, **style)
        ax.text(column, row + 0.06, _number(count[row, column]), va="top", fontsize=8, **style)
    write_sums(ax, count, _number)
    _name_axes(ax)
    return image


def _wide(cells, values):
    table = cells.pivot(index="emotion", columns="predicted", values=values)
    return table.loc[list(EMOTIONS), list(EMOTIONS)].to_numpy()


def _number(value):
    """Return a mean count, with a decimal where it is small and broken."""
    return f"{value:,.1f}" if value < 9.95 and value % 1 else f"{value:,.0f}"


def _name_axes(ax):
    """Name rows and columns, frame the faces named rightly."""
    from matplotlib.patches import Rectangle

    n = len(EMOTIONS)
    ax.set_xlim(-0.5, n + 0.5)
    ax.set_ylim(n + 0.5, -0.5)
    ax.set_xticks(range(n + 1), [*EMOTIONS, "sum"], fontsize=9)
    ax.set_yticks(range(n + 1), [*EMOTIONS, "sum"], fontsize=9)
    ax.set_xlabel("predicted emotion (framed: correct); below the share: faces", fontsize=9, loc="left")
    ax.set_ylabel("true emotion", fontsize=9)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    for place in range(n):
        ax.add_patch(Rectangle((place - 0.5, place - 0.5), 1, 1, fill=False, lw=1.2, ec="black"))
