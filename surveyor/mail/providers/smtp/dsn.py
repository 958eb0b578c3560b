"""A bounce that came back to the return path (RFC 3464), read as provider events. All of it is untrusted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.message import Message as Parsed
from typing import Literal
from uuid import UUID

from surveyor.mail.providers.base import EventKind, ProviderEvent

_OUR_ID = re.compile(r"<?([0-9a-f]{32})@", re.IGNORECASE)
_MAX = 500


def parse_dsn(raw: bytes, now: datetime) -> list[ProviderEvent]:
    """One event per recipient; an auto-reply is `autoresponded`, anything else `inbound`. Never raises."""
    try:
        parsed = message_from_bytes(raw[: 1 << 20], policy=policy.compat32)
        if parsed.get_content_type() != "multipart/report":
            answered = str(parsed.get("Auto-Submitted", "no")).lower() not in ("no", "")
            return [ProviderEvent(EventKind.AUTORESPONDED if answered else EventKind.INBOUND, now)]
        email_id = _email_id(parsed)
        return [_event(block, email_id, now) for block in _recipients(parsed)]
    except (ValueError, LookupError, AttributeError, TypeError):
        return [ProviderEvent(EventKind.UNKNOWN, now)]


def _recipients(parsed: Parsed) -> Iterator[Parsed]:
    for part in parsed.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            for block in blocks if isinstance(blocks, list) else []:
                if isinstance(block, Parsed) and block.get("Action"):
                    yield block


def _event(block: Parsed, email_id: UUID | None, now: datetime) -> ProviderEvent:
    action = _field(block, "Action").lower()
    status = _field(block, "Status").split()[0] if _field(block, "Status") else ""
    bounce: Literal["hard", "soft", ""] = ""
    kind = {"delayed": EventKind.DEFERRED, "delivered": EventKind.DELIVERED}.get(action, EventKind.UNKNOWN)
    if action == "failed":
        kind, bounce = EventKind.BOUNCED, "hard" if status.startswith("5") else "soft"
    return ProviderEvent(
        kind,
        now,
        address=_field(block, "Final-Recipient").rpartition(";")[2].strip(),
        email_id=email_id,
        bounce=bounce,
        status=status,
        mta_response=_field(block, "Diagnostic-Code").partition(";")[2].strip(),
    )


def _email_id(parsed: Parsed) -> UUID | None:
    for part in parsed.walk():
        if part.get_content_type() in ("text/rfc822-headers", "message/rfc822"):
            inner = part.get_payload()
            text = str(inner[0]) if isinstance(inner, list) else str(inner)
            found = re.search(r"^Message-ID:\s*(\S+)", text, re.IGNORECASE | re.MULTILINE)
            ours = _OUR_ID.match(found[1]) if found else None
            if ours is not None:
                return UUID(ours[1])
    return None


def _field(block: Parsed, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())[:_MAX]
