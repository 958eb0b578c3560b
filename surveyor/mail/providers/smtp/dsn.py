"""What comes back to the return path, as provider events: bounces (RFC 3464, 6533), complaints (5965). Untrusted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import Message as Parsed
from email.utils import parsedate_to_datetime
from typing import Literal
from uuid import UUID

from surveyor.mail.providers.base import EventKind, ProviderEvent

#: The envelope sender that every email leaves with (VERP), and the Message-ID that a bounce gives back.
_RETURN_PATH = re.compile(r"\bb\+([0-9a-f]{32})@", re.IGNORECASE)
_OUR_ID = re.compile(r"<?([0-9a-f]{32})@", re.IGNORECASE)
#: Our own header, which feedback loops keep when they leave the Message-ID out.
_OUR_HEADER = re.compile(r"^X-Surveyor-Email:\s*([0-9a-f]{32})\s*$", re.IGNORECASE | re.MULTILINE)
#: Words of a feedback loop that say: this reader wants no more of it.
_COMPLAINTS = {
    "abuse": EventKind.COMPLAINED,
    "fraud": EventKind.COMPLAINED,
    "opt-out": EventKind.UNSUBSCRIBED,
    "opt-out-list": EventKind.UNSUBSCRIBED,
}
#: Where mail servers write the address that a bounce was sent to.
_DELIVERED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
_KINDS = {
    "failed": EventKind.BOUNCED,
    "delayed": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "relayed": EventKind.QUEUED,
    "expanded": EventKind.QUEUED,
}
#: What comes back of the email that bounced (RFC 3462, RFC 6533).
_RETURNED = ("text/rfc822-headers", "message/rfc822", "message/global-headers", "message/global")
_BLANK = re.compile(rb"\r?\n\r?\n")
_XTEXT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}", re.ASCII)
_MAX = 500
_OLDEST = timedelta(days=30)
_LARGEST = 1 << 20


def parse_dsn(raw: bytes, now: datetime) -> list[ProviderEvent]:
    """One event per recipient or complaint; an auto-reply is `autoresponded`, anything else `inbound`. Never raises.

    A report that names no email of ours keeps no address: anybody can write one, and it must not silence a customer.
    """
    try:
        parsed = message_from_bytes(raw[:_LARGEST], policy=policy.compat32)
        if parsed.get_content_type() != "multipart/report":
            return [ProviderEvent(_reply(parsed), now)]
        at, email_id = _instant(parsed, now), _email_id(parsed)
        found = [_event(block, email_id, at) for block in _recipients(parsed)]
        found += [_complaint(block, email_id, at) for block in _feedback(parsed)]
        return found or [ProviderEvent(EventKind.INBOUND, now)]
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return [ProviderEvent(EventKind.UNKNOWN, now)]


def _reply(parsed: Parsed) -> EventKind:
    """Out-of-office and the like are answers of machines, not bounces; the rest was written to us by somebody."""
    automatic = str(parsed.get("Auto-Submitted", "no")).partition(";")[0].strip().lower() not in ("no", "")
    precedence = str(parsed.get("Precedence", "")).strip().lower() in ("auto_reply", "bulk", "junk")
    marked = bool(parsed.get("X-Autoreply") or parsed.get("X-Autorespond"))
    return EventKind.AUTORESPONDED if automatic or precedence or marked else EventKind.INBOUND


def _recipients(parsed: Parsed) -> Iterator[Parsed]:
    for part in parsed.walk():
        kind, blocks = part.get_content_type(), part.get_payload()
        found = [one for one in blocks if isinstance(one, Parsed)] if isinstance(blocks, list) else []
        if kind == "message/global-delivery-status":
            # RFC 6533: the same blocks, which the library takes for one message with a body.
            rest = b"\n\n".join(raw for one in found if isinstance(raw := one.get_payload(decode=True), bytes))
            found = [message_from_bytes(block, policy=policy.compat32) for block in _BLANK.split(rest)]
        if kind in ("message/delivery-status", "message/global-delivery-status"):
            yield from (block for block in found if block.get("Action"))


def _event(block: Parsed, email_id: UUID | None, at: datetime) -> ProviderEvent:
    action = _field(block, "Action").lower()
    status = _field(block, "Status").split()[0] if _field(block, "Status") else ""
    kind = _KINDS.get(action, EventKind.UNKNOWN)
    bounce: Literal["hard", "soft", ""] = ""
    if kind is EventKind.BOUNCED:
        bounce = "hard" if status.startswith("5") else "soft"
    return ProviderEvent(
        kind,
        at,
        address=_address(block) if email_id is not None else "",
        email_id=email_id,
        bounce=bounce,
        status=status[:20],
        mta_response=_field(block, "Diagnostic-Code").partition(";")[2].strip(),
        word=action[:50],
        by_return_path=email_id is not None,
    )


def _feedback(parsed: Parsed) -> Iterator[Parsed]:
    for part in parsed.walk():
        if part.get_content_type() == "message/feedback-report":
            blocks = part.get_payload()
            yield from (block for block in blocks if isinstance(block, Parsed)) if isinstance(blocks, list) else ()


def _complaint(block: Parsed, email_id: UUID | None, at: datetime) -> ProviderEvent:
    """A press on "this is spam". Feedback loops redact the address (RFC 6590): the email's own id alone says whose."""
    word = _field(block, "Feedback-Type").lower()
    sender = _RETURN_PATH.search(_field(block, "Original-Mail-From"))
    email_id = email_id or (UUID(sender[1]) if sender is not None else None)
    kind = _COMPLAINTS.get(word, EventKind.UNKNOWN)
    return ProviderEvent(kind, at, email_id=email_id, word=word[:50], by_return_path=email_id is not None)


def _address(block: Parsed) -> str:
    """Whom we wrote to: a mailbox that was forwarded bounces under another name."""
    for name in ("Original-Recipient", "Final-Recipient"):
        kind, _, said = _field(block, name).rpartition(";")
        found = said.strip().strip("<>")
        if "@" in found:
            return _XTEXT.sub(_letter, found) if kind.strip().lower() == "utf-8" else found
    return ""


def _letter(found: re.Match[str]) -> str:
    """A letter that RFC 6533 writes `\\x{E9}` where only ASCII passes."""
    number = int(found[1], 16)
    return chr(number) if number < 0xD800 or 0xDFFF < number <= 0x10FFFF else "?"


def _email_id(parsed: Parsed) -> UUID | None:
    for name in _DELIVERED:
        for value in parsed.get_all(name, []):
            found = _RETURN_PATH.search(str(value))
            if found is not None:
                return UUID(found[1])
    for part in parsed.walk():
        if part.get_content_type() in _RETURNED:
            text = _text(part)
            named = re.search(r"^Message-ID:\s*(\S+)", text, re.IGNORECASE | re.MULTILINE)
            ours = (_OUR_ID.match(named[1]) if named else None) or _OUR_HEADER.search(text)
            if ours is not None:
                return UUID(ours[1])
    return None


def _text(part: Parsed) -> str:
    inner = part.get_payload()
    if isinstance(inner, list):
        return str(inner[0]) if inner else ""
    decoded = part.get_payload(decode=True)
    return decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else str(inner)


def _instant(parsed: Parsed, now: datetime) -> datetime:
    """When it was written, so that two copies are one event; an instant that cannot be is that of reading."""
    try:
        at = parsedate_to_datetime(str(parsed.get("Date", "")))
    except (ValueError, TypeError, IndexError):
        return now
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at if now - _OLDEST <= at <= now + timedelta(hours=1) else now


def _field(block: Parsed, name: str) -> str:
    """A header as a column can hold it: one line, no control character."""
    found = next((value for said, value in block.raw_items() if said.lower() == name.lower()), "")
    text = str(found).encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # as it came, UTF-8 if it is any
    text = " ".join(text.split())[:_MAX]
    return "".join(c if c.isprintable() else "?" for c in text).encode("utf-8", "replace").decode()
