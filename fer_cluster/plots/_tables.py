"""Tables drawn in colours: the sums after them, and the bar that tells the colours."""


def colour_bar(image, axes, ax):
    """Draw and return the bar of the colours of an image, beside all panels or the Axes that were given."""
    place = {"fraction": 0.03, "pad": 0.02, "aspect": 30, "shrink": 0.8}
    return axes[0].figure.colorbar(image, ax=axes if ax is None else ax, **place)


def write_sums(ax, table, written):
    """Write the sums of rows and columns, each as text, after the last ones of a table."""
    n, k = table.shape
    style = {"ha": "center", "va": "center", "fontsize": 9, "color": "0.3"}
    for row, total in enumerate(table.sum(1)):
        ax.text(k, row, written(total), **style)
    for column, total in enumerate(table.sum(0)):
        ax.text(column, n, written(total), **style)
    ax.text(k, n, written(table.sum()), **style)
