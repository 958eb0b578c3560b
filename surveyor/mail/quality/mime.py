"""How the parts of an email are put together: two of them, text first, each readable by any mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage

_PARTS = ["text/plain", "text/html"]
MAX_ENCODED = 80 * 1024


def check_mime(parsed: EmailMessage) -> Iterator[str]:
    """What is wrong with the structure (check 1): `multipart/alternative`, text then HTML, UTF-8, quoted-printable."""
    if parsed.get_content_type() != "multipart/alternative":
        yield f"Content-Type: {parsed.get_content_type()}, not multipart/alternative"
    parts = [part for part in parsed.iter_parts() if isinstance(part, EmailMessage)]
    kinds = [part.get_content_type() for part in parts]
    if kinds != _PARTS:
        yield f"parts: {', '.join(kinds) or 'none'}, not text then HTML"
    for kind, part in zip(kinds, parts, strict=True):
        if (part.get_content_charset() or "").lower() != "utf-8":
            yield f"{kind}: not UTF-8"
        if str(part["Content-Transfer-Encoding"]).lower() != "quoted-printable":
            yield f"{kind}: not quoted-printable"
        if part.get_content_disposition() is not None:
            yield f"{kind}: an attachment"
        if len(str(part.get_payload()).encode("utf-8", "replace")) > MAX_ENCODED:
            yield f"{kind}: over {MAX_ENCODED} bytes encoded"
