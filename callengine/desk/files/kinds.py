"""What may be uploaded, told by its content and never by its name."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_START: Final = 8192
_OFFICE: Final = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One of them."""

    extension: str
    content_type: str
    picture: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "png": Kind("png", "image/png", picture=True),
    "jpeg": Kind("jpg", "image/jpeg", picture=True),
    "webp": Kind("webp", "image/webp", picture=True),
    "pdf": Kind("pdf", "application/pdf"),
    "text": Kind("txt", "text/plain; charset=utf-8"),
    "docx": Kind("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": Kind("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def kind_of(path: Path) -> str | None:
    """The key in KINDS of what the file holds; None: nothing that is taken."""
    with path.open("rb") as file:
        start = file.read(_START)
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if start.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "webp"
    if start.startswith(b"%PDF-"):
        return "pdf"
    if start.startswith(b"PK\x03\x04"):
        return _office(path)
    return "text" if start and _is_text(path) else None


def _office(path: Path) -> str | None:
    """By the part that each must have; one with programs in it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return None
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    return next((kind for part, kind in _OFFICE.items() if part in names), None)


def _is_text(path: Path) -> bool:
    """UTF-8 without bytes that no text has."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            while part := file.read(_START):
                if any(letter < " " and letter not in "\t\r\n\f" for letter in part):
                    return False
    except UnicodeDecodeError:
        return False
    return True


def safe_name(name: str, kind: str, longest: int = 120) -> str:
    """As it is shown and saved: without folders and control letters, its ending that of what it is."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(letter for letter in last if letter.isprintable() and letter not in '<>:"|?*\u202e')
    extension = KINDS[kind].extension
    stem, dot, ending = clean.strip(". ").rpartition(".")
    alike = {extension, "jpeg"} if kind == "jpeg" else {extension}
    if not dot or (ending.lower() not in alike and len(ending) > 5):
        stem = clean.strip(". ")
    return f"{stem.strip('. ')[:longest] or 'file'}.{extension}"
