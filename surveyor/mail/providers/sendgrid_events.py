"""What SendGrid tells us after the hand-over: its signature, checked on raw bytes, and its events in our words."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from surveyor.errors import SettingsError
from surveyor.mail.providers.base import EventKind, ProviderEvent

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
MAX_AGE = timedelta(hours=25)
MAX_AHEAD = timedelta(minutes=5)
_KINDS = {
    "processed": EventKind.QUEUED,
    "deferred": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "bounce": EventKind.BOUNCED,
    "dropped": EventKind.REJECTED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
    "group_resubscribe": EventKind.SUBSCRIBED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "account_status_change": EventKind.ACCOUNT,
}
_REJECTED = {
    "invalid": "invalid",
    "unsubscribed address": "unsubscribed",
    "bounced address": "bounced",
    "spam reporting address": "spam",
}
_MAX = 2_000


def public_keys(text: str) -> list[ec.EllipticCurvePublicKey]:
    """The keys of `SENDGRID_WEBHOOK_KEYS`, comma-separated base64 of DER; SettingsError when one is no P-256 key."""
    keys = []
    for word in text.replace("\n", ",").split(","):
        if not word.strip():
            continue
        try:
            key = load_der_public_key(base64.b64decode(word.strip(), validate=True))
        except (ValueError, binascii.Error) as wrong:
            raise SettingsError("SENDGRID_WEBHOOK_KEYS: each key is base64, 124 characters") from wrong
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise SettingsError("SENDGRID_WEBHOOK_KEYS: each key is an ECDSA key on P-256")
        keys.append(key)
    return keys


def checker(given: Sequence[str]) -> Callable[[Mapping[str, str], bytes, datetime], bool]:
    """`verified` with the keys of `SENDGRID_WEBHOOK_KEYS`, read once; SettingsError when one is no P-256 key."""
    keys = public_keys(",".join(given))
    return lambda headers, raw, now: verified(keys, headers, raw, now=now)


def verified(
    keys: Iterable[ec.EllipticCurvePublicKey], headers: Mapping[str, str], raw: bytes, *, now: datetime | None = None
) -> bool:
    """Whether one of the keys signed the timestamp header and the raw bytes; with `now`, also the age of the stamp:
    at most 25 h behind (events are retried for 24 h, and are not known to be signed again), at most 5 min ahead."""
    given = {name.lower(): value for name, value in headers.items()}
    try:
        signature = base64.b64decode(given[SIGNATURE.lower()], validate=True)
        stamp = given[TIMESTAMP.lower()].encode("ascii")
        if now is not None and not -MAX_AHEAD <= now - datetime.fromtimestamp(int(stamp), UTC) <= MAX_AGE:
            return False
    except (KeyError, ValueError, OverflowError, OSError):
        return False
    for key in keys:
        try:
            key.verify(signature, stamp + raw, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            continue
        return True
    return False


def parse_events(raw: bytes, now: datetime) -> list[ProviderEvent]:
    """The events of a batch in its order; what cannot be read is kind `unknown` at `now`, wordless. Never raises."""
    try:
        batch = json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return [ProviderEvent(EventKind.UNKNOWN, now)]
    if not isinstance(batch, list):
        batch = [batch]
    return [_event(one, now) if isinstance(one, dict) else ProviderEvent(EventKind.UNKNOWN, now) for one in batch]


def _event(one: dict[str, Any], now: datetime) -> ProviderEvent:
    kind = _KINDS.get(_text(one, "event"), EventKind.UNKNOWN)
    bounce: Literal["hard", "soft", "block", ""] = ""
    if kind is EventKind.BOUNCED:
        bounce = "block" if _text(one, "type") == "blocked" else "hard"
    reason = _text(one, "reason")
    return ProviderEvent(
        kind,
        _instant(one.get("timestamp"), now),
        event_id=_text(one, "sg_event_id"),
        provider_ref=_text(one, "sg_message_id").partition(".")[0],
        address=_text(one, "email"),
        email_id=_uuid(_text(one, "sv_email")),
        attempt=_number(one.get("sv_try")),
        installation=_text(one, "sv_name"),
        bounce=bounce,
        bounce_class=_text(one, "bounce_classification"),
        status=_text(one, "status"),
        reject_reason=_REJECTED.get(reason.lower(), "other") if kind is EventKind.REJECTED else "",
        mta_response=_text(one, "response") or reason,
        tags=_tags(one.get("category")),
        click_url=_text(one, "url"),
        user_agent=_text(one, "useragent"),
        machine=one.get("sg_machine_open") is True,
        word=_text(one, "event"),
        retry=_digits(one.get("attempt")),
        group=_digits(one.get("asm_group_id")),
        raw=one,
    )


def _text(one: Mapping[str, Any], name: str) -> str:
    """A text as a column can hold it: lone surrogates and NUL, which JSON may carry, become question marks."""
    value = one.get(name, "")
    if not isinstance(value, str):
        return ""
    if value.isascii() and "\0" not in value:
        return value if len(value) <= _MAX else value[:_MAX]
    return value[:_MAX].encode("utf-8", "replace").decode().replace("\0", "?")


def _digits(value: object) -> str:
    """A small whole number, given as such or in a text."""
    found = _number(value)
    return "" if found is None else str(found)


def _tags(value: object) -> tuple[str, ...]:
    """`category` comes as one string or as a list of them."""
    given = value if isinstance(value, list) else [value]
    return tuple(tag[:255] for tag in given[:10] if isinstance(tag, str))


def _number(value: object) -> int | None:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _instant(value: object, now: datetime) -> datetime:
    """Unix seconds, as a number or as its digits; else the instant of reading."""
    try:
        return datetime.fromtimestamp(float(value), UTC) if isinstance(value, str | int | float) else now
    except (ValueError, OverflowError, OSError):
        return now
