"""The form of an API key, by which machines bring orders and read indicators: made, recognised, never stored whole.

`svk_<8: id>_<43: secret, 256 bits>_<6: CRC-32 of what comes before>`, base62 (security.md, 4.4).
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass

SCOPES = (
    "orders:write",
    "indicators:read",
    "responses:read",
    "decisions:read",
    "customers:write",
    "rules:read",
    "webhooks:read",
    "webhooks:write",
    "metrics:read",
)
#: What names a key, and what opens with it.
ID_BYTES, SECRET_BYTES = 6, 32
ENTROPY_BYTES = ID_BYTES + SECRET_BYTES
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHAPE = re.compile(r"(svk_([0-9A-Za-z]{8})_([0-9A-Za-z]{43}))_([0-9A-Za-z]{6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Key:
    """A key in hand: its id, which is printed, and the SHA-256 of its secret, which is stored."""

    id: str
    secret_sha256: bytes


def make(entropy: bytes) -> str:
    """A key out of 38 random bytes; ValueError for any other number of them."""
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"a key is made of {ENTROPY_BYTES} random bytes")
    name = _base62(entropy[:ID_BYTES], 8)[-8:]
    body = f"svk_{name}_{_base62(entropy[ID_BYTES:], 43)}"
    return f"{body}_{_crc(body)}"


def read(text: str) -> Key | None:
    """The key in a text, or None when it has another shape or was mistyped: refused without a query."""
    shape = _SHAPE.fullmatch(text)
    if shape is None or _crc(shape[1]) != shape[4]:
        return None
    return Key(shape[2], hashlib.sha256(shape[3].encode("ascii")).digest())


def _crc(body: str) -> str:
    return _base62(zlib.crc32(body.encode("ascii")).to_bytes(4, "big"), 6)


def _base62(raw: bytes, length: int) -> str:
    number, digits = int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 62)
        digits = _ALPHABET[rest] + digits
    return digits.rjust(length, "0")
