"""Faces in a folder of images, by split and emotion or not."""

from fer_cluster.datasets._reading import read_images

__all__ = ["Folder"]


class Folder:
    """Faces in a folder of PNG, JPEG, BMP or WebP images.

    Folders named after splits (``train``, ``PublicTest``, ...) and emotions
    (``happy``, ``happiness``, ...) tell both; names such as
    ``PrivateTest_10131363.jpg`` tell PublicTest from PrivateTest in a merged
    folder. ``about.file`` is the name within the folder. Colour becomes grey; images of
    several sizes are cropped to one shape and scaled to one size, which is told.

    Parameters
    ----------
    path : path-like
    votes : path-like, optional
        CSV of FER+ votes (``fer2013new.csv``), joined by row.
    skip_bad : path-like, optional
        Leave bad images out and list them, with reasons, in this CSV. By
        default the first bad image raises.
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
            Where there are no images, or one cannot be used.
        """
        return read_images(self.path, votes=self.votes, skip_bad=self.skip_bad, size=self.size)
