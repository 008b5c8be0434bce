"""Batches of uint8 images on the device, in an order that seed and epoch alone decide."""

import hashlib

import numpy as np


class Batches:
    """Images and targets of one training.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width), or of int, shape (n,)
        Faces, or the numbers of rows that the objective looks up itself. On the processor
        they stay where they are, memory-mapped too; to an accelerator they go once, as they are.
    targets : ndarray of int, bool or float, shape (n,) or (n, m), optional
    device : torch.device
    size : int
        Images a batch.
    """

    def __init__(self, images, targets, device, size):
        import torch

        self.size = size
        self.device = device
        self.targets = None if targets is None else torch.from_numpy(np.array(targets)).to(device)
        self.images = self._given = images
        if device.type != "cpu":
            self.images = torch.from_numpy(np.array(images)).to(device)

    def shuffled(self, seed, rank=0, world=1):
        """Yield the batches in the order of a seed; of several processes each takes its share."""
        order = self._rows(np.random.default_rng(seed).permutation(len(self.images)))
        for start, end in cuts(len(self.images), self.size, world):
            rows = order[start:end]
            yield self.take(rows[rank::world] if len(rows) >= world else rows)

    def in_order(self):
        """Yield the batches in the order of the images."""
        order = self._rows(np.arange(len(self.images)))
        for start in range(0, len(order), self.size):
            yield self.take(order[start : start + self.size])

    def take(self, rows):
        """Return images (b, 1, height, width), or numbers (b, 1), and their targets at a tensor of rows."""
        import torch

        targets = None if self.targets is None else self.targets[rows]
        if self.device.type == "cpu":
            return torch.from_numpy(np.ascontiguousarray(self.images[rows.numpy()]))[:, None], targets
        return self.images[rows][:, None], targets

    def fingerprint(self):
        """Return a hash of the images and targets."""
        found = hashlib.blake2b(str(self._given.shape).encode())
        for start in range(0, len(self._given), 4096):
            found.update(np.ascontiguousarray(self._given[start : start + 4096]))
        if self.targets is not None:
            found.update(np.ascontiguousarray(self.targets.cpu()))
        return found.digest()

    def _rows(self, order):
        import torch

        return torch.from_numpy(order).to(self.device)


def cuts(count, size, world=1):
    """Return where batches of ``count`` images start and end, for ``world`` processes.

    One face alone cannot be normalised: the last ones join the batch before them where they are too few.
    """
    starts = list(range(0, count, size))
    if not starts:
        return []
    if len(starts) > 1 and count - starts[-1] < 2 * world:
        starts.pop()
    return list(zip(starts, [*starts[1:], count], strict=True))
