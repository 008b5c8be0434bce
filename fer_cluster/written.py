"""Numbers as sentences and pictures write them."""


def three(value):
    """Return a score with three digits after the point, never "-0.000"."""
    return f"{round(value, 3) + 0.0:.3f}"


def percent(share):
    """Return a share as a percentage with one digit after the point."""
    return f"{100 * share:.1f} %"
