"""A provider that keeps emails in a list: what tests and the virtual clock hand over to."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from surveyor.mail.message import Message
from surveyor.mail.providers import ProviderSettings
from surveyor.mail.providers.base import Absent, Accepted, Capabilities, Found, ProviderEvent, Unknown
from surveyor.mail.providers.passages import connected, half_sent


@dataclass(frozen=True, slots=True)
class AcceptThen:
    """A scripted outcome: the email is taken, and then this is raised all the same (an answer that got lost)."""

    error: Exception


Outcome = Exception | AcceptThen | None


class MemoryProvider:
    """Takes everything, or does what the script says; `sent` holds what was taken, in order."""

    name = "memory"
    capabilities = Capabilities(group=200, call_seconds=10, lookup="exact", events=True, sandbox=False)

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.calls = 0
        self._script: deque[Outcome] = deque()
        self._lock = threading.Lock()

    def script(self, *outcomes: Outcome) -> None:
        """What the next sends come to, one by one; None, and after the end of the script, is acceptance."""
        self._script.extend(outcomes)

    def send(self, message: Message) -> Accepted:
        """See `Provider.send`."""
        connected()
        with self._lock:
            self.calls += 1
            outcome = self._script.popleft() if self._script else None
            if isinstance(outcome, Exception):
                raise outcome
            half_sent()
            self.sent.append(message)
        if isinstance(outcome, AcceptThen):
            raise outcome.error
        return Accepted(f"memory-{message.id_text}", "kept in memory")

    def probe(self) -> None:
        """Raises what the script has next, when that is an error; the script does not move."""
        if self._script and isinstance(self._script[0], Exception):
            raise self._script[0]

    def lookup(self, email_id: UUID, since: datetime, address: str = "") -> Found | Absent | Unknown:
        """Exact: the list is all there is."""
        if any(message.email_id == email_id for message in self.sent):
            return Found(f"memory-{email_id.hex}", "in the list")
        return Absent("not in the list")

    def verify(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """Sends no events."""
        return False

    def parse(self, raw: bytes) -> list[ProviderEvent]:
        """Sends no events."""
        return []

    def close(self) -> None:
        """Nothing to give back."""


def from_url(settings: ProviderSettings) -> MemoryProvider:
    """`memory://`."""
    return MemoryProvider()
