"""SimCLR: two views of a face are near each other and far from all other faces."""

from dataclasses import dataclass

from fer_cluster.errors import InputError
from fer_cluster.features._views import ViewEncoder, ask

__all__ = ["SimClr"]


@dataclass(eq=False, repr=False)
class SimClr(ViewEncoder):
    """Contrastive learning of views by the normalised temperature-scaled cross entropy.

    Chen, Kornblith, Norouzi and Hinton, A simple framework for contrastive
    learning of visual representations, ICML 2020.

    Parameters
    ----------
    temperature : float
        Divides the cosines.
    projection : int
        Numbers a view is compared by.
    """

    temperature: float = 0.2
    projection: int = 64

    def learner(self, net):
        """Return the body with its projector, and what it is asked."""
        from fer_cluster.features._simclr import Contrast

        return Contrast(net, net.count, self.projection, self.view(), self.temperature), ask

    def check(self, watched=True):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        super().check(watched)
        if not self.temperature > 0:
            raise InputError(f"temperature must be above 0, got {self.temperature!r}.")
