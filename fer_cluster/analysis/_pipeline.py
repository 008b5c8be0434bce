"""The features and the clusterers of a run made anew, so that other images can go through them."""

import re
from dataclasses import dataclass

import numpy as np

from fer_cluster import catalog
from fer_cluster.analysis._faces import check_faces
from fer_cluster.analysis._refit import clusterer_of, decoded, fitted
from fer_cluster.chain import Chain, shaped, supervision
from fer_cluster.errors import InputError, from_outside
from fer_cluster.faces import as_rows
from fer_cluster.metrics import ari, crossed

_PROBE = 32  # faces whose features tell whether those that the run keeps are what the chain gives


@dataclass(frozen=True)
class Pipeline:
    """From images to clusters as a run went, fitted.

    Parameters
    ----------
    chain : Chain
    clusterers : tuple
        One for each seed.
    x : ndarray, shape (n, d)
        Features of the faces fitted on.
    """

    chain: Chain
    clusterers: tuple
    x: np.ndarray

    def clusters(self, images):
        """Return the cluster of each image for each seed, shape (seeds, n)."""
        return self._predicted(self.chain.transform(images))

    def fitted(self):
        """Return the clusters of the faces fitted on, shape (seeds, n)."""
        return self._predicted(self.x)

    def _predicted(self, x):
        return np.stack([np.asarray(one.predict(x)) for one in self.clusterers])


def rebuilt(run, faces, seeds):
    """Return the pipeline of a run, fitted without a label on the part that the run was fitted on.

    An extractor that was trained is the run's own, all others are fitted anew.

    Parameters
    ----------
    run : Run
    faces : Faces
        Those that the run was made of.
    seeds : int
        How many of the run's seeds, the first ones.

    Raises
    ------
    InputError
        Where the faces are others, or the features or the clusterer cannot be made anew.
    """
    check_faces(run, faces)
    rows = as_rows(run.in_part(run.spec["fit"]))
    extractor = run.models[0] if run.models else None
    return _fitted(run, faces.images[rows], seeds, extractor, run.features[rows])


def refitted(run, images, seeds):
    """Return the pipeline of a run fitted on other images, uint8 (n, height, width).

    Raises
    ------
    InputError
        Where the features or the clusterer cannot be fitted on them.
    """
    return _fitted(run, images, seeds)


def fits_features(run):
    """Return whether the features of a run are fitted to make it anew, as those that are trained are not."""
    recorded = run.spec.get("params", {}).get("features", {})
    return not run.models and not _learns(run.spec["features"], recorded)


def drawn(rows, count, seed):
    """Return as many of the rows as that, at random and in their order.

    Parameters
    ----------
    rows : ndarray of bool, shape (n,)
    count, seed : int
    """
    found = np.flatnonzero(rows)
    return np.sort(np.random.default_rng(seed).permutation(found)[:count])


def agreement(run, rows, clusters):
    """Return the adjusted Rand index of clusters made anew with the run's own, mean over the seeds."""
    own = np.asarray(run.clusters)[: len(clusters), rows]
    return float(np.mean([ari(crossed(*pair)) for pair in zip(own, clusters, strict=True)]))


def _fitted(run, images, seeds, extractor=None, kept=None):
    clusterers = [clusterer_of(run, seed) for seed in run.spec["seeds"][:seeds]]
    chain = _chain(run, extractor)
    if extractor is None:
        with from_outside(chain.extractor):
            chain.extractor.fit(shaped(chain.extractor, images))
    x = chain.fit_steps(images) if chain.steps else _extracted(chain, images, kept)
    return Pipeline(chain, tuple(fitted(clusterer, x) for clusterer in clusterers), x)


def _extracted(chain, images, kept):
    """Return the features of images: those kept by the run where they are the same, which takes no time."""
    if kept is not None and len(kept) == len(images):
        own, few = kept[:_PROBE], chain.transform(images[:_PROBE])
        if own.shape == few.shape and np.allclose(few, own, rtol=1e-3, atol=1e-4 * np.abs(own).max()):
            return np.asarray(kept)
    return chain.transform(images)


def _chain(run, extractor):
    """Return the chain of a run as it recorded it, not fitted but for an extractor that is given."""
    recorded = run.spec.get("params", {})
    if extractor is None:
        text, params = run.spec["features"], recorded.get("features", {})
        extractor = _made("features", text, params)
        if _learns(text, params) or supervision(extractor) != "none":
            raise InputError(
                f"{run.name!r} cannot be made anew: its features {text} would have to be trained again; "
                "use the run while it has its extractor in models, as where it was just made."
            )
    steps = enumerate(run.spec["then"], start=1)
    return Chain(extractor, [_made("steps", step, recorded.get(f"step {n}", {})) for n, step in steps])


def _made(kind, text, recorded):
    """Return a part, not fitted, with the parameters that a run recorded of it."""
    part = catalog.make(kind, text)
    for name in recorded.keys() & vars(part).keys():
        setattr(part, name, decoded(recorded[name], getattr(part, name)))
    return part


def _learns(text, recorded):
    """Whether features, or those within them, are trained in epochs."""
    words = set(re.findall(r"\w+", " ".join([text, *map(str, recorded.values())])))
    return any(catalog.takes("features", word, "epochs") for word in words & set(catalog.names("features")))
