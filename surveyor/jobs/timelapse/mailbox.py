"""The people at the other end of a timelapse: emails reach them; they open, answer or stop in their own time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.db.emails import EmailFacts
from surveyor.mail.message import Message
from surveyor.mail.providers.base import Absent, Accepted, Capabilities, Found, Provider, ProviderEvent, Unknown

_LINK = re.compile(r"/([su])/([0-7][0-9A-Za-z]{21})")


@dataclass(frozen=True, slots=True)
class Mail:
    """One email that reached somebody. survey, unsubscribe: the tokens of its links, as its text has them.

    before: how many came to the same address earlier. at: when it was handed over.
    """

    facts: EmailFacts
    survey: str
    unsubscribe: str
    at: datetime
    before: int


@dataclass(frozen=True, slots=True)
class Reaction:
    """What somebody does with an email, `after` it came. kind: "visit", "answer" (which visits first) or "stop".

    values: of optional questions, by question id; those that the survey does not ask are left out.
    """

    after: timedelta
    kind: str
    score: int = 0
    comment: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


#: Who answers what: the reactions to one email, none for most.
People = Callable[[Mail], Sequence[Reaction]]


def nobody(_mail: Mail) -> Sequence[Reaction]:
    """People who never open anything."""
    return ()


class Postbox:
    """A provider that hands over to another one, and remembers what it took until `take` is called."""

    def __init__(self, inner: Provider, build: Callable[[EmailFacts], Message]) -> None:
        self.inner = inner
        self.name: str = inner.name
        self.capabilities: Capabilities = inner.capabilities
        self._build = build
        self._facts: dict[UUID, EmailFacts] = {}
        self._taken: list[Message] = []
        self._came: Counter[str] = Counter()

    def build(self, facts: EmailFacts) -> Message:
        """The message, its facts remembered until it was taken."""
        message = self._build(facts)
        self._facts[message.email_id] = facts
        return message

    def send(self, message: Message) -> Accepted:
        """See `Provider.send`."""
        accepted = self.inner.send(message)
        self._taken.append(message)
        return accepted

    def take(self, at: datetime) -> list[Mail]:
        """What was handed over since the last call; nothing of it is kept here."""
        found = []
        for message in self._taken:
            facts = self._facts[message.email_id]
            links = dict(reversed(_LINK.findall(message.text)))
            found.append(Mail(facts, links.get("s", ""), links.get("u", ""), at, self._came[facts.address]))
            self._came[facts.address] += 1
        self._taken.clear()
        self._facts.clear()
        sent: Any = getattr(self.inner, "sent", None)
        if isinstance(sent, list):
            sent.clear()  # a year of emails in memory is for nobody
        return found

    def probe(self) -> None:
        """As the one behind it."""
        self.inner.probe()

    def lookup(self, email_id: UUID, since: datetime, address: str = "") -> Found | Absent | Unknown:
        """As the one behind it."""
        return self.inner.lookup(email_id, since, address)

    def verify(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """As the one behind it."""
        return self.inner.verify(headers, raw)

    def parse(self, raw: bytes) -> list[ProviderEvent]:
        """As the one behind it."""
        return list(self.inner.parse(raw))

    def close(self) -> None:
        """As the one behind it."""
        self.inner.close()
