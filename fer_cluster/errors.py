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
