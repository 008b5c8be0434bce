"""scikit-learn's contract for a clusterer, without the half second that importing scikit-learn takes."""

import inspect

import numpy as np

from fer_cluster.whole import check_fractions, check_seed, check_whole

# A threshold may be below 0; of the others the clusterer itself tells which numbers it can use.
_SIGNED = ("learning_rate", "min_dist", "reg_covar", "threshold")


class Estimator:
    """A clusterer whose ``__init__`` only stores its parameters.

    What scikit-learn asks of its own ``BaseEstimator`` and ``ClusterMixin``; nothing
    of it is imported until one of its functions asks.
    """

    def get_params(self, deep=True):
        """Return the parameters by name."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params):
        """Set parameters by name.

        Raises
        ------
        ValueError
            Where there is no such parameter.
        """
        for name, value in params.items():
            if name not in self.get_params():
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}.")
            setattr(self, name, value)
        return self

    def check(self):
        """Raise an InputError where a parameter cannot be used, whatever the features."""
        check_whole(self)
        check_fractions(self, signed=_SIGNED)
        check_seed(self, np.random.RandomState)

    def fit_predict(self, x, y=None):
        """Return the clusters of the rows it is fitted on."""
        return self.fit(x).labels_

    def __sklearn_tags__(self):
        from sklearn.utils import Tags, TargetTags

        return Tags("clusterer", TargetTags(required=False))

    def __repr__(self):
        defaults = inspect.signature(type(self)).parameters
        given = {k: v for k, v in self.get_params().items() if repr(v) != repr(defaults[k].default)}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in given.items())})"


def random_of(seed):
    """Return the RandomState of a seed, of None, or itself."""
    return seed if isinstance(seed, np.random.RandomState) else np.random.RandomState(seed)
