"""What the world outside saw, in files that survive a kill: acknowledged orders, accepted emails, thank-you pages."""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from surveyor.mail.message import Message
from surveyor.mail.providers.base import Absent, Accepted, Capabilities, Found, InDoubtError
from surveyor.mail.providers.passages import connected, half_sent


class Outside:
    """A folder of append-only ledgers; one line is one fact."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def note(self, ledger: str, fact: str) -> None:
        """Add a fact: whole or not at all."""
        handle = os.open(self.folder / ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, f"{fact}\n".encode())
        os.close(handle)

    def facts(self, ledger: str) -> list[str]:
        """The facts of a ledger, in order."""
        try:
            return (self.folder / ledger).read_text().split("\n")[:-1]
        except FileNotFoundError:
            return []

    def accepted(self) -> Counter[str]:
        """How often each email was accepted, by its id in hexadecimal digits."""
        return Counter(self.facts("accepted"))


class LedgerProvider:
    """Accepts an email by writing a line; every third address never gets its answer, before or after that line."""

    name = "ledger"

    def __init__(self, outside: Outside, *, lookup: Any = "exact") -> None:
        self.outside = outside
        self.capabilities = Capabilities(4, 10, lookup, False, False)

    def send(self, message: Message) -> Accepted:
        connected()
        half_sent()
        number = int(message.address.partition("@")[0].lstrip("c"))
        if number % 6 == 3 and message.attempt == 1:
            raise InDoubtError("the line was cut before it was written")
        self.outside.note("accepted", message.email_id.hex)
        if number % 6 == 5:
            raise InDoubtError("the answer was lost")
        return Accepted(message.email_id.hex, "written")

    def probe(self) -> None:
        """Always there."""

    def lookup(self, email_id: UUID, since: datetime, address: str = "") -> Found | Absent:
        found = email_id.hex in self.outside.accepted()
        return Found(email_id.hex, "there is a line") if found else Absent("there is no line")

    def verify(self, headers: Any, raw: bytes) -> bool:
        return False

    def parse(self, raw: bytes) -> list[Any]:
        return []

    def close(self) -> None:
        """Nothing to give back."""
