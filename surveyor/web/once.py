"""What a form carries so that sent twice it makes one thing: keys, webhooks and widgets, beside the line."""

from __future__ import annotations

import hashlib
import re
import secrets

_SHAPE = re.compile(r"[0-9a-f]{32}", re.ASCII)


def fresh() -> str:
    """The mark of a form that is shown: 128 random bits in hexadecimal digits."""
    return secrets.token_hex(16)


def carried(text: str | None) -> str:
    """The mark that came back; "" when there was none or it was touched: what is made then is a thing of its own."""
    return text if text and _SHAPE.fullmatch(text) else ""


def id_bytes(mark: str, size: int, *content: str) -> bytes:
    """The id, of `size` bytes, of what a form with that mark and that content makes; empty without a mark.

    Content counts: who goes back in the browser and changes a field asks for something else.
    """
    return hashlib.sha256("\0".join((mark, *content)).encode()).digest()[:size] if mark else b""
