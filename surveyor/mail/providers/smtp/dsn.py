"""What comes back to the return path: bounces (RFC 3464) and complaints (RFC 5965), as provider events. Untrusted."""

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
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            for block in blocks if isinstance(blocks, list) else []:
                if isinstance(block, Parsed) and block.get("Action"):
                    yield block


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
        found = _field(block, name).rpartition(";")[2].strip().strip("<>")
        if "@" in found:
            return found
    return ""


def _email_id(parsed: Parsed) -> UUID | None:
    for name in _DELIVERED:
        for value in parsed.get_all(name, []):
            found = _RETURN_PATH.search(str(value))
            if found is not None:
                return UUID(found[1])
    for part in parsed.walk():
        if part.get_content_type() in ("text/rfc822-headers", "message/rfc822"):
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
    text = " ".join(str(block.get(name, "")).split())[:_MAX]
    return "".join(c if c.isprintable() else "?" for c in text).encode("utf-8", "replace").decode()
