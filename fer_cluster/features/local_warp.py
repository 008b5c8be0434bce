"""Local warping: views of a face are near each other, and far from the face with its mouth or brows moved."""

from dataclasses import dataclass

from fer_cluster.errors import InputError
from fer_cluster.features._views import ViewEncoder, ask

__all__ = ["LocalWarp"]


@dataclass(eq=False, repr=False)
class LocalWarp(ViewEncoder):
    """Contrastive learning with the locally warped face as the hard negative.

    Global changes (light, pose) leave an expression as it is and make the
    positive; a smooth random displacement around brows, eyes, nose or mouth changes
    it and makes the negative. The idea is that of Xue, Sun and Yang, Unsupervised
    facial expression representation learning with contrastive local warping, arXiv 2303.09034, 2023;
    warp, loss, guard and all constants are ours.

    Parameters
    ----------
    bands : str
        Where faces are warped: ``brows``, ``eyes``, ``nose``, ``mouth``, joined by ``+``.
    guard : bool
        Whether all views are interpolated alike, and for half of the faces both
        views are warped by the same field and the negative is not. Without it a net may
        know the negative by the traces of interpolation alone.
    hard : float
        How many negatives the warped self counts as; 0 is SimCLR where there is no guard, which
        interpolates both views and warps half of them.
    amplitude : float
        Largest displacement in pixels of a frame of 48; the least is two fifths of it.
    temperature : float
        Divides the cosines.
    projection : int
        Numbers a view is compared by.
    """

    bands: str = "brows+eyes+nose+mouth"
    guard: bool = True
    hard: float = 1.0
    amplitude: float = 5.0
    temperature: float = 0.2
    projection: int = 64

    def learner(self, net):
        """Return the body with its projector, and what it is asked."""
        from fer_cluster.features._local_warp import WarpContrast

        warp = {"field": self._field(), "guard": self.guard}
        loss = {"temperature": self.temperature, "hard": self.hard}
        return WarpContrast(net, net.count, self.projection, self.view(), **warp, **loss), ask

    def check(self, watched=True):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        super().check(watched)
        if not self.temperature > 0:
            raise InputError(f"temperature must be above 0, got {self.temperature!r}.")
        self._field()

    def _field(self):
        """Return what draws the warps; it refuses unknown bands and an amplitude of 0."""
        from fer_cluster.training.warps import LocalField

        return LocalField(self.bands, self.amplitude)
