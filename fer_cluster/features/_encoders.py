"""Which encoder is meant, the shipped one or one of yours: where it lies, and what tells it apart."""

import re
from hashlib import sha256
from pathlib import Path

from fer_cluster.errors import InputError

HOME = Path(__file__).parent.parent / "pretrained"
FACES = "ed1eb1a03a0e8bdf4aeb8f09ec26d0ff8c9ab274759937caf62991ad1576183c"  # FER2013; it saw Training
FILES = ("weights.safetensors", "model.json", "codes.safetensors")
_ENCODER = re.compile(r"(?:^|[|>=])\s*(pretrained\b[^|>]*)")  # the part's text within another's
_FOLDER = re.compile(r"\bfolder\s*=([^,;]+)")


def digest(folder=""):
    """Return the first twelve hexadecimal digits of the SHA-256 of an encoder's weights.

    Parameters
    ----------
    folder : path-like
        Where they lie; empty for those that are shipped.

    Raises
    ------
    InputError
        Where they, or the readings beside them, are not there.
    """
    return sha256((home_of(folder) / FILES[0]).read_bytes()).hexdigest()[:12]


def folders_in(texts):
    """Return the folder of each encoder that the texts of parameters name, empty for the shipped one."""
    parts = [part for text in texts for part in _ENCODER.findall(text)]
    return [folder[0].strip() if (folder := _FOLDER.findall(part)) else "" for part in parts]


def home_of(folder):
    """Return the folder of an encoder, that of the shipped one where it is empty; all its files are there."""
    home = Path(folder or HOME).expanduser()
    missing = [home / name for name in FILES if not (home / name).is_file()]
    if missing and folder:
        raise InputError(f"No encoder is in {str(folder)!r}: {missing[0]} is missing.")
    if missing:
        raise InputError(
            f"The shipped encoder is not there: {missing[0]} is missing; install the package anew."
        )
    return home
