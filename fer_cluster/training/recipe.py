"""How a net is trained: the parameters that everything which learns by gradient has in common."""

from dataclasses import dataclass, fields
from typing import ClassVar

from fer_cluster.errors import InputError, unknown

OPTIMISERS = ("adam", "adamw", "radam", "sgd")
SCHEDULES = ("constant", "cosine", "plateau")
_ALLOWED = {
    "optimiser": OPTIMISERS,
    "schedule": SCHEDULES,
    "keep": ("last", "best"),
    "precision": ("auto", "float32", "bfloat16"),
}


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
        ``constant``, ``cosine`` to zero, or ``plateau``: times .75 after five
        epochs without a better accuracy on the watched faces.
    warm_up : float
        Epochs over which the learning rate rises from zero.
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
        shared = [base.shared.strip("\n") for base in cls.__mro__[1:] if "shared" in vars(base)]
        cls.__doc__ = "\n".join([(cls.__doc__ or "").rstrip(), *shared, "    "])

    def check(self):
        """Raise an InputError where a parameter of the recipe cannot be used."""
        for name, allowed in _ALLOWED.items():
            if getattr(self, name) not in allowed:
                raise unknown(name, getattr(self, name), allowed)
        for name in ("epochs", "batch_size"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise InputError(f"{name} must be a whole number of 1 or more, got {value!r}.")
        for field in fields(Recipe):
            value = getattr(self, field.name)
            if field.type is float and not (isinstance(value, (int, float)) and value >= 0):
                raise InputError(f"{field.name} must be 0 or more, got {value!r}.")
        if not 0 <= self.average < 1:
            raise InputError(f"average must be from 0 to below 1, got {self.average!r}.")
