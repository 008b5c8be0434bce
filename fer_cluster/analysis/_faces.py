"""Faces that are given beside runs: they must be those that the runs were made of."""

from fer_cluster.errors import InputError


def check_faces(run, faces):
    """Raise an InputError where a run is of other faces."""
    if run.spec["dataset"].get("fingerprint") != faces.fingerprint:
        raise InputError(f"{run.name!r} was made of other faces than these of {faces.name!r}.")
