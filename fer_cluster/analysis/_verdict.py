"""What clusters follow, in plain words."""

import pandas as pd

from fer_cluster.nuisances import in_words
from fer_cluster.written import three

_FOLLOWED = 0.01  # largest corrected p of what clusters follow: one random run in a hundred is misjudged


def sentences(rows):
    """Return the verdict on one run, how sure it is, and what is left without the nuisances.

    Parameters
    ----------
    rows : DataFrame
        Of one run, from :meth:`Nuisance.table`.
    """
    beyond = _beyond_chance(rows)
    is_label = rows["source"] == "label"
    emotion = rows[is_label].iloc[0] if is_label.any() else None
    if not len(beyond):
        return [_nothing(rows, emotion)]
    top, nuisances = _highest(beyond), rows[~is_label]
    name, chance = in_words(top["factor"]), three(top["null_high"])
    said = (
        f"{top['run']}: the clusters follow {name} most (AMI {three(top['ami'])}, by chance up to {chance})"
    )
    if emotion is None:
        return [f"{said}; there are no labels to tell of emotion."]
    if not len(nuisances):
        return [f"{said}; no nuisance varies."]
    if top["source"] == "label":
        other = _highest(nuisances)
        also = f"of the nuisances {in_words(other['factor'])} most"
        sure = _sure(top, other, other, sign=-1)
    else:
        other = emotion
        also = f"emotion {'less' if emotion.name in beyond.index else 'no more than chance'}"
        sure = _sure(top, emotion, top, sign=1)
    return [f"{said}, {also} ({three(other['ami'])}).", sure, *_without(emotion, nuisances)]


def followed(rows):
    """Return the factor that clusters follow most, None where no AMI is beyond chance."""
    beyond = _beyond_chance(rows)
    return _highest(beyond)["factor"] if len(beyond) else None


def _beyond_chance(rows):
    return rows[(rows["ami"] > rows["null_high"]) & (rows["p_corrected"] < _FOLLOWED)]


def _highest(rows):
    return rows.loc[rows["ami"].idxmax()]


def _nothing(rows, emotion):
    what = "nothing that was measured" if emotion is None else "neither emotion nor a measured nuisance"
    nearest = _highest(rows)
    within = "within chance" if nearest["ami"] <= nearest["null_high"] else "not surely beyond chance"
    return (
        f"{nearest['run']}: the clusters follow {what}; the highest AMI, {three(nearest['ami'])} with "
        f"{in_words(nearest['factor'])}, is {within} (up to {three(nearest['null_high'])}; corrected p "
        f"{nearest['p_corrected']:.2g})."
    )


def _sure(first, second, row, sign):
    """Return whether one factor is ahead of another; the difference of a row is theirs but for its sign."""
    low, high = sorted((sign * row["low"], sign * row["high"]))
    ahead, behind = (in_words(factor["factor"]) for factor in (first, second))
    return (
        f"That {ahead} is ahead of {behind} is {'' if low > 0 else 'not '}certain: by "
        f"{three(sign * row['difference'])} (95 % interval {three(low)} to {three(high)}) on "
        f"{row['n']:,} faces of {row['part']}."
    )


def _without(emotion, nuisances):
    """Return what clusters made anew follow once the nuisances are regressed out of the features."""
    left = nuisances.dropna(subset="ami_regressed")
    if pd.isna(emotion["ami_regressed"]) or not len(left):
        return []
    most = left.loc[left["ami_regressed"].idxmax()]
    return [
        "Clusters made anew with the nuisances regressed out of the features have an AMI of "
        f"{three(emotion['ami_regressed'])} with emotion, and of {three(most['ami_regressed'])} with "
        f"{in_words(most['factor'])}, the most of all nuisances."
    ]
