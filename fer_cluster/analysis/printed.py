"""What Bolcas 2024 prints, beside what the toolkit measures for the systems of the same names."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from fer_cluster.analysis._reported import named
from fer_cluster.analysis.per_emotion import PerEmotion
from fer_cluster.errors import InputError
from fer_cluster.shipped import shipped

__all__ = ["Printed"]

_FILE = "bolcas_2024.csv"
_TOTAL = "all"  # of the accuracy of all faces


@dataclass(frozen=True)
class Printed:
    """Each figure that the paper prints, beside ours on its own split and on the others.

    A run stands for the system whose name it has. Where the paper says a figure in words alone
    (``cnn4``, "comparable" to ``cnn3``), ``printed`` is missing.

    References
    ----------
    Bolcas 2024, section 3.2 and its Tables 1 and 2; ``experiments/bolcas_2024.csv``.
    """

    compares: ClassVar[bool] = True  # one table of all runs, or one of each
    across: ClassVar[bool] = True  # of all splits together
    of: ClassVar[tuple[str, ...]] = ("classifier",)

    def table(self, runs):
        """Return a row for each printed figure: system, metric, emotion, printed, ours of each split.

        Each split has a column of means over seeds, missing where the system was
        not run, and its number of seeds in ``seeds_SPLIT``.

        Raises
        ------
        InputError
            Where no run has the name of a system of the paper.
        """
        printed = printed_figures()
        systems = set(printed["system"])
        chosen = [run for run in runs if run.name in systems]
        if not chosen:
            raise InputError(f"No run has the name of a system of the paper: {', '.join(sorted(systems))}.")
        _check(chosen)
        table = printed.rename(columns={"value": "printed"}).assign(dataset=chosen[0].spec["dataset"]["name"])
        splits = sorted({run.spec["split"] for run in chosen}, key=lambda split: (split != "paper", split))
        for split in splits:
            ours = pd.concat([_figures(run) for run in chosen if run.spec["split"] == split])
            ours = ours.rename(columns={"ours": split, "seeds": f"seeds_{split}"})
            table = table.merge(ours, on=["system", "emotion", "metric"], how="left")
        seeds = [f"seeds_{split}" for split in splits]
        table[seeds] = table[seeds].astype("Int64")
        return table[["dataset", "system", "metric", "emotion", "printed", *splits, *seeds, "note"]]

    def say(self, table):
        """Return how far our accuracies lie from the printed ones, on the paper's split where it was run."""
        split = table.columns[table.columns.get_loc("printed") + 1]
        precise = table[(table["metric"] == "accuracy") & ~table["note"].str.startswith("Table")]
        precise = precise.dropna(subset=["printed", split]).set_index("system")
        systems = precise.index.nunique()
        dataset = table["dataset"].iloc[0]
        of = f"Of {systems} system{'s' * (systems != 1)} of the paper, run on {dataset}, split {split}: "
        if not systems:
            return of + "no accuracy was printed."
        difference = 100 * (precise[split] - precise["printed"])
        return of + (
            f"accuracy lies on average {difference.mean():+.1f} points from the printed one, farthest "
            f"{difference.abs().idxmax()} ({difference[difference.abs().idxmax()]:+.1f})."
        )


def printed_figures():
    """Return what the paper prints: system, emotion, metric, value (a share or a count) and where.

    Raises
    ------
    InputError
        Where the file was not installed with the package.
    """
    if (found := shipped(_FILE)) is None:
        raise InputError(f"{_FILE}, the figures of the paper, was not installed with the package.")
    return pd.read_csv(found)


def _check(runs):
    """Refuse two runs of one system, split and data set, or several data sets."""
    datasets = sorted({run.spec["dataset"]["name"] for run in runs})
    if len(datasets) > 1:
        raise InputError(f"The paper's figures are compared on one data set, got {', '.join(datasets)}.")
    for keys, run in named(runs):
        if keys["run"] != run.name:
            raise InputError(f"Two runs are called {run.name!r} on split {keys['split']!r}.")


def _figures(run):
    """Return what per_emotion says of a run, a row a figure: system, emotion, metric, ours, seeds."""
    table = PerEmotion().table([run]).rename(columns={"run": "system"})
    total = table["emotion"] == "accuracy"
    table.loc[total, "emotion"] = _TOTAL
    table["accuracy"] = np.where(total, table["f1"], np.nan)
    table.loc[total, "f1"] = np.nan
    metrics = ["precision", "recall", "f1", "accuracy", "support"]
    keys = ["system", "emotion", "seeds"]
    return table.melt(keys, metrics, var_name="metric", value_name="ours").dropna(subset=["ours"])
