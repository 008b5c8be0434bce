"""What several verbs of the command line take alike: faces, and how they are read."""

import click

FACES = (
    "FACES is toy (default), fer2013, or a path: a CSV, a folder of images, .npz, .parquet. "
    "folder:PATH,size=48 and table:PATH,size=48 scale each image to 48 x 48."
)

_REJECTED = "rejected.csv"
_SKIP_BAD = click.option(
    "--skip-bad", is_flag=True, help=f"Keep the good rows; write the bad ones, with reasons, to {_REJECTED}."
)
VOTES = click.option("--votes", metavar="CSV", help="FER+ votes to join by row (fer2013new.csv).")


def reading(command):
    """Add the options that say how faces are read."""
    for option in (_SKIP_BAD, VOTES, click.argument("faces", default="toy")):
        command = option(command)
    return command


def load_faces(faces, votes, skip_bad):
    """Return the faces that the options tell of."""
    from fer_cluster.loading import load

    return load(faces, votes=votes, skip_bad=_REJECTED if skip_bad else None)


def faces_of_runs(faces, votes):
    """Return the faces that ``--faces`` tells of, with their ``--votes``; None where it is not given.

    Raises
    ------
    InputError
        Where there are votes, but no faces that they could be joined to.
    """
    from fer_cluster.errors import InputError

    if votes and not faces:
        raise InputError("--votes needs --faces, the faces that were voted on.")
    return load_faces(faces, votes, False) if faces else None
