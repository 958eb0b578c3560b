"""What a group of emails asks of the database: as many statements for two as for twenty, on either engine."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from surveyor.db import forget
from surveyor.db.emails.addressed import OF_ADDRESSES, of_addresses
from surveyor.db.emails.claim import _CLAIM, _LANES
from surveyor.db.plain import execute, is_full, unhurried
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.instance import Instance
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.publish_rules import publish_first
from surveyor.flows.send_emails import Sent, send_emails
from tests.flows.orders import KEYS, PARIS, at, event, record
from tests.flows.sending import Scripted, mailer, open_network, schedule
from tests.flows.statements import statements_of

JAN_5, DUE = at("2026-01-05T17:00"), at("2026-01-07T09:00")
RULES = '[[rule]]\nid = "std"\nmin_orders = 1\n'


def _statements(sessions: Any, size: int, day: int, group: int = 20) -> list[str]:
    """What `size` emails ask, from their claim to their tallies."""
    ordered = JAN_5 + timedelta(days=day)
    record(sessions, *(event(f"o{day}-{n}", f"c{day}-{n}", ordered) for n in range(size)), now=ordered)
    one = mailer(Scripted(group=group), journeys=CustomerJourneys(KEYS, PARIS))

    def send() -> None:
        sent = send_emails(sessions, mailer=one, now=lambda: DUE + timedelta(days=day), limit=size)
        assert sent == Sent(claimed=size, sent=size)

    return statements_of(sessions, send)


def test_twenty_emails_ask_as_much_of_the_database_as_two(sessions: Any) -> None:
    with sessions.begin() as session:
        session.add(Instance(id=1, name="x" * 64, pepper_id=KEYS.newest_id, sending="released"))
    publish_first(sessions, RULES, now=at("2026-01-01T00:00"))
    _statements(sessions, 2, 0)  # the connection is made, the rules are read
    two, twenty = _statements(sessions, 2, 1), _statements(sessions, 20, 2)
    assert len(two) == len(twenty) <= 30


def test_a_cell_of_the_tallies_is_changed_once_by_many_groups(sessions: Any) -> None:
    """Else it would keep a version for each group while an old transaction is open, all of them looked at each time."""
    with sessions.begin() as session:
        session.add(Instance(id=1, name="x" * 64, pepper_id=KEYS.newest_id, sending="released"))
    publish_first(sessions, RULES, now=at("2026-01-01T00:00"))
    asked = _statements(sessions, 12, 0, group=3)
    into = Counter(one.split()[2] for one in asked if one.startswith("INSERT INTO tall"))
    assert into == {"tally_changes": 4, "tallies_fine": 1, "tallies_coarse": 1}


#: A queue of thousands, all in one lane: the others are as empty as most are.
MANY = (
    "INSERT INTO emails (id, kind, priority, dedupe_key, customer_id, address_key, domain_group, state, due_at, "
    "expires_at, fence, attempts, failures, build_failures, delivery_rank, key_id, unsubscribe_sha256) "
    "SELECT {id}, kind, priority, 'x' || n, customer_id, address_key, domain_group, state, due_at, expires_at, "
    "0, 0, 0, 0, 0, key_id, {hash} FROM emails, {numbers} WHERE kind = 'invitation'"
)
FULL = {"id": "gen_random_uuid()", "hash": "decode(md5(n::text), 'hex')", "numbers": "generate_series(1, 5000) AS n"}
LITE = {
    "id": "randomblob(16)",
    "hash": "randomblob(32)",
    "numbers": "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000) SELECT n FROM c)",
}


def test_looking_for_what_is_due_reads_no_table_however_many_lanes_are_empty(sessions: Any) -> None:
    open_network(sessions)
    schedule(sessions, due_at=DUE)
    with sessions.begin() as session:
        full = is_full(session)
        session.connection().exec_driver_sql(MANY.format(**(FULL if full else LITE)))
        session.connection().exec_driver_sql("ANALYZE")
        text_, value = (_LANES.postgresql, DUE) if full else (_LANES.sqlite, DUE.isoformat())
        explain = "EXPLAIN " if full else "EXPLAIN QUERY PLAN "
        plan = "\n".join(str(tuple(row)) for row in execute(session, explain + text_, (value,)).fetchall())
    assert "email_due" in plan
    assert "Seq Scan" not in plan
    assert "SCAN emails" not in plan


def test_a_claim_takes_from_the_start_of_the_index_even_by_a_plan_that_was_kept(sessions: Any) -> None:
    """Planned anew, the claim of a group cost the server a tenth of all that the group costs it."""
    with sessions.begin() as session:
        unhurried(session)
        if not is_full(session):
            return
        parts = _CLAIM.postgresql.split("%s")
        text_ = parts[0] + "".join(f"${n}{part}" for n, part in enumerate(parts[1:], start=1))
        execute(session, f"PREPARE kept AS {text_}", ())  # while nothing waits
        values = "now(), 'x', 1, 'epoch', 20, 'me', now()"
        plan = "\n".join(row[0] for row in execute(session, f"EXPLAIN EXECUTE kept({values})", ()).fetchall())
    assert "Index Scan using email_due" in plan or "Index Only Scan using email_due" in plan
    assert "Sort" not in plan


def test_the_emails_of_a_person_are_found_by_indexes(sessions: Any) -> None:
    """With and without an invitation; once every email of the network was read for each erasure."""
    open_network(sessions)
    schedule(sessions, due_at=DUE)
    with sessions.begin() as session:
        connection = session.connection()
        hash_ = "decode(md5('y'), 'hex')" if is_full(session) else "randomblob(32)"
        new = FULL["id"] if is_full(session) else LITE["id"]
        connection.exec_driver_sql(MANY.format(id=new, hash=hash_, numbers="(SELECT 1 AS n) AS one"))
        customer = session.scalars(select(Customer.id)).one()
    with sessions.begin() as session:
        assert len(forget.person(session, customer, None).emails) == 2
    asked = statements_of(sessions, lambda: _look(sessions, customer))
    of_emails = [one for one in asked if "FROM emails" in one]
    assert len(of_emails) == 2
    assert all("customer_id IN" not in one or "invitation_id IS NULL" in one for one in of_emails)


def test_what_is_written_to_an_address_is_found_by_indexes_and_an_invitation_has_one_email_of_a_kind(
    sessions: Any,
) -> None:
    """A queue of thousands has no index of addresses: each move of an email would write to it."""
    open_network(sessions)
    asked = schedule(sessions, due_at=DUE)
    reminded = schedule(sessions, kind="reminder", due_at=DUE)
    with sessions.begin() as session:
        full = is_full(session)
        session.connection().exec_driver_sql(MANY.format(**(FULL if full else LITE)))
        others = "UPDATE emails SET kind = 'notice', address_key = unsubscribe_sha256 WHERE invitation_id IS NULL"
        session.connection().exec_driver_sql(others)
    with sessions() as session:
        keys = [asked.address_key, reminded.address_key]
        wanted = of_addresses(session, keys)
        assert {*session.scalars(wanted)} == {asked.email_id, reminded.email_id}
        explain = "EXPLAIN " if full else "EXPLAIN QUERY PLAN "
        plan = "\n".join(
            str(tuple(row)) for row in execute(session, explain + _told(full), _given(full, keys)).fetchall()
        )
    assert "email_address" in plan
    assert "email_invited" in plan
    assert "Seq Scan on emails" not in plan
    assert not re.search(r"SCAN (emails|m)\b", plan)
    with pytest.raises(IntegrityError), sessions.begin() as session:
        _copy(session, f"invitation_id, '{asked.invitation_id.hex}:other'", asked.email_id)
    with sessions.begin() as session:
        _copy(session, "NULL, 'notice:1'", asked.email_id)
    with pytest.raises(IntegrityError), sessions.begin() as session:
        _copy(session, "NULL, 'notice:1'", asked.email_id)


def _told(full: bool) -> str:
    return OF_ADDRESSES.format("= ANY(CAST(%s AS bytea[]))" if full else "IN (?, ?)")


def _given(full: bool, keys: list[bytes]) -> tuple[Any, ...]:
    return (keys, keys) if full else (*keys, *keys)


def _copy(session: Any, once: str, email_id: Any) -> None:
    columns = "kind, priority, customer_id, address_key, domain_group, state, due_at, expires_at, fence, attempts, "
    columns += "failures, build_failures, delivery_rank, key_id"
    made = FULL["id"], "decode(md5(random()::text), 'hex')"
    new, hash_ = made if is_full(session) else (LITE["id"], LITE["hash"])
    same = f"id = '{email_id}'" if is_full(session) else f"id = x'{email_id.hex}'"
    session.connection().exec_driver_sql(
        f"INSERT INTO emails (id, unsubscribe_sha256, invitation_id, dedupe_key, {columns}) "
        f"SELECT {new}, {hash_}, {once}, {columns} FROM emails WHERE {same}"
    )


def _look(sessions: Any, customer: Any) -> None:
    with sessions.begin() as session:
        forget.person(session, customer, None)
