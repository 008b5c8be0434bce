"""How a net is trained: the parameters that everything which learns by gradient has in common."""

import os
import re
from dataclasses import dataclass, fields
from inspect import cleandoc
from numbers import Real
from typing import ClassVar

from fer_cluster.errors import InputError, unknown
from fer_cluster.whole import is_whole

OPTIMISERS = ("adam", "adamw", "radam", "sgd")
SCHEDULES = ("constant", "cosine", "plateau")
_ALLOWED = {
    "optimiser": OPTIMISERS,
    "schedule": SCHEDULES,
    "keep": ("last", "best"),
    "precision": ("auto", "float32", "bfloat16"),
}
# Parameters whose names end so are shares, at most 1.
_SHARES = ("dropout", "label_smoothing")
_SECTION = re.compile(r"\n\n(?=[A-Z][A-Za-z ]+\n-{3,}(?:\n|$))")  # the title of a numpydoc section


@dataclass(eq=False, repr=False)
class Recipe:
    """The shared parameters; an estimator inherits them and overrides their defaults."""

    shared: ClassVar[str] = """
    epochs : int
        How often each training face is seen.
    batch_size : int
        Faces a step.
    optimiser : str
        ``adam``, ``adamw``, ``radam`` or ``sgd`` (Nesterov, momentum .9).
    learning_rate, weight_decay : float
        Decay is not applied to biases and normalisation.
    schedule : str
        ``constant``, ``cosine`` to zero, or ``plateau``: times .75 after more than
        five epochs without a better accuracy on the watched faces.
    warm_up : float
        Epochs over which the learning rate rises from zero; half of them at most.
    clip : float
        Largest norm of the gradient; 0 leaves it as it is.
    average : float
        Decay of the exponential moving average of the weights, which is then
        what predicts; 0 for none.
    keep : str
        ``last``: the weights of the last epoch; ``best``: those of the best
        accuracy on the watched faces.
    random_state : int
    device : str
        ``auto``, ``cpu``, ``cuda``, ...
    precision : str
        ``auto`` (bfloat16 where the processor has it), ``float32`` or ``bfloat16``.
"""

    from_zero: ClassVar[tuple[str, ...]] = ("random_state",)  # whole numbers that may be 0
    to_one: ClassVar[tuple[str, ...]] = ()  # shares of other names than those of _SHARES

    epochs: int = 20
    batch_size: int = 128
    optimiser: str = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    schedule: str = "constant"
    warm_up: float = 0.0
    clip: float = 0.0
    average: float = 0.0
    keep: str = "last"
    random_state: int = 0
    device: str = "auto"
    precision: str = "auto"

    def __init_subclass__(cls, **options):
        """Tell of the shared parameters in the docstring of each estimator too."""
        super().__init_subclass__(**options)
        shared = [cleandoc(base.shared) for base in cls.__mro__ if "shared" in vars(base)]
        cls.__doc__ = _listed(cls.__doc__ or "", "\n".join(shared))

    def check(self, watched=True):
        """Raise an InputError where a parameter of the recipe cannot be used.

        Parameters
        ----------
        watched : bool
            Whether there are watched faces.
        """
        for name, allowed in _ALLOWED.items():
            if getattr(self, name) not in allowed:
                raise unknown(name, getattr(self, name), allowed)
        for field in fields(self):
            value, least = getattr(self, field.name), 0 if field.name in self.from_zero else 1
            check_number(field.name, field.type, value, least)
            if (field.name in self.to_one or field.name.endswith(_SHARES)) and value > 1:
                raise InputError(f"{field.name} must be from 0 to 1, got {value!r}.")
        if self.batch_size < 2:
            raise InputError("batch_size must be 2 or more: one face alone cannot be normalised.")
        if self.random_state >= 2**32:
            raise InputError(f"random_state must be below 2 ** 32, got {self.random_state}.")
        if self.average >= 1:
            raise InputError(f"average must be from 0 to below 1, got {self.average!r}.")
        if not watched and (self.keep == "best" or self.schedule == "plateau"):
            raise InputError(
                "keep='best' and schedule='plateau' need watched faces: a part to choose on, or watch=."
            )


def check_number(name, kind, value, least):
    """Refuse a number for a word, a count that is no whole number or below the least, a negative number."""
    if kind is str and not isinstance(value, str | os.PathLike):
        raise InputError(f"{name} must be a word, got {value!r}.")
    if kind is int and not is_whole(value, least):
        raise InputError(f"{name} must be a whole number of {least} or more, got {value!r}.")
    if kind is float and not (isinstance(value, Real) and value >= 0):
        raise InputError(f"{name} must be a number of 0 or more, got {value!r}.")


def _listed(doc, shared):
    """Return a numpydoc docstring whose list of parameters ends with the shared ones."""
    opening, *sections = _SECTION.split(cleandoc(doc))
    own = [section for section in sections if section.startswith("Parameters\n")]
    others = [section for section in sections if section not in own]
    own = own or ["Parameters\n----------"]
    return "\n\n".join([opening, f"{own[0]}\n{shared}", *others])
