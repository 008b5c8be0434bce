"""Images as they are read: into a .npy file, or into memory where that cannot be written."""

import io
import warnings
from pathlib import Path

import numpy as np

from fer_cluster.images import scaled


class Store:
    """Take images block by block and give them back as one array.

    Parameters
    ----------
    path : path-like, optional
        The ``.npy`` file to write; without it the images stay in memory. Where
        the file cannot be written (a full disk, say), what it holds is taken
        to memory and a warning says so.
    size : tuple of int, optional
        Height and width to which images are cropped and scaled; by default
        those of the first block are the size of all.
    """

    def __init__(self, path=None, size=None):
        self.path = path and Path(path)
        self.size, self.asked = size, size is not None
        self.count = 0
        self._memory = bytearray()
        self._file = None

    def append(self, block):
        """Add images, shape (m, height, width), uint8."""
        if self.size is None:
            self.size = block.shape[1:]
        letters = np.ascontiguousarray(scaled(block, self.size)).reshape(-1)
        if self.path:
            try:
                self._write(letters)
            except OSError as error:
                self._retreat(error)
        if not self.path:
            self._memory += letters.data
        self.count += len(block)

    def finish(self):
        """Return all images, read-only; memory-mapped where they are in a file."""
        shape = (self.count, *(self.size or (0, 0)))
        if self.path and self.count:
            try:
                self._file.seek(0)
                _write_all(self._file, _header(shape))
                return np.load(self.path, mmap_mode="r", allow_pickle=False)
            except OSError as error:
                self._retreat(error)
        images = np.frombuffer(self._memory, np.uint8).reshape(shape)
        images.flags.writeable = False
        return images

    def close(self):
        """Close the file, finished or not."""
        if self._file:
            self._file.close()

    def _write(self, letters):
        if self._file is None:
            self._file = self.path.open("wb", buffering=0)
            _write_all(self._file, _header((0, *self.size)))
        _write_all(self._file, letters.data)

    def _retreat(self, error):
        """Take what the file holds to memory and go on there."""
        warnings.warn(
            f"{self.path.parent} cannot be written ({error.strerror}); the faces are held in memory.",
            stacklevel=3,
        )
        if self.count:
            head, body = len(_header((0, *self.size))), self.count * int(np.prod(self.size))
            self._memory += np.fromfile(self.path, np.uint8, body, offset=head).data
        self.path = None


def _write_all(file, data):
    """Write all bytes to an unbuffered file, which may take them in several bites."""
    data = memoryview(data)
    while data:
        data = data[file.write(data) :]


def _header(shape):
    """Return the head of a .npy file; its length does not depend on the number of images."""
    head = io.BytesIO()
    facts = {"descr": "|u1", "fortran_order": False, "shape": tuple(int(side) for side in shape)}
    np.lib.format.write_array_header_1_0(head, facts)
    return head.getvalue()
