"""Rows that break a promise of the line: one query for each thing that must hold, each gives the offenders' ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, inspect, select, text
from sqlalchemy.orm import Session

from surveyor.db.base import Instant
from surveyor.db.engine import dialect_name
from surveyor.db.tables.customers import Customer, CustomerState, Cycle
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Response, ResponseRevision

#: How many offenders are named.
NAMED = 20

_AGREE = """(i.state = 'sent' AND e.state = 'sent') OR (i.state = 'failed' AND e.state = 'failed')
 OR (i.state = 'dropped' AND e.state = 'dropped')
 OR (i.state = 'scheduled' AND e.state IN ('pending','leased','dispatching','in_doubt'))"""
_SAME = """i.rule_id = d.rule_id AND i.customer_id = d.customer_id AND (
 (d.occurrence_on IS NULL AND i.occurrence IS NULL AND i.order_id = d.order_id)
 OR (d.occurrence IS NOT NULL AND i.occurrence = d.occurrence AND i.decision_day = d.occurrence_on))"""
_ACCEPTED = "(SELECT count(*) FROM send_attempts a WHERE a.email_id = e.id AND a.outcome = 'accepted')"

_PARTS = {"$SAME": _SAME, "$AGREE": _AGREE, "$ACCEPTED": _ACCEPTED}

#: (invariant of pipeline.md 17, what is wrong, the rows that are wrong)
QUERIES: tuple[tuple[str, str, str], ...] = (
    (
        "E1",
        "an import whose lines are not all accounted for",
        "SELECT id FROM imports WHERE finished_at IS NOT NULL "
        "AND (accepted < 0 OR duplicates < 0 OR conflicts < 0 OR rejected < 0 "
        "OR accepted + duplicates + conflicts + rejected > line)",
    ),
    (
        "E2",
        "a decision of a rule version that does not exist",
        "SELECT d.id FROM decisions d LEFT JOIN rule_versions v ON v.number = d.rule_version WHERE v.number IS NULL",
    ),
    (
        "E2",
        "a decision on an order that does not exist",
        "SELECT d.id FROM decisions d LEFT JOIN orders o ON o.order_id = d.order_id WHERE o.id IS NULL",
    ),
    (
        "E2",
        "a decision SCHEDULED without a date",
        "SELECT d.id FROM decisions d WHERE d.verdict = 'SCHEDULED' AND d.planned_at IS NULL",
    ),
    (
        "E3",
        "a decision SCHEDULED without its invitation",
        "SELECT d.id FROM decisions d WHERE d.verdict = 'SCHEDULED' "
        "AND NOT EXISTS (SELECT 1 FROM invitations i WHERE $SAME)",
    ),
    (
        "E3",
        "an invitation without its decision",
        "SELECT i.id FROM invitations i WHERE NOT EXISTS "
        "(SELECT 1 FROM decisions d WHERE d.verdict = 'SCHEDULED' AND $SAME)",
    ),
    (
        "E3",
        "an invitation without its email",
        "SELECT i.id FROM invitations i LEFT JOIN emails e ON e.invitation_id = i.id AND e.kind = 'invitation' "
        "WHERE e.id IS NULL",
    ),
    (
        "E3",
        "an invitation and its email that do not agree",
        "SELECT i.id FROM invitations i JOIN emails e ON e.invitation_id = i.id AND e.kind = 'invitation' "
        "WHERE NOT ($AGREE)",
    ),
    (
        "E4",
        "a sent email that was not accepted exactly once",
        "SELECT e.id FROM emails e WHERE e.state = 'sent' AND $ACCEPTED <> 1",
    ),
    (
        "E4",
        "an email that was accepted and yet failed or was dropped",
        "SELECT e.id FROM emails e WHERE e.state IN ('failed','dropped','pending','leased') AND $ACCEPTED > 0",
    ),
    (
        "E5",
        "an email with more than one hand-over that may have arrived",
        "SELECT email_id FROM send_attempts WHERE outcome IN ('intent','unknown','accepted') "
        "GROUP BY email_id HAVING count(*) > 1",
    ),
    (
        "E6",
        "an email whose lease was over 15 seconds ago",
        "SELECT id FROM emails WHERE state IN ('leased','dispatching') AND lease_until < :lease",
    ),
    (
        "E6",
        "an email that waits 15 minutes past its due time",
        "SELECT e.id FROM emails e WHERE e.state = 'pending' AND e.due_at < :late "
        "AND EXISTS (SELECT 1 FROM instance WHERE sending = 'released') "
        "AND NOT EXISTS (SELECT 1 FROM channels c WHERE c.paused_until > :late) "
        "AND NOT EXISTS (SELECT 1 FROM mail_streams s WHERE s.paused_at IS NOT NULL) "
        "AND NOT EXISTS (SELECT 1 FROM mail_limits l WHERE l.domain_group IN (e.domain_group, '') "
        "AND (l.rate < 1000000 OR l.hour_cap IS NOT NULL OR l.slow_from IS NOT NULL))",
    ),
    (
        "E6",
        "provider events that nobody applied for 15 minutes",
        "SELECT id FROM provider_batches WHERE state = 'new' AND received_at < :late",
    ),
    (
        "E6",
        "an order event that nobody decided upon for 15 minutes",
        "SELECT id FROM order_events WHERE state = 'new' AND received_at < :late",
    ),
    (
        "E7",
        "a response to an invitation that was never sent",
        "SELECT r.invitation_id FROM responses r JOIN invitations i ON i.id = r.invitation_id "
        "WHERE r.score IS NOT NULL AND r.source = 'email' AND i.state <> 'sent'",
    ),
    (
        "E8",
        "a rule version that does not follow the one before",
        "SELECT v.number FROM rule_versions v WHERE (v.number > 1 AND NOT EXISTS "
        "(SELECT 1 FROM rule_versions p WHERE p.number = v.number - 1 AND p.published_at <= v.published_at)) "
        "OR COALESCE(v.base, 0) <> v.number - 1",
    ),
    (
        "E8",
        "a published rule version that is not the active one",
        "SELECT m.number FROM (SELECT max(number) AS number FROM rule_versions) m "
        "WHERE m.number IS NOT NULL AND m.number <> COALESCE((SELECT number FROM active_rules), -1)",
    ),
    (
        "E9",
        "an email sent to an address that was opposed already",
        "SELECT e.id FROM emails e JOIN send_attempts a ON a.email_id = e.id AND a.outcome = 'accepted' "
        "JOIN suppressions s ON s.address_key = e.address_key AND (s.scope = 'all' OR s.scope = (SELECT t.brand_id "
        "FROM stores t JOIN invitations i ON i.store_id = t.id WHERE i.id = e.invitation_id)) "
        "WHERE e.kind IN ('invitation','reminder') AND e.state = 'sent' AND s.created_at < a.intent_at "
        "AND (s.lifted_at IS NULL OR s.lifted_at > a.intent_at) "
        "AND (s.expires_at IS NULL OR s.expires_at > a.intent_at)",
    ),
    (
        "E11",
        "an erased person whose name or address is still there",
        "SELECT id FROM customers WHERE erased_at IS NOT NULL AND (email <> '' OR first_name <> '' OR last_name <> '')",
    ),
    (
        "E11",
        "the words of an erased person that are still there",
        "SELECT r.invitation_id FROM response_revisions r JOIN invitations i ON i.id = r.invitation_id "
        "JOIN customers c ON c.id = i.customer_id WHERE c.erased_at IS NOT NULL AND COALESCE(r.verbatim, '') <> '' "
        "AND r.at <= c.erased_at",
    ),
    (
        "E11",
        "an erased person whom the source's id still names",
        "SELECT c.id FROM customers c WHERE c.erased_at IS NOT NULL AND c.external_id NOT LIKE 'erased-%' AND EXISTS "
        "(SELECT 1 FROM erasures x WHERE x.done_at IS NOT NULL AND x.requested_at <= c.erased_at "
        "AND (x.customer_id = c.id OR x.address_key = c.address_key))",
    ),
    (
        "E11",
        "an erased person whose orders keep undeclared fields",
        "SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id "
        "WHERE c.erased_at IS NOT NULL AND o.attributes IS NOT NULL AND o.received_at <= c.erased_at",
    ),
    (
        "E11",
        "an erased person whose link still opens",
        "SELECT i.id FROM invitations i JOIN customers c ON c.id = i.customer_id "
        "JOIN erasures x ON x.customer_id = c.id AND x.done_at IS NOT NULL "
        "WHERE i.revoked_at IS NULL AND i.created_at <= x.requested_at",
    ),
    (
        "E11",
        "an erasure that was not done within 15 minutes",
        "SELECT x.id FROM erasures x WHERE x.done_at IS NULL AND x.requested_at < :late AND NOT EXISTS "
        "(SELECT 1 FROM emails e WHERE e.customer_id = x.customer_id AND e.state IN ('dispatching','in_doubt'))",
    ),
)


@dataclass(frozen=True, slots=True)
class Offenders:
    """One thing that does not hold: how many rows, and the first of them."""

    code: str
    what: str
    count: int
    ids: tuple[str, ...]


def broken(session: Session, *, now: datetime, only: str = "") -> list[Offenders]:
    """Every query of `QUERIES` that finds something; `only`: those of one invariant."""
    instants = {"lease": now - timedelta(seconds=15), "late": now - timedelta(minutes=15)}
    found = []
    for code, what, written in QUERIES:
        if only and code != only:
            continue
        query = written
        used = {name: at for name, at in instants.items() if f":{name}" in query}
        for name, part in _PARTS.items():
            query = query.replace(name, part)
        statement = text(query).bindparams(*(bindparam(name, type_=Instant) for name in used))
        ids = [row[0] for row in session.execute(statement, used)]
        if ids:
            found.append(Offenders(code, what, len(ids), tuple(_shown(one) for one in ids[:NAMED])))
    return found


def has_at_most_once(session: Session) -> bool:
    """Whether the index that keeps promise G5 exists, is unique and valid."""
    indexes = inspect(session.connection()).get_indexes("send_attempts")
    exists = any(index["name"] == "at_most_once" and index["unique"] for index in indexes)
    if exists and dialect_name(session) == "postgresql":  # one whose making failed is there, and holds nothing
        valid = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('at_most_once')")
        return bool(session.scalar(valid))
    return exists


def asked_in_turn(session: Session) -> Iterator[Any]:
    """Invitations that were asked, address by address, in time: address, instant, zone, snapshot, id."""
    i = Invitation
    query = (
        select(i.address_key, i.asked_at, i.zone, i.snapshot, i.id)
        .where(i.asked_at.is_not(None))
        .order_by(i.address_key, i.asked_at)
    )
    yield from session.execute(query.execution_options(yield_per=2000))


def customer_pages(session: Session, size: int = 500) -> Iterator[list[Any]]:
    """Customers with their state row, page by page: id, external id, state, address key, segment."""
    s, c = CustomerState, Customer
    last = None
    while True:
        query = (
            select(s.customer_id, c.external_id, s.state, s.address_key, c.segment)
            .join(c, c.id == s.customer_id)
            .order_by(s.customer_id)
            .limit(size)
        )
        page = list(session.execute(query if last is None else query.where(s.customer_id > last)))
        if not page:
            return
        yield page
        last = page[-1].customer_id


def invitations_of(session: Session, customers: list[Any]) -> list[Any]:
    """Their invitations: customer, key, state, asked instant."""
    i = Invitation
    query = select(i.customer_id, i.dedupe_key, i.state, i.asked_at).where(i.customer_id.in_(customers))
    return list(session.execute(query))


def cycles_of(session: Session, customers: list[Any]) -> list[Any]:
    """Their planned occurrences: customer, rule, number, instant."""
    c = Cycle
    query = select(c.customer_id, c.rule_id, c.occurrence, c.next_at).where(c.customer_id.in_(customers))
    return list(session.execute(query))


def answered(session: Session) -> Iterator[Any]:
    """Responses and the forms they are made of, invitation by invitation."""
    r, v = Response, ResponseRevision
    query = (
        select(r.invitation_id, r.standing, r.score, v.n, v.page, v.follows, v.score.label("said"), v.clean, v.at)
        .join(v, v.invitation_id == r.invitation_id)
        .where(r.source == "email")
        .order_by(r.invitation_id, v.n)
    )
    yield from session.execute(query.execution_options(yield_per=2000))


def _shown(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else getattr(value, "hex", str(value))


def names(code: str) -> list[str]:
    """What the queries of one invariant look for."""
    return [what for found, what, _ in QUERIES if found == code]
