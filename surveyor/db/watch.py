"""Answers as the watch looks at them, store by store, and what somebody answered to its questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyor.core.periods import Period
from surveyor.db import bulk
from surveyor.db.forget import NOBODY
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.scores import WatchAnswer
from surveyor.db.tables.users import User


@dataclass(slots=True)
class Watched:
    """A store's answers in order, its answers by device and day, and the addresses that answered; never shown."""

    answers: list[tuple[str, int, bool]] = field(default_factory=list)
    devices: dict[tuple[str, bytes], int] = field(default_factory=dict)
    addresses: list[str] = field(default_factory=list)


def answers(session: Session, period: Period) -> dict[str, Watched]:
    """Store -> what came in a period, of the whole network."""
    r, v, i, c = Response, ResponseRevision, Invitation, Customer
    query = (
        select(r.store_id, r.day, r.score, r.commented, v.client_key, c.email)
        .join(v, (v.invitation_id == r.invitation_id) & (v.n == r.standing))
        .join(i, i.id == r.invitation_id)
        .join(c, c.id == i.customer_id)
        .where(r.score.is_not(None), r.day >= period.first, r.day <= period.last)
        .order_by(r.store_id, r.answered_at, r.invitation_id)
    )
    found: dict[str, Watched] = {}
    for store, day, score, commented, key, email in session.execute(query):
        if day is None or score is None:
            continue
        of = found.setdefault(store, Watched())
        of.answers.append((day.isoformat(), score, bool(commented)))
        if bytes(key) != NOBODY:
            device = (day.isoformat(), bytes(key))
            of.devices[device] = of.devices.get(device, 0) + 1
        if email:
            of.addresses.append(email)
    return found


def staff_domains(session: Session) -> set[str]:
    """The domains of the addresses of staff."""
    return {email.rpartition("@")[2] for email in session.scalars(select(User.email))}


def answered(session: Session) -> Mapping[tuple[str, str, str], tuple[str, datetime]]:
    """(kind, store, mark) -> what somebody answered, and when."""
    w = WatchAnswer
    rows = session.execute(select(w.kind, w.subject, w.mark, w.answer, w.at))
    return {(row.kind, row.subject, row.mark): (row.answer, row.at) for row in rows}


def keep_answer(session: Session, key: tuple[str, str, str], *, answer: str, by: str, now: datetime) -> None:
    """What somebody found; answered again, the last one stands."""
    columns = ("kind", "subject", "mark", "answer", "by", "at")
    sets = 'answer = excluded.answer, "by" = excluded."by", at = excluded.at'
    bulk.insert(
        session, WatchAnswer, columns, [(*key, answer, by, now)], conflict=f"(kind, subject, mark) DO UPDATE SET {sets}"
    )
