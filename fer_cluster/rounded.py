"""Scores and shares as sentences and figures tell them."""


def three(value):
    """Return a score as text, with three decimals, never ``-0.000``."""
    return f"{round(value, 3) + 0.0:.3f}"


def percent(share):
    """Return a share as text, per cent with one decimal."""
    return f"{100 * share:.1f} %"
