"""What clustering heads on features share: neighbours, training, choice of a head, merging."""

import numpy as np

from fer_cluster.clusterers._collapse import collapsed, effective
from fer_cluster.clusterers._estimator import Estimator, random_of
from fer_cluster.clusterers._lloyd import lloyd, seeded
from fer_cluster.clusterers._merged import merged
from fer_cluster.clusterers._neighbours import directions, neighbours
from fer_cluster.clusterers._rows import SAMPLE, checked, enough, mapped, one_thread, spans, unit
from fer_cluster.training.recipe import Recipe

_PASSES = 5  # of K-Means before training


class Headed(Estimator):
    """A clusterer by heads, trained on pairs of neighbours; a subclass gives ``_objective``."""

    def fit(self, x, y=None):
        """Train the heads on features, shape (n, d), and keep that of the lowest loss.

        Raises
        ------
        InputError
            Where there are fewer faces than clusters, a parameter cannot be used, or the loss is no
            longer a number.
        """
        x = checked(self, x)
        enough(x, self)
        random = random_of(self.random_state)
        self.mean_ = x.mean(0, dtype=np.float64)
        z = np.concatenate([directions(x[rows], self.mean_) for rows in spans(x)])
        self.losses_, heads = self._trained(z, random)
        self.head_ = heads[int(self.losses_.argmin())]
        fine = self._fine(x)
        kept = np.unique(fine)
        self.merged_ = np.full(self.head_[0].shape[1], -1, np.int32)
        self.merged_[kept] = merged(z, fine, kept, self.n_clusters)
        self.labels_ = self.merged_[fine]
        self.effective_ = effective(self.labels_)
        self.collapsed_ = collapsed(self.labels_, self.n_clusters, type(self).__name__)
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        super().check()
        Recipe(epochs=self.epochs, batch_size=self.batch_size, learning_rate=self.learning_rate).check()

    def predict(self, x):
        """Return the cluster of each row, shape (n,)."""
        x = checked(self, x, reset=False)
        return self.merged_[self._fine(x, self.merged_ >= 0)]

    def _trained(self, z, random):
        """Return the last loss of each head, shape (heads,), and the arrays of each."""
        import torch

        from fer_cluster.clusterers._heads import Heads
        from fer_cluster.clusterers._learning import learn, torch_random

        few = max(1, len(z) // (2 * self.n_clusters))  # a neighbourhood is no larger than a cluster
        near = torch.from_numpy(neighbours(z, min(self.neighbours, few)))
        starts = torch.from_numpy(self._starts(z, random))
        with torch_random(random):
            heads = Heads(starts, self.hidden)
            objective, shown = self._objective(heads, torch.from_numpy(z), near)
            losses = learn(
                heads,
                objective,
                len(z),
                random=random,
                epochs=self.epochs,
                batch_size=self.batch_size,
                learning_rate=self.learning_rate,
                title=type(self).__name__,
            )
        return losses.numpy(), [shown.arrays(head) for head in range(self.heads)]

    def _starts(self, z, random):
        """Return centres after a few passes of spherical K-Means, shape (heads, fine clusters, d)."""
        count = max(self.n_clusters, min(self.over * self.n_clusters, len(z) // 4))
        sample = z if len(z) <= SAMPLE else z[random.choice(len(z), SAMPLE, replace=False)]
        with one_thread():
            starts = seeded(sample, count, random, self.heads)
        return lloyd(sample, unit, starts, max_iter=_PASSES, tol=0, spherical=True)[0]

    def _fine(self, x, allowed=True):
        """Return the likeliest fine cluster, among those allowed, of each row."""
        linear, hidden, bias, bend = self.head_
        closed = np.where(allowed, 0, -np.inf).astype(np.float32)

        def place(_, z):
            return (z @ linear + np.maximum(z @ hidden + bias, 0) @ bend + closed).argmax(1)

        return np.concatenate(mapped(place, x, lambda block: directions(block, self.mean_)))
