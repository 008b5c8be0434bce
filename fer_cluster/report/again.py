"""What makes a run again: a command line, or a line of Python where the command line cannot say it."""

from fer_cluster import catalog
from fer_cluster.comparing import parameters_now
from fer_cluster.errors import InputError
from fer_cluster.parts import KIND_OF


def again(run):
    """Return the line that makes a run of its kind again, with the names of its parts.

    A command line asks for so many seeds from 0 on; other seeds are asked for in Python. Of an
    object that was handed over, and of a pupil of other runs, no line can be told.

    Parameters
    ----------
    run : Run

    Returns
    -------
    str
        Empty where a part has no name or other parameters than its name tells, or the run had teachers.
    """
    spec = run.spec
    if spec.get("teachers"):
        return ""
    parts = {kind: spec[kind] for kind in KIND_OF if spec.get(kind) not in (None, "none")}
    steps = list(spec.get("then") or ())
    named = [_is_named(KIND_OF[kind], text) for kind, text in parts.items()]
    if not all(named + [_is_named("steps", step) for step in steps]):
        return ""
    numbers = {name: spec[name] for name in ("k", "epochs") if spec.get(name)}
    if not _has_them(spec, parts | numbers | {"then": steps, "seeds": spec["seeds"]}):
        return ""
    if spec.get("projection") == "none":  # the command line always has one
        return _python(spec, parts | numbers | {"projection": None}, steps)
    write = _command if spec["seeds"] == list(range(len(spec["seeds"]))) else _python
    return write(spec, parts | numbers, steps)


def _is_named(kind, text):
    """Return whether a text names a part, ours or ``my_module:MyPart``."""
    name, colon, rest = text.partition(":")
    return name in catalog.names(kind) or bool(colon and rest.split(":")[0].isidentifier())


def _has_them(spec, entry):
    """Return whether parts made by these names have the parameters that a run had."""
    try:
        now, held = parameters_now(entry), spec.get("params", {})
        if "projection" not in held:
            now.pop("projection", None)  # the record is older than this entry
        return now == held
    except InputError:  # a module of the user's that is not here, a parameter of another version
        return False


def _command(spec, options, steps):
    verb = "classify" if spec["kind"] == "classifier" else "cluster"
    words = ["fer-cluster", verb, "FACES", "--split", spec["split"]]
    words += [word for name, value in options.items() for word in (f"--{name}", _quoted(value))]
    words += [word for step in steps for word in ("--then", _quoted(step))]
    return " ".join([*words, "--seeds", str(len(spec["seeds"]))])


def _python(spec, options, steps):
    verb = "classify" if spec["kind"] == "classifier" else "cluster"
    given = options | ({"then": steps} if steps else {}) | {"split": spec["split"], "seeds": spec["seeds"]}
    return f"fer_cluster.{verb}(faces, {', '.join(f'{name}={value!r}' for name, value in given.items())})"


def _quoted(value):
    """Return a word as a shell reads it."""
    from shlex import quote

    return quote(str(value))
