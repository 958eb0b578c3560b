"""Signatures of order webhooks, over the raw bytes, before anything is parsed (security.md, 4.5)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

WINDOW = 300
_STAMP = re.compile(r"\d{1,12}", re.ASCII)
_HEADERS = {"shopify": "X-Shopify-Hmac-Sha256", "woocommerce": "X-WC-Webhook-Signature"}


@dataclass(frozen=True, slots=True)
class Checked:
    """`good`, `bad`, or `expired` with the age in seconds of a right signature outside its window."""

    state: Literal["good", "bad", "expired"]
    age: int = 0


def check(kind: str, secrets: Sequence[bytes], headers: Mapping[str, str], raw: bytes, now: datetime) -> Checked:
    """Whether a live secret signed these bytes. A missing or strange header is a bad signature, never an error."""
    lower = {name.lower(): value for name, value in headers.items()}
    if kind == "generic":
        return _generic(secrets, lower.get("x-surveyor-signature", ""), raw, now)
    if kind not in _HEADERS:
        return Checked("bad")
    given = lower.get(_HEADERS[kind].lower(), "").encode("utf-8", "replace")
    return Checked("good" if any(_same(_platform(s, raw), given) for s in secrets) else "bad")


def sign(secret: bytes, raw: bytes, at: int) -> str:
    """The `X-Surveyor-Signature` of a body at a Unix second: what a generic source sends."""
    return f"t={at},v1={_timed(secret, raw, str(at)).decode()}"


def sign_platform(secret: bytes, raw: bytes) -> str:
    """The signature that Shopify and WooCommerce send: base64 of HMAC-SHA-256 of the body."""
    return _platform(secret, raw).decode()


def _generic(secrets: Sequence[bytes], header: str, raw: bytes, now: datetime) -> Checked:
    parts = [part.strip().partition("=")[::2] for part in header.split(",")]
    stamps = [value for name, value in parts if name == "t"]
    given = [value.encode("utf-8", "replace") for name, value in parts if name == "v1"]
    if len(stamps) != 1 or not _STAMP.fullmatch(stamps[0]):
        return Checked("bad")
    if not any(_same(_timed(secret, raw, stamps[0]), one) for secret in secrets for one in given):
        return Checked("bad")
    age = int(now.timestamp()) - int(stamps[0])
    return Checked("good") if abs(age) <= WINDOW else Checked("expired", age)


def _timed(secret: bytes, raw: bytes, stamp: str) -> bytes:
    return hmac.new(secret, stamp.encode("ascii") + b"." + raw, hashlib.sha256).hexdigest().encode("ascii")


def _platform(secret: bytes, raw: bytes) -> bytes:
    return base64.b64encode(hmac.digest(secret, raw, "sha256"))


def _same(expected: bytes, given: bytes) -> bool:
    return hmac.compare_digest(expected, given)
