"""Faces through features, a clusterer and a projection into a run."""

import time
from dataclasses import replace
from numbers import Integral

import numpy as np
import pandas as pd

from fer_cluster import catalog, record
from fer_cluster.chain import supervision
from fer_cluster.clusterers._collapse import effective, fallen
from fer_cluster.embedding import embed
from fer_cluster.errors import InputError, from_outside
from fer_cluster.faces import as_rows
from fer_cluster.loading import load
from fer_cluster.parts import as_seeds, check_epochs, file_name, made, made_each, plain, text
from fer_cluster.progress import bar
from fer_cluster.runs import Run
from fer_cluster.scoring import CONTROLS, with_and_without

SEEDS = 10
_MEDOIDS = 10  # faces of each cluster that a run keeps
_PICTURES = 12  # faces, beside what an extractor makes of them


def cluster(
    faces,
    features="pixels",
    clusterer="kmeans",
    *,
    then=(),
    projection="pca",
    k=7,
    split=None,
    seeds=SEEDS,
    epochs=None,
    name=None,
    chosen_with="nothing",
    checkpoint=None,
    embedding=None,
):
    """Cluster faces without a label and score the clusters against emotion.

    Parameters
    ----------
    faces : Faces or str
        Or what names them: see :func:`fer_cluster.load`.
    features : str or object
        A feature extractor, ``"pixels:n_components=100"``; or a whole
        scikit-learn pipeline that ends in a clusterer.
    clusterer : str or object
        A clusterer; not used where ``features`` ends in one.
    then : sequence of str or object
        Steps after the features, ``("whiten:128", "unit")``.
    projection : str, object or None
        What gives the points of the scatter plot; None leaves them out.
    k : int
        Number of clusters, for clusterers that take one and were not told.
    split : str, optional
        ``official``, ``paper``, ``all`` or ``stratified``; see
        :func:`fer_cluster.splits.split`.
    seeds : int or sequence of int
        How many seeds the clusterer is run with, or which.
    epochs : int, optional
        In place of the own number of an extractor that is trained.
    name : str, optional
        Name of the run; by default made of its parts.
    chosen_with : str
        What the parameters were chosen with, kept in ``spec``.
    checkpoint : path-like, optional
        Folder from which the interrupted training of an extractor goes on.
    embedding : Embedding, optional
        Of these faces, features, steps and split, where it was already made by :func:`embed`.

    Returns
    -------
    Run
        Fitted on the fit part only; every part of the split is scored.

    Raises
    ------
    InputError
        Where a part is unknown, or the faces are too few for it.
    """
    seeds, faces = as_seeds(seeds), load(faces)
    k = _checked(k, faces)
    features, clusterer = _unpack(features, clusterer)
    if embedding is not None:
        embedding.check(features, then, split)
    check_epochs(epochs, made("features", features, seeds[0]))
    clusterers = made_each("clusterers", clusterer, seeds, n_clusters=k)
    projector = None if projection is None else made("projections", projection, seeds[0])
    catalog.check(clusterers[0], projector)
    if embedding is None:
        trained = {"epochs": epochs, "checkpoint": checkpoint}
        embedding = embed(faces, features, then=then, split=split, seed=seeds[0], **trained)
    started = time.perf_counter()
    clusters = _cluster_seeds(embedding, clusterers, text(clusterer))
    seconds = {"features": embedding.seconds, "clusterer": time.perf_counter() - started}
    started = time.perf_counter()
    rows = _project(_table(faces, embedding.split, clusters), embedding.x, projector)
    seconds["projection"] = time.perf_counter() - started
    k = _k(clusterers[0], clusters)
    described = describe(features, clusterer, then=then, projection=projection, k=k, seeds=seeds)
    asked = {"epochs": plain(epochs), "chosen_with": chosen_with, "seconds": seconds}
    params = record.parameters(embedding.chain, clusterer=clusterers[0], **_projecting(projector))
    spec = _spec(faces, embedding, described, clusterers, clusters, params, asked)
    trained = _trained(embedding, faces, seeds[0])
    return _scored(Run(name or run_name(spec), spec, rows, embedding.x, **trained), clusters, faces)


def describe(features="pixels", clusterer="kmeans", *, then=(), projection="pca", k=7, seeds=()):
    """Return the parts as text, as a spec keeps them and a comparison looks them up."""
    parts = [text(features), *map(text, then), text(clusterer)]
    return {
        "features": parts[0],
        "then": parts[1:-1],
        "clusterer": parts[-1],
        "projection": text(projection),
        "k": k,
        "seeds": list(seeds),
    }


def run_name(described):
    """Return the name of a run of these described parts: ``hog-whiten_64-unit-kmeans``."""
    return file_name(described["features"], *described["then"], described["clusterer"])


def _checked(k, faces):
    if not (isinstance(k, Integral) and 1 <= k <= len(faces)):
        raise InputError(f"k must be between 1 and the number of faces ({len(faces):,}), got {k!r}.")
    return plain(k)


def _unpack(features, clusterer):
    """Part a scikit-learn pipeline that ends in a clusterer into features and clusterer."""
    if not hasattr(features, "steps") or not hasattr(features.steps[-1][1], "fit_predict"):
        return features, clusterer
    if len(features.steps) == 1:
        raise InputError("The pipeline has a clusterer but nothing before it; pass it as clusterer=.")
    return features[:-1], features[-1]


def _cluster_seeds(embedding, clusterers, name):
    """Return the clusters that each clusterer gives all faces, (seeds, n)."""
    parts, x = embedding.split, embedding.x
    fit_x = x[as_rows(parts.part == parts.fit)]
    clusters = []
    for clusterer in bar(clusterers, f"{name}, seeds", leave=False):
        placing = hasattr(clusterer, "predict")
        if not placing and not parts.transductive:
            raise InputError(f"{name} cannot place faces it was not fitted on; use split 'all'.")
        with from_outside(clusterer):
            clusters.append(clusterer.fit(fit_x).predict(x) if placing else clusterer.fit_predict(x))
    clusters = np.asarray(clusters, dtype=np.int32)
    return np.where(clusters < 0, clusters.max() + 1, clusters)  # noise, as some have it, is a cluster


def _k(clusterer, clusters):
    """Return how many clusters were asked of a clusterer, or, where none are, how many it found."""
    for name in ("n_clusters", "n_components"):
        if hasattr(clusterer, name):
            return plain(getattr(clusterer, name))
    return int(clusters.max()) + 1


def _projecting(projector):
    return {} if projector is None else {"projection": projector}


def _spec(faces, embedding, described, clusterers, clusters, params, asked):
    """Return the spec of a clustering."""
    extractor, parts = embedding.chain.extractor, embedding.split
    more = {"labels": supervision(extractor)}
    if described["clusterer"].partition(":")[0] not in CONTROLS:
        more |= _collapse(clusterers, clusters[:, parts.part == parts.fit])
    more["device"] = record.device(extractor, clusterers[0])
    return record.spec("clusterer", faces, parts, described, params, **asked, **more)


def _collapse(clusterers, clusters):
    """Return whether each seed collapsed and its effective number of clusters.

    As the clusterer tells, or by its clusters of the faces fitted on; nothing of one that is
    not told how many to find.
    """
    told = {"collapsed": [], "effective_clusters": []}
    for one, row in zip(clusterers, clusters, strict=True):
        if not hasattr(one, "collapsed_") and not hasattr(one, "n_clusters"):
            return {}
        fell = one.collapsed_ if hasattr(one, "collapsed_") else fallen(row, one.n_clusters)
        told["collapsed"].append(bool(fell))
        told["effective_clusters"].append(float(getattr(one, "effective_", effective(row))))
    return told


def _table(faces, parts, clusters):
    """Return one row a face: what is known of it, its part, its cluster by each seed."""
    rows = record.table(faces, parts)
    return pd.concat([rows, pd.DataFrame(record.numbered("cluster", clusters), index=rows.index)], axis=1)


def _project(table, x, projector):
    if projector is None:
        return table
    points = projector.fit_transform(x)
    x, y = points[:, 0], points[:, 1:2].sum(1)  # beside a single axis there are zeros
    return table.assign(x=x.astype(np.float32), y=y.astype(np.float32))


def _scored(run, clusters, faces):
    whole, without = with_and_without(run.faces, clusters, run.spec["fit"])
    medoids = _medoids(faces.images, run.features, clusters[0])
    return replace(run, scores=whole, scores_without_duplicates=without, medoids=medoids)


def _trained(embedding, faces, seed):
    """Return what a trained extractor leaves in a run: its history, its pictures, itself."""
    extractor = embedding.chain.extractor
    if not hasattr(extractor, "history_"):
        return {}
    history = extractor.history_.assign(seed=seed)[["seed", *extractor.history_.columns]]
    kept = {"history": history, "models": (extractor,)}
    if hasattr(extractor, "reconstruct"):
        parts = embedding.split
        images = faces.images[np.flatnonzero(parts.part == parts.report)[:_PICTURES]]
        kept["pictures"] = np.stack([images, extractor.reconstruct(images)])
    return kept


def _medoids(images, x, cluster):
    """Return the faces nearest to the mean of their cluster, blank where it has fewer."""
    medoids = np.zeros((int(cluster.max()) + 1, _MEDOIDS, *images.shape[1:]), np.uint8)
    for label in np.unique(cluster):
        rows = np.flatnonzero(cluster == label)
        distance = ((x[rows] - x[rows].mean(0)) ** 2).sum(1)
        nearest = np.sort(rows[np.argsort(distance, kind="stable")[:_MEDOIDS]])
        nearest = nearest[np.argsort(((x[nearest] - x[rows].mean(0)) ** 2).sum(1), kind="stable")]
        medoids[label, : len(nearest)] = images[nearest]
    return medoids
