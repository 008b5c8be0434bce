"""Improved deep embedded clustering: the code still has to give the features back."""

from fer_cluster.clusterers._embedded import Embedded

__all__ = ["IDEC"]


class IDEC(Embedded):
    """An autoencoder of features that goes on learning while its codes are drawn to centres.

    What the code has to give back keeps clusters from being torn out of what the
    features show.

    Parameters
    ----------
    n_clusters : int
    n_components : int
        Length of the code.
    hidden : tuple of int
        Widths of the dense layers between features and code.
    gamma : float
        Weight of the clusters; the reconstruction has 1.
    pretrain_epochs : int
        Of the autoencoder alone.
    epochs : int
        Largest number with the clusters; their target is renewed before each.
    tol : float
        Share of faces that change cluster in an epoch at which it ends.
    batch_size : int
    learning_rate : float
        Of the autoencoder; a tenth of it with the clusters.
    random_state : int, RandomState or None

    Attributes
    ----------
    cluster_centers_ : ndarray, shape (n_clusters, n_components)
    labels_ : ndarray of int32, shape (n,)
    layers_ : list of (weight, bias)
        Of the encoder.
    effective_ : float
        Number of clusters of one size that would be as uneven.
    collapsed_ : bool
        Whether a cluster is empty or ``effective_`` below half of ``n_clusters``.

    References
    ----------
    Guo, Gao, Liu and Yin (2017), "Improved deep embedded clustering with local structure preservation".
    """

    def __init__(
        self,
        n_clusters=7,
        n_components=10,
        hidden=(256, 128),
        gamma=0.1,
        pretrain_epochs=20,
        epochs=20,
        tol=1e-3,
        batch_size=256,
        learning_rate=1e-3,
        random_state=0,
    ):
        self.n_clusters = n_clusters
        self.n_components = n_components
        self.hidden = hidden
        self.gamma = gamma
        self.pretrain_epochs = pretrain_epochs
        self.epochs = epochs
        self.tol = tol
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state

    def _weights(self):
        """Return the weights of clusters and reconstruction."""
        return self.gamma, 1.0
