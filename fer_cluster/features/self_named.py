"""Features of a net that names the faces itself, learns the names, and names them anew."""

import itertools
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

import numpy as np

from fer_cluster import catalog
from fer_cluster.chain import Remembering, chained, spaces
from fer_cluster.errors import InputError
from fer_cluster.features._encoders import digest, folders_in
from fer_cluster.features._views import ViewEncoder
from fer_cluster.whole import are_whole

__all__ = ["SelfNamed"]

_TRAINED = "self_training:n_components=8;n_rounds=10"
_ACTIONS = "first=action_units:code=emotions"
PRIOR = f"{_TRAINED};{_ACTIONS} | {_TRAINED} | {_TRAINED};{_ACTIONS};nuisance=1.5 | {_TRAINED};nuisance=1.5"
SUBSPACE = "signal_to_nuisance:8;ridge=0.3 | signal_to_nuisance:12;ridge=0.3"
EXPRESSED = "learnt_expressions:threshold=0.45 | learnt_expressions:threshold=0.65"
_ACTORS = 600  # faces that show what an action changes


@dataclass(eq=False, repr=False)
class SelfNamed(ViewEncoder):
    """Rounds of pseudo-labels, of which the first come from where expression is.

    K-Means on subspaces of the features ``described`` names the faces, several
    numbers of names in each at once; a net learns all the names from strongly
    changed views; K-Means on subspaces of what it learnt, and what it reads of the
    textbook's expressions, name them anew. Nothing sees a label.

    Caron, Bojanowski, Joulin and Douze, Deep clustering for unsupervised
    learning of visual features, ECCV 2018; where the names come from is ours.

    Parameters
    ----------
    described : str
        Features that give the first names.
    prior : str
        Steps after these, such as ``whiten:64 > unit``; several subspaces are joined by ``|``.
    n_priors : int
        How many times each is fitted, with seeds of its own.
    teacher : str
        Features that take the place of all these: they name the faces first, by ``subspace`` and
        ``expressed``, as the net's own do later. ``pretrained:code=body`` goes on from the shipped
        encoder, on FER2013 or on faces of yours. Empty for none.
    subspace : str
        Steps after the net's features that give all other names, likewise; empty where ``expressed`` is to
        give all.
    expressed : str
        Steps after the net's features, joined by ``|``, of which the strongest number of a face, or
        that none is above 0, is one name more; empty for none.
    names : sequence of int
        Numbers of names in each subspace; each has a head of its own.
    rounds : int
    evenness : float
        How even in size the names are made, from 0, each face by its nearest centre, to 1, all names
        about as large: see :func:`fer_cluster.features._balanced.evened`.
    label_smoothing : float
        Share of each name that is spread over all.
    momentum_teacher : float
        No momentum, whatever its name: the share of the target that is not the names of a round but
        what a second net says, which sees each face unchanged and follows the one that learns, a half
        of a hundredth each step.
    told : str
        Features and steps, such as ``patches:n_words=300 > whiten:256``, whose numbers the net learns to tell
        beside the names, by least squares, each scaled to unit variance; several are joined by ``|``, and
        each counts alike, however many numbers it has. Empty for none.
    acted : float
        Share of the faces that act before the net sees them, each in one way: a movement of any strength, or
        a drawn sign. Their names are not learnt, and the numbers to tell are those of the face with what that
        action changes in them on average, which is known of a movement that was made. Where it is above 0,
        something has to be ``told``.
    """

    to_one: ClassVar[tuple[str, ...]] = ("evenness", "momentum_teacher", "acted")
    described: str = "patches:n_words=300"
    prior: str = PRIOR
    n_priors: int = 2
    teacher: str = ""
    subspace: str = SUBSPACE
    expressed: str = EXPRESSED
    names: tuple = (15, 40, 100)
    rounds: int = 2
    evenness: float = 0.0
    label_smoothing: float = 0.1
    momentum_teacher: float = 0.0
    told: str = ""
    acted: float = 0.0
    epochs: int = 10
    batch_size: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warm_up: float = 1.0
    average: float = 0.995

    def fit(self, images, y=None, checkpoint=None):
        """Train round after round on images alone, shape (n, height, width), uint8.

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width)
        y : ignored
        checkpoint : path-like, optional
            Folder from which interrupted rounds go on.

        Raises
        ------
        InputError
            Where images or parameters cannot be used.
        """
        import pandas as pd

        self.check(watched=False)
        images = self.check_images(images)
        self.shape_ = images.shape[1:]
        told = self._kept("told", self._told, images, checkpoint=checkpoint) if self.told else None
        history = []
        for turn in range(self.rounds):
            names = self._kept(f"names_{turn + 1}", self._found_names, images, turn, checkpoint=checkpoint)
            learnt = self._learn(images, names, told, turn, checkpoint)
            history.append(learnt.assign(round=turn + 1))
        self.history_ = pd.concat(history, ignore_index=True)
        self.history_["epoch"] = np.arange(1, len(self.history_) + 1)
        return self

    def check(self, watched=True):
        """Raise an InputError where a parameter cannot be used, whatever the images."""
        super().check(watched)
        if not are_whole(self.names, least=2):
            raise InputError(f"names must be one or more whole numbers of 2 or more, got {self.names!r}.")
        if not (self.subspace or self.expressed):
            raise InputError("subspace must name one step or more where expressed names none.")
        if not (self.teacher or self.prior):
            raise InputError("prior must name one step or more where there is no teacher.")
        if self.acted and not self.told:
            raise InputError("told must name features where acted is above 0, got none.")
        for text in (self.teacher or self.described, *(self.told.split("|") if self.told else ())):
            chained(text, self.random_state).check()
        for text in filter(None, (self.subspace, self.expressed, "" if self.teacher else self.prior)):
            for steps in text.split("|"):
                chained(steps, self.random_state, extractor=object()).check()

    def _kept(self, what, find, images, *given, checkpoint):
        """Return what ``find`` makes of the images, or made of them before: an array in the checkpoint."""
        if checkpoint is None:
            return find(images, *given, None)
        import torch

        from fer_cluster.training import checkpoint as checkpoints
        from fer_cluster.training.parallel import is_first

        folder, key = Path(checkpoint) / what, self._key(images, what)
        state = checkpoints.load(folder, key)
        if state is None:
            state = {what: torch.from_numpy(find(images, *given, Path(checkpoint) / "teacher"))}
            if is_first():
                checkpoints.save(folder, key, state)
        return state[what].numpy()

    def _key(self, images, what):
        """Return a hash of what decides the names of a round, or the numbers that are told.

        Encoders from folders, which might be exchanged, are told by their weights too.
        """
        params = self.get_params()
        folders = folders_in([value for value in params.values() if isinstance(value, str)])
        weights = [digest(folder) for folder in folders if folder]
        settings = json.dumps([params, what, *weights], default=str, sort_keys=True)
        return sha256(settings.encode() + np.ascontiguousarray(images).tobytes()).hexdigest()

    def _told(self, images, checkpoint):
        """Return the numbers that the net learns to tell, shape (n, m), all of mean 0.

        The variances of each chain add up to m, so that the mean squared error of all is the sum of those of
        each. Where faces act, rows below them are what each action changes in the numbers.
        """
        parts = []
        for place, text in enumerate(self.told.split("|"), 1):
            folder = None if checkpoint is None else checkpoint.with_name(f"teller_{place}")
            parts.append(self._told_by(text, images, folder))
        total = sum(part.shape[1] for part in parts)
        return np.hstack([part * np.float32(np.sqrt(total / part.shape[1])) for part in parts])

    def _told_by(self, text, images, folder):
        """Return the numbers of one chain, each of mean 0 and variance 1, and what actions change in them."""
        from fer_cluster.training.acting import mean_changes

        chain = chained(text, self.random_state)
        x = chain.fit_transform(images, checkpoint=folder)
        spread = x.std(0)
        spread = np.where(spread > 0, spread, 1)
        numbers = (x - x.mean(0)) / spread
        if not self.acted:
            return numbers
        actors = np.random.default_rng(self.random_state).permutation(len(images))[:_ACTORS]
        change = mean_changes(images[np.sort(actors)], chain) / spread
        return np.vstack([numbers, change]).astype(np.float32)

    def _acting(self, told, count):
        """Return what a net needs for faces that act: what lets them, and what that changes in numbers."""
        import torch

        from fer_cluster.training.acting import Acting

        if not self.acted:
            return {}
        return {"acting": Acting(self.acted), "changes": torch.from_numpy(told[count:])}

    def _found_names(self, images, turn, checkpoint):
        """Return the names that a round learns, a column for each, shape (n, heads)."""
        return self._named_anew(self, images, turn) if turn else self._named_first(images, checkpoint)

    def _named_first(self, images, checkpoint):
        """Return the names that the first net learns, a column for each, shape (n, heads)."""
        if self.teacher:
            teacher = chained(self.teacher, self.random_state).fit(images, checkpoint)
            return self._named_anew(teacher, images, 0)
        return self._names(self._named(images, checkpoint), 0)

    def _named(self, images, checkpoint):
        """Return the subspaces of the described faces in which they are named first."""
        described = chained(self.described, self.random_state).fit(images, checkpoint)
        seeds = [(self.random_state * 1_009 + turn) % 2**32 for turn in range(self.n_priors)]
        once = Remembering(described)
        found = spaces(self.prior, seeds, once, images, once.transform(images))
        return [near for _, near in found]

    def _named_anew(self, extractor, images, turn):
        """Return the names that a net's features give, a column for each, shape (n, heads)."""
        once = Remembering(extractor)
        x = once.transform(images)

        def near(steps):
            return [near for _, near in spaces(steps, [self.random_state], once, images, x)] if steps else []

        named = [_strongest(read) for read in near(self.expressed)]
        if self.subspace:
            named.append(self._names(near(self.subspace), turn))
        return np.column_stack(named)

    def _names(self, named, turn):
        """Return the names of the faces, a column for each subspace and number, shape (n, heads)."""
        columns = []
        for near, count in itertools.product(named, self.names):
            seed = ((self.random_state * 1_009 + turn) * 101 + len(columns)) % 2**32
            options = {"n_clusters": min(count, len(near)), "n_init": 3, "random_state": seed}
            kmeans = catalog.make("clusterers", "kmeans", **options).fit(near)
            columns.append(_evened(kmeans, near, self.evenness) if self.evenness else kmeans.labels_)
        return np.stack(columns, axis=1)

    def _learn(self, images, names, told, turn, checkpoint):
        """Train a fresh net on the names and the numbers to tell, if any, and return the history."""
        from fer_cluster.features._self_named import Named, naming

        numbers = [int(count) for count in names.max(0) + 1]
        more = 0 if told is None else told.shape[1]
        targets = np.column_stack([names.astype(np.float32), told[: len(names)]]) if more else names

        def learner(net):
            outside, acting = sum(numbers) + more, self._acting(told, len(names))
            taught = Named(net, net.count, outside, self.view(), self.momentum_teacher > 0, **acting)
            return taught, naming(numbers, self.label_smoothing, self.momentum_teacher, more, self.acted > 0)

        options = {"seed": self.random_state * 1_009 + turn, "title": f"SelfNamed, round {turn + 1}"}
        state = None if checkpoint is None else Path(checkpoint) / f"round_{turn + 1}"
        return self.learn(images, learner, targets=targets, checkpoint=state, **options)


def _evened(kmeans, near, evenness):
    """Return the names of faces by the centres of K-Means, evened out in size, numbered without gaps."""
    from sklearn.metrics import euclidean_distances

    from fer_cluster.features._balanced import evened

    distance = euclidean_distances(near, kmeans.cluster_centers_, squared=True)
    return np.unique(evened(distance, evenness), return_inverse=True)[1]


def _strongest(read):
    """Return the strongest number of each face, or one more than there are where none is above 0."""
    name = np.column_stack([read, np.zeros(len(read))]).argmax(1)
    return np.unique(name, return_inverse=True)[1]
