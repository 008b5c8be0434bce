"""What a page holds within itself, without a file: data addresses, and pixels as PNG."""

import base64
import io


def address(data, kind):
    """Return bytes as a data address.

    Parameters
    ----------
    data : bytes
    kind : str
        ``image/png``, ``text/csv;charset=utf-8``.
    """
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def as_png(image):
    """Return pixels, uint8 (height, width), as the bytes of a PNG."""
    from PIL import Image

    held = io.BytesIO()
    Image.fromarray(image).save(held, "PNG", optimize=True)
    return held.getvalue()
