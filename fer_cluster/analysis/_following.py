"""How closely clusters follow several factors: counted together, by chance, and resampled."""

import itertools

import numpy as np

from fer_cluster import metrics

_BLOCK = 50  # permutations whose tables are held at once
_LEAST = 1e-6  # chances: smaller ones so few permutations do not tell


class Crossing:
    """Every factor crossed with the clusters of every seed.

    Parameters
    ----------
    codes : sequence of ndarray of int, each of shape (n,)
        The kinds of each factor, from 0.
    clusters : ndarray of int, shape (seeds, n)
    """

    def __init__(self, codes, clusters):
        self.seeds = len(clusters)
        of_factors = [indicators(code) for code in codes]
        self._ends = np.cumsum([one.shape[1] for one in of_factors])[:-1]
        self._factors = np.hstack(of_factors)
        count = int(clusters.max()) + 1
        self._clusters = np.hstack([indicators(row, count) for row in clusters])
        self._expected = [
            np.array([metrics.expected_mutual_information(table) for table in tables])
            for tables in self.tables()
        ]

    def tables(self):
        """Return counts (seeds, kinds, clusters) of each factor."""
        return self._parted(self._factors.T @ self._clusters)

    def ami(self, tables=None):
        """Return adjusted mutual information, (factors, ..., seeds), with the chance level of the faces."""
        tables = self.tables() if tables is None else tables
        pairs = zip(tables, self._expected, strict=True)
        return np.stack([metrics.ami(counts, expected) for counts, expected in pairs])

    def by_chance(self, times, random):
        """Return AMI, and p of the mutual information, where faces are dealt to clusters of the same sizes.

        Returns
        -------
        ami : ndarray, shape (factors, times)
            Mean over the seeds; the faces are dealt alike for all of them.
        p : ndarray, shape (factors,)
            Of the mean over the seeds, by :func:`tail`.
        """
        scores, informations = [], []
        dealt = (self._factors[random.permutation(len(self._factors))] for _ in range(times))
        for tables in self._in_blocks(dealt):
            scores.append(self.ami(tables).mean(-1))
            informations.append(_information(tables))
        null = np.concatenate(informations, axis=1)
        return np.concatenate(scores, axis=1), tail(_information(self.tables()), null)

    def resampled(self, times, random):
        """Return AMI, mean over the seeds, where faces are drawn with replacement, shape (factors, times)."""
        scores = [self.ami(tables).mean(-1) for tables in self._in_blocks(self._weighted(times, random))]
        return np.concatenate(scores, axis=1)

    def _weighted(self, times, random):
        n = len(self._factors)
        for _ in range(times):
            weight = np.bincount(random.integers(n, size=n), minlength=n)
            yield self._factors * weight[:, None].astype(np.float32)

    def _in_blocks(self, changed):
        """Yield the tables of changed factors, (block, seeds, kinds, clusters) for each factor."""
        counts = (factors.T @ self._clusters for factors in changed)
        while block := list(itertools.islice(counts, _BLOCK)):
            yield self._parted(np.stack(block))

    def _parted(self, counts):
        """Part counts, (..., kinds of all factors, clusters of all seeds), into factors and seeds."""
        counts = counts.reshape(*counts.shape[:-1], self.seeds, -1).swapaxes(-2, -3)
        return np.split(counts.astype(float), self._ends, axis=-2)


def indicators(codes, count=None):
    """Return one column of 0 and 1 for each code, shape (n, count), float32: sums of it are exact."""
    count = int(codes.max()) + 1 if count is None else count
    return np.eye(count, dtype=np.float32)[codes]


def tail(observed, null):
    """Return the chance of values as large, by gamma distributions of the mean and variance of a null.

    Mutual information of what is independent is nearly chi-squared, which is a gamma
    distribution; so few permutations tell also small chances apart, but none below 1e-6.

    Parameters
    ----------
    observed : ndarray, shape (m,)
    null : ndarray, shape (m, times)

    References
    ----------
    Satterthwaite 1946, Biometrics Bulletin 2.
    """
    from scipy.stats import gamma

    mean, variance = null.mean(1), null.var(1, ddof=1)
    varies = (mean > 1e-12) & (variance > 1e-18)
    mean, variance = np.where(varies, mean, 1.0), np.where(varies, variance, 1.0)
    chance = gamma.sf(observed, mean**2 / variance, scale=variance / mean)
    return np.where(varies, np.maximum(chance, _LEAST), 1.0)


def within(group, factor, clusters):
    """Return the AMI of factor and clusters among faces of one group, mean over groups and seeds.

    Groups weigh by their faces; those of one cluster or of one kind only tell nothing
    and are left out. Missing where all are.

    Parameters
    ----------
    group, factor : ndarray of int, shape (n,)
    clusters : ndarray of int, shape (seeds, n)
    """
    shape = int(group.max()) + 1, int(factor.max()) + 1, int(clusters.max()) + 1
    cell = group * shape[1] + factor
    tables = np.stack([metrics.contingency(cell, row, shape[0] * shape[1], shape[2]) for row in clusters])
    tables = tables.reshape(-1, *shape[1:])
    told = ((tables.sum(1) > 0).sum(1) > 1) & ((tables.sum(2) > 0).sum(1) > 1)
    if not told.any():
        return np.nan
    return float(np.average(metrics.ami(tables[told]), weights=tables[told].sum((1, 2))))


def _information(tables):
    return np.array([metrics.mutual_information(counts).mean(-1) for counts in tables])
