"""Scores of a clustering at home and on another data set, beside those of its recipe fitted there."""

from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

from fer_cluster import catalog
from fer_cluster.colours import BLUE
from fer_cluster.plots._axes import axes_for
from fer_cluster.plots._faces import groups, so_many, where
from fer_cluster.plots._panels import frame_rows
from fer_cluster.whole import check_whole
from fer_cluster.written import three

__all__ = ["Transfer"]

_LINE = 0.42  # inches, the height of a row
_METRICS = {  # metric -> title, and the column of what chance or the commonest emotion gives
    "ami": ("AMI", None),
    "purity": ("purity\n(bar: by chance)", "purity_chance"),
    "named_accuracy": ("accuracy of named clusters\n(bar: commonest emotion)", "commonest"),
}


@dataclass(frozen=True)
class Transfer:
    """Dots with 95 % intervals: a row for each place, a panel for each score and run.

    Parameters
    ----------
    to : str or Faces
        The other faces: a data set, ``toy:n=500``, a file of faces or a folder of images.
    n_faces : int
        How many faces of each data set are scored, at random.
    seeds : int
        How many of the run's seeds.
    """

    compares: ClassVar[bool] = False  # one picture of all runs, or one of each
    of: ClassVar[tuple[str, ...]] = ("clusterer",)
    by_default: ClassVar[tuple[str, ...]] = ()
    to: str = "toy"
    n_faces: int = 2000
    seeds: int = 3

    def __post_init__(self):
        check_whole(self)

    def data(self, runs, faces):
        """Return the table of the analysis ``transfer``.

        Raises
        ------
        InputError
            Where a run is of other faces or cannot be made anew, or faces have no labels.
        """
        given = {"to": self.to, "n_faces": self.n_faces, "seeds": self.seeds}
        return catalog.make("analysis", "transfer", **given).table(runs, faces)

    def draw(self, data, ax=None):
        """Return the figure, three panels for each run.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes or sequence of Axes, optional
            To draw into: three for each run, or one that is divided.
        """
        runs = groups(data)
        labels = [_label(row) for _, row in data.iterrows()]
        width = 0.075 * max(len(line) for label in labels for line in label.split("\n"))
        height = sum(_LINE * len(rows) + 1.9 for rows in runs)
        axes = axes_for(ax, (len(runs), len(_METRICS)), (width + 2.3 * len(_METRICS), height))
        for place, rows in enumerate(runs):
            panels = axes[len(_METRICS) * place :]
            for column, (panel, metric) in enumerate(zip(panels, _METRICS, strict=False)):
                _draw_metric(panel, rows.reset_index(drop=True), metric, named=column == 0)
            panels[0].set_title(_title(rows), loc="left", fontsize=9.5)
        return axes[0].figure


def _title(rows):
    """Return the run, which faces of each data set are scored, and with how many seeds."""
    home, away = rows.iloc[0], rows[rows["place"] == "away"].iloc[0]
    lines = (
        home["run"],
        f"{where(home)}, {so_many(home['n'])};",
        f"{away['scored_on']}, {away['scored_part']}, {so_many(away['n'])}; "
        f"means over the first {so_many(home['seeds'], 'seed')}",
    )
    return "\n".join(part for line in lines for part in wrap(line, 65))


def _label(row):
    if row["fitted_on"] == row["scored_on"]:
        return f"fitted and scored\non {row['scored_on']} ({row['n']:,})"
    return f"fitted on {row['fitted_on']},\nscored on {row['scored_on']} ({row['n']:,})"


def _draw_metric(ax, rows, metric, named):
    title, level = _METRICS[metric]
    if level is None:
        ax.axvline(0, lw=1, color="0.6", zorder=0)
    for place, row in rows.iterrows():
        ends = [row[f"{metric}_low"], row[f"{metric}_high"]]
        if level is not None:
            ax.plot(row[level], place, "|", ms=16, mew=2, color="0.55", zorder=1)
        ax.plot(ends, [place, place], lw=2, color=BLUE, solid_capstyle="butt", zorder=2)
        ax.plot(row[metric], place, "o", ms=6, color=BLUE, mfc=_face(row), zorder=3)
        paper = {"boxstyle": "square,pad=0.05", "fc": "white", "ec": "none"}  # over the bar
        text = {"textcoords": "offset points", "ha": "center", "fontsize": 8.5, "bbox": paper, "zorder": 2}
        ax.annotate(three(row[metric]), (row[metric], place), (0, 6), **text)
    columns = [metric, f"{metric}_low", f"{metric}_high", *([level] if level else [])]
    right = max(rows[columns].max(axis=None), 0.01)
    low = rows[columns].min(axis=None)
    ax.set_xlim(min(low - 0.1 * right, 0), 1.15 * right)
    ax.set_ylim(len(rows) - 0.5, -0.7)
    ax.set_yticks(range(len(rows)), [_label(row) if named else "" for _, row in rows.iterrows()], fontsize=9)
    ax.set_xlabel(title, fontsize=9)
    ax.locator_params(axis="x", nbins=4)
    frame_rows(ax)


def _face(row):
    return "white" if row["place"] == "away" else BLUE
