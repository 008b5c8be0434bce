"""What a run was made with: versions, commit, device, processor."""

import math
import subprocess
from pathlib import Path

import fer_cluster
from fer_cluster import processor

_LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "torch", "umap-learn", "openTSNE")


def record(device="cpu"):
    """Return versions of Python and libraries, the commit, device, processor and how many cores."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version(), "fer_cluster": fer_cluster.__version__}
    for library in _LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            continue
    hardware = {"device": device, "processor": processor.called(), "cores": processor.cores()}
    return {"versions": versions, "commit": _commit(), **hardware}


def parameters(part):
    """Return the parameters of an estimator as JSON can hold them, without what a fit has learnt."""
    held = part.get_params() if hasattr(part, "get_params") else _set(part)
    return {key: value if _is_plain(value) else repr(value) for key, value in held.items()}


def _is_plain(value):
    """Whether JSON has such a value: an infinite number it has not."""
    return isinstance(value, bool | int | str | None) or (isinstance(value, float) and math.isfinite(value))


def _set(part):
    """Return the attributes of a part without ``get_params``, but for what a fit leaves."""
    return {key: value for key, value in vars(part).items() if not key.startswith("_") and key[-1] != "_"}


def _commit():
    """Return the commit of a checkout, or None where the package is installed."""
    root = Path(__file__).parent.parent
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "rev-parse", "--short", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None
