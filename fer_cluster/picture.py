"""Write a figure as PNG, PDF or SVG, and the table behind it as CSV."""

import io
from pathlib import Path

from fer_cluster.atomic import writing
from fer_cluster.errors import InputError

# No date and no version, so that the same data give the same file.
_METADATA = {
    ".png": {"Software": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    ".svg": {"Date": None, "Creator": None},
}
_DPI = {".png": 150, ".pdf": 200, ".svg": 200}


def save(plot, runs, path, **given):
    """Draw runs and write the figure and, beside it, the CSV that it is drawn from.

    Parameters
    ----------
    plot : object
        A plot: ``.data(runs)`` gives a DataFrame, ``.draw(data)`` a Figure.
    runs : sequence of Run
    path : path-like
        Ends in ``.png``, ``.pdf`` or ``.svg``.
    **given
        What ``.data`` takes besides the runs: ``faces``.

    Returns
    -------
    list of pathlib.Path
        The figure and the CSV.

    Raises
    ------
    InputError
        Where the name ends in anything else.
    """
    path = checked(path)
    data = plot.data(runs, **given)
    write(plot, data, path)
    table = path.with_suffix(".csv")
    with writing(table) as temporary:
        data.to_csv(temporary, index=False, lineterminator="\n")
    return [path, table]


def checked(path):
    """Return a path that a figure can be written to, else raise an InputError."""
    path = Path(path)
    if path.suffix not in _METADATA:
        raise InputError(f"A figure is written as .png, .pdf or .svg, got {path.name!r}.")
    return path


def write(plot, data, path):
    """Draw data of a plot, write the figure and return its path.

    Raises
    ------
    InputError
        Where the name ends in anything else than ``.png``, ``.pdf`` or ``.svg``.
    """
    path = checked(path)
    with writing(path) as temporary:
        temporary.write_bytes(drawn(plot, data, path.suffix))
    return path


def drawn(plot, data, suffix=".png", dpi=None):
    """Return the figure of a plot as the bytes of a file.

    Parameters
    ----------
    plot : object
    data : DataFrame
        From ``plot.data``.
    suffix : str
        ``.png``, ``.pdf`` or ``.svg``.
    dpi : int, optional
        Dots per inch, in place of what suits the format.
    """
    from matplotlib import rc_context

    held = io.BytesIO()
    # A dollar in a name is a dollar; SVG names its parts at random unless it is given a salt.
    with rc_context({"text.parse_math": False, "svg.hashsalt": "fer_cluster"}):
        style = {"dpi": dpi or _DPI[suffix], "metadata": _METADATA[suffix]}
        plot.draw(data).savefig(held, format=suffix[1:], **style)
    return held.getvalue()
