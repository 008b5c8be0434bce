"""Decimal text to bytes: all numbers of a text at once, by arithmetic on its characters."""

import numpy as np


def values(text):
    """Return the numbers 0 to 255 in a text and where each ends.

    Parameters
    ----------
    text : bytes
        Numbers of one to three digits, separated by spaces.

    Returns
    -------
    (ndarray of uint8, ndarray of int) or None
        The values and the positions of their last digits. None where the text
        holds anything else: a larger number, a longer one, another character.
    """
    # Character i of the text is byte i + 3 here, so that its three predecessors exist.
    letters = np.frombuffer(b"   " + text + b" ", np.uint8)
    digit = letters > 47
    if letters.max() > 57 or np.count_nonzero(digit) + np.count_nonzero(letters == 32) < letters.size:
        return None
    pair = digit[1:] & digit[:-1]
    if (pair[2:] & pair[:-2]).any():  # four digits in a row
        return None
    number = letters & 15  # a space counts 0
    hundreds = number[1:-3] * digit[2:-2]
    value = number[3:-1] + 10 * number[2:-2] + 100 * hundreds  # modulo 256
    over = (hundreds > 2) | ((hundreds == 2) & (value < 200))
    if (over & digit[3:-1]).any():
        return None
    ends = np.flatnonzero(digit[3:-1] > digit[4:])
    return value.take(ends), ends


def fault(text):
    """Return what is wrong with a text of numbers as ``(position, word)``, or None.

    Parameters
    ----------
    text : bytes
        Numbers separated by white space.

    Returns
    -------
    tuple of (int, str) or None
        The 1-based position of the first word that is no whole number from 0
        to 255, and the word.
    """
    for position, word in enumerate(text.split(), start=1):
        if not (word.isdigit() and len(word) < 20 and int(word) <= 255):
            return position, word.decode("utf-8", "replace")[:20]
    return None
