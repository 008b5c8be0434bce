"""What clusters follow: AMI with emotion and each nuisance, and how each cluster differs."""

from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster import catalog
from fer_cluster.colours import VERMILION
from fer_cluster.nuisances import in_words
from fer_cluster.plots._axes import axes_for
from fer_cluster.plots._faces import groups, where
from fer_cluster.whole import check_whole
from fer_cluster.written import three

__all__ = ["Nuisance"]

_ROW, _CELL = 0.24, 0.42  # inches
_DOTS = 3.4  # inches, width of the left panel
_NUMBERS = 12  # clusters at most whose cells hold numbers
_LIMIT = 2.0  # d of the deepest colour
_LETTER = 0.078  # inches, the mean width of one of the title
_STYLES = {  # marker, colour and face of each source
    "label": {"marker": "D", "color": VERMILION, "mfc": VERMILION, "label": "emotion"},
    "measured": {"marker": "o", "color": "black", "mfc": "black", "label": "nuisance, measured on the image"},
    "data set": {"marker": "o", "color": "black", "mfc": "white", "label": "nuisance, told by the data set"},
}


@dataclass(frozen=True)
class Nuisance:
    """Dots: AMI of the clusters with each factor; colours: how far each cluster lies off in it.

    The table behind it is that of the analysis of the same name.

    Parameters
    ----------
    refits : int
        How many seeds are clustered anew with the nuisances regressed out; 0 for none.
    """

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    refits: int = 1

    def __post_init__(self):
        check_whole(self, from_zero=("refits",))

    def data(self, runs, faces):
        """Return the rows of the analysis: ``shown`` tells factors from differences of clusters.

        Parameters
        ----------
        runs : sequence of Run
        faces : Faces
            Those that the runs were made of.

        Raises
        ------
        InputError
            Where the runs are of other faces, or nothing varies among them.
        """
        analysis = catalog.make("analysis", "nuisance", refits=self.refits)
        table = analysis.table(runs, faces)
        clusters = analysis.clusters(runs, faces)
        return pd.concat([table.assign(shown="factor"), clusters.assign(shown="cluster")], ignore_index=True)

    def draw(self, data, ax=None):
        """Return the figure, two panels for each run.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: two for each run, or one that is divided.
        """
        runs = [(rows[rows["shown"] == "factor"], rows[rows["shown"] == "cluster"]) for rows in groups(data)]
        widest = max(clusters["cluster"].nunique() for _, clusters in runs)
        width = max(widest * (_CELL if widest <= _NUMBERS else _CELL / 2), 1.6)
        height = sum(_ROW * len(factors) + 1.5 for factors, _ in runs)
        longest = max(len(in_words(name)) for factors, _ in runs for name in factors["factor"])
        size = (0.08 * longest + _DOTS + width + 1.3, height + 0.4)
        axes = axes_for(ax, (len(runs), 2), size)
        if ax is None:
            _share(axes, width, [len(factors) for factors, _ in runs])
        span = _span(data[data["shown"] == "factor"])  # of all runs: their dots are to be compared
        for place, (factors, clusters) in enumerate(runs):
            left, right = axes[2 * place : 2 * place + 2]
            _draw_factors(left, factors)
            left.set_xlim(span)
            image = _draw_clusters(right, factors, clusters)
            left.set_title(_title(factors, int((_DOTS + width) / _LETTER)), loc="left", fontsize=9.5)
        bar = {"fraction": 0.05, "pad": 0.02, "aspect": 25, "extend": "both"}
        bar = axes[0].figure.colorbar(image, ax=axes[1::2] if ax is None else axes[1], **bar)
        bar.set_label("Cohen's d, from all other faces", fontsize=9)
        bar.ax.tick_params(labelsize=8)
        _legend(axes, data, alone=ax is None)
        return axes[0].figure


def _share(axes, width, counts):
    """Give the panels the widths and heights of what they hold."""
    grid = axes[0].get_subplotspec().get_gridspec()
    grid.set_width_ratios([_DOTS, width])
    grid.set_height_ratios([_ROW * count + 1.2 for count in counts])


def _title(factors, letters):
    """Return the verdict and, below it, the faces."""
    first = factors.iloc[0]
    ((verdict, *_),) = catalog.make("analysis", "nuisance").verdicts(factors.astype({"n": int}))
    of = f"{where(first)}, {first['n']:,.0f} faces"
    return "\n".join([*wrap(verdict, letters), *wrap(of, letters)])


def _span(factors):
    """Return where the axis of the AMI begins and ends."""
    right = 1.25 * max(factors["ami"].max(), factors["null_high"].max(), 0.005)
    return min(-0.04 * right, 1.3 * min(factors["ami"].min(), factors["null_low"].min())), right


def _draw_factors(ax, factors):
    """Draw the AMI of each factor, the highest on top, over its band by chance."""
    for place, (_, row) in enumerate(factors.iterrows()):
        band = [row["null_low"], row["null_high"]]
        ax.plot(band, [place, place], color="0.78", lw=9, solid_capstyle="butt", zorder=1)
        style = {key: value for key, value in _STYLES[row["source"]].items() if key != "label"}
        ax.plot(row["ami"], place, ls="", ms=6, zorder=3, **style)
        text = {"textcoords": "offset points", "va": "center", "fontsize": 8, "color": style["color"]}
        ax.annotate(three(row["ami"]), (max(row["ami"], band[1]), place), (7, 0), **text)
    ax.axvline(0, color="0.6", lw=0.8, zorder=0)
    ax.set_ylim(len(factors) - 0.5, -0.5)
    ax.set_yticks(range(len(factors)), map(in_words, factors["factor"]), fontsize=9)
    for label, source in zip(ax.get_yticklabels(), factors["source"], strict=True):
        label.set_color(_STYLES[source]["color"])
    ax.set_xlabel("AMI (0 is chance, 1 perfect)", fontsize=9)
    ax.tick_params(axis="x", labelsize=8)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color="0.93")
    ax.set_axisbelow(True)
    ax.locator_params(axis="x", nbins=5)
    ax.spines[["top", "right", "left"]].set_visible(False)


def _draw_clusters(ax, factors, clusters):
    """Draw Cohen's d of each nuisance, in the rows of the factors, and cluster; return the image."""
    labels = sorted(clusters["cluster"].astype(int).unique())
    d, p = (
        clusters.pivot(index="factor", columns="cluster", values=name).reindex(factors["factor"]).to_numpy()
        for name in ("d", "p_corrected")
    )
    image = ax.imshow(
        np.ma.masked_invalid(d), cmap="RdBu_r", vmin=-_LIMIT, vmax=_LIMIT, aspect="auto", interpolation="none"
    )
    numbers = len(labels) <= _NUMBERS
    for row, column in zip(*np.nonzero((p < 0.05) & np.isfinite(d)), strict=True):
        value = d[row, column]
        text = f"{round(value, 1) + 0.0:.1f}" if numbers else "·"
        colour = "white" if abs(value) > 0.6 * _LIMIT else "black"
        ax.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
    shown = range(0, len(labels), 1 if len(labels) <= 2 * _NUMBERS else 10)
    ax.set_xticks(shown, [labels[place] for place in shown], fontsize=8)
    ax.set_yticks([])
    ax.set_ylim(len(factors) - 0.5, -0.5)
    mark = "numbers" if numbers else "dots"
    ax.set_xlabel(f"cluster of the first seed\n({mark}: corrected p < .05)", fontsize=9)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return image


def _legend(axes, data, alone):
    from matplotlib.lines import Line2D

    sources = [source for source in _STYLES if source in set(data["source"].dropna())]
    handles = [Line2D([], [], ls="", ms=6, **_STYLES[source]) for source in sources]
    handles.append(Line2D([], [], lw=8, color="0.78", label="by chance, 95 %"))
    style = {"frameon": False, "fontsize": 8}
    if alone:
        axes[0].figure.legend(handles=handles, loc="outside lower left", ncols=2, **style)
    else:
        axes[0].legend(handles=handles, loc="upper left", bbox_to_anchor=(0, 0), borderaxespad=3.5, **style)
