"""The one error that a user can mend: unusable input, told in one sentence."""

import difflib


class InputError(ValueError):
    """Input that cannot be used; the message says what, where and what is allowed."""


def unknown(what, name, allowed):
    """Return an InputError that names the allowed values and the nearest one."""
    allowed = list(allowed)
    close = difflib.get_close_matches(str(name), [str(a) for a in allowed], n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    listed = ", ".join(str(a) for a in allowed)
    return InputError(f"{what} has no {name!r}; it has {listed}.{hint}")


def check_whole(part):
    """Raise an InputError where a part has another value in place of a default that is a whole number.

    Such a parameter must be a whole number of 1 or more; where the default is a
    tuple, one or more of them. ``random_state`` is left out.
    """
    import inspect
    from collections.abc import Sequence

    for name, known in inspect.signature(type(part)).parameters.items():
        value = getattr(part, name)
        if name == "random_state" or isinstance(known.default, bool):
            continue
        if isinstance(known.default, int) and not _is_whole(value):
            raise InputError(f"{name} must be a whole number of 1 or more, got {value!r}.")
        if isinstance(known.default, tuple):
            several = isinstance(value, Sequence) and not isinstance(value, str) and len(value) > 0
            if not (several and all(map(_is_whole, value))):
                raise InputError(f"{name} must be one or more whole numbers of 1 or more, got {value!r}.")


def _is_whole(value):
    from numbers import Integral

    return isinstance(value, Integral) and not isinstance(value, bool) and value >= 1
