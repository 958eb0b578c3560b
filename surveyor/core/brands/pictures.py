"""What a picture says of itself in its first bytes: its kind and size, known before anything draws it (S35)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from surveyor.core.quoting import grouped
from surveyor.errors import Complaint, Refused

MAX_BYTES, MAX_PIXELS = 512 * 1024, 4_000_000
#: What an email or a page should carry at most; above it the screen warns.
LIGHT_BYTES = 4 * 1024
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
#: Start of frame of every kind of JPEG; the other markers between them hold tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Picture:
    """kind: "PNG" or "JPEG"; width and height in pixels."""

    kind: str
    width: int
    height: int


def read_head(raw: bytes) -> Picture:
    """Kind and size of an uploaded picture.

    Raises Refused: 413 `upload_too_large` over 512 KiB or 4 megapixels; 415 `upload_type` for anything but PNG and
    JPEG, whatever its name says.
    """
    if len(raw) > MAX_BYTES:
        raise too_large(f"{len(raw) // 1024} Kio", f"{len(raw) // 1024} KiB")
    found = _png(raw) if raw.startswith(_PNG) else _jpeg(raw) if raw.startswith(_JPEG) else None
    if found is None or not found.width or not found.height:
        raise wrong_type(_called(raw))
    if found.width * found.height > MAX_PIXELS:
        tenths = -(-found.width * found.height // 100_000)
        whole, rest = divmod(tenths, 10)
        said = [grouped(whole, language) + (f"{mark}{rest}" if rest else "") for language, mark in _MARKS]
        raise too_large(f"{said[0]} mégapixels", f"{said[1]} megapixels")
    return found


_MARKS = (("fr", ","), ("en", "."))


def too_large(fr: str, en: str) -> Refused:
    """The refusal of what is too large; `fr` and `en` say how large."""
    words = f"{fr} : 512 Kio et 4 mégapixels au plus.", f"{en}: at most 512 KiB and 4 megapixels."
    return Refused([Complaint("logo", "upload_too_large", *words)], status=413)


def wrong_type(called: str = "") -> Refused:
    """The refusal of what is no picture that we draw; `called`: what it is, when it is known."""
    fr, en = (f"{called} refusé", f"{called} refused") if called else ("Fichier refusé", "File refused")
    words = f"{fr} : logo en PNG ou JPEG.", f"{en}: the logo must be PNG or JPEG."
    return Refused([Complaint("logo", "upload_type", *words)], status=415)


def _called(raw: bytes) -> str:
    head = raw[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in head or head.startswith(b"<?xml"):
        return "SVG"
    known = ((b"gif8", "GIF"), (b"riff", "WebP"), (b"%pdf", "PDF"), (b"<", "HTML"))
    return next((name for start, name in known if head.startswith(start)), "")


def _png(raw: bytes) -> Picture | None:
    """IHDR is the first chunk (PNG specification, 5.6)."""
    if len(raw) < 24 or raw[12:16] != b"IHDR":
        return None
    return Picture("PNG", *struct.unpack(">II", raw[16:24]))


def _jpeg(raw: bytes) -> Picture | None:
    """The first start of frame (ITU T.81, B.2.2)."""
    place = 2
    while place + 9 < len(raw):
        if raw[place] != 0xFF:
            return None
        marker = raw[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", raw[place + 5 : place + 9])
            return Picture("JPEG", width, height)
        place += 2 + struct.unpack(">H", raw[place + 2 : place + 4])[0]
    return None
