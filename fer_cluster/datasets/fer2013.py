"""FER2013, 35,887 faces of seven emotions: from disk, or downloaded where that is possible."""

import os
import warnings
from pathlib import Path

from fer_cluster.datasets._reading import existing, find_file, read_faces
from fer_cluster.errors import InputError

__all__ = ["Fer2013"]

KAGGLE = "deadskull7/fer2013"  # fer2013.csv as the competition of 2013 had it


class Fer2013:
    """FER2013 (Goodfellow et al. 2013, arXiv:1307.0414), in any usual layout.

    Parameters
    ----------
    path : path-like, optional
        ``fer2013.csv``, ``icml_face_data.csv``, a folder of images, ``.npz`` or
        Parquet. By default ``$FER_CLUSTER_DATA``, the current folder, ``data``
        in it and the user's data folder are searched; then it is downloaded
        from Kaggle (extra ``download``), and a warning says so.
    votes : path-like, optional
        CSV of FER+ votes (``fer2013new.csv``), joined by row.
    skip_bad : path-like, optional
        Leave bad rows out and list them, with reasons, in this CSV. By default
        the first bad row raises.
    size : int, optional
        Side in pixels of the square to which each image is cropped and scaled; by default
        images stay as large as they are.
    """

    def __init__(self, path=None, votes=None, skip_bad=None, size=None):
        self.path = path
        self.votes = votes
        self.skip_bad = skip_bad
        self.size = size

    def load(self):
        """Return the faces; warn where they are not as many as were published.

        Raises
        ------
        InputError
            Where FER2013 is not found, or a row of it cannot be used.
        """
        path = self.path or _on_disk() or _download()
        return read_faces(path, votes=self.votes, skip_bad=self.skip_bad, size=self.size, asked=True)


def _on_disk():
    """Return where FER2013 lies, or None."""
    if named := os.environ.get("FER_CLUSTER_DATA"):
        named = existing(named)
        return named if named.is_file() else find_file(named) or named
    return next(filter(None, map(find_file, (Path(), Path("data"), _home()))), None)


def _home():
    import platformdirs

    return Path(platformdirs.user_data_dir("fer_cluster", appauthor=False))


def _download():
    """Return the folder that kagglehub downloaded FER2013 to.

    Raises
    ------
    InputError
        Where kagglehub is not installed, or the download fails.
    """
    try:
        import kagglehub
    except ImportError:
        raise InputError(f"FER2013 is not on this machine: {_advice()}.") from None
    warnings.warn(f"FER2013 is not on this machine; downloading {KAGGLE} from Kaggle.", stacklevel=3)
    try:
        return Path(kagglehub.dataset_download(KAGGLE))
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise InputError(f"FER2013 could not be downloaded ({reason}): {_advice()}.") from error


def _advice():
    page = f"https://www.kaggle.com/datasets/{KAGGLE}"
    return (
        f"get fer2013.csv from {page} and put it into {_home()} or name it in $FER_CLUSTER_DATA, "
        "or install fer-cluster[download] where there is a network"
    )
