"""VICReg: views of a face agree, while the numbers that describe them vary and do not repeat each other."""

from dataclasses import dataclass

from fer_cluster.features._views import ViewEncoder, ask

__all__ = ["VicReg"]


@dataclass(eq=False, repr=False)
class VicReg(ViewEncoder):
    """Learning from views that agree, collapse being kept off number by number.

    Bardes, Ponce and LeCun, VICReg: variance-invariance-covariance
    regularization for self-supervised learning, ICLR 2022; the terms are
    averaged as in the code they released. On a GPU:
    ``width=64,epochs=200,batch_size=512,expansion=2048``.

    Parameters
    ----------
    variance : float
        Weight of every number's having a standard deviation of at least 1.
    invariance : float
        Weight of the agreement of the two views.
    covariance : float
        Weight of the numbers' being uncorrelated.
    expansion : int
        Numbers a view is compared by.
    """

    variance: float = 25.0
    invariance: float = 25.0
    covariance: float = 1.0
    expansion: int = 512

    def learner(self, net):
        """Return the body with its expander, and what it is asked."""
        from fer_cluster.features._vicreg import Regularised

        weights = (self.variance, self.invariance, self.covariance)
        return Regularised(net, net.count, self.expansion, self.view(), weights), ask
