"""Deep embedded clustering: a short code of the features that is drawn to its centres."""

from fer_cluster.clusterers._embedded import Embedded

__all__ = ["DEC"]


class DEC(Embedded):
    """The code of an autoencoder of features, sharpened toward its centres.

    After the autoencoder is trained its decoder is left out: codes and centres go
    where the shares of the centres, by Student's t, are most decided.

    Parameters
    ----------
    n_clusters : int
    n_components : int
        Length of the code.
    hidden : tuple of int
        Widths of the dense layers between features and code.
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
    Xie, Girshick and Farhadi (2016), "Unsupervised deep embedding for clustering analysis".
    """

    def __init__(
        self,
        n_clusters=7,
        n_components=10,
        hidden=(256, 128),
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
        self.pretrain_epochs = pretrain_epochs
        self.epochs = epochs
        self.tol = tol
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state

    def _weights(self):
        """Return the weights of clusters and reconstruction."""
        return 1.0, 0.0
