"""How much faces of one cluster differ from all others in a nuisance."""

import numpy as np
import pandas as pd

from fer_cluster.analysis._following import indicators

_LEAST = 0.01  # of the spread of all faces: clusters of equal faces do not divide by nothing


def eta_squared(values, clusters):
    """Return the share of the variance of values that lies between clusters, mean over the seeds.

    Parameters
    ----------
    values : ndarray, shape (n, m)
        Numbers; or a column of 0 and 1 for each kind, which gives Goodman and
        Kruskal's tau (1954).
    clusters : ndarray of int, shape (seeds, n)
    """
    values = values - values.mean(0, dtype=float)
    total, shares = np.square(values).sum(), []
    for row in clusters:
        belongs = indicators(row)
        size = np.maximum(belongs.sum(0), 1)
        shares.append((np.square(belongs.T @ values) / size[:, None]).sum() / total)
    return float(np.mean(shares))


def differences(frame, cluster):
    """Return how each cluster differs from all other faces in each nuisance: a row for each pair.

    Columns: cluster, size, factor, d (mean of the cluster less that of the others
    over their pooled standard deviation, Cohen 1988), p (Welch's t-test) and
    p_corrected (Benjamini and Hochberg 1995, over all rows). Clusters of one face
    and one that holds all but one have no d.

    Parameters
    ----------
    frame : DataFrame of float, shape (n, m)
        Every column varies.
    cluster : ndarray of int, shape (n,)
    """
    z = ((frame - frame.mean()) / frame.std(ddof=0)).to_numpy()
    tables = []
    for label in np.unique(cluster):
        inside = cluster == label
        d, p = _compared(z[inside], z[~inside])
        about = {"cluster": int(label), "size": int(inside.sum()), "factor": list(frame)}
        tables.append(pd.DataFrame(about | {"d": d, "p": p}))
    table = pd.concat(tables, ignore_index=True)
    table["p_corrected"] = corrected(table["p"].to_numpy())
    return table


def _compared(one, other):
    """Return Cohen's d and the p-values of Welch's t-test of two groups of rows."""
    from scipy.stats import ttest_ind_from_stats

    sizes = len(one), len(other)
    if min(sizes) < 2:
        return np.full(one.shape[1], np.nan), np.ones(one.shape[1])
    means = [rows.mean(0) for rows in (one, other)]
    variances = [np.maximum(rows.var(0, ddof=1), _LEAST**2) for rows in (one, other)]
    freedom = sizes[0] + sizes[1] - 2
    pooled = sum((size - 1) * variance for size, variance in zip(sizes, variances, strict=True)) / freedom
    stats = (
        (mean, np.sqrt(variance), size) for mean, variance, size in zip(means, variances, sizes, strict=True)
    )
    test = ttest_ind_from_stats(*(value for group in stats for value in group), equal_var=False)
    return (means[0] - means[1]) / np.sqrt(pooled), test.pvalue


def corrected(p):
    """Return p-values corrected so that of those below .05 one in twenty is false, at most, on average.

    References
    ----------
    Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57.
    """
    from scipy.stats import false_discovery_control

    return false_discovery_control(p)
