"""Buckets of tokens: how many emails each provider, and each group of recipient domains, may be given now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from surveyor.core.pace import UNLIMITED, Bucket, burst
from surveyor.db import bulk
from surveyor.db.plain import Statement, is_full, reading
from surveyor.db.tables.pace import MailLimit

#: The bucket of the provider as a whole.
PROVIDER = ""
_COLUMNS = ("rate", "filled_at", "tokens", "hour_cap", "hour_used", "hour_at", "stopped_until", "slow_from")
_READ_TEXT = (
    f"SELECT domain_group, {', '.join(_COLUMNS)} FROM mail_limits WHERE provider = {{}} ORDER BY domain_group{{}}"  # noqa: S608
)
_READ = Statement(_READ_TEXT.format("?", ""), _READ_TEXT.format("%s", " FOR UPDATE"))
_SETS = ", ".join(f"{name} = excluded.{name}" for name in (*_COLUMNS, "burst"))


def buckets(session: Session, provider: str) -> dict[str, Bucket]:
    """The buckets of a provider by group of domains (`PROVIDER`: the whole), locked until the commit."""
    at = reading(session).instant
    return {
        row[0]: Bucket(row[1], at(row[2]), row[3], row[4], row[5], at(row[6]), at(row[7]), at(row[8]))
        for row in _READ.run(session, lite=[provider], full=[provider])
    }


def begin(session: Session, provider: str, *, now: datetime) -> None:
    """Give a provider the row that its claims lock, once; another transaction that does the same is waited for."""
    row = (provider, PROVIDER, UNLIMITED, now, burst(UNLIMITED), None, 0, None, None, None, UNLIMITED)
    columns = ("provider", "domain_group", *_COLUMNS, "burst")
    bulk.insert(session, MailLimit, columns, [row], conflict="(provider, domain_group) DO NOTHING")


def save(session: Session, provider: str, changed: Mapping[str, Bucket]) -> None:
    """Write buckets, in the order of their keys."""
    rows = [
        (provider, group, *(getattr(bucket, name) for name in _COLUMNS), max(1.0, bucket.rate))
        for group, bucket in sorted(changed.items())
    ]
    columns = ("provider", "domain_group", *_COLUMNS, "burst")
    bulk.insert(session, MailLimit, columns, rows, conflict=f"(provider, domain_group) DO UPDATE SET {_SETS}")


_SENT_TEXT = (
    "SELECT store_id, rule_id, day, SUM(sent) FROM tallies_fine WHERE store_id {} AND day {} AND sent <> 0 "
    "GROUP BY store_id, rule_id, day UNION ALL "
)
# What is noted and not yet added; few rows.
_NOTED = (
    "SELECT json_extract(c.value, '$[1]'), json_extract(c.value, '$[2]'), json_extract(c.value, '$[0]'), "
    "json_extract(c.value, '$[6].sent') FROM tally_changes t, json_each(t.cells) c "
    "WHERE json_extract(c.value, '$[6].sent') IS NOT NULL",
    "SELECT c.value ->> 1, c.value ->> 2, CAST(c.value ->> 0 AS date), CAST(c.value -> 6 ->> 'sent' AS integer) "
    "FROM tally_changes t, LATERAL jsonb_array_elements(CAST(t.cells AS jsonb)) AS c(value) "
    "WHERE c.value -> 6 ->> 'sent' IS NOT NULL",
)
_SENT = Statement(
    _SENT_TEXT.format("IN (@)", "IN (@)") + _NOTED[0], _SENT_TEXT.format("= ANY(%s)", "= ANY(%s)") + _NOTED[1]
)


def sent_on(session: Session, stores: Collection[str], days: Collection[date]) -> dict[tuple[str, str, date], int]:
    """Invitations sent by (store, rule, local day); those of other stores and days may be among them."""
    listed, dated = sorted(stores), sorted(days)
    rows = _SENT.run(session, lite=[listed, [day.isoformat() for day in dated]], full=[listed, dated])
    day: Any = (lambda value: value) if is_full(session) else date.fromisoformat
    found: dict[tuple[str, str, date], int] = {}
    for store, rule, at, sent in rows:
        key = (store, rule, day(at))
        found[key] = found.get(key, 0) + int(sent)
    return found
