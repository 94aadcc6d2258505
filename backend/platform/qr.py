"""QR codes as data URLs. Short addresses only: a phone must read them from across a desk (stack.md V17)."""

import base64
from io import BytesIO

import qrcode
from qrcode.constants import ERROR_CORRECT_M

MOST = 100  # characters: version 6


def data_url(text: str, dot: int = 8) -> str:
    """A PNG of the code of `text`, each of its dots `dot` pixels wide; raises ValueError for 100 characters or more."""
    if len(text) >= MOST:
        raise ValueError(
            f"{len(text)} characters are too many for a code that scans well: shorten PUBLIC_URL"
        )
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=dot, border=4)
    code.add_data(text)
    out = BytesIO()
    code.make_image().save(out)
    return image_url(out.getvalue())


def image_url(picture: bytes) -> str:
    """A PNG or JPEG as a data URL."""
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
