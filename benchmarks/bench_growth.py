"""Row 26: claim to settle when many emails were sent already, against none; tables grown outside of the clock."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import select

from benchmarks import bench_send, databases
from benchmarks.databases import Place
from benchmarks.kit import CheckError, Row, take, verdict
from benchmarks.past_orders import cases
from surveyor.db import bulk
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.db.tables.invitations import Invitation

__all__ = ["cases", "rows"]
#: Emails of a round.
DUE = 2000
ALREADY = {"small": (("26a", 200_000),), "full": (("26a", 200_000), ("26b", 2_000_000))}
ROUNDS = 3
CHUNK = 5000


def rows(*, size: str, engine: str | None, targets: dict[str, Any]) -> Iterator[Row]:
    """CPU of an email with so many behind it over CPU with none, client and servers."""
    for which in databases.engines(engine, "E", "P"):
        grown: list[tuple[str, int, Place]] = []
        for name, many in ALREADY[size]:
            grown.append((name, many, _grown(which, many)))
        for name, many, place in grown:
            yield _row(name, which, many, place, targets.get(name, {}).get(which, {}))
            databases.close(place)


def _row(name: str, which: str, many: int, grown: Place, goal: dict[str, float]) -> Row:
    row = Row(name, which, "refused", "passed", ROUNDS, DUE, **goal)
    ratios, few = [], []
    for number in range(ROUNDS + 1):
        spent = []
        for full in (False, True):
            place = databases.copy(grown) if full else bench_send.ready(which, DUE)
            databases.settle_down(place)
            gc.collect()
            try:
                one = take(bench_send.ours, place, databases.servers(which))
                _check(place, many if full else 0)
            except CheckError as wrong:
                row.check, row.note = "failed", str(wrong)
                return row
            finally:
                databases.close(place)
            spent.append(one.cpu / one.items)
        if number:
            ratios.append(float(f"{spent[1] / spent[0]:.3g}"))
            few.append(spent[0])
    row.ratio = {"median": median(ratios), "lo": min(ratios), "hi": max(ratios)}
    row.verdict = verdict(row.ratio["median"], row.target, row.floor, cost=True)
    row.note = f"{many} sent before; with none {median(few) * 1e6:.0f} us an email"
    return row


def _check(place: Place, already: int) -> None:
    """All that was due was handed over once; what was sent before is still there."""
    with place.sessions() as session:
        sent = session.query(Email).filter(Email.state == "sent").count()
    handed = [message.email_id for message in place.notes["handed"].sent]
    if {sent - already, len(handed), len(set(handed))} != {place.notes["due"]}:
        raise CheckError(f"due {place.notes['due']}, sent {sent - already}, handed over {len(handed)}")


def _grown(which: str, many: int) -> Place:
    """Emails due, and so many that were sent before to the same customers."""
    place = bench_send.due(which, DUE)
    with place.sessions() as session:
        told = _plain(session, Invitation)
        mails = {row[_at(Email, "invitation_id")]: row for row in _plain(session, Email)}
    for start in range(0, many, CHUNK):
        numbers = range(start, min(many, start + CHUNK))
        made = [_one(told[n % len(told)], mails[told[n % len(told)][_at(Invitation, "id")]], n) for n in numbers]
        with place.sessions.begin() as session:
            bulk.insert(session, Invitation, _names(Invitation), [one[0] for one in made])
            bulk.insert(session, Email, _names(Email), [one[1] for one in made])
            columns = ("email_id", "n", "provider", "outcome", "intent_at", "settled_at", "evidence", "provider_ref")
            bulk.insert(session, SendAttempt, columns, [one[2] for one in made])
    databases.settle_down(place)
    return place


def _one(invitation: tuple[Any, ...], email: tuple[Any, ...], number: int) -> tuple[Any, Any, Any]:
    """Another invitation like this one, sent a while ago, with its email and its attempt."""
    told, mail = dict(zip(_names(Invitation), invitation, strict=True)), dict(zip(_names(Email), email, strict=True))
    at = told["due_at"] - timedelta(days=400, seconds=number)
    first, second = (UUID(int=told["id"].int ^ (number + 1) << 64 ^ kind) for kind in (0, 1))
    token = number.to_bytes(8, "big") * 4
    told |= {"id": first, "dedupe_key": f"old-{number}", "state": "sent", "sent_at": at, "asked_at": at}
    told |= {"sent_day": at.date(), "expires_at": at + timedelta(days=30), "token_sha256": token}
    mail |= {"id": second, "invitation_id": first, "dedupe_key": f"old-{number}", "state": "sent", "sent_at": at}
    mail |= {"due_at": at, "attempts": 1, "fence": 1, "unsubscribe_sha256": token, "body_sha256": token}
    attempt = (second, 1, "memory", "accepted", at, at, "202", f"old-{number}")
    return tuple(told.values()), tuple(mail.values()), attempt


def _names(table: Any) -> tuple[str, ...]:
    return tuple(column.name for column in table.__table__.columns)


def _at(table: Any, name: str) -> int:
    return _names(table).index(name)


def _plain(session: Any, table: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in session.execute(select(*table.__table__.columns))]
