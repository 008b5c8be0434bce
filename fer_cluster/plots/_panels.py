"""Panels of runs: how they are laid out, what is written above them, how they are framed."""

from textwrap import wrap

from fer_cluster.plots._axes import axes_for
from fer_cluster.plots._faces import groups


def of_runs(data, ax, panel, legend=0.0):
    """Return the rows of each run and as many Axes, two beside each other.

    Parameters
    ----------
    data : DataFrame
        The data of a figure, of one run or several.
    ax : Axes, sequence of Axes, or None
        As that of :func:`fer_cluster.plots._axes.axes_for`.
    panel : tuple of float
        Width and height of a panel in inches, with its title.
    legend : float
        Height of what is below the last panel, in inches.
    """
    runs = [rows for _, rows in groups(data)]
    columns = min(len(runs), 2)
    lines = -(-len(runs) // columns)
    size = (columns * panel[0] + 0.3, lines * panel[1] + legend)
    return runs, axes_for(ax, (lines, columns), size, len(runs))


def entitle(ax, rows, of, widths=(52, 52)):
    """Write the run of some rows above Axes, and of what faces; both are broken at so many letters."""
    lines = [*wrap(rows["run"].iloc[0], widths[0]), *wrap(of, widths[1])]
    ax.set_title("\n".join(lines), loc="left", fontsize=9.5)


def frame(ax, values="y"):
    """Rule Axes behind what is drawn, across the axis of the values, and leave out needless edges."""
    ax.spines[["top", "right"] if values == "y" else ["top", "right", "left"]].set_visible(False)
    ax.grid(axis=values, color="0.92")
    ax.set_axisbelow(True)
