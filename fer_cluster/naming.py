"""Names that tell runs apart: one that came before is numbered."""

from collections import Counter


def names_apart(keys):
    """Return the first of each key, with a number where the same key came before.

    Parameters
    ----------
    keys : iterable of tuple of str
        The name of each run, and what else tells it from others: its data set, its split.

    >>> names_apart([("cnn3", "paper"), ("cnn3", "official"), ("cnn3", "paper")])
    ['cnn3', 'cnn3', 'cnn3 (2)']
    """
    seen, names = Counter(), []
    for key in keys:
        seen[key] += 1
        names.append(f"{key[0]} ({seen[key]})" if seen[key] > 1 else key[0])
    return names


def keyed(runs, *facts):
    """Yield ``(key, run)``: name, data set and those facts of the spec; runs that share all are numbered."""
    keys = [(run.name, run.spec["dataset"]["name"], *(run.spec[fact] for fact in facts)) for run in runs]
    for name, key, run in zip(names_apart(keys), keys, runs, strict=True):
        yield (name, *key[1:]), run
