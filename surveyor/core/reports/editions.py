"""Which report is for whom and when: editions, what a role gets by itself, and the instant each report is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from surveyor.core.emails import AGAIN
from surveyor.core.periods import iso_week, month_of
from surveyor.core.scope import Reach, Scope

Edition = Literal["store", "region", "support", "network"]
EDITIONS: tuple[Edition, ...] = ("store", "region", "support", "network")
Kind = Literal["express", "voice"]
KINDS: tuple[Kind, ...] = ("express", "voice")
HOUR = time(8)
#: The monthly report leaves on this day, once the scores of the month are closed.
VOICE_DAY = 4
#: How long a report may leave after it was due.
LIFE = timedelta(hours=24)

#: Role -> the edition it reads.
EDITION_OF_ROLE: Mapping[str, Edition] = {
    "store_manager": "store",
    "region_manager": "region",
    "support": "support",
    "marketing": "network",
    "cx": "network",
    "admin": "network",
}
#: What a role gets without having asked. The weekly network edition is an option.
BY_DEFAULT: Mapping[Kind, frozenset[str]] = {
    "express": frozenset({"store_manager", "region_manager", "support"}),
    "voice": frozenset({"store_manager", "region_manager", "support", "marketing", "cx"}),
}


@dataclass(frozen=True, slots=True)
class Due:
    """A report of a period that is due at an instant (UTC) and may leave until `expires`."""

    kind: Kind
    period: str
    at: datetime
    expires: datetime


def edition_of(scope: Scope) -> Edition:
    """The edition that follows a scope when none is given."""
    if scope.stores:
        return "store"
    return "region" if scope.regions or scope.brands else "network"


def edition_of_reach(reach: Reach, role: str = "") -> Edition:
    """The edition of several scopes together: the widest of theirs; of the network, head office has its own."""
    found = [edition_of(one) for one in reach]
    widest: Edition = max(found, key=["store", "region", "network"].index) if found else "store"
    return "support" if widest == "network" and EDITION_OF_ROLE.get(role) == "support" else widest


def due(kind: Kind, now: datetime, zone: str) -> Due:
    """The last report of a kind that was due by `now` for a reader in `zone`: Monday at 8, or the 4th at 8."""
    local = now.astimezone(ZoneInfo(zone))
    day = local.date() - timedelta(days=local.weekday()) if kind == "express" else local.date().replace(day=VOICE_DAY)
    if _at(day, zone) > now:
        day = day - timedelta(weeks=1) if kind == "express" else _month_before(day)
    at = _at(day, zone)
    last = day - timedelta(days=1 if kind == "express" else VOICE_DAY)
    period = iso_week(last) if kind == "express" else month_of(last).token
    return Due(kind, period, at, at + LIFE)


def _at(day: date, zone: str) -> datetime:
    return datetime.combine(day, HOUR, ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=VOICE_DAY)


def dedupe_key(kind: str, period: str, user: str, scope: str = "") -> str:
    """What an email about a report is unique by: a recipient, a period, and the scope they asked for if they did."""
    return f"{kind}:{period}:{user}" + (f":{scope}" if scope else "")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The kind, period and asked scope ("" for all that the reader may see) that a key stands for."""

    kind: str
    period: str
    scope: str


def read_key(key: str) -> Wanted:
    """What a dedupe key of a report says, one that was issued once more included. ValueError for another key."""
    kind, period, _user, *scope = key.split(":", 3)
    return Wanted(kind, period, _asked(scope[0]) if scope else "")


def _asked(scope: str) -> str:
    """The scope without the mark of a second issue; `store:again` is a store of that name."""
    if f":{scope}" == AGAIN:
        return ""
    first = scope.removesuffix(AGAIN)
    last = first.rpartition("+")[2]
    return first if ":" in last or last == "network" else scope
