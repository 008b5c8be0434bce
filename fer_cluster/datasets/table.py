"""Faces in a CSV, NumPy or Parquet file, or in Parquet shards."""

from fer_cluster.datasets._reading import read_table

__all__ = ["Table"]


class Table:
    """Faces in one file: CSV with a column of pixels, ``.npz``, or Parquet.

    A CSV has a column ``pixels`` (grey values of a square image, separated by
    spaces) and may have ``emotion`` and ``Usage`` or ``split``; a ``.npz`` has
    arrays of these names; Parquet has encoded images, as the Hugging Face hub
    serves them, and may be a folder of shards. Other columns are kept.

    Parameters
    ----------
    path : path-like
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
        """Return the faces.

        Raises
        ------
        InputError
            Where the file, or a row of it, cannot be used.
        """
        return read_table(self.path, votes=self.votes, skip_bad=self.skip_bad, size=self.size)
