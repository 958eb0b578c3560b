"""What every mail provider promises: the protocol between a claimed email and what the world answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol, runtime_checkable
from uuid import UUID

import msgspec

from surveyor.errors import SurveyorError
from surveyor.mail.message import Message


@dataclass(frozen=True, slots=True)
class Capabilities:
    """group: emails that one intent commit may carry. call_seconds: whole call, 10 for HTTP, 30 for SMTP.

    lookup: whether `lookup` can answer, and whether its `Absent` is proof (`exact`) or not (`search`).
    events: whether it reports what happens next. sandbox: whether a send can be tried without being carried out.
    at_once: calls worth having under way together: waiting is theirs, not ours.
    """

    group: int
    call_seconds: float
    lookup: Literal["none", "search", "exact"]
    events: bool
    sandbox: bool
    at_once: int = 1


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took charge. `ref` finds it again on its side; `evidence` is what it answered, kept as proof."""

    ref: str
    evidence: str


class ProviderError(SurveyorError):
    """Base of the four. `evidence` is what was seen, without address, key or content."""

    code = "provider"

    def __init__(self, evidence: str) -> None:
        self.evidence = evidence
        super().__init__(evidence)


class TransientError(ProviderError):
    """Known not accepted; try again, at `retry_at` when it is given. `counts`: whether the back-off grows.

    answered: the other side is there and refused this email for now (greylisting, a full mailbox); its breaker sees
    nothing of it.
    """

    code = "provider_transient"

    def __init__(
        self, evidence: str, retry_at: datetime | None = None, counts: bool = True, *, answered: bool = False
    ) -> None:
        super().__init__(evidence)
        self.retry_at = retry_at
        self.counts = counts
        self.answered = answered

    @property
    def there(self) -> bool:
        """Whether it says that the provider is there and well: it puts off, or says when to come back."""
        return self.answered or self.retry_at is not None or not self.counts


class PermanentError(ProviderError):
    """Known not accepted, useless to insist. `bad_address`: the address itself is refused (5.1.x), suppress it."""

    code = "provider_permanent"

    def __init__(self, evidence: str, bad_address: bool = False) -> None:
        super().__init__(evidence)
        self.bad_address = bad_address


class ChannelError(ProviderError):
    """Known not accepted, and nobody else will be: key, settings, redirect. The provider is paused."""

    code = "provider_channel"


class InDoubtError(ProviderError):
    """A byte left and nothing proves either way. `unexpected`: an answer that a person must hear of."""

    code = "provider_in_doubt"

    def __init__(self, evidence: str, *, unexpected: bool = False) -> None:
        super().__init__(evidence)
        self.unexpected = unexpected


@dataclass(frozen=True, slots=True)
class Found:
    """The provider has the email: proof of acceptance."""

    ref: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The provider does not have it: proof only where `Capabilities.lookup` is `exact`."""

    evidence: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The provider could not be asked, or could not tell."""

    evidence: str


class EventKind(StrEnum):
    """What an event says, in django-anymail's words, so that another provider maps without invention."""

    QUEUED = "queued"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    REJECTED = "rejected"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    SUBSCRIBED = "subscribed"
    OPENED = "opened"
    CLICKED = "clicked"
    AUTORESPONDED = "autoresponded"
    INBOUND = "inbound"
    FAILED = "failed"
    ACCOUNT = "account"
    UNKNOWN = "unknown"


class ProviderEvent(msgspec.Struct, frozen=True):
    """One thing that happened after the hand-over. Untrusted: lengths and characters are the provider's.

    at: aware. email_id, attempt, installation: our own arguments when they came back (`sv_email`, `sv_try`, `sv_name`).
    bounce: `hard`, `soft`, `block` or "". reject_reason: invalid bounced timed_out blocked spam unsubscribed other, "".
    word: the provider's own word for it, kept when we have none. retry: the provider's count of its own tries. group:
    the list that was left or joined. by_return_path: `email_id` came from a bounce address or a returned Message-ID.
    raw: the event as received, unknown fields included.
    """

    kind: EventKind
    at: datetime
    event_id: str = ""
    provider_ref: str = ""
    address: str = ""
    email_id: UUID | None = None
    attempt: int | None = None
    installation: str = ""
    bounce: Literal["hard", "soft", "block", ""] = ""
    bounce_class: str = ""
    status: str = ""
    reject_reason: str = ""
    mta_response: str = ""
    tags: tuple[str, ...] = ()
    click_url: str = ""
    user_agent: str = ""
    machine: bool = False
    word: str = ""
    retry: str = ""
    group: str = ""
    by_return_path: bool = False
    raw: Mapping[str, Any] = msgspec.field(default_factory=dict)


#: How one email of several ended: taken, or what `send` would have raised.
Ended = Accepted | Exception


class Provider(Protocol):
    """One way of handing emails over. Thread-safe: several workers of a process may share it."""

    name: str
    capabilities: Capabilities

    def send(self, message: Message) -> Accepted:
        """Hand over one email within `capabilities.call_seconds`, or raise one of the four errors.

        Any other exception is read as InDoubtError by the caller, with an alert.
        """

    def probe(self) -> None:
        """Ask harmlessly whether a send could work; raises like `send`."""

    def lookup(self, email_id: UUID, since: datetime, address: str = "") -> Found | Absent | Unknown:
        """Does the provider have this email, handed over at or after `since` (aware)? Never raises.

        address: to whom it went; a provider that can only be searched is asked for what that address was sent.
        """

    def verify(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """Do these events come from the provider? Over the raw bytes; False when it sends none. Never raises."""

    def parse(self, raw: bytes) -> list[ProviderEvent]:
        """The events of a verified batch, in its order; one that is not understood is kind `unknown`. Never raises."""

    def close(self) -> None:
        """Give back connections; the provider may be used again afterwards."""


def nothing() -> None:
    """What is done while answers travel, when there is nothing to do."""


@runtime_checkable
class Together(Protocol):
    """A provider that hands several emails over in the time of one; each has its own outcome all the same."""

    def send_group(self, messages: Sequence[Message], meanwhile: Callable[[], object] = nothing) -> list[Ended]:
        """Hand over at most `capabilities.at_once` emails within `capabilities.call_seconds`; in their order, how each
        ended. Raises nothing of its own: what `send` would raise is in the list.

        meanwhile: raises nothing; called once while the first answers travel, by a provider that waits for answers.
        """
