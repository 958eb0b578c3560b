"""The what-if over the orders of the database: which emails would these rules have sent? Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.calendar import local_day
from surveyor.core.history import StoreFacts
from surveyor.core.replay import (
    WHOLE,
    Gathered,
    Gathering,
    Live,
    Period,
    ReplayResult,
    bases_of,
    replay,
    run,
    warm_up_days,
)
from surveyor.core.rules import RuleSet
from surveyor.db.replay_rows import stored_rows
from surveyor.flows.customer_journey import Defaults, read_terms
from surveyor.flows.quiet_memory import quiet_memory
from surveyor.flows.replay_by_columns import Heard, NotByColumns, read_columns, replay_columns_of, unheard, why_not

#: What publishing compares: the emails of so many days before now.
VOLUME_DAYS = 30
#: Of a replay by columns, the share that reading takes.
READ = 0.6


@dataclass(frozen=True, slots=True)
class How:
    """live: how `decide` is to be asked. heard: of `columns`, the share that is done, 0 to 1: reading, then living."""

    live: Live[Any] = run
    heard: Heard = unheard


LIVED = How()


def replay_stored(
    sessions: Any,
    rules: RuleSet,
    *,
    against: RuleSet | None,
    period: Period,
    defaults: Defaults,
    how: How = LIVED,
) -> ReplayResult:
    """`rules`, and what they would be compared with, over the stored orders; the period is in local dates of sending.

    The transaction that reads is over before anything is replayed. The figures say which `engine` replayed them:
    `columns` where that can be had and knows the rules, else `decide`, and why.
    Raises ReplayDiffers when the two disagree on a sample of customers.
    """
    with quiet_memory():
        reason = why_not(rules, against)
        if reason is None:
            try:
                with sessions.begin() as session:
                    stores = _stores(session, rules, defaults)
                    since = _since(rules, against, period.first)
                    until = _until(period.last, stores, defaults)
                    columns = read_columns(
                        session, stores, since=since, until=until, heard=lambda share: how.heard(READ * share)
                    )
                result = replay_columns_of(
                    columns, rules, against=against, period=period, heard=lambda s: how.heard(READ + (1 - READ) * s)
                )
            except NotByColumns as unclear:
                reason = str(unclear)
        if reason is not None:
            gathered = gather_stored(sessions, rules, against, period=period, defaults=defaults)
            result = replay(gathered, rules, against=against, period=period, live=how.live)
    result.figures["engine"] = "columns" if reason is None else "decide"
    result.figures["engine_because"] = reason
    return result


def _stores(session: Any, rules: RuleSet, defaults: Defaults) -> Any:
    return read_terms(session, defaults, read=lambda _session: (0, rules)).regime.stores


def gather_stored(
    sessions: Any, rules: RuleSet, against: RuleSet | None, *, period: Period, defaults: Defaults
) -> Gathered:
    """The stored orders that the emails of a period may depend on: none that came after it."""
    since = _since(rules, against, period.first)
    with sessions.begin() as session:
        stores = _stores(session, rules, defaults)
        gathering = Gathering(bases_of(rules, against), stores)
        gathering.take(stored_rows(session, since=since, until=_until(period.last, stores, defaults)))
    return gathering.done()


def volumes(sessions: Any, rules: RuleSet, active: RuleSet, *, now: datetime, defaults: Defaults) -> tuple[int, int]:
    """Invitations of the last 30 days if these rules had been in force, and with the active ones."""
    today = local_day(now, defaults.zone)
    period = Period(today - VOLUME_DAYS + 1, today, today)
    result = replay_stored(sessions, rules, against=active, period=period, defaults=defaults)
    return len(result.run.sends), 0 if result.against_run is None else len(result.against_run.sends)


def _since(rules: RuleSet, against: RuleSet | None, first: int) -> datetime | None:
    earliest = first - warm_up_days(rules, against) - VOLUME_DAYS
    return None if earliest < 1 else _instant(earliest)


def _until(last: int, stores: Mapping[str, StoreFacts], defaults: Defaults) -> datetime | None:
    """When the last day is over everywhere; None for a period without an end."""
    if last >= WHOLE.last:
        return None
    day = date.fromordinal(last) + timedelta(days=1)
    zones = {defaults.zone, *(one.zone for one in stores.values() if one.zone)}
    return max(datetime.combine(day, datetime.min.time(), ZoneInfo(zone)) for zone in zones)


def _instant(day: int) -> datetime:
    return datetime.combine(date.fromordinal(day), datetime.min.time(), UTC) - timedelta(days=1)
