"""The parts of each kind: the folder is the registry."""

import ast
import functools
import importlib
import inspect
import re
from pathlib import Path

from fer_cluster.errors import InputError, unknown

KINDS = (
    "datasets",
    "features",
    "steps",
    "clusterers",
    "projections",
    "baselines",
    "analysis",
    "plots",
)
_HOME = Path(__file__).parent
_PATHS = ("path", "votes", "skip_bad")  # parameters that stay text: 2013 is the name of a folder


@functools.cache
def names(kind):
    """Return the names of the parts of one kind: its files, sorted.

    Raises
    ------
    InputError
        Where there is no such kind.
    """
    if kind not in KINDS:
        raise unknown("fer_cluster", kind, KINDS)
    return tuple(sorted(f.stem for f in (_HOME / kind).glob("*.py") if not f.stem.startswith("_")))


def describe(kind, name):
    """Return the first line of a part's docstring without importing the part."""
    tree = ast.parse((_HOME / kind / f"{name}.py").read_text(encoding="utf-8"))
    return (ast.get_docstring(tree) or "").split("\n")[0]


def find(kind, name):
    """Return the class of one part; ``"my_module:MyClass"`` reaches outside the package.

    Raises
    ------
    InputError
        Where there is no such part, or what it needs is not installed.
    """
    if ":" in name:
        return _outside(name)
    if name not in names(kind):
        raise unknown(kind, name, names(kind))
    module = importlib.import_module(f"fer_cluster.{kind}.{name}")
    (public,) = module.__all__
    return getattr(module, public)


def make(kind, part, **params):
    """Return one part, made with parameters checked against its signature.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    part : str or object
        ``"whiten"``, ``"whiten:64"`` (the first parameter), ``"gmm:covariance_type=tied"``,
        ``"my_module:MyClass"``; an object is returned as it is.
    **params
        More parameters, which the text of ``part`` overrules.

    Raises
    ------
    InputError
        Where the part or a parameter is unknown, or a word is given for a number.
    """
    if not isinstance(part, str):
        return part
    name, texts = _parse(kind, part)
    found = find(kind, name)
    taken = inspect.signature(found).parameters
    allowed = list(taken)
    if None in texts and not allowed:
        raise InputError(f"{kind} {name!r} takes no parameter, got {texts[None]!r}.")
    if None in texts and allowed[0] in texts:
        raise _twice(kind, part, allowed[0])
    given = {allowed[0] if key is None else key: value for key, value in texts.items()}
    for key in params | given:
        if key not in allowed:
            raise unknown(f"{kind} {name!r}", key, allowed or ["no parameters"])
    for key, told in given.items():
        usual = taken[key].default
        given[key] = _meant(key, told, words=isinstance(usual, str) and name in names(kind))
        _check_kind(f"{kind} {name!r}", key, given[key], usual)
    return found(**params | given)


def _meant(key, text, words):
    """Return the literal (number, True, None) that a text is, or the text where words are meant.

    What a part from outside the package usually has as a word, ``KMeans(n_init="auto")``, may be a number.
    """
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return text if key in _PATHS or (words and not isinstance(value, str)) else value


def _check_kind(part, key, value, usual):
    """Refuse a word where a part usually has a number, or True or False."""
    if isinstance(value, bool) and isinstance(usual, int | float) and not isinstance(usual, bool):
        raise InputError(f"{part}: {key} must be a number, got {value!r}.")
    if isinstance(value, str) and isinstance(usual, bool | int | float):
        allowed = "True or False" if isinstance(usual, bool) else "a number"
        raise InputError(f"{part}: {key} must be {allowed}, got {value!r}.")


def make_with(kind, text, **offered):
    """Return the part of a text, made with those of the offered parameters that it takes."""
    return make(kind, text, **{key: value for key, value in offered.items() if takes(kind, text, key)})


def check(*parts):
    """Raise an InputError where a parameter of parts of ours cannot be used, whatever the images."""
    for part in parts:
        if hasattr(part, "check"):
            part.check()


def takes(kind, part, param):
    """Whether a part named by text takes a parameter of that name."""
    return isinstance(part, str) and param in inspect.signature(find(kind, _parse(kind, part)[0])).parameters


def _parse(kind, text):
    """Return the name and the parameters, as text, in ``name:key=value,key=value``."""
    name, _, rest = text.partition(":")
    if rest and name not in names(kind) and rest.split(":")[0].split(",")[0].isidentifier():
        public, _, rest = rest.partition(":")
        name = f"{name}:{public}"
    given = {}
    for item in filter(None, re.split(r",(?![^(]*\))", rest)):  # not at the commas of (10, 20)
        key, equals, value = item.partition("=")
        key, value = (key.strip(), value.strip()) if equals else (None, key.strip())
        if key in given:
            raise _twice(kind, text, key or "a parameter without a name")
        given[key] = value
    return name, given


def _twice(kind, text, what):
    return InputError(f"{kind} {text!r} tells {what} twice; give each parameter once, as name=value.")


def _outside(name):
    module, _, public = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), public)
    except (ImportError, AttributeError) as error:
        raise InputError(f"{name!r} is not importable: {error}.") from error
    if not inspect.isclass(found):
        raise InputError(f"{name!r} is no class, so that no part can be made of it.")
    return found
