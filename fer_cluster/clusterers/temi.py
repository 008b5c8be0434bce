"""TEMI: heads that find what a face and its neighbours tell of each other; small clusters may stay small."""

from fer_cluster.clusterers._headed import Headed

__all__ = ["TEMI"]


class TEMI(Headed):
    """Heads trained to share clusters between neighbours, with slow teachers, then merged.

    Features are taken less their mean and at unit length. Each head starts from its
    own rough spherical K-Means; the one with the lowest loss, which knows of no
    label, is kept, and its fine clusters are merged.

    Parameters
    ----------
    n_clusters : int
    over : int
        Fine clusters for each cluster; 1 merges nothing.
    heads : int
    neighbours : int
        By the cosine; no more than half a cluster of mean size.
    beta : float
        1 draws toward clusters of one size, .6 much less.
    momentum : float
        Of the teachers, whose answer counts.
    hidden : int
        Width of the hidden layer of a head.
    epochs, batch_size : int
    learning_rate : float
    random_state : int, RandomState or None

    Attributes
    ----------
    labels_ : ndarray of int32, shape (n,)
    losses_ : ndarray, shape (heads,)
        Mean loss in the last epoch.
    head_ : tuple of ndarray
        Weights of the head that is kept.
    merged_ : ndarray of int32
        Cluster of each fine cluster, -1 where it has no face.
    effective_ : float
        Number of clusters of one size that would be as uneven.
    collapsed_ : bool
        Whether a cluster is empty or ``effective_`` below half of ``n_clusters``.

    References
    ----------
    Adaloglou, Michels, Kalisch and Kollmann (2023), "Exploring the limits of deep image clustering
    using pretrained models".
    """

    def __init__(
        self,
        n_clusters=7,
        over=4,
        heads=4,
        neighbours=50,
        beta=0.6,
        momentum=0.99,
        hidden=64,
        epochs=30,
        batch_size=1024,
        learning_rate=1e-3,
        random_state=0,
    ):
        self.n_clusters = n_clusters
        self.over = over
        self.heads = heads
        self.neighbours = neighbours
        self.beta = beta
        self.momentum = momentum
        self.hidden = hidden
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state

    def _objective(self, heads, z, near):
        from fer_cluster.clusterers._temi import Temi

        objective = Temi(heads, z, near, beta=self.beta, momentum=self.momentum)
        return objective, objective.teacher
