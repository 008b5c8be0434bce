"""The answer that stands on top of a report: what the clusters of each run follow."""

from collections import Counter

import pandas as pd

from fer_cluster import catalog
from fer_cluster.nuisances import in_words
from fer_cluster.report.sections import TRIVIAL
from fer_cluster.summary import UNLABELLED
from fer_cluster.written import percent


def verdicts(runs, sections, faces=None):
    """Return ``(name, sentences)`` of each clustering, the verdict first.

    Parameters
    ----------
    runs : sequence of Run
    sections : list of Section
    faces : Faces, optional
        Without them only emotion can be told from chance.
    """
    nuisance = _of(sections, "nuisance")
    if nuisance:
        return _followed(nuisance, sections)
    names = [f"{run.name}, split {run.spec['split']}" for run in runs if run.spec["kind"] == "clusterer"]
    chance = _of(sections, "chance")
    if not chance:
        return [(name, [UNLABELLED]) for name in names]
    why = "No nuisance was measured: the faces were not at hand. " if faces is None else ""
    say = catalog.make("analysis", "chance").say
    return [("emotion against chance", [say(table), why]) for table in chance]


def in_short(sections):
    """Return in a sentence what several clusterings follow; nothing where no nuisance was measured.

    Parameters
    ----------
    sections : list of Section
    """
    tops = Counter(_top(rows) for _, rows in _clusterings(_of(sections, "nuisance")))
    if tops.total() < 2:
        return ""
    emotion = tops.pop("emotion", 0)
    first, *others = tops.most_common() or [("a nuisance", 0)]
    said = [
        f"{_many(first[1])} follow {first[0]} most",
        *(f"{_many(count)} {name}" for name, count in others),
    ]
    return f"Of the {tops.total() + emotion} clusterings {', '.join(said)}, {_many(emotion)} emotion."


def _many(count):
    return str(count) if count else "none"


def _of(sections, name):
    """Return the tables of a section."""
    return [shown.table for one in sections if one.heading.name == name for shown in one.shown]


def _clusterings(tables):
    """Return ``((run, split), rows)`` of the clusterings that are no controls."""
    groups = pd.concat(tables).groupby(["run", "split"], sort=False) if tables else ()
    return [(keys, rows) for keys, rows in groups if keys[0] not in TRIVIAL]


def _top(rows):
    """Return the factor that clusters follow most, or nothing."""
    nuisance = catalog.make("analysis", "nuisance")
    return in_words(nuisance.followed(rows) or "nothing that was measured")


def _followed(tables, sections):
    """Return the verdict of each run on emotion and nuisances, and how firm its clusters are."""
    say = catalog.make("analysis", "nuisance").verdicts
    firm = {name: dict(_clusterings(_of(sections, name))) for name in ("stability", "moved")}
    return [
        (f"{run}, split {split}", [*sentences, *_firmness(firm, (run, split))])
        for (run, split), rows in _clusterings(tables)
        for sentences in say(rows)
    ]


def _firmness(firm, keys):
    """Yield whether the clusters of a run are found again, and whether a face stays in its own."""
    if keys in firm["stability"]:
        whole = firm["stability"][keys].set_index("measure")["value"]["bootstrap"]
        yield (
            f"Fitted to faces drawn anew, the clusters agree by an adjusted Rand index of {whole:.2f}, "
            "where the same clusters would by 1."
        )
    if keys in firm["moved"]:
        rows = firm["moved"][keys]
        most = rows.loc[rows["changed"].idxmax()]
        yield (
            f"Of the changes that leave a face its emotion, '{most['change']}' sends most into another "
            f"cluster: {percent(most['changed'])}."
        )
