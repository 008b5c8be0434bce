"""fer_cluster tells what an unsupervised method finds in faces: emotion, or the lamp."""

__version__ = "0.1.0"
_HOMES = {
    "Faces": "faces",
    "Run": "runs",
    "Runs": "runs",
    "load": "loading",
    "cluster": "clustering",
    "classify": "classifying",
    "compare": "comparing",
    "face_map": "report.face_map",
    "write_report": "report.writing",
}
__all__ = [*_HOMES]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'fer_cluster' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"fer_cluster.{_HOMES[name]}"), name)


def __dir__():
    return [*globals(), *__all__]
