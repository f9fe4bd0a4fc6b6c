"""What an uploaded file is by its content, and the same without what a camera wrote into it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

PDF = "application/pdf"
IMAGES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
"""Media types by the formats of Pillow."""
MAX_PIXELS = 50_000_000
_QUALITY = 88


def clean(content: bytes) -> tuple[str, bytes] | None:
    """The media type of a file, and its content without metadata; None for what is no such file.

    An image is drawn anew, upright: place, time and camera of a photo go with everything else that
    is no pixel. A PDF is left as it is. For a process of its own: what is drawn may be a bomb.
    """
    from PIL import Image  # no service imports it

    if content.startswith(b"%PDF-"):
        return PDF, content
    try:
        with Image.open(BytesIO(content), formats=tuple(IMAGES)) as image:
            if image.width * image.height > MAX_PIXELS or image.format not in IMAGES:
                return None
            return IMAGES[image.format], _drawn_anew(image, image.format)
    # What Pillow raises for a broken file depends on where it is broken.
    except (OSError, SyntaxError, ValueError, EOFError, KeyError, Image.DecompressionBombError):
        return None


def _drawn_anew(image: Image.Image, kind: str) -> bytes:
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(image)
    upright.info = {name: upright.info[name] for name in ("transparency",) if name in upright.info}
    written = BytesIO()
    upright.save(written, kind, quality=_QUALITY)
    return written.getvalue()
