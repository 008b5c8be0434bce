"""SCAN: heads on which neighbours agree while all clusters are in use."""

from fer_cluster.clusterers._headed import Headed

__all__ = ["SCAN"]


class SCAN(Headed):
    """Heads trained so that neighbours agree and the mean answer is spread out, then merged.

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
    entropy_weight : float
        Weight of the spread; it draws toward (fine) clusters of one size.
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
    Van Gansbeke, Vandenhende, Georgoulis, Proesmans and Van Gool (2020), "SCAN: learning to classify
    images without labels".
    """

    def __init__(
        self,
        n_clusters=7,
        over=4,
        heads=4,
        neighbours=20,
        entropy_weight=5.0,
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
        self.entropy_weight = entropy_weight
        self.hidden = hidden
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state

    def _objective(self, heads, z, near):
        from fer_cluster.clusterers._scan import Scan

        return Scan(heads, z, near, entropy_weight=self.entropy_weight), heads
