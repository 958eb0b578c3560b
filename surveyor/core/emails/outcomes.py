"""What a hand-over came to, and where the email goes next: the pure half of settling."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from surveyor.core.emails.moves import State
from surveyor.core.reasons import Reason


class Result(StrEnum):
    """What a hand-over came to, in the classes of the providers' protocol."""

    ACCEPTED = "accepted"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    CHANNEL = "channel"
    IN_DOUBT = "in_doubt"
    INTERNAL = "internal"  # an exception of ours between the intent and the call
    NOT_STARTED = "not_started"  # the call could not begin within 10 s of the intent


class AttemptOutcome(StrEnum):
    """What a send attempt's row says."""

    INTENT = "intent"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not_accepted"


class Attempt(NamedTuple):
    """The hand-over being settled: `n` counts from 1, `failures` and `internal_errors` are those before it."""

    email_id: UUID
    n: int
    failures: int = 0
    internal_errors: int = 0


class Settlement(NamedTuple):
    """Where an email goes next. `due_at` None: unchanged. `pause_provider`: nobody else will be accepted either."""

    outcome: AttemptOutcome
    state: State
    failures: int
    reason: Reason | None = None
    due_at: datetime | None = None
    pause_provider: bool = False


INTERNAL_ERRORS_ALLOWED = 3
BUILD_ERRORS_ALLOWED = 3
BUILD_WAIT = timedelta(minutes=15)
DOUBT_LASTS = timedelta(hours=26)
CALL_BEGINS_WITHIN = timedelta(seconds=10)
LEASE = timedelta(seconds=60)


def settle(
    result: Result, attempt: Attempt, *, now: datetime, retry_at: datetime | None = None, counts: bool = True
) -> Settlement:
    """Outcome -> next state. `retry_at`, `counts`: as the provider's TransientError says them. `now` is aware."""
    no, failures = AttemptOutcome.NOT_ACCEPTED, attempt.failures
    if result is Result.ACCEPTED:
        return Settlement(AttemptOutcome.ACCEPTED, State.SENT, failures)
    if result is Result.IN_DOUBT:
        return Settlement(AttemptOutcome.UNKNOWN, State.IN_DOUBT, failures)
    if result is Result.PERMANENT:
        return Settlement(no, State.FAILED, failures, Reason.PROVIDER_REJECTED)
    if result is Result.CHANNEL:
        return Settlement(no, State.PENDING, failures, pause_provider=True)
    if result is Result.NOT_STARTED:
        return Settlement(no, State.PENDING, failures)
    if result is Result.INTERNAL and attempt.internal_errors + 1 >= INTERNAL_ERRORS_ALLOWED:
        return Settlement(no, State.FAILED, failures + 1, Reason.INTERNAL_ERROR)
    wait = now + backoff(failures, attempt.email_id, attempt.n)
    later = retry_at if retry_at is not None and retry_at > now else wait
    return Settlement(no, State.PENDING, failures + (1 if counts else 0), due_at=later)


def build_failed(failures: int, *, now: datetime) -> tuple[State, Reason | None, datetime | None]:
    """State, reason and due instant after a build that failed, `failures` builds having failed before it."""
    if failures + 1 >= BUILD_ERRORS_ALLOWED:
        return State.DROPPED, Reason.BUILD_ERROR, None
    return State.PENDING, None, now + BUILD_WAIT


def backoff(failures: int, email_id: UUID, attempt: int) -> timedelta:
    """min(3600, 30 * 2^failures) seconds times a jitter in [0.5, 1] drawn from sha256(email id, attempt).

    Reproducible on purpose: the same attempt waits as long in a test, a replay and a restart."""
    seconds = min(3600, 30 * 2 ** min(max(failures, 0), 7))
    drawn = hashlib.sha256(email_id.bytes + attempt.to_bytes(4, "big")).digest()[:4]
    return timedelta(seconds=seconds * (0.5 + int.from_bytes(drawn, "big") / 0xFFFFFFFF / 2))
