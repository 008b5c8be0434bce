"""Several classifiers asked at once: the mean of their probabilities."""

from fer_cluster import provenance
from fer_cluster.classifying import classifier_run
from fer_cluster.errors import InputError
from fer_cluster.naming import names_apart
from fer_cluster.voices import check_voices, chosen, voices


def ensemble(runs, name="ensemble", chosen_with="nothing"):
    """Return the run of classifiers that vote with their probabilities.

    Parameters
    ----------
    runs : sequence of Run
        Classifiers of the same faces and split; every seed of each is one member.
    name : str
    chosen_with : str
        What the members were chosen with, told beside what their own parameters were.

    Returns
    -------
    Run
        Of one seed. No member is weighed or left out, so nothing is chosen.

    Raises
    ------
    InputError
        Where there are no runs, a run is no classifier, or they have other faces or splits.
    """
    if not runs:
        raise InputError("An ensemble needs at least one run.")
    check_voices(runs)
    first, names = runs[0], names_apart((run.name,) for run in runs)
    spec = {
        "kind": "classifier",
        **{key: first.spec[key] for key in ("dataset", "split", "fit", "report", "transductive", "labels")},
        "baseline": "ensemble",
        "members": {name: run.spec["seeds"] for name, run in zip(names, runs, strict=True)},
        "features": "none",
        "then": [],
        "seeds": [0],
        "chosen_with": chosen(chosen_with, runs),
        "seconds": {"baseline": sum(run.spec["seconds"]["baseline"] for run in runs)},
        **provenance.record(first.spec["device"]),
    }
    return classifier_run(name, spec, first.faces, voices(runs).mean(1))
