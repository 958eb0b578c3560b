"""What customers write back joins the case it belongs to, each message once; nobody is answered by a machine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from surveyor.core.cases import Status
from surveyor.core.surveys.verbatim import clean
from surveyor.core.tokens import AddressError, Keyring
from surveyor.db import cases
from surveyor.db.cases import Entry
from surveyor.flows.again import again
from surveyor.ingest.inbound import read_message

#: `detail` of a message whose sender is not the address we wrote to.
STRANGER = "other_address"


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one message: `kept`, `known` (came before), `automatic`, `unknown` (no case of ours), `empty`."""

    outcome: str


def receive_message(sessions: Any, raw: bytes, *, keys: Keyring, now: datetime) -> Received:
    """Keep a message with its case and set it open again; the same bytes twice are one message."""
    read = read_message(raw, fallback_key=f"<{hashlib.sha256(raw).hexdigest()}@surveyor>")
    if read.automatic:
        return Received("automatic")
    try:
        address_key = keys.address_key(read.address) if read.address else None
    except AddressError:
        address_key = None

    def once() -> str:
        with sessions.begin() as session:
            writer = cases.case_of_thread(session, list(read.ours), address_key) if read.ours else None
            case = cases.lock(session, writer.case_id) if writer is not None else None
            if writer is None or case is None:
                return "unknown"
            text = clean(read.text)
            if not text:
                return "empty"
            detail = "" if writer.known else STRANGER
            entry = Entry("received", "customer", detail, text, message_key=read.key)
            if not cases.tell(session, case.id, entry, now=now):
                return "known"
            values: dict[str, Any] = {"unread": True, "status": str(Status.IN_PROGRESS), "closed_at": None}
            cases.change(session, case.id, **values)
            return "kept"

    return Received(again(once))


def collect_messages(
    sessions: Any, messages: Iterable[tuple[bytes, Callable[[], None]]], *, keys: Keyring, now: datetime
) -> int:
    """Take messages out of a mailbox: each is kept before it is let go of there; how many were kept."""
    kept = 0
    for raw, let_go in messages:
        if raw:
            kept += receive_message(sessions, raw, keys=keys, now=now).outcome == "kept"
        let_go()
    return kept
