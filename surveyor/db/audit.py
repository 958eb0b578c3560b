"""The audit chain: who changed what between rules, keys and rights, each line sealed by the one before."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from surveyor.db.base import dumps, instant_text, new_id
from surveyor.db.tables.audit import AuditHead, AuditLine

_START = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. Subjects are ids or the first digits of an address key: no address, name, verbatim or secret comes
    here; `before` and `after` of a text are its hash and length.
    """

    actor: str
    action: str
    object: str
    before: Any = None
    after: Any = None
    reason: str = ""
    ip_prefix: str = ""
    request_id: str = ""


def append(session: Session, entry: Entry, *, now: datetime) -> int:
    """Add one line in the caller's transaction and return its number; the head row is locked until the commit."""
    n, prev = _head(session)
    values = {"n": n + 1, "id": new_id(now), "at": now, **asdict(entry)}
    sealed = _seal(prev, values)
    session.execute(insert(AuditLine).values(**values, prev=prev, hash=sealed))
    session.execute(update(AuditHead).values(n=n + 1, hash=sealed))
    return n + 1


def count_of(session: Session, actor: str, action: str, *, since: datetime) -> int:
    """How many lines somebody wrote of one action since an instant."""
    a = AuditLine
    query = select(func.count()).where(a.actor == actor, a.action == action, a.at >= since)
    return session.scalar(query) or 0


def verify(session: Session) -> list[str]:
    """What is broken in the chain, one sentence each: a line changed, missing or out of order; a head not the last."""
    problems: list[str] = []
    expected, prev = 0, _START
    for row in session.execute(select(AuditLine.__table__).order_by(AuditLine.n)).mappings():
        expected += 1
        if row["n"] != expected:
            problems.append(f"audit line {expected} is missing")
            expected = row["n"]
        elif row["prev"] != prev:
            problems.append(f"audit line {row['n']} does not follow the one before")
        if _seal(row["prev"], dict(row)) != row["hash"]:
            problems.append(f"audit line {row['n']} was changed after it was written")
        prev = row["hash"]
    head = session.execute(select(AuditHead.n, AuditHead.hash)).first()
    if head is not None and (head.n, head.hash) != (expected, prev):
        problems.append(f"the head of the audit chain is at {head.n}, its last line is {expected}")
    return problems


def head(session: Session) -> tuple[int, bytes] | None:
    """Number and hash of the last line, as the head row says; None before the first."""
    found = session.execute(select(AuditHead.n, AuditHead.hash)).first()
    return None if found is None or found.n == 0 else (found.n, found.hash)


def count(session: Session) -> int:
    """How many lines there are."""
    return session.scalar(select(func.count()).select_from(AuditLine)) or 0


def _head(session: Session) -> tuple[int, bytes]:
    found = session.execute(select(AuditHead.n, AuditHead.hash).with_for_update()).first()
    if found is None:
        session.execute(insert(AuditHead).values(id=1, n=0, hash=_START))
        return 0, _START
    return found.n, found.hash


def _seal(prev: bytes, values: dict[str, Any]) -> bytes:
    said = {key: value for key, value in values.items() if key not in ("prev", "hash")}
    said["id"] = values["id"].hex
    said["at"] = instant_text(values["at"])
    ordered = {key: said[key] for key in sorted(said)}
    return hashlib.sha256(prev + dumps(ordered).encode()).digest()
