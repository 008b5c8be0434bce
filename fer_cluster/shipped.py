"""The files of experiments: installed with the package, or beside it in a checkout."""

from pathlib import Path


def homes():
    """Return the folders of experiments that there are."""
    here = Path(__file__).parent
    return [home for home in (here / "experiments", here.parent / "experiments") if home.is_dir()]


def shipped(name):
    """Return the path of a file of experiments, or None where there is none of that name."""
    return next((home / name for home in homes() if (home / name).is_file()), None)
