"""What DEC and IDEC share: a code of the features, its centres, and their sharpening."""

import numpy as np

from fer_cluster.clusterers._collapse import collapsed, effective
from fer_cluster.clusterers._estimator import Estimator, random_of
from fer_cluster.clusterers._lloyd import best_centres
from fer_cluster.clusterers._neighbours import FAINT
from fer_cluster.clusterers._rows import checked, enough, mapped, spans
from fer_cluster.training.recipe import Recipe

_STARTS = 20  # of the K-Means on the first codes
_SLOWER = 0.1  # learning rate of the sharpening over that of the autoencoder


class Embedded(Estimator):
    """A clusterer on the code of an autoencoder; a subclass gives ``_weights``."""

    def fit(self, x, y=None):
        """Train autoencoder and centres on features, shape (n, d).

        Raises
        ------
        InputError
            Where there are fewer faces than clusters, a parameter cannot be used, or the loss is no
            longer a number.
        """
        x = checked(self, x)
        enough(x, self)
        self.mean_ = x.mean(0, dtype=np.float64)
        squares = sum(np.square(x[rows] - self.mean_).sum(dtype=np.float64) for rows in spans(x))
        self.scale_ = float(np.sqrt(squares / x.size))
        if self.scale_ <= FAINT * np.sqrt(np.square(self.mean_).mean()):
            self.scale_ = np.inf  # all rows are the same
        self.layers_, self.cluster_centers_ = self._trained(
            np.concatenate([self._scaled(x[rows]) for rows in spans(x)]), random_of(self.random_state)
        )
        if np.isinf(self.scale_):  # what tells the centres of equal rows apart is rounding
            self.cluster_centers_[:] = self.cluster_centers_[0]
        self.labels_ = self._nearest(x)
        self.effective_ = effective(self.labels_)
        self.collapsed_ = collapsed(self.labels_, self.n_clusters, type(self).__name__)
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        super().check()
        Recipe(epochs=self.epochs, batch_size=self.batch_size, learning_rate=self.learning_rate).check()

    def predict(self, x):
        """Return the cluster of the likeliest centre, which is the nearest, of each row, shape (n,)."""
        return self._nearest(checked(self, x, reset=False))

    def encode(self, x):
        """Return the codes, shape (n, n_components), float32."""
        x = checked(self, x, reset=False)
        return np.concatenate(mapped(lambda _, z: encoded(z, self.layers_), x, self._scaled))

    def _nearest(self, x):
        def place(_, z):
            apart = encoded(z, self.layers_)[:, None] - self.cluster_centers_
            return np.square(apart).sum(-1).argmin(1).astype(np.int32)

        return np.concatenate(mapped(place, x, self._scaled))

    def _scaled(self, block):
        """Return rows whose mean square is 1 over all features."""
        return ((block - self.mean_) / self.scale_).astype(np.float32)

    def _trained(self, z, random):
        """Return the encoder's layers and the centres as arrays."""
        import torch

        from fer_cluster.clusterers._learning import torch_random

        rows = torch.from_numpy(z)
        with torch_random(random):
            net = self._autoencoder(rows, random)
            codes = encoded(z, net.arrays())
            start = best_centres(codes, self.n_clusters, random, n_init=_STARTS)[0]
            centres = self._sharpened(net, rows, start, random)
        return net.arrays(), centres

    def _autoencoder(self, rows, random):
        """Return an autoencoder that has learnt to give the rows back."""
        from torch.nn.functional import mse_loss

        from fer_cluster.clusterers._autoencoder import Autoencoder
        from fer_cluster.clusterers._learning import learn

        net = Autoencoder((rows.shape[1], *self.hidden, self.n_components))
        learn(
            net,
            lambda batch: mse_loss(net(rows[batch])[1], rows[batch]),
            len(rows),
            epochs=self.pretrain_epochs,
            learning_rate=self.learning_rate,
            title=f"{type(self).__name__}, autoencoder",
            batch_size=self.batch_size,
            random=random,
        )
        return net

    def _sharpened(self, net, rows, start, random):
        """Draw the code to its centres, in place, and return these."""
        from fer_cluster.clusterers._autoencoder import Sharpening
        from fer_cluster.clusterers._learning import learn

        clustering, reconstruction = self._weights()
        weights = {"clustering": clustering, "reconstruction": reconstruction}
        sharpening = Sharpening(net, start, rows, **weights, tol=self.tol)
        learn(
            sharpening,
            sharpening,
            len(rows),
            epochs=self.epochs,
            learning_rate=_SLOWER * self.learning_rate,
            title=type(self).__name__,
            settled=sharpening.settled,
            batch_size=self.batch_size,
            random=random,
        )
        return sharpening.centres.detach().numpy().copy()


def encoded(z, layers):
    """Return the code of rows through dense layers with ReLU between them."""
    *inner, (weight, bias) = layers
    for w, b in inner:
        z = np.maximum(z @ w + b, 0)
    return z @ weight + bias
