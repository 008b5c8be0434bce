"""Panels of runs: how they are laid out, what is written around them, how they are framed."""

from textwrap import wrap

from fer_cluster.plots._axes import axes_for
from fer_cluster.plots._faces import groups


def of_runs(data, ax, panel, room=(0.3, 0.0), beside=2):
    """Return the rows of each run and as many Axes.

    Parameters
    ----------
    data : DataFrame
        The data of a figure, of one run or several.
    ax : Axes, sequence of Axes, or None
        As that of :func:`fer_cluster.plots._axes.axes_for`.
    panel : tuple of float
        Width and height of a panel in inches, with its title.
    room : tuple of float
        Width and height of what is beside and below all panels, in inches.
    beside : int
        How many panels, at most, are beside each other.
    """
    runs = groups(data)
    columns = min(len(runs), beside)
    lines = -(-len(runs) // columns)
    size = (columns * panel[0] + room[0], lines * panel[1] + room[1])
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


def frame_rows(ax):
    """Frame Axes whose rows have names: small numbers below, no ticks beside the names."""
    ax.tick_params(axis="x", labelsize=8.5)
    ax.tick_params(axis="y", length=0)
    frame(ax, values="x")


def explain(axes, handles, columns, alone):
    """Write the legend below all panels; below the first where a figure holds others as well."""
    style = {"handles": handles, "frameon": False, "fontsize": 8}
    if alone:
        axes[0].figure.legend(loc="outside lower center", ncols=columns, **style)
    else:
        axes[0].legend(loc="upper left", bbox_to_anchor=(0, 0), borderaxespad=3, **style)
