"""Looks at an uploaded file; runs in the child. A picture is made anew, so nothing but its pixels is kept.

Where it was taken, by which camera, and whatever hides behind the pixels goes with that.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageOps, UnidentifiedImageError

from callengine.desk.data.child import Refused
from callengine.desk.files.kinds import KINDS, kind_of

MOST_PIXELS: Final = 40_000_000
LONGEST_SIDE: Final = 2560
"""A larger picture is made smaller: a plan is read at that, and a page is not kept waiting."""
_QUALITY: Final = 85
_MODES: Final = {"png": ("RGB", "RGBA", "L", "LA", "P", "1"), "jpeg": ("RGB", "L"), "webp": ("RGB", "RGBA")}


def look(source: Path, result: Path, _tell: Any) -> dict[str, Any]:
    """What it is; for a picture `result` is the new one. Raises Refused: `kind`, `broken`, `pixels`."""
    kind = kind_of(source)
    if kind is None:
        raise Refused("kind")
    if not KINDS[kind].picture:
        if kind == "pdf":
            _refuse_torn_pdf(source)
        return {"kind": kind, "anew": False}
    descriptor = os.open(result, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        _anew(source, kind).save(file, format=kind.upper(), **_how(kind))
    return {"kind": kind, "anew": True}


def _anew(source: Path, kind: str) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(source, formats=[kind.upper()]) as opened:
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            opened.load()
            turned = ImageOps.exif_transpose(opened)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("pixels") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, ArithmeticError, IndexError):
        raise Refused("broken") from None
    if turned.mode not in _MODES[kind]:
        turned = turned.convert("RGBA" if "A" in turned.mode and kind != "jpeg" else "RGB")
    turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    turned.info = {}
    return turned


def _how(kind: str) -> dict[str, Any]:
    return {"optimize": True} if kind == "png" else {"quality": _QUALITY}


def _refuse_torn_pdf(source: Path) -> None:
    """A transfer that broke off has no end."""
    size = source.stat().st_size
    with source.open("rb") as file:
        file.seek(max(0, size - 4096))
        if b"%%EOF" not in file.read():
            raise Refused("broken")
