"""Rows that cannot be used: the first one stops the reading, or all of them are listed."""

import csv
from pathlib import Path

from fer_cluster.atomic import check_ours, writing
from fer_cluster.errors import InputError

_HEADER = ("file", "row", "reason")


def check_list(path):
    """Raise an InputError where a file is there that is no list of bad rows: nothing is overwritten."""
    check_ours(path, ",".join(_HEADER), "list of bad rows")


def remove_list(path):
    """Remove the list of an earlier reading, where this one found nothing bad; an empty file is no list."""
    check_list(path)
    path = Path(path)
    if path.is_file() and path.stat().st_size:
        path.unlink()


class Rejects:
    """Collect bad rows, or raise at the first one.

    Parameters
    ----------
    source : path-like
        The file or folder that is read.
    keep : bool
        Whether bad rows are listed instead of raised.
    """

    def __init__(self, source, keep=False):
        self.source = source
        self.keep = keep
        self.rows = []

    def __len__(self):
        return len(self.rows)

    def add(self, row, reason, file=None):
        """Note that a row cannot be used.

        Parameters
        ----------
        row : int
            Its number; the first row is 1.
        reason : str
            What is wrong, as the rest of a sentence that begins with the row.
        file : str, optional
            The image file within a folder, or the shard.

        Raises
        ------
        InputError
            Unless bad rows are kept.
        """
        if not self.keep:
            raise InputError(
                f"{self.source}: {file or f'row {row}'} {reason}; skip_bad leaves such faces out."
            )
        self.rows.append((file or str(self.source), row, reason))

    def write(self, path):
        """Write file, row and reason of each bad row as CSV, in place of an older such list only.

        Raises
        ------
        InputError
            Where another file is there.
        """
        check_list(path)
        with writing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_HEADER)
            writer.writerows(self.rows)
