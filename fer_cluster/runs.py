"""A run: what a clusterer or a baseline left behind, in memory and on disk."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from fer_cluster.atomic import PREFIX, writing, writing_folder
from fer_cluster.emotions import EMOTIONS
from fer_cluster.errors import InputError
from fer_cluster.naming import names_apart
from fer_cluster.run_folder import FILES, carry_over, check_free
from fer_cluster.scoring import names_by_seed, spread, value
from fer_cluster.training.models import load_model, save_model


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """What came out, with all that a figure or a table needs.

    Parameters
    ----------
    name : str
        Such as ``pixels-kmeans``.
    spec : dict
        Data set and fingerprint, split, seeds, the parameters of every part,
        versions, seconds: all that is needed to do it again.
    faces : DataFrame
        One row a face: ``about`` of the data set, ``part`` of the split,
        ``duplicate`` (an exact copy lies in the part fitted on), ``cluster``
        (first seed), ``cluster_1`` ... (further seeds), ``x`` and ``y``; a classifier's has
        ``predicted``, ``predicted_1`` ... and ``confidence`` in place of clusters.
    features : ndarray of float32, shape (n, d)
    scores, scores_without_duplicates : dict
        part -> metric -> value; see :func:`fer_cluster.scoring.score`.
    history : DataFrame
        Loss and scores per epoch, where something was trained.
    medoids : ndarray of uint8, shape (k, m, height, width)
        For each cluster of the first seed the faces nearest to its mean.
    pictures : ndarray of uint8, shape (2, m, height, width)
        Faces and what a net makes of them, where it makes images.
    models : sequence
        What was trained: the net of each seed, or the one extractor of a clustering. Saved in folders
        ``model_0``, ... and read again, when they are asked for, by
        :func:`fer_cluster.training.models.load_model`.
    """

    name: str
    spec: dict
    faces: pd.DataFrame
    features: np.ndarray
    scores: dict = field(default_factory=dict)
    scores_without_duplicates: dict = field(default_factory=dict)
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    medoids: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 1, 1), np.uint8))
    pictures: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 1, 1), np.uint8))
    models: Sequence = ()

    def __repr__(self):
        part = self.scores.get(self.spec["report"], {})
        shown = ", ".join(f"{m} {value(part[m]):.3f}" for m in ("ami", "named_accuracy") if m in part)
        return f"Run({self.name!r}: {len(self.faces):,} faces, {self.spec['report']}: {shown or 'no labels'})"

    def _repr_html_(self):
        """Return what a notebook shows: the map that was scored, beside its scores."""
        from fer_cluster.shown import run_html

        return run_html(self)

    @property
    def clusters(self):
        """The cluster of each face, or the emotion a classifier names it, a row for each seed: (seeds, n)."""
        rows = [self.faces[name] for name in self._columns("predicted" if self._named else "cluster")]
        return np.stack([row.cat.codes if self._named else row for row in rows]).astype(np.int32)

    def in_part(self, part):
        """Return which faces lie in a part of the split: bool, (n,)."""
        return (self.faces["part"] == part).to_numpy()

    def predictions(self):
        """Return the emotion that each face is named, as its code: (seeds, n).

        The clusters of a clustering are named on the labels of the fit part.

        Raises
        ------
        InputError
            Where no face of that part has a label.
        """
        clusters = self.clusters
        if self._named:
            return clusters
        emotion = self.faces["emotion"].cat.codes.to_numpy()
        fitted = self.in_part(self.spec["fit"])
        if not (emotion[fitted] >= 0).any():
            raise InputError(f"{self.name!r} was fitted on faces without labels, which name no cluster.")
        namings = names_by_seed(emotion, clusters, fitted, int(clusters.max()) + 1)
        return np.stack([naming[row] for naming, row in zip(namings, clusters, strict=True)])

    @property
    def _named(self):
        return self.spec["kind"] == "classifier"

    def _columns(self, name):
        return [name, *(f"{name}_{seed}" for seed in range(1, len(self.spec["seeds"])))]

    def save(self, folder):
        """Write the run as a folder, whole or not at all.

        Parameters
        ----------
        folder : path-like
            Takes the place of an older run there, its pictures and tables; what else lies there stays.

        Raises
        ------
        InputError
            Where the folder exists and is no run: nothing is overwritten.
        """
        check_free(folder)
        with writing_folder(folder) as new:
            self._write(new)
            carry_over(Path(folder), new)

    def save_record(self, folder):
        """Write name, spec and scores alone, anew, into the folder of the run."""
        record = {"name": self.name, "spec": self.spec, "scores": self.scores}
        record["scores_without_duplicates"] = self.scores_without_duplicates
        with writing(Path(folder) / "run.json") as path:
            text = json.dumps(without_nan(record), indent=1, allow_nan=False)
            path.write_text(f"{text}\n", encoding="utf-8")

    def save_faces(self, folder):
        """Write the table of faces alone, anew, into the folder of the run."""
        with writing(Path(folder) / "faces.parquet") as path:
            self.faces.to_parquet(path, index=False)

    def _write(self, folder):
        self.save_record(folder)
        self.save_faces(folder)
        np.save(folder / "features.npy", self.features, allow_pickle=False)
        np.save(folder / "medoids.npy", self.medoids, allow_pickle=False)
        if self.pictures.size:
            np.save(folder / "pictures.npy", self.pictures, allow_pickle=False)
        for place, model in enumerate(self.models):
            save_model(model, folder / f"model_{place}")
        if len(self.history):
            self.history.to_csv(folder / "history.csv", index=False)

    def scores_table(self):
        """Return the scores as a tidy table: a row for each part and metric, and which labels were used."""
        told = {name: self.spec[name] for name in ("split", "labels", "chosen_with")}
        key, rows = {"run": self.name} | told, []
        for kept, scores in (("with", self.scores), ("without", self.scores_without_duplicates)):
            for part, by_metric in scores.items():
                for metric in by_metric:
                    about = {"part": part, "duplicates": kept, "metric": metric}
                    rows.append(key | about | spread(metric, by_metric))
        columns = [*key, "part", "duplicates", "metric", "mean", "sd", "low", "high"]
        return pd.DataFrame(rows, columns=columns)


class Runs(list):
    """A list of runs, which a notebook shows as the table of their scores."""

    def _repr_html_(self):
        from fer_cluster.shown import runs_html

        return runs_html(self)


def told_apart(runs):
    """Return the runs, those numbered whose name, data set and split another run before has."""
    names = names_apart((run.name, run.spec["dataset"]["name"], run.spec["split"]) for run in runs)
    return Runs(replace(run, name=name) for run, name in zip(runs, names, strict=True))


def load_run(folder):
    """Read a run from its folder; the features stay memory-mapped.

    Raises
    ------
    InputError
        Where the folder holds no run, or a damaged one.
    """
    folder = Path(folder)
    for file in FILES:
        if not (folder / file).is_file():
            raise InputError(f"{folder} holds no whole run: {file} is missing.")
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        for key in ("scores", "scores_without_duplicates"):
            record[key] = _with_nan(record[key])
        faces = pd.read_parquet(folder / "faces.parquet")
        faces["emotion"] = pd.Categorical(faces["emotion"], categories=EMOTIONS)
        features = np.load(folder / "features.npy", mmap_mode="r", allow_pickle=False)
        medoids = np.load(folder / "medoids.npy", allow_pickle=False)
        if (folder / "pictures.npy").exists():
            record["pictures"] = np.load(folder / "pictures.npy", allow_pickle=False)
        for column in (name for name in faces if re.fullmatch(r"predicted(_\d+)?", str(name))):
            faces[column] = pd.Categorical(faces[column], categories=EMOTIONS)
        history = folder / "history.csv"
        record["history"] = pd.read_csv(history) if history.exists() else pd.DataFrame()
        return Run(faces=faces, features=features, medoids=medoids, models=_Kept(folder), **record)
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise InputError(f"The run in {folder} is damaged and cannot be read: {error}.") from error


def without_nan(held):
    """Return nested dicts and lists as JSON has them: null where a float is not a number."""
    if isinstance(held, dict):
        return {name: without_nan(one) for name, one in held.items()}
    if isinstance(held, list | tuple):
        return [without_nan(one) for one in held]
    return None if isinstance(held, float) and held != held else held


def _with_nan(scores):
    """Return nested scores read from JSON, where null is not a number."""
    if isinstance(scores, dict):
        return {name: _with_nan(score) for name, score in scores.items()}
    return np.nan if scores is None else scores


class _Kept(Sequence):
    """The models of a run on disk, each read when it is asked for."""

    def __init__(self, folder):
        self._folders = sorted(
            folder.glob("model_[0-9]*"), key=lambda path: int(path.name.removeprefix("model_"))
        )

    def __len__(self):
        return len(self._folders)

    def __getitem__(self, place):
        return load_model(self._folders[place])


def find_runs(folders):
    """Return the runs in the folders, at any depth, in the order of their paths.

    What a killed process had begun to write is passed over.

    Raises
    ------
    InputError
        Where a folder holds no run.
    """
    runs = Runs()
    for folder in map(Path, [folders] if isinstance(folders, str | Path) else folders):
        found = sorted(path.parent for path in folder.rglob("run.json") if PREFIX not in str(path))
        if not found:
            raise InputError(f"No run (run.json) lies in {folder} or below it.")
        runs += [load_run(path) for path in found]
    return runs
