"""Write a figure as PNG, PDF or SVG, and the table behind it as CSV."""

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
    path = Path(path)
    if path.suffix not in _METADATA:
        raise InputError(f"A figure is written as .png, .pdf or .svg, got {path.name!r}.")
    data = plot.data(runs, **given)
    table = path.with_suffix(".csv")
    with writing(path) as temporary:
        _write(plot.draw(data), temporary)
    with writing(table) as temporary:
        data.to_csv(temporary, index=False, lineterminator="\n")
    return [path, table]


def _write(figure, path):
    from matplotlib import rc_context

    # SVG names its parts at random unless it is given a salt.
    with rc_context({"svg.hashsalt": "fer_cluster"} if path.suffix == ".svg" else {}):
        figure.savefig(path, dpi=_DPI[path.suffix], metadata=_METADATA[path.suffix])
