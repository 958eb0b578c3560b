"""What the tables of the line keep of a person, found and emptied; counts, scores, stores and days stay."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import String, case, cast, func, literal, or_, select, true, update
from sqlalchemy.orm import Session

from surveyor.core.traces import Traces
from surveyor.db import customers
from surveyor.db.tables.cases import Case, CaseEntry
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import DoubtCheck, Email, EmailEvent, ProviderBatch, SendAttempt
from surveyor.db.tables.imported import ImportedResponse
from surveyor.db.tables.imports import Import
from surveyor.db.tables.instance import Alert
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order, OrderEventRow
from surveyor.db.tables.reports import ReportQuote
from surveyor.db.tables.responses import ResponseRevision, Visit

NOBODY = bytes(32)
_PLAIN = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Person:
    """All accounts of one person and what hangs on them."""

    accounts: Mapping[UUID, str]
    traces: Traces
    invitations: Sequence[UUID]
    emails: Sequence[UUID]


def person(session: Session, customer_id: UUID, address_key: bytes | None) -> Person:
    """The accounts of an address, or the one account that has none; erased ones give no name any more."""
    found = customers.by_address(session, address_key) if address_key is not None else []
    rows = {row.id: row for row in [*customers.by_id(session, [customer_id]).values(), *found]}
    ids = list(rows)
    living = [row for row in rows.values() if row.erased_at is None]
    invitations = _column(session, Invitation.id, Invitation.customer_id, ids)
    return Person(
        {row.id: row.external_id for row in rows.values()},
        Traces(
            customers=[row.external_id for row in living],
            orders=_column(session, Order.order_id, Order.customer_id, ids),
            addresses=[row.email for row in living],
        ),
        invitations,
        [
            *_column(session, Email.id, Email.invitation_id, invitations),
            *_column(session, Email.id, Email.customer_id, ids, Email.invitation_id.is_(None)),
        ],
    )


def empty_bodies(session: Session, ids: Sequence[UUID]) -> int:
    """Empty payloads; ids and hashes stay as a tombstone. What waited or was in quarantine is closed."""
    row = OrderEventRow
    closed = case((row.state.in_(("new", "quarantined")), "ignored"), else_=row.state)
    error = case((row.error.is_(None), None), else_="erased")
    return _changed(session, update(row).where(row.id.in_(ids)).values(body=None, state=closed, error=error))


def empty_batches(session: Session, ids: Sequence[UUID]) -> int:
    """Empty provider bodies that were applied."""
    b = ProviderBatch
    return _changed(session, update(b).where(b.id.in_(ids), b.state != "new").values(body=b"", error=None))


def empty_words(
    session: Session,
    invitations: Sequence[UUID],
    free: Callable[[str, int], Collection[str]],
    *,
    before: datetime | None = None,
) -> int:
    """Empty what was written freely; scores, choices and days stay. free: the questions of a survey that take text.

    before: only what was written earlier.
    """
    v, i = ResponseRevision, Invitation
    rows = session.execute(
        select(v.invitation_id, v.n, v.answers, v.verbatim, i.survey, i.questionnaire_version)
        .join(i, i.id == v.invitation_id)
        .where(v.invitation_id.in_(invitations), v.at < before if before is not None else true())
    ).all()
    emptied = 0
    for row in rows:
        plain, texts = dict(row.answers or {}), free(row.survey, row.questionnaire_version)
        values = {name: value for name, value in dict(plain.get("values") or {}).items() if name not in texts}
        answers = plain | {"values": values, "verbatim": ""}
        emptied += int(bool(row.verbatim) or answers != plain)
        here = (v.invitation_id == row.invitation_id, v.n == row.n)
        _changed(session, update(v).where(*here).values(verbatim=None, answers=answers, client_key=NOBODY))
    q = ReportQuote
    quoted = (q.invitation_id.in_(invitations), q.text != "")
    _changed(session, update(q).where(*quoted).values(text=""))  # the same words: counted once
    if before is None:
        _changed(session, update(Visit).where(Visit.invitation_id.in_(invitations)).values(client_key=NOBODY))
    return emptied


def empty_imported(session: Session, accounts: Collection[UUID]) -> int:
    """Empty what these customers wrote in another tool; score, store and day stay."""
    r = ImportedResponse
    mine = update(r).where(r.customer_id.in_(accounts), or_(r.comment.is_not(None), cast(r.answers, String) != "{}"))
    return _changed(session, mine.values(comment=None, answers={}))


def empty_cases(session: Session, accounts: Collection[UUID]) -> int:
    """Empty what was said in the cases of these customers, by them and about them; dates, labels and stores stay."""
    c, e = Case, CaseEntry
    said = or_(e.body.is_not(None), e.message_key.is_not(None))
    emptied = _changed(session, update(e).where(e.customer_id.in_(accounts), said).values(body=None, message_key=None))
    return emptied + _changed(session, update(c).where(c.customer_id.in_(accounts), c.action != "").values(action=""))


def empty_reports(session: Session, emails: Sequence[UUID], traces: Traces) -> int:
    """What providers said in their own words of these emails, or of the address."""
    e, a, d = EmailEvent, SendAttempt, DoubtCheck
    emptied = _changed(session, update(e).where(e.email_id.in_(emails)).values(detail={}))
    emptied += _changed(session, update(d).where(d.email_id.in_(emails)).values(found="erased"))
    emptied += _changed(
        session, update(a).where(a.email_id.in_(emails), a.evidence.is_not(None)).values(evidence="erased")
    )
    if traces.addresses:
        unmatched = (e.email_id.is_(None), _quotes(cast(e.detail, String), traces))
        emptied += _changed(session, update(e).where(*unmatched).values(detail={}))
    return emptied


def empty_notes(session: Session, traces: Traces) -> int:
    """Alerts and samples of refused lines that repeat an address."""
    if not traces.addresses:
        return 0
    emptied = _changed(session, update(Alert).where(_quotes(Alert.detail, traces)).values(detail=""))
    i = Import
    rows = session.execute(select(i.id, i.first_refusals).where(_quotes(cast(i.first_refusals, String), traces))).all()
    for row in rows:
        said = [_mute(one) if traces.addressed_in(str(one)) else one for one in row.first_refusals]
        session.execute(update(i).where(i.id == row.id).values(first_refusals=said))
    return emptied + len(rows)


def empty_orders(session: Session, accounts: Collection[UUID]) -> int:
    """The fields of orders that nobody declared: they may hold anything."""
    o = Order
    mine = update(o).where(o.customer_id.in_(accounts), o.attributes.is_not(None))
    return _changed(session, mine.values(attributes=None))


def rename(session: Session, accounts: Mapping[UUID, tuple[str, str]]) -> None:
    """Put the name of an erased customer in place of the source's id, in the keys of occurrences too: (old, new)."""
    i = Invitation
    rows = session.execute(
        select(i.id, i.customer_id, i.rule_id, i.dedupe_key).where(i.customer_id.in_(accounts))
    ).all()
    for row in rows:
        key = renamed_key(row.dedupe_key, row.rule_id, *accounts[row.customer_id])
        token = sha256(b"erased" + row.id.bytes).digest()
        _changed(session, update(i).where(i.id == row.id).values(dedupe_key=key, token_sha256=token))


def renamed_key(key: str, rule_id: str, old: str, new: str) -> str:
    """ "recurring:<rule>:<customer>:<date>" with another customer; any other key as it is."""
    start = f"recurring:{rule_id}:{old}:"
    return f"recurring:{rule_id}:{new}:{key.removeprefix(start)}" if key.startswith(start) else key


def empty_identity(session: Session, names: Mapping[UUID, str], *, now: datetime) -> int:
    """Address, names and the source's id; language, segment and the key of the address stay."""
    c = Customer
    emptied = 0
    for customer, name in sorted(names.items(), key=lambda one: one[0].int):
        values = {"email": "", "first_name": "", "last_name": "", "external_id": name}
        mine = update(c).where(c.id == customer)
        emptied += _changed(session, mine.values(**values, erased_at=func.coalesce(c.erased_at, _instant(now))))
    return emptied


def under_way(session: Session, emails: Sequence[UUID]) -> list[UUID]:
    """Those of these emails whose hand-over is not settled: their files are evidence still."""
    e = Email
    return list(session.scalars(select(e.id).where(e.id.in_(emails), e.state.in_(("dispatching", "in_doubt")))))


def _instant(now: datetime) -> Any:
    return literal(now, Customer.erased_at.type)


def _mute(refusal: Mapping[str, Any]) -> dict[str, Any]:
    """A refused line without what it quotes; line and code stay."""
    return {key: value if key in ("line", "code") else "erased" for key, value in refusal.items()}


def _quotes(column: Any, traces: Traces) -> Any:
    return or_(*(func.lower(column).contains(address, autoescape=True) for address in sorted(traces.addresses)))


def _column(session: Session, column: Any, key: Any, ids: Sequence[UUID], *also: Any) -> list[Any]:
    return list(session.scalars(select(column).where(key.in_(ids), *also))) if ids else []


def _changed(session: Session, statement: Any) -> int:
    return int(session.execute(statement, execution_options=_PLAIN).rowcount)  # type: ignore[attr-defined]
