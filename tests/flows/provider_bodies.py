"""Bodies as SendGrid posts them: the example events of the design, about emails of the test's own."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from surveyor.core.guard import installation_name
from tests.flows.sending import Asked

#: The installation that `open_network` makes, as its emails carry it.
HOUSE = installation_name("http://127.0.0.1")[:16]

#: The events of email.md 10 with what belongs to one email left out.
EXAMPLES: dict[str, dict[str, Any]] = {
    "processed": {"event": "processed", "category": ["invitation"], "pool": {"name": "enquetes", "id": 210}},
    "deferred": {
        "event": "deferred",
        "response": "421 4.7.0 too many connections, try again later",
        "attempt": "0",
        "ip": "192.0.2.25",
    },
    "delivered": {"event": "delivered", "response": "250 2.0.0 OK 1795082460 ab12-cd34", "ip": "192.0.2.25", "tls": 1},
    "blocked": {
        "event": "bounce",
        "type": "blocked",
        "reason": "452 4.2.2 mailbox full",
        "status": "4.2.2",
        "bounce_classification": "Mailbox Unavailable",
        "category": "invitation",
    },
    "bounce": {
        "event": "bounce",
        "type": "bounce",
        "reason": "550 5.1.1 no such user",
        "status": "5.1.1",
        "bounce_classification": "Invalid Address",
    },
    "late bounce": {
        "event": "bounce",
        "type": "bounce",
        "reason": "550 5.7.1 refused after acceptance",
        "status": "5.7.1",
        "bounce_classification": "Content",
    },
    "dropped": {"event": "dropped", "reason": "Bounced Address", "status": "5.0.0"},
    "spamreport": {"event": "spamreport"},
    "unsubscribe": {"event": "unsubscribe", "category": "invitation"},
    "click": {
        "event": "click",
        "useragent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
        "url": "https://avis.maison-x.fr/s/1JrDEmbvdIfYsfy2KLZWRQ/9",
        "url_offset": {"index": 0, "type": "html"},
    },
    "open": {"event": "open", "sg_machine_open": True},
    "group_unsubscribe": {"event": "group_unsubscribe", "asm_group_id": 10},
    "group_resubscribe": {"event": "group_resubscribe", "asm_group_id": 10},
    "account_status_change": {"event": "account_status_change", "type": "suspended"},
    "unknown": {"event": "teleported"},
}
#: These carry no argument of ours and no event id.
BARE = {"late bounce": ("sv_email", "sv_try", "sv_name", "sg_message_id"), "unsubscribe": ("sg_event_id",)}


def told(asked: Asked, what: str, at: datetime, *, name: str = "", **more: Any) -> dict[str, Any]:
    """One example about an email. name: the 16 digits of the installation."""
    event = {
        "email": asked.address,
        "timestamp": int(at.timestamp()),
        "sg_event_id": f"{what}-{asked.email_id.hex}",
        "sg_message_id": f"ref-{asked.email_id.hex}.recvd-7d4f9c6b8d-hx2lp-1-69F1A001-2C.0",
        "sv_email": asked.email_id.hex,
        "sv_try": "1",
        "sv_name": name or HOUSE,
        **EXAMPLES[what],
        **more,
    }
    for field in BARE.get(what, ()):
        event.pop(field, None)
    return event


def body(*events: Any) -> bytes:
    """Compact JSON and CRLF, which is signed too."""
    return json.dumps(list(events), separators=(",", ":"), ensure_ascii=False).encode() + b"\r\n"
