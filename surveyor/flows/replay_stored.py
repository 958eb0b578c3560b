"""The what-if over the orders of the database: which emails would these rules have sent? Nothing is written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from surveyor.core.calendar import local_day
from surveyor.core.replay import Gathered, Gathering, Period, ReplayResult, bases_of, replay, warm_up_days
from surveyor.core.rules import RuleSet
from surveyor.db.replay_rows import stored_rows
from surveyor.flows.customer_journey import Defaults, read_terms
from surveyor.flows.quiet_memory import quiet_memory

#: What publishing compares: the emails of so many days before now.
VOLUME_DAYS = 30


def replay_stored(
    sessions: Any, rules: RuleSet, *, against: RuleSet | None, period: Period, defaults: Defaults
) -> ReplayResult:
    """`rules`, and what they would be compared with, over the stored orders; the period is in local dates of sending.

    The transaction that reads is over before anything is replayed.
    """
    with quiet_memory():
        gathered = gather_stored(sessions, rules, against, first=period.first, defaults=defaults)
        return replay(gathered, rules, against=against, period=period)


def gather_stored(
    sessions: Any, rules: RuleSet, against: RuleSet | None, *, first: int, defaults: Defaults
) -> Gathered:
    """The stored orders that emails from the day `first` on may depend on."""
    earliest = first - warm_up_days(rules, against) - VOLUME_DAYS
    since = None if earliest < 1 else _instant(earliest)
    with sessions.begin() as session:
        stores = read_terms(session, defaults, read=lambda _session: (0, rules)).regime.stores
        gathering = Gathering(bases_of(rules, against), stores)
        for row in stored_rows(session, since=since):
            gathering.take(row)
    return gathering.done()


def volumes(sessions: Any, rules: RuleSet, active: RuleSet, *, now: datetime, defaults: Defaults) -> tuple[int, int]:
    """Invitations of the last 30 days if these rules had been in force, and with the active ones."""
    today = local_day(now, defaults.zone)
    period = Period(today - VOLUME_DAYS + 1, today, today)
    result = replay_stored(sessions, rules, against=active, period=period, defaults=defaults)
    return len(result.run.sends), 0 if result.against_run is None else len(result.against_run.sends)


def _instant(day: int) -> datetime:
    return datetime.combine(date.fromordinal(day), datetime.min.time(), UTC) - timedelta(days=1)
