"""What the SendGrid-compatible server took, request by request: the witness that no email left twice."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Taken:
    """One message of one personalization."""

    ref: str
    to: str
    custom_args: dict[str, str]
    body: dict[str, Any]

    @property
    def sg_message_id(self) -> str:
        """The longer id of events and logs: it starts with the request's."""
        return f"{self.ref}.recvd-7d4f9c6b8d-hx2lp-1-69F1A001-2C.0"


class Ledger:
    """All messages taken, in order; safe under many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: list[Taken] = []

    def take(self, body: dict[str, Any]) -> str:
        """Keep the messages of a valid request; the request's id (X-Message-Id)."""
        ref = uuid.uuid4().hex[:22]
        with self._lock:
            for person in body["personalizations"]:
                for to in person["to"]:
                    self._taken.append(Taken(ref, to["email"], dict(person.get("custom_args", {})), body))
        return ref

    def messages(self, to: str = "") -> list[Taken]:
        """Those to one address, or all."""
        with self._lock:
            return [one for one in self._taken if not to or one.to == to]

    def accepted(self, sv_email: str) -> int:
        """How many copies of one email were taken: 0 or 1, or the product has failed."""
        with self._lock:
            return sum(one.custom_args.get("sv_email") == sv_email for one in self._taken)

    def emails(self) -> dict[str, int]:
        """sv_email -> copies."""
        counted: dict[str, int] = {}
        for one in self.messages():
            key = one.custom_args.get("sv_email", "")
            counted[key] = counted.get(key, 0) + 1
        return counted
