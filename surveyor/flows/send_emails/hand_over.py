"""Hand a group over: every call begins within 10 s of its intent, and every answer falls in one class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from surveyor.core.emails import CALL_BEGINS_WITHIN, Result
from surveyor.db.emails import INTERNAL, Intent
from surveyor.faults import fault
from surveyor.flows.send_emails.mailer import Mailer
from surveyor.mail.message import Message
from surveyor.mail.providers.base import ChannelError, InDoubtError, PermanentError, TransientError


@dataclass(frozen=True, slots=True)
class Handed:
    """What one hand-over came to. `unexpected`: the provider raised something that is none of its four errors."""

    email_id: UUID
    n: int
    result: Result
    evidence: str
    ref: str = ""
    retry_at: datetime | None = None
    counts: bool = True
    bad_address: bool = False
    unexpected: bool = False


def hand_over(group: Sequence[tuple[Intent, Message]], mailer: Mailer, *, began: float) -> Iterator[Handed]:
    """Call the provider for each, as many at once as it says is worth it; outcomes come as they are known.

    began: ticks when the intents were about to be committed; a call that cannot begin in time is not begun.
    """
    at_once = min(mailer.provider.capabilities.at_once, len(group))
    if at_once <= 1:
        yield from (_in_time(intent, message, mailer, began) for intent, message in group)
        return
    with ThreadPoolExecutor(at_once) as threads:
        calls = [threads.submit(_in_time, intent, message, mailer, began) for intent, message in group]
        yield from (call.result() for call in as_completed(calls))


def _in_time(intent: Intent, message: Message, mailer: Mailer, began: float) -> Handed:
    if mailer.ticks() - began > CALL_BEGINS_WITHIN.total_seconds():
        return Handed(intent.email_id, intent.n, Result.NOT_STARTED, "not started")
    return _call(intent, message, mailer)


def _call(intent: Intent, message: Message, mailer: Mailer) -> Handed:
    who = (intent.email_id, intent.n)
    if (message.email_id, message.attempt) != who:
        return Handed(*who, Result.INTERNAL, f"{INTERNAL}built for attempt {message.attempt}")
    try:
        accepted = mailer.provider.send(message)
    except TransientError as error:
        return Handed(*who, Result.TRANSIENT, error.evidence, retry_at=error.retry_at, counts=error.counts)
    except PermanentError as error:
        return Handed(*who, Result.PERMANENT, error.evidence, bad_address=error.bad_address)
    except ChannelError as error:
        return Handed(*who, Result.CHANNEL, error.evidence)
    except InDoubtError as error:
        return Handed(*who, Result.IN_DOUBT, error.evidence)
    except Exception as error:  # a provider that raises a KeyError may have sent
        return Handed(*who, Result.IN_DOUBT, f"unexpected {type(error).__name__}", unexpected=True)
    fault("call.answered")
    return Handed(*who, Result.ACCEPTED, accepted.evidence, accepted.ref)
