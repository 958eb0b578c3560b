"""What becomes of a telling after each try: told, tried again later, given up; and when a webhook is paused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

#: How long after each failed try the next one comes: nine tries within some three days.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=20),
    timedelta(hours=30),
)
#: So many tries in a row that failed pause a webhook until a person resumes it.
PAUSE_AFTER = 20
GONE = 410

State = Literal["waiting", "delivered", "failed"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """After a try. next_at: of the next one, while it waits. pause: why the whole webhook rests, "" when it goes on."""

    state: State
    next_at: datetime | None = None
    pause: str = ""


def judge(*, status: int | None, tries: int, failures: int, now: datetime) -> Verdict:
    """After try number `tries` (from 1), answered with `status` or not at all. failures: in a row, this one included.

    2xx is told; 410 says that nobody listens there any more; everything else, redirects too, is tried again.
    """
    if status is not None and 200 <= status < 300:
        return Verdict("delivered")
    pause = "gone" if status == GONE else "failures" if failures >= PAUSE_AFTER else ""
    after = next_try(tries, now=now)
    return Verdict("failed", None, pause) if after is None else Verdict("waiting", after, pause)


def next_try(tries: int, *, now: datetime) -> datetime | None:
    """When to try after `tries` failed ones; None when it is given up."""
    return now + WAITS[tries - 1] if tries <= len(WAITS) else None
