"""How fast emails may leave: buckets of tokens, warm-up of a new domain, and the figures that stop a stream.

Pure. Source of every number: pipeline.md, 7. Rates are emails per second; instants are aware.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

#: A bucket that holds nobody back.
UNLIMITED = 1_000_000.0
#: A bucket holds what two seconds bring: a worker looks every two seconds.
BURST_SECONDS = 2.0
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
#: After a stop one email a second, and one more each minute; a rate above this is as good as any.
RECOVERED = 100.0


@dataclass(frozen=True, slots=True)
class Pace:
    """What an operator asks of the pace, as parameters of SURVEYOR_MAIL_URL; None: no limit.

    rate: emails per second through the provider; group_rate: to each group of recipient domains. warm_up: first day of
    a new sending domain. store_day: invitations that one rule sends for one store in one local day.
    """

    rate: float | None = None
    group_rate: float | None = None
    warm_up: date | None = None
    store_day: int | None = None

    @property
    def limits(self) -> bool:
        """Whether buckets are needed while nobody asks us to slow down."""
        return self.rate is not None or self.group_rate is not None or self.warm_up is not None

    def bucket(self, known: Bucket | None, *, provider: bool, now: datetime) -> Bucket | None:
        """The bucket of the provider as a whole, or of one group of domains, as it stands at `now`; None: no limit.

        known: as it was kept, maybe under another pace; a new one is full.
        """
        rate = (self.rate if provider else self.group_rate) or UNLIMITED
        cap = None if provider else self.hour_cap(now)
        bucket = Bucket(rate, now, tokens=burst(rate)) if known is None else replace(known, rate=rate)
        bucket = bucket.filled(now, hour_cap=cap)
        return None if rate == UNLIMITED and cap is None and bucket.at_ease else bucket

    def hour_cap(self, now: datetime) -> int | None:
        """Emails an hour to one group of domains at `now`, while a domain warms up."""
        return None if self.warm_up is None else warm_up_cap((now.date() - self.warm_up).days)


NO_PACE = Pace()


def burst(rate: float) -> float:
    """The most that a bucket of this rate holds, at least one email."""
    return max(1.0, rate * BURST_SECONDS)


def warm_up_cap(day: int) -> int | None:
    """20 x 1.4^day emails an hour and domain group, from day 0; None once that is more than anybody sends."""
    return round(20 * 1.4 ** max(day, 0)) if day < 32 else None


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens as they stood at `filled_at`; see db/tables/pace.MailLimit."""

    rate: float
    filled_at: datetime
    tokens: float = 0.0
    hour_cap: int | None = None
    hour_used: int = 0
    hour_at: datetime | None = None
    stopped_until: datetime | None = None
    slow_from: datetime | None = None

    @property
    def at_ease(self) -> bool:
        """Whether nothing slows it down but its own rate."""
        return self.stopped_until is None and self.slow_from is None

    def rate_at(self, now: datetime) -> float:
        """Emails per second at `now`: none while stopped, then 1, and one more each minute, up to its own rate."""
        if self.stopped_until is not None and now < self.stopped_until:
            return 0.0
        if self.slow_from is None or now < self.slow_from:
            return self.rate
        return min(self.rate, 1.0 + (now - self.slow_from) // MINUTE)

    def filled(self, now: datetime, *, hour_cap: int | None = None) -> Bucket:
        """The bucket at `now`, under the hour's cap of today. A clock that went back brings and takes nothing."""
        rate = self.rate_at(now)
        since = self.filled_at if self.stopped_until is None else max(self.filled_at, min(self.stopped_until, now))
        passed = max(0.0, (now - since).total_seconds())
        tokens = min(burst(rate), self.tokens + passed * rate) if rate else 0.0
        made = replace(self, tokens=tokens, filled_at=max(now, self.filled_at), hour_cap=hour_cap)
        if self.hour_at is None or now - self.hour_at >= HOUR:
            made = replace(made, hour_at=now, hour_used=0)
        if self.stopped_until is not None and now >= self.stopped_until:
            made = replace(made, stopped_until=None)
        if made.slow_from is not None and rate >= min(self.rate, RECOVERED):
            made = replace(made, slow_from=None)
        return made

    @property
    def free(self) -> int:
        """Emails that may leave now (of a bucket just filled)."""
        free = int(self.tokens + 1e-9)
        return free if self.hour_cap is None else max(0, min(free, self.hour_cap - self.hour_used))

    def take(self, count: int) -> Bucket:
        """After `count` emails were taken, at most `free`."""
        return replace(self, tokens=self.tokens - count, hour_used=self.hour_used + count)

    def give_back(self, count: int) -> Bucket:
        """After `count` emails that were taken did not leave."""
        tokens = min(max(burst(self.rate), self.tokens), self.tokens + count)
        return replace(self, tokens=tokens, hour_used=max(0, self.hour_used - count))

    def stop(self, until: datetime) -> Bucket:
        """Stopped until an instant (429, 4.7.28), the latest one counts; slow after it."""
        until = until if self.stopped_until is None else max(until, self.stopped_until)
        return replace(self, stopped_until=until, slow_from=until, tokens=0.0)


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of the emails of one kind that were handed over in a window, in emails."""

    sent: int = 0
    hard_bounces: int = 0
    complaints: int = 0
    deferred: int = 0
    in_doubt: int = 0


ENOUGH = 200
REFUSALS = 10
IN_DOUBT_ALERT = 0.005
#: What stops a stream: (cause, count of the figures, share above which, count at least).
SWITCHES: tuple[tuple[str, str, float, int], ...] = (
    ("hard_bounces", "hard_bounces", 0.05, 1),
    ("complaints", "complaints", 0.001, 3),
    ("deferred", "deferred", 0.20, 1),
    ("in_doubt", "in_doubt", 0.01, 1),
)


def stops(figures: Figures) -> tuple[str, str] | None:
    """The cause that stops a stream and its figures in words; None when it may go on or too little was sent."""
    handed = figures.sent + figures.in_doubt
    if handed < ENOUGH:
        return None
    for cause, name, share, least in SWITCHES:
        count = int(getattr(figures, name))
        if count >= least and count > share * handed:
            return cause, f"{count} of {handed}"
    return None


def doubtful(figures: Figures) -> bool:
    """Whether the share in doubt is one that a person should hear of, before it stops the stream."""
    handed = figures.sent + figures.in_doubt
    return handed >= ENOUGH and figures.in_doubt >= IN_DOUBT_ALERT * handed and figures.in_doubt > 0


def over_cap(sent: Mapping[tuple[str, str], int], going: list[tuple[str, str]], cap: int) -> list[bool]:
    """For each email about to leave, by its (store, rule) and in order: whether the day's cap is used up before it.

    sent: invitations already sent today. What is over goes to the rule's next slot, until max_late_days ends it.
    """
    used = dict(sent)
    answer = []
    for pair in going:
        count = used.get(pair, 0)
        answer.append(count >= cap)
        if count < cap:
            used[pair] = count + 1
    return answer
