"""Parameters that are numbers: whole ones count, finite ones measure, others are told in one sentence."""

import inspect
import math
from collections.abc import Sequence
from numbers import Integral, Real

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


def check_numbers(part, signed=()):
    """Raise an InputError where a count, a measure or the seed of a part is no number that it can have.

    Counts are as :func:`check_whole` has them, measures as :func:`check_fractions` does;
    ``random_state``, where there is one, must be a whole number of 0 or more.
    """
    check_whole(part)
    check_fractions(part, signed)
    seed = getattr(part, "random_state", 0)
    if not is_whole(seed, least=0):
        raise InputError(f"random_state must be a whole number of 0 or more, got {seed!r}.")


def check_fractions(part, signed=()):
    """Raise an InputError where a part has another value in place of a default that is a fraction.

    Such a parameter must be a finite number of 0 or more (or below 0 too, where it is named in
    ``signed``).
    """
    for name, known in inspect.signature(type(part)).parameters.items():
        value, least = getattr(part, name), -math.inf if name in signed else 0
        if isinstance(known.default, float) and not (is_finite(value) and value >= least):
            allowed = "a finite number" if name in signed else "a finite number of 0 or more"
            raise InputError(f"{name} must be {allowed}, got {value!r}.")


def check_seed(part, *kinds):
    """Raise an InputError where ``random_state`` of a part is no seed that scikit-learn takes.

    It must be None, a whole number of 0 to below 2 ** 32 or of one of the kinds; where there is none,
    nothing is wrong.
    """
    seed = getattr(part, "random_state", None)
    if not (seed is None or isinstance(seed, kinds) or (is_whole(seed, least=0) and seed < 2**32)):
        others = ", ".join(["None", *(f"a {kind.__name__}" for kind in kinds)])
        told = f"{others} or a whole number of 0 to below 2 ** 32"
        raise InputError(f"random_state must be {told}, got {seed!r}.")


def is_finite(value):
    """Whether a value is a number, and neither infinite nor none."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def is_whole(value, least=1):
    """Whether a value is a whole number, and at least so large."""
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= least


def are_whole(values, least=1):
    """Whether values are one or more such numbers, in a sequence or an array."""
    if isinstance(values, str) or not (isinstance(values, Sequence) or hasattr(values, "tolist")):
        return False
    values = list(values)
    return len(values) > 0 and all(is_whole(value, least) for value in values)
