"""Hand a group over: every call begins within 10 s of its intent, and every answer falls in one class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from surveyor.core.emails import CALL_BEGINS_WITHIN, Result
from surveyor.db.emails import INTERNAL, Intent
from surveyor.faults import fault
from surveyor.flows.send_emails.mailer import Mailer
from surveyor.mail.message import Message
from surveyor.mail.providers.base import (
    Accepted,
    ChannelError,
    Ended,
    InDoubtError,
    PermanentError,
    Together,
    TransientError,
    nothing,
)


class Handed(NamedTuple):
    """What one hand-over came to. `unexpected`: an answer that no provider should give, or none of its four errors.

    answered: it was put off by somebody who is there and well.
    """

    email_id: UUID
    n: int
    result: Result
    evidence: str
    ref: str = ""
    retry_at: datetime | None = None
    counts: bool = True
    bad_address: bool = False
    unexpected: bool = False
    answered: bool = False


def hand_over(
    group: Sequence[tuple[Intent, Message]],
    mailer: Mailer,
    *,
    began: float,
    meanwhile: Callable[[], object] = nothing,
) -> Iterator[Handed]:
    """Give each to the provider, as many at once as it says is worth it; outcomes come as they are known.

    began: ticks when the intents were about to be committed; a call that cannot begin in time is not begun.
    meanwhile: raises nothing; called, if at all, while answers are waited for.
    """
    at_once = max(1, min(mailer.provider.capabilities.at_once, len(group)))
    provider = mailer.provider
    if isinstance(provider, Together):
        for start in range(0, len(group), at_once):
            yield from _together(provider, group[start : start + at_once], mailer, began, meanwhile)
            meanwhile = nothing
    elif at_once == 1:
        yield from (_in_time(intent, message, mailer, began) for intent, message in group)
    else:
        with ThreadPoolExecutor(at_once) as threads:
            calls = [threads.submit(_in_time, intent, message, mailer, began) for intent, message in group]
            yield from (call.result() for call in as_completed(calls))


def _together(
    provider: Together,
    group: Sequence[tuple[Intent, Message]],
    mailer: Mailer,
    began: float,
    meanwhile: Callable[[], object],
) -> Iterator[Handed]:
    going, late = [], _too_late(mailer, began)  # they all begin now
    for intent, message in group:
        refused = _not_begun(intent, message, late=late)
        if refused is None:
            going.append((intent, message))
        else:
            yield refused
    ended = provider.send_group([message for _, message in going], meanwhile) if going else []
    for (intent, _), end in zip(going, ended, strict=True):
        yield _handed(intent, end)


def _in_time(intent: Intent, message: Message, mailer: Mailer, began: float) -> Handed:
    refused = _not_begun(intent, message, late=_too_late(mailer, began))
    if refused is not None:
        return refused
    try:
        return _handed(intent, mailer.provider.send(message))
    except Exception as error:  # a provider that raises a KeyError may have sent
        return _handed(intent, error)


def _too_late(mailer: Mailer, began: float) -> bool:
    """Whether a call that would begin now is not to begin any more."""
    return mailer.ticks() - began > CALL_BEGINS_WITHIN.total_seconds()


def _not_begun(intent: Intent, message: Message, *, late: bool) -> Handed | None:
    """Why a call is not begun; None when it may be."""
    if late:
        return Handed(intent.email_id, intent.n, Result.NOT_STARTED, "not started")
    if (message.email_id, message.attempt) != (intent.email_id, intent.n):
        said = f"{INTERNAL}built for attempt {message.attempt}"
        return Handed(intent.email_id, intent.n, Result.INTERNAL, said)
    return None


def _handed(intent: Intent, end: Ended) -> Handed:
    """The class of an answer."""
    who = (intent.email_id, intent.n)
    if isinstance(end, Accepted):
        fault("call.answered")
        return Handed(*who, Result.ACCEPTED, end.evidence, end.ref)
    if isinstance(end, TransientError):
        said, again = end.evidence, end.retry_at
        return Handed(*who, Result.TRANSIENT, said, retry_at=again, counts=end.counts, answered=end.answered)
    if isinstance(end, PermanentError):
        return Handed(*who, Result.PERMANENT, end.evidence, bad_address=end.bad_address)
    if isinstance(end, ChannelError):
        return Handed(*who, Result.CHANNEL, end.evidence)
    if isinstance(end, InDoubtError):
        return Handed(*who, Result.IN_DOUBT, end.evidence, unexpected=end.unexpected)
    return Handed(*who, Result.IN_DOUBT, f"unexpected {type(end).__name__}", unexpected=True)
