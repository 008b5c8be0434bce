"""The one error that a user can mend: unusable input, told in one sentence."""

import contextlib
import difflib


class InputError(ValueError):
    """Input that cannot be used; the message says what, where and what is allowed."""


@contextlib.contextmanager
def from_outside(part):
    """Tell in one sentence what a part that is not ours, such as one of scikit-learn, refuses."""
    try:
        yield
    except InputError:
        raise
    except ValueError as error:
        if is_ours(part):
            raise  # a fault of ours
        said = str(error).splitlines()[0].rstrip(".")
        raise InputError(f"{type(part).__name__} cannot be used here: {said}.") from error


def is_ours(part):
    """Whether a part is of this package, and not of scikit-learn or the user's own."""
    return type(part).__module__.startswith("fer_cluster.")


def unknown(what, name, allowed):
    """Return an InputError that names the allowed values and the nearest one."""
    allowed = [str(one) for one in allowed]
    return InputError(f"{what} has no {name!r}; it has {', '.join(allowed)}.{hint(name, allowed)}")


def hint(name, allowed):
    """Return the sentence that asks for the nearest of the allowed words, empty where none is near."""
    near = nearest(name, allowed)
    return f" Did you mean {near!r}?" if near else ""


def nearest(name, allowed):
    """Return the nearest of the allowed words, empty where none is near."""
    return next(iter(difflib.get_close_matches(str(name), allowed, n=1)), "")
