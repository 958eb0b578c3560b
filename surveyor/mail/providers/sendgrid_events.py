"""What SendGrid tells us after the hand-over: its signature, checked on raw bytes, and its events in our words."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

import msgspec
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
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
_MOST_AHEAD = 24 * 3600
_SELDOM = frozenset(("sv_name", "bounce_classification", "status", "response", "url", "useragent"))


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
    batch = _read(raw)
    if batch is None:
        return [ProviderEvent(EventKind.UNKNOWN, now)]
    listed = batch if isinstance(batch, list) else [batch]
    text, latest = _clean_text if b"\\u" in raw else _text, now.timestamp() + _MOST_AHEAD
    return [
        _event(one, now, text, latest) if isinstance(one, dict) else ProviderEvent(EventKind.UNKNOWN, now)
        for one in listed
    ]


def _read(raw: bytes) -> Any:
    """The JSON of a body, bytes that are no UTF-8 replaced; None when it is none."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _event(one: dict[str, Any], now: datetime, text: Callable[[Any], str], latest: float) -> ProviderEvent:
    get = one.get
    word, reason = text(get("event")), text(get("reason"))
    # Most of what an event may say is not said: that is asked first.
    told = {name: text(one[name]) for name in _SELDOM.intersection(one)}
    rare = told.get
    kind = _KINDS.get(word, EventKind.UNKNOWN)
    bounce: Literal["hard", "soft", "block", ""] = ""
    if kind is EventKind.BOUNCED:
        bounce = "block" if get("type") == "blocked" else "hard"
    return ProviderEvent(
        kind,
        _instant(get("timestamp"), now, latest),
        event_id=text(get("sg_event_id")),
        provider_ref=text(get("sg_message_id")).partition(".")[0],
        address=text(get("email")),
        email_id=_uuid(text(get("sv_email"))),
        attempt=_number(get("sv_try")),
        installation=rare("sv_name", ""),
        bounce=bounce,
        bounce_class=rare("bounce_classification", ""),
        status=rare("status", ""),
        reject_reason=_REJECTED.get(reason.lower(), "other") if kind is EventKind.REJECTED else "",
        mta_response=rare("response") or reason,
        tags=_tags(one["category"]) if "category" in one else (),
        click_url=rare("url", ""),
        user_agent=rare("useragent", ""),
        machine=get("sg_machine_open") is True,
        word=word,
        retry=_digits(one["attempt"]) if "attempt" in one else "",
        group=_digits(one["asm_group_id"]) if "asm_group_id" in one else "",
        raw=one,
    )


def _text(value: object) -> str:
    """A text of a body without an escaped character: a column can hold it as it is."""
    return (value if len(value) <= _MAX else value[:_MAX]) if isinstance(value, str) else ""


def _clean_text(value: object) -> str:
    """A text as a column can hold it: lone surrogates and NUL, which JSON may escape, become question marks."""
    if not isinstance(value, str):
        return ""
    return value[:_MAX].encode("utf-8", "replace").decode().replace("\0", "?")


def _digits(value: object) -> str:
    """A small whole number, given as such or in a text."""
    found = _number(value)
    return "" if found is None else str(found)


def _tags(value: object) -> tuple[str, ...]:
    """`category` comes as one string or as a list of them."""
    if value is None:
        return ()
    given = value if isinstance(value, list) else [value]
    return tuple([tag[:255] for tag in given[:10] if isinstance(tag, str)])


def _number(value: object) -> int | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value < 10**9 else None
    return int(value) if isinstance(value, str) and len(value) < 10 and value.isascii() and value.isdigit() else None


@lru_cache(maxsize=1024)
def _uuid(text: str) -> UUID | None:
    """Our own argument: 32 hexadecimal digits, as we gave it. What is told of one email mostly comes together."""
    try:
        return UUID(int=int(text, 16)) if len(text) == 32 and text.isalnum() else UUID(text) if text else None
    except ValueError:
        return None


def _instant(value: object, now: datetime, latest: float) -> datetime:
    """Unix seconds, as a number or as its digits; the instant of reading for what no event can have (security.md, 4.6):
    before 1990 or more than a day ahead. An instant decades ahead would hold off what comes later for as long."""
    try:
        seconds = float(value) if isinstance(value, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return now
    return datetime.fromtimestamp(seconds, UTC) if _OLDEST <= seconds <= latest else now
