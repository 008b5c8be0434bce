"""BYOL: each view of a face predicts what a slowly following net makes of another view."""

from dataclasses import dataclass

from fer_cluster.errors import InputError
from fer_cluster.features._views import ViewEncoder, ask

__all__ = ["Byol"]


@dataclass(eq=False, repr=False)
class Byol(ViewEncoder):
    """Learning from views that agree, without any face as a contrast.

    Grill et al., Bootstrap your own latent: a new approach to self-supervised
    learning, NeurIPS 2020. On a GPU: ``width=64,epochs=200,batch_size=512,momentum=0.996``.

    Parameters
    ----------
    momentum : float
        Share of the following net that each step keeps, 0 to 1; it rises to 1
        over the training along half a cosine.
    projection : int
        Numbers a view is compared by.
    """

    momentum: float = 0.99
    projection: int = 64

    def learner(self, net):
        """Return the body with what predicts and what follows, and what it is asked."""
        from fer_cluster.features._byol import Bootstrap

        sizes = (net.count, self.projection)
        return Bootstrap(net, *sizes, self.view(), self.momentum, self.steps_), ask

    def check(self, watched=True):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        super().check(watched)
        if self.momentum > 1:
            raise InputError(f"momentum must be from 0 to 1, got {self.momentum!r}.")
