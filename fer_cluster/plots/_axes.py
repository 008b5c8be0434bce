"""The Axes that a figure is drawn into: its own, or those that were given."""

import numpy as np

from fer_cluster.errors import InputError

_GAP = 0.4  # of a panel, between those that one Axes is divided into


def axes_for(ax, shape, size, count=None):
    """Return as many Axes as a figure has panels, row by row.

    Parameters
    ----------
    ax : matplotlib Axes, sequence of Axes, or None
        One Axes is divided where there are several panels; None makes a Figure.
    shape : tuple of int
        Rows and columns of panels.
    size : tuple of float
        Width and height of the Figure that is made, in inches.
    count : int, optional
        Number of panels, where the last row is not full.

    Raises
    ------
    InputError
        Where a sequence has fewer Axes than there are panels.
    """
    count = count or shape[0] * shape[1]
    if ax is None:
        from matplotlib.figure import Figure

        figure = Figure(size, layout="constrained")
        figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08, wspace=0.02, hspace=0.02)
        axes = list(figure.subplots(*shape, squeeze=False).flat)
        for spare in axes[count:]:
            spare.remove()
        return axes[:count]
    given = list(np.ravel(ax))
    if len(given) == 1 and count > 1:
        return _divide(given[0], *shape)[:count]
    if len(given) < count:
        raise InputError(f"The figure has {count} panels, got {len(given)} Axes to draw them into.")
    return given[:count]


def settle(figure):
    """Lay a figure out once: where panels keep their aspect, drawing alone leaves too little room."""
    figure.get_layout_engine().execute(figure)


def _divide(ax, rows, columns):
    """Return Axes set into one: its frame is hidden, its place is kept."""
    ax.set_axis_off()
    width, height = 1 / (columns + _GAP * (columns - 1)), 1 / (rows + _GAP * (rows - 1))
    corners = [
        (column * width * (1 + _GAP), 1 - height - row * height * (1 + _GAP))
        for row in range(rows)
        for column in range(columns)
    ]
    return [ax.inset_axes([left, bottom, width, height]) for left, bottom in corners]
