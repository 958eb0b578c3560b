"""What sending is given, and what it gives back: the parts between a due email and its provider."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from surveyor.core.pace import NO_PACE, Pace
from surveyor.db.emails import Claimed, EmailFacts, OfInvitation
from surveyor.db.tallies import Delta
from surveyor.mail.message import Message
from surveyor.mail.providers.base import Provider


@dataclass(frozen=True, slots=True)
class Go:
    """Confirmed: it may leave now."""


#: Nothing is said with it, so that one is enough.
GO = Go()


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: the slot is over; due again at `at` (aware)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Refuse:
    """Not any more, and why (a word of core/reasons)."""

    reason: str


Verdict = Go | Wait | Refuse


class End(NamedTuple):
    """How an invitation ended: `state` is sent, failed or dropped. `at`: the intent when it was sent, else now.

    asked_at: the intent of an email that nobody could confirm: the cool-down runs from it all the same.
    """

    invitation: OfInvitation
    state: str
    reason: str | None
    at: datetime
    asked_at: datetime | None = None


class Persons(Protocol):
    """The customers of some emails, read under their locks for the time of one transaction."""

    def confirm(self, email: OfInvitation) -> Verdict:
        """Whether it may go now (rules.md, 6 and 12). A Refuse has ended the invitation for its customer."""

    def ended(self, end: End) -> None:
        """How an invitation ended otherwise: last sent dates, freed decisions, cycles. Its rows are the caller's."""

    def keep(self) -> list[Delta]:
        """Write customers and what followed (decisions, invitations, cycles); what that changes in tallies."""


#: An email about an invitation: as it was claimed, or as its invitation was read.
About = Claimed | OfInvitation


class Journeys(Protocol):
    """The rules at both ends of a hand-over."""

    def begin(self, session: Any, emails: Collection[About], *, now: datetime, known: Persons | None = None) -> Persons:
        """The customers of these emails, locked, in the caller's transaction; called before anything else is locked.

        known: what an earlier transaction read of them, good for invitations that were sent: customers that have not
        changed since are not read again. It is used up.
        """


@dataclass(frozen=True, slots=True)
class Mailer:
    """What hands emails over. provider, build: the last two steps. owner: names this worker in leases.

    ticks: seconds on a clock that only goes forward and counts suspended time; instants come from `now` of the flow.
    pace: what an operator asks of it.
    """

    provider: Provider
    build: Callable[[EmailFacts], Message]
    journeys: Journeys
    owner: str
    ticks: Callable[[], float]
    pace: Pace = NO_PACE


class Built(NamedTuple):
    """A claimed email with its message, or with the error that its build ended in; edition: of the texts it has.

    refused: why its reader is not to get it, a word of core/reasons.
    """

    email: Claimed
    message: Message | None
    error: str = ""
    edition: int | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """How many emails one call of `send_emails` took, and where they went. `paused`: the provider or we are stopped."""

    claimed: int = 0
    sent: int = 0
    pending: int = 0
    failed: int = 0
    in_doubt: int = 0
    dropped: int = 0
    paused: bool = False

    def __add__(self, other: Sent) -> Sent:
        """Both together."""
        return Sent(
            self.claimed + other.claimed,
            self.sent + other.sent,
            self.pending + other.pending,
            self.failed + other.failed,
            self.in_doubt + other.in_doubt,
            self.dropped + other.dropped,
            self.paused or other.paused,
        )
