"""Whether stores come in: weeks with a sign-in of those with access (ADO-01), for a scope and a period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.indicators.adoption import store_connections
from surveyor.core.indicators.measures import Measure
from surveyor.core.periods import Period, week_of
from surveyor.core.scope import Reach
from surveyor.db import store_access, stores
from surveyor.db.store_access import StoreAccount
from surveyor.db.stores import Shop


@dataclass(frozen=True, slots=True)
class StoreLine:
    """A store: its accounts, its weeks (1, 0, or None before access), the days somebody came in, and the last one."""

    shop: Shop
    accounts: Sequence[StoreAccount]
    weeks: Sequence[int | None]
    days: int
    last: datetime | None

    @property
    def invited(self) -> bool:
        """Whether access was sent."""
        return bool(self.accounts)


@dataclass(frozen=True, slots=True)
class Adoption:
    """measure: ADO-01 of the whole scope; by_region: of each of its regions; weeks: the Monday of each, in order."""

    measure: Measure
    by_region: Mapping[str, Measure]
    stores: Sequence[StoreLine]
    weeks: Sequence[date]


def measure_adoption(session: Any, reach: Reach, period: Period, *, today: date, zone: str) -> Adoption:
    """Whole weeks of the period that are over, by the days of the installation's zone."""
    weeks = whole_weeks(period, today)
    shops = stores.shops(session, reach)
    accounts = store_access.accounts(session, reach)
    days = store_access.sign_in_days(session, [one.user_id for one in accounts], period)
    lines = [_line(shop, [one for one in accounts if one.store_id == shop.id], days, weeks, zone) for shop in shops]
    regions: dict[str, list[StoreLine]] = {}
    for line in lines:
        regions.setdefault(line.shop.region or "", []).append(line)
    return Adoption(_measure(lines), {name: _measure(of) for name, of in sorted(regions.items())}, lines, weeks)


def whole_weeks(period: Period, today: date) -> list[date]:
    """The Mondays of ISO weeks that lie in a period and are over."""
    monday = week_of(period.first).first
    found = []
    while monday + timedelta(days=6) <= min(period.last, today - timedelta(days=1)):
        if monday >= period.first:
            found.append(monday)
        monday += timedelta(days=7)
    return found


def _measure(lines: Sequence[StoreLine]) -> Measure:
    return store_connections({line.shop.id: line.weeks for line in lines})


def _line(
    shop: Shop, accounts: Sequence[StoreAccount], days: Mapping[Any, list[date]], weeks: Sequence[date], zone: str
) -> StoreLine:
    came = sorted({day for one in accounts for day in days.get(one.user_id, ())})
    since = min((one.since.astimezone(ZoneInfo(zone)).date() for one in accounts), default=None)
    told = [_week(monday, since, came) for monday in weeks]
    last = max((one.last_seen_at for one in accounts if one.last_seen_at), default=None)
    return StoreLine(shop, accounts, told, len(came), last)


def _week(monday: date, since: date | None, came: Sequence[date]) -> int | None:
    """None in weeks that ended before access was sent."""
    if since is None or monday + timedelta(days=6) < since:
        return None
    return int(any(monday <= day <= monday + timedelta(days=6) for day in came))
