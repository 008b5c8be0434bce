"""Parameters that count something: whole numbers, or it is told in one sentence."""

import inspect
from collections.abc import Sequence
from numbers import Integral

from fer_cluster.errors import InputError


def check_whole(part, from_zero=(), alone=()):
    """Raise an InputError where a part has another value in place of a default that is a whole number.

    Such a parameter must be a whole number of 1 or more (of 0 or more where it is named in
    ``from_zero``); where the default is a tuple, one or more of them (or, where it is named in
    ``alone``, one that is no tuple). ``random_state`` is left out.
    """
    for name, known in inspect.signature(type(part)).parameters.items():
        value, least = getattr(part, name), 0 if name in from_zero else 1
        if name == "random_state" or isinstance(known.default, bool):
            continue
        if isinstance(known.default, int) and not is_whole(value, least):
            raise InputError(f"{name} must be a whole number of {least} or more, got {value!r}.")
        several = isinstance(known.default, tuple) and not (name in alone and is_whole(value))
        if several and not are_whole(value):
            raise InputError(f"{name} must be one or more whole numbers of 1 or more, got {value!r}.")


def is_whole(value, least=1):
    """Whether a value is a whole number, and at least so large."""
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= least


def are_whole(values, least=1):
    """Whether values are one or more such numbers, in a sequence or an array."""
    if isinstance(values, str) or not (isinstance(values, Sequence) or hasattr(values, "tolist")):
        return False
    values = list(values)
    return len(values) > 0 and all(is_whole(value, least) for value in values)
