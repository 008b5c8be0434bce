"""Scores of methods with 95 % intervals, against the line of chance."""

from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.colours import BLUE, PURPLE, VERMILION
from fer_cluster.errors import InputError
from fer_cluster.plots._axes import axes_for
from fer_cluster.plots._faces import named, parts_of, so_many
from fer_cluster.plots._panels import explain, frame
from fer_cluster.scoring import CONTROLS, kind_of, spread
from fer_cluster.written import three

__all__ = ["Scores"]

_METRICS = {
    "ami": "AMI\n(0 is chance, 1 perfect)",
    "hungarian_accuracy": "Hungarian accuracy\n(named on these labels)",
    "named_accuracy": "named accuracy\n(named on the fit part)",
    "balanced_accuracy": "balanced accuracy\n(named on the fit part)",
    "purity": "purity\n(each with its chance level)",
}
_OF_CLASSIFIERS = {  # alone: nothing has clusters that are to be named
    "named_accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy\n(mean recall)",
    "macro_f1": "macro F1",
    "ami": "AMI\n(0 is chance, 1 perfect)",
}
_OF_BOTH = _METRICS | {
    "named_accuracy": "accuracy\n(clusters: named on fit part)",
    "balanced_accuracy": "balanced accuracy\n(clusters: named on fit part)",
}
_OF_CLUSTERS = ("hungarian_accuracy", "purity")
_CLASSIFIERS = {"supervised", "majority"}  # the kinds that have no clusters
_GROUP = ["dataset", "split", "part"]
_CHANCE = VERMILION
_STYLES = {  # marker and colour of each kind
    "method": ("o", "black"),
    "weak": ("^", PURPLE),
    "supervised": ("s", BLUE),
    **dict.fromkeys(CONTROLS, ("o", "0.6")),
}
_OF_PURITY = "chance level of purity (short: without copies)"
_LINE = 0.15  # inches, the height of a line of text
_BARE = 0.1  # inches that what is without copies stands lower


@dataclass(frozen=True)
class Scores:
    """Dot plot of runs, best AMI on top (of classifiers alone best accuracy), a panel for each metric.

    What was trained on labels has marks of its own, and as every classifier none where clusters are
    scored; what was told a part of them has others.

    Parameters
    ----------
    parts : str or sequence of str, optional
        Parts of the split that are shown, ``"PublicTest+PrivateTest"``; by
        default the part reported on.
    """

    compares: ClassVar[bool] = True  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer", "classifier")
    parts: str | list | None = None

    def data(self, runs):
        """Return one row for each run, part, metric, and with or without duplicates.

        ``kind`` tells the controls ``chance``, ``one`` and ``majority`` from a
        ``method``, from what is ``weak`` (told a part of the labels) and from what is ``supervised``.
        Where a run has one seed, ``sd`` is missing; ``low`` and ``high`` are then over the faces.

        Raises
        ------
        InputError
            Where a run has no scores on the part.
        """
        rows = [row for keys, run in named(runs) for row in self._rows(keys, run)]
        columns = ["run", *_GROUP, "fitted", "kind", "duplicates", "metric", "mean", "sd", "low", "high"]
        return pd.DataFrame(rows).reindex(columns=columns)

    def _rows(self, keys, run):
        kind = kind_of(run.spec)
        for part in parts_of(run, self.parts):
            if part not in run.scores:
                raise InputError(f"{run.name!r} has no scores on {part}: no face there is labelled.")
            about = keys | {"part": part, "fitted": part == run.spec["fit"], "kind": kind}
            for duplicates, scores in (("with", run.scores), ("without", run.scores_without_duplicates)):
                of_part = scores.get(part, {})
                for metric in of_part:
                    yield about | {"duplicates": duplicates, "metric": metric} | spread(metric, of_part)

    def draw(self, data, ax=None):
        """Return the figure, a panel for each metric.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: as many metrics as there are Axes, AMI first.
        """
        kinds = set(data["kind"])
        metrics = _metrics(kinds)
        rows, heads = _places(data, by=next(iter(metrics)))
        data = data.merge(rows[["run", *_GROUP, "group", "place"]], on=["run", *_GROUP])
        labels = pd.concat([heads, rows])
        width = 0.075 * max(len(line) for text in labels["label"] for line in text.split("\n"))
        shown = list(metrics)[: None if ax is None else np.size(ax)]
        size = (width + 2.1 * len(shown) + 0.4, labels["bottom"].max() + 1.3)
        axes = axes_for(ax, (1, len(shown)), size)
        for panel, metric in zip(axes, shown, strict=True):
            _draw_metric(panel, data, metric)
            panel.set_title(metrics[metric], fontsize=9)
        _name_rows(axes, heads, rows)
        _legend(axes, kinds, alone=ax is None)
        return axes[0].figure


def _metrics(kinds):
    """Return the metrics shown and their titles."""
    if kinds <= _CLASSIFIERS:
        return _OF_CLASSIFIERS
    return _OF_BOTH if "supervised" in kinds else _METRICS


def _places(data, by):
    """Return where runs, the best first, and the headings of their groups stand, in inches."""
    wide = data[data["duplicates"] == "with"].pivot(
        index=["run", *_GROUP, "fitted"], columns="metric", values="mean"
    )
    wide = wide.reset_index().assign(heading=False)
    group = pd.MultiIndex.from_frame(data[_GROUP]).unique()
    wide["group"] = group.get_indexer(pd.MultiIndex.from_frame(wide[_GROUP]))
    wide["label"] = ["\n".join(wrap(run, 44)) for run in wide["run"]]
    heads = wide.groupby("group", as_index=False).first().assign(heading=True, **{by: np.inf})
    heads["label"] = [_heading(head) for _, head in heads.iterrows()]
    every = pd.concat([heads, wide]).sort_values(["group", by], ascending=[True, False], kind="stable")
    height = _LINE * (every["label"].str.count("\n") + 1) + 0.18
    every["bottom"] = height.cumsum()
    every["place"] = every["bottom"] - height / 2
    return every[~every["heading"]], every[every["heading"]]


def _heading(head):
    of = "split all" if head["part"] == head["split"] else f"{head['part']} ({head['split']})"
    seen = ", transductive" if head["fitted"] else ""
    return f"{head['dataset']}, {of}{seen}, {so_many(head['n'])}"


def _draw_metric(ax, data, metric):
    if metric in _OF_CLUSTERS:
        data = data[~data["kind"].isin(_CLASSIFIERS)]
    kept = data[data["duplicates"] == "with"]
    rows = kept[kept["metric"] == metric].dropna(subset=["mean"])
    if not len(rows) and len(kept):  # fitted on faces without labels
        ax.text(0.5, 0.5, "no label names\nthe clusters", transform=ax.transAxes, ha="center", fontsize=8)
        ax.set_xlim(0, 1)
        return
    bare = data[data["duplicates"] == "without"]
    if metric == "purity":
        for some, height, down in ((kept, 14, 0), (bare, 7, _BARE)):
            level = some[some["metric"] == "purity_chance"]
            ax.plot(level["mean"], level["place"] + down, "|", ms=height, mew=1.5, color=_CHANCE, zorder=1)
    else:
        _draw_chance(ax, rows)
    for _, row in rows.iterrows():
        _draw_row(ax, row)
    bare = bare[bare["metric"] == metric]
    ax.plot(bare["mean"], bare["place"] + _BARE, "o", ms=4, mfc="white", mec="0.4", clip_on=False)
    right = 1.35 * max(rows[["mean", "high"]].max(axis=None), 0.02)  # room for the values
    lowest = rows[["mean", "low"]].min(axis=None)
    ax.set_xlim(1.2 * lowest if lowest < -0.02 * right else 0, right)  # worse than chance is seen


def _draw_row(ax, row):
    """Draw the mean with its interval, and write the mean."""
    marker, colour = _STYLES[row["kind"]]
    place, mean = row["place"], row["mean"]
    if pd.notna(row["low"]):
        ax.plot([row["low"], row["high"]], [place, place], color=colour, lw=2, solid_capstyle="butt")
    ax.plot(mean, place, marker, ms=6, color=colour, clip_on=False)
    end = max(mean, np.nan_to_num(row["high"]))
    ax.annotate(
        three(mean),
        (end, place),
        (6, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color="0.35" if row["kind"] in CONTROLS else colour,
    )


def _draw_chance(ax, rows):
    """Draw the level of the run named chance across the runs of its group."""
    for _, group in rows.groupby("group"):
        level = group.loc[group["kind"] == "chance", "mean"]
        if len(level):
            span = [group["place"].min() - _LINE, group["place"].max() + _LINE]
            ax.plot([level.iloc[0]] * 2, span, ls="--", lw=1.2, color=_CHANCE, zorder=1, clip_on=False)


def _name_rows(axes, heads, rows):
    """Write the runs and, above each group, the data set and part they are scored on."""
    from matplotlib.ticker import MaxNLocator

    for ax in axes:
        ax.set_ylim(rows["bottom"].max(), 0)
        ax.set_yticks([*heads["place"], *rows["place"]], labels=[""] * (len(heads) + len(rows)))
        ax.tick_params(axis="y", length=0, pad=8)
        ax.tick_params(axis="x", labelsize=8)
        ax.xaxis.set_major_locator(MaxNLocator(4))
        frame(ax, values="x")
    axes[0].set_yticklabels([*heads["label"], *rows["label"]], fontsize=9)
    for label in axes[0].get_yticklabels()[: len(heads)]:
        label.set_fontweight("bold")


def _legend(axes, kinds, alone):
    """Explain the marks below the panels: those that occur."""
    handles = [handle for handle in _marks(kinds) if handle]
    explain(axes, handles, -(-len(handles) // 2), alone)  # two rows: as wide as the narrowest figure


def _marks(kinds):
    """Return the marks of the legend, False in place of those of kinds that do not occur."""
    from matplotlib.lines import Line2D

    dot = {"ls": "", "marker": "o"}
    square, triangle = (
        {"ls": "", "marker": _STYLES[kind][0], "color": _STYLES[kind][1]} for kind in ("supervised", "weak")
    )
    controls = {"chance": "random clusters", "one": "one cluster", "majority": "commonest emotion"}
    named = ", ".join(controls[kind] for kind in CONTROLS if kind in kinds)
    blind = bool(kinds - _CLASSIFIERS - {"weak"})
    line = {"ls": "", "marker": "|", "ms": 12, "mew": 1.5, "color": _CHANCE}
    return [
        blind and Line2D([], [], **dot, ms=6, color="black", label="no label seen"),
        "weak" in kinds and Line2D([], [], **triangle, ms=6, label="told a part of the labels"),
        "supervised" in kinds and Line2D([], [], **square, ms=6, label="trained on labels, no clusters"),
        bool(named) and Line2D([], [], **dot, ms=6, color="0.6", label=f"control: {named}"),
        Line2D([], [], lw=2, color="0.3", label="95 % interval over faces and, where several, seeds"),
        Line2D([], [], **dot, ms=4, mfc="white", mec="0.4", label="without copies of faces fitted on"),
        "chance" in kinds
        and Line2D([], [], ls="--", lw=1.2, color=_CHANCE, label="chance (random clusters)"),
        not kinds <= _CLASSIFIERS and Line2D([], [], **line, label=_OF_PURITY),
    ]
