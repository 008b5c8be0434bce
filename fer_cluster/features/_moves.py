"""Moves of whole images: each is shifted, turned and enlarged about its middle."""

from dataclasses import dataclass

import numpy as np

from fer_cluster.training.disturb import warp


@dataclass(frozen=True)
class Moves:
    """What is done to each of n images: what is at p goes to ``turn * p + shift``.

    Places are complex numbers, counted from the middle of the frame: right is real, down imaginary.

    Parameters
    ----------
    turn : ndarray of complex, shape (n,)
        Its absolute value is the zoom, its angle that of the turn, clockwise.
    shift : ndarray of complex, shape (n,)
        Pixels.
    """

    turn: np.ndarray
    shift: np.ndarray

    @classmethod
    def none(cls, n):
        """Return moves that leave n images where they are."""
        return cls(np.ones(n, complex), np.zeros(n, complex))

    @classmethod
    def joined(cls, several):
        """Return the moves of several lots of images, one lot after the other."""
        several = [cls.none(0), *several]
        return cls(*(np.concatenate([getattr(one, key) for one in several]) for key in ("turn", "shift")))

    def __getitem__(self, rows):
        """Return the moves of some of the images."""
        return Moves(self.turn[rows], self.shift[rows])

    def undone(self):
        """Return the moves that take these back."""
        return Moves(1 / self.turn, -self.shift / self.turn)

    def then(self, other):
        """Return these moves with others after them, as one."""
        return Moves(other.turn * self.turn, other.turn * self.shift + other.shift)

    def where(self, chosen, other):
        """Return these moves for the images that are chosen, others for the rest."""
        return Moves(np.where(chosen, self.turn, other.turn), np.where(chosen, self.shift, other.shift))

    def within(self, far, zoom, angle):
        """Return the moves, none of them more than so many pixels, so much zoom, so many radians."""
        size = np.abs(self.turn).clip(1 - zoom, 1 + zoom)
        shift = self.shift.real.clip(-far, far) + 1j * self.shift.imag.clip(-far, far)
        return Moves(size * np.exp(1j * np.angle(self.turn).clip(-angle, angle)), shift)

    def moved(self, images):
        """Return the images moved, float32; what moves in from outside repeats the edge."""
        angle, zoom = np.angle(self.turn), np.abs(self.turn)
        return warp(images, angle=angle, zoom=zoom, down=self.shift.imag, right=self.shift.real)
