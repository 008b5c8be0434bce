"""The answer that stands on top of a report: what the clusters of each run follow."""

import pandas as pd

from fer_cluster import catalog
from fer_cluster.summary import UNLABELLED


def verdicts(runs, sections, faces=None):
    """Return ``(name, sentences)`` of each clustering, the verdict first.

    Parameters
    ----------
    runs : sequence of Run
    sections : list of Section
    faces : Faces, optional
        Without them only emotion can be told from chance.
    """
    shown = {one.heading.name: one.shown for one in sections}
    if "nuisance" in shown:
        return _followed(pd.concat([one.table for one in shown["nuisance"]]))
    names = [run.name for run in runs if run.spec["kind"] == "clusterer"]
    if "chance" not in shown:
        return [(name, [UNLABELLED]) for name in names]
    why = "No nuisance was measured: the faces were not at hand. " if faces is None else ""
    chance = catalog.make("analysis", "chance")
    return [("emotion against chance", [chance.say(one.table), why]) for one in shown["chance"]]


def _followed(table):
    """Return the verdict of each run on emotion and nuisances."""
    nuisance = catalog.make("analysis", "nuisance")
    runs = table.groupby(["run", "split"], sort=False)
    return [
        (f"{run}, split {split}", sentences)
        for (run, split), rows in runs
        for sentences in nuisance.verdicts(rows)
    ]
