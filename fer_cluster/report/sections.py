"""What a report shows of runs, below its verdict: sections of a sentence, a picture and its table."""

import io
from dataclasses import dataclass

import pandas as pd

from fer_cluster import catalog
from fer_cluster.analysis._pipeline import fits_features
from fer_cluster.errors import InputError
from fer_cluster.making import faces_argument, make_each
from fer_cluster.picture import drawn
from fer_cluster.progress import bar
from fer_cluster.scoring import kind_of

TRIVIAL = ("chance", "one")
_DPI = 110
PATIENCE = 60.0  # seconds that clustering anew may take, by the time that the run's own fits took


@dataclass(frozen=True)
class Heading:
    """What stands together in a report.

    Parameters
    ----------
    name : str
        The plot, or the analysis where there is no such plot, that it is made by.
    title : str
    question : str
        What it answers, a sentence.
    images : bool
        Whether faces are seen in it.
    fits : int
        How long it takes to cluster anew, in fits of the run's own clusterer.
    features : bool
        Whether the features are fitted anew before, once.
    alone : bool
        Whether what compares runs says something of one run, too.
    """

    name: str
    title: str
    question: str
    images: bool = False
    fits: int = 0
    features: bool = False
    alone: bool = False


HEADINGS = (
    Heading(
        "scores", "Scores against chance", "How do the runs score, and what does chance give?", alone=True
    ),
    Heading("leaderboard", "Scores and costs", "What did each run score, and what did it take?"),
    Heading("grid", "Features by clusterers", "Which features go with which clusterer?"),
    Heading("seeds", "Seeds of a training", "How much of a score is the seed of the training?"),
    Heading("choosing", "Choosing without labels", "Which run would one choose if no face had a label?"),
    Heading("paired", "Which differences are real", "Would two runs differ so on other faces too?"),
    Heading("chance", "Beyond chance", "What do clusters of these sizes score by chance alone?", alone=True),
    Heading(
        "nuisance", "Emotion or nuisance", "What do the clusters follow, emotion or what else a face shows?"
    ),
    Heading("contingency", "What a cluster holds", "Which emotions lie in which cluster?"),
    Heading("montage", "Faces of each cluster", "Which faces lie nearest to its mean?", images=True),
    Heading(
        "moved",
        "Changed faces",
        "Does a face that is mirrored or lit otherwise stay?",
        fits=3,
        features=True,
    ),
    Heading("purity_k", "Purity against k", "How much purity do more clusters give by themselves?", fits=60),
    Heading("choose_k", "How many clusters", "What do the usual criteria say, do they agree?", fits=30),
    Heading("stability", "Stability", "Are the clusters found again with other seeds and faces?", fits=30),
    Heading("silhouette", "Silhouettes", "Do the clusters lie apart from each other?"),
    Heading("discovery", "Emotions held out", "Is an emotion that was never seen found again?", fits=24),
    Heading("annotators", "Annotators", "Is the mixing in the clusters, or in the people who labelled?"),
    Heading("learning_curve", "Learning curves", "How did the nets learn?"),
    Heading("reconstruction", "Reconstructions", "What does an autoencoder keep of a face?", images=True),
    Heading("confusion", "Confusion", "What does a supervised run take for what?"),
    Heading("per_emotion", "Per emotion", "How well is each emotion told?"),
    Heading("printed", "Beside the paper", "What did the paper print for the same systems?"),
)


@dataclass(frozen=True)
class Shown:
    """A sentence, a picture and the table behind it.

    Parameters
    ----------
    name : str
        Of which runs it is.
    stem : str
        The name that its files would have.
    sentence : str
    table : DataFrame
        Empty where it holds the pixels of faces.
    picture : bytes
        PNG; empty where there is a table only.
    """

    name: str
    stem: str
    sentence: str
    table: pd.DataFrame
    picture: bytes = b""


@dataclass(frozen=True)
class Section:
    """What stands under a heading.

    Parameters
    ----------
    heading : Heading
    shown : list of Shown
    left_out : list of str
        Runs that it was not made of, since to cluster them anew takes too long.
    """

    heading: Heading
    shown: list
    left_out: list


def sections(runs, faces=None, images=False, patience=PATIENCE):
    """Return every section that the runs can give.

    Parameters
    ----------
    runs : sequence of Run
    faces : Faces, optional
        Those of the runs, for what looks at them.
    images : bool
        Whether pictures may show faces.
    patience : float
        Seconds that clustering a run anew may take for a section; 0 leaves it out.

    Returns
    -------
    list of Section
    """
    headings = [one for one in HEADINGS if images or not one.images]
    found, progress = [], bar(headings, "report")
    for heading in progress:
        progress.set_postfix_str(heading.title)
        part = _part(heading.name)
        suited = _suited(part, runs) if _answers(part, faces) else []
        slow = [run for run in suited if heading.fits and _seconds(heading, run) >= patience]
        chosen = [run for run in suited if run not in slow]
        shown = _shown(heading, part, chosen, faces)
        if shown or slow:
            found.append(Section(heading, shown, [f"{run.name} (split {run.spec['split']})" for run in slow]))
    return found


def _shown(heading, part, runs, faces):
    """Return what stands under a heading; nothing where no run can give it."""
    try:
        return make_each(heading.name, part, runs, _keeping(heading, faces), asked=heading.alone)
    except InputError:
        return []


def _seconds(heading, run):
    """Return how long it takes to cluster a run anew, by the time that its own fits took."""
    took = run.spec["seconds"]
    features = took.get("features", 0) if heading.features and fits_features(run) else 0
    return features + heading.fits * took.get("clusterer", 0) / len(run.spec["seeds"])


def _part(name):
    """Return a plot, or the analysis where there is no such plot."""
    return catalog.make("plots" if name in catalog.names("plots") else "analysis", name)


def _answers(part, faces):
    """Return whether a plot or an analysis does without faces, or has them."""
    try:
        faces_argument(part.data if hasattr(part, "draw") else part.table, faces)
    except InputError:
        return False
    return True


def _suited(part, runs):
    """Return the runs that a section is of: of its usual kinds, or of all that it takes where it has none.

    Chance and one cluster are shown beside others only.
    """
    kinds = getattr(part, "by_default", ()) or part.of
    chosen = [run for run in runs if run.spec["kind"] in kinds]
    return [run for run in chosen if part.compares or kind_of(run.spec) not in TRIVIAL]


def _keeping(heading, faces):
    """Return what keeps a picture or a table in memory, where others would save it."""

    def keep(part, runs, stem):
        split = f"split {runs[0].spec['split']}"
        name = f"{runs[0].name}, {split}" if len(runs) == 1 else split
        if not hasattr(part, "draw"):
            table = part.table(runs, **faces_argument(part.table, faces))
            return [Shown(name, stem, part.say(table), table)]
        data = part.data(runs, **faces_argument(part.data, faces))
        table = pd.DataFrame() if heading.images else data
        picture = _smaller(drawn(part, data, dpi=_DPI))
        return [Shown(name, stem, _said(heading.name, data), table, picture)]

    return keep


def _said(name, data):
    """Return what the analysis of the same name as a plot says of its data, if there is one."""
    if name not in catalog.names("analysis"):
        return ""
    return catalog.make("analysis", name).say(data)


def _smaller(png):
    """Return a picture in 256 colours of its own, which makes it a third of the size."""
    from PIL import Image

    held = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(256).save(held, "PNG", optimize=True)
    return held.getvalue()
