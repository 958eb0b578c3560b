"""An erasure: nothing leaves once it is asked for, and nothing that names the person is left once it is done."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from surveyor.core.tally import Tally
from surveyor.core.tokens import ERASED, Purpose
from surveyor.db import erasures
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import Email, ProviderBatch
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order, OrderEventRow
from surveyor.db.tables.suppressions import Suppression
from surveyor.db.tables.tallies import CoarseTally
from surveyor.errors import NotFound
from surveyor.flows import erasure_list
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.erase_customer import Means, erase_waiting, request_erasure
from surveyor.flows.keep_provider_batch import keep_provider_batch
from surveyor.flows.keep_unusable import keep_unusable
from surveyor.flows.manage_users import HOST
from surveyor.flows.record_orders import Outcome
from surveyor.jobs import desk
from surveyor.jobs.clock import Clock
from surveyor.services import Services
from tests.flows.orders import PARIS, STD, at, event, record, use_rules
from tests.jobs.house import services

JAN_5, JAN_19, DUE = at("2026-01-05T17:00"), at("2026-01-19T18:30"), at("2026-01-21T09:00")
NAME, ADDRESS = "client-4711", "zoe.canari@example.org"


@pytest.fixture
def house(sessions: Any, clock: Any, tmp_path: Path) -> Services:
    """A customer who was asked twice over and one who was not touched."""
    use_rules(sessions, STD)
    found = services(sessions, clock, tmp_path, mail_url=f"outbox://{tmp_path}/outbox")
    for customer, fields in ((NAME, named()), ("other", {})):
        for n, day in enumerate((JAN_5, JAN_19)):
            record(sessions, event(f"{customer}-{n}", customer, day, **fields), now=day, keys=found.keyring)
    clock.set(DUE)
    return found


def named(**fields: Any) -> dict[str, Any]:
    return {
        "email": ADDRESS,
        "first_name": "Zoé-Canari",
        "last_name": "Canarini",
        "attributes": {"door": "Canari 4"},
    } | fields


def who(sessions: Any, name: str = NAME) -> UUID:
    with sessions() as session:
        return session.scalars(select(Customer.id).where(Customer.external_id == name)).one()


def ask(house: Services, customer: UUID | None = None) -> UUID:
    journeys = desk.journeys(house)
    options: Any = {"home": house.settings.home, "journeys": journeys, "now": house.now()}
    return request_erasure(house.sessions, customer or who(house.sessions), by=HOST, **options)


def everywhere(sessions: Any) -> str:
    """Every cell of every table, as text."""
    from surveyor.db.base import Base

    said = []
    with sessions() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(text(f'SELECT * FROM "{table.name}"')):
                said.append(" ".join(c.decode("utf-8", "replace") if isinstance(c, bytes) else str(c) for c in row))
    return "\n".join(said).lower()


def on_disk(sessions: Any) -> str:
    """The file of SQLite, free space included; PostgreSQL clears its own with each vacuum."""
    engine = sessions.kw["bind"]
    if engine.dialect.name != "sqlite":
        return ""
    with engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(engine.url.database).read_bytes().decode("utf-8", "replace").lower()


def tallies(sessions: Any) -> list[dict[str, int]]:
    with sessions() as session:
        rows = session.scalars(select(CoarseTally).order_by(CoarseTally.day))
        return [Tally.from_mapping(vars(row)).changes() for row in rows]


def test_s57_the_request_alone_stops_what_waits_and_shuts_the_links(house: Services) -> None:
    customer = who(house.sessions)
    first = ask(house)
    assert ask(house) == first, "a second request is the first"
    with house.sessions() as session:
        states = dict(session.execute(select(Email.customer_id, Email.reason)).all())
        revoked = dict(session.execute(select(Invitation.customer_id, Invitation.revoked_at)).all())
        assert list(session.scalars(select(Suppression.reason))) == ["erased"]
        assert session.scalars(select(AuditLine.action)).all()[-1] == "customer.erasure_requested"
    assert states[customer] == "UNSUBSCRIBED"
    assert revoked[customer] == DUE
    assert set(revoked.values()) == {DUE, None}
    assert erasure_list.read(house.settings.home) == [house.keyring.address_key(ADDRESS)]


def test_an_unknown_customer_and_one_who_was_erased_are_not_found(house: Services) -> None:
    customer = who(house.sessions)
    with pytest.raises(NotFound):
        ask(house, UUID(int=7))
    ask(house)
    Clock(house).erasures(house.now())
    with pytest.raises(NotFound):
        ask(house, customer)


def test_after_the_job_nothing_names_the_person_and_every_count_stands(house: Services) -> None:
    Clock(house).heartbeat(house.now())
    sent = desk.drain(house, desk.mailer(house))
    assert sent.claimed == 2
    long = f'[{{"event":"open","email":"{ADDRESS}","note":"{"x" * 9000} {ADDRESS}"}}]'  # of more than one page
    keep_provider_batch(house.sessions, "sendgrid", long.encode(), now=DUE)
    with house.sessions.begin() as session:
        session.execute(update(ProviderBatch).values(state="applied"))
    customer = who(house.sessions)
    before = tallies(house.sessions)
    erasure = ask(house)
    Clock(house).erasures(house.now())
    said = everywhere(house.sessions)
    assert [word for word in ("canari", ADDRESS, f'"{NAME}"', f" {NAME} ") if word in said] == []
    assert "other@example.org" in said
    left = on_disk(house.sessions)
    assert [word for word in ("canari", ADDRESS, f'"{NAME.lower()}"') if word in left] == []
    assert tallies(house.sessions) == before
    report = check_invariants(house.sessions, now=house.now(), defaults=PARIS)
    assert report.ok, report.findings
    with house.sessions() as session:
        row: Any = session.get(Customer, customer)
        assert (row.external_id, row.erased_at) == (house.keyring.erased_name(NAME), DUE)
        assert len(session.scalars(select(Order.id).where(Order.customer_id == customer)).all()) == 2
        found: Any = erasures.one(session, erasure)
    assert found.done_at == DUE
    assert (found.receipt["order_events"], found.receipt["customers"]) == (2, 1)


def test_what_is_kept_raw_with_escaped_characters_is_emptied_too(house: Services) -> None:
    escaped = "".join(f"\\u{ord(letter):04X}" for letter in ADDRESS)
    bodies = {
        "address": f'{{"email":"zoe.canari\\u0040example.org","note":"{escaped[:24]}"}}',
        "letters": f'{{"billing":{{"email":"{escaped}"}},"total":"x"',
        "shop": '{"customer_id":"client\\u002d4711","first_name":"Zo\\u00e9-Canari"}',
        "other": '{"email":"eve\\u0040example.org","customer_id":"client\\u002d471"}',
    }
    for name, body in bodies.items():
        keep_unusable(house.sessions, source="shop", raw=body.encode(), why="no date", now=DUE, name=name)
        keep_provider_batch(house.sessions, "sendgrid", f'[{{"event":"open",{body[1:]}]'.encode(), now=DUE)
    with house.sessions.begin() as session:
        session.execute(update(ProviderBatch).values(state="applied"))
    ask(house)
    Clock(house).erasures(house.now())
    with house.sessions() as session:
        kept = dict(session.execute(select(OrderEventRow.event_id, OrderEventRow.body)).all())
        told = [bytes(body) for body in session.scalars(select(ProviderBatch.body)) if body]
    assert {name: kept[name] for name in bodies} == dict.fromkeys(bodies) | {"other": bodies["other"]}
    assert sorted(b"eve\\u0040" in body for body in told) == [False, True], "without an address, or that of another"


def test_a_complaint_that_hides_the_address_and_brings_the_email_back_is_emptied_too(house: Services) -> None:
    with house.sessions() as session:
        emails = dict(session.execute(select(Email.customer_id, Email.id)).all())
    mine = emails.pop(who(house.sessions))
    (other,) = emails.values()
    for email in (mine, other):
        raw = f"Feedback-Type: abuse\n\nX-Surveyor-Email: {email.hex.upper()}\n\nBonjour Canari-{email.hex}".encode()
        keep_provider_batch(house.sessions, "smtp", raw, now=DUE)
    with house.sessions.begin() as session:
        session.execute(update(ProviderBatch).values(state="applied"))
    ask(house)
    Clock(house).erasures(house.now())
    with house.sessions() as session:
        (kept,) = (bytes(body) for body in session.scalars(select(ProviderBatch.body)) if body)
    assert other.hex.encode() in kept


def test_a_later_order_of_the_address_or_of_the_id_is_stored_without_a_name_and_asks_nobody(house: Services) -> None:
    customer = who(house.sessions)
    ask(house)
    Clock(house).erasures(house.now())
    later = DUE + timedelta(days=90)
    fresh = named(email="zoe.new-canari@example.org")
    orders = [
        event("again-1", NAME, later, **fresh),
        event("again-2", "another-canari", later, **named()),
        event("again-3", "another-canari", later + timedelta(hours=1), **named()),
        event("else-1", "newcomer", later),
    ]
    record(house.sessions, *orders, now=later, keys=house.keyring)
    said = everywhere(house.sessions)
    assert "canari" not in said
    assert "newcomer@example.org" in said
    with house.sessions() as session:
        stored = dict(session.execute(select(Order.order_id, Order.customer_id)).all())
        names = dict(session.execute(select(Customer.id, Customer.external_id)).all())
        asked = session.scalars(select(Invitation.id).where(Invitation.state == "scheduled")).all()
        bodies = dict(session.execute(select(OrderEventRow.event_id, OrderEventRow.body)).all())
    assert stored["again-1"] == customer
    assert stored["again-2"] == stored["again-3"] != customer
    assert names[stored["again-2"]].startswith(ERASED)
    assert len(asked) == 1, "the invitation of somebody else, no more"
    assert {bodies[f"order.completed:again-{n}"] for n in (1, 2, 3)} == {None}
    again = record(house.sessions, event("again-1", NAME, later, **fresh), now=later, keys=house.keyring)
    assert again.count(Outcome.DUPLICATE) == 1
    report = check_invariants(house.sessions, now=later, defaults=PARIS)
    assert [f for f in report.findings if f.code != "E6"] == []


def test_a_list_that_a_kill_left_short_is_completed_by_the_job(house: Services) -> None:
    ask(house)
    (house.settings.home / erasure_list.FILE).unlink()
    Clock(house).erasures(house.now())
    assert erasure_list.read(house.settings.home) == [house.keyring.address_key(ADDRESS)]


def test_links_of_an_erased_person_are_unknown(house: Services) -> None:
    from surveyor.flows.record_visit import Unknown, record_visit

    with house.sessions() as session:
        row: Any = session.scalar(select(Invitation).where(Invitation.customer_id == who(house.sessions)))
    token = house.keyring.token(Purpose.SURVEY, row.id)
    ask(house)
    Clock(house).erasures(house.now())
    assert isinstance(record_visit(house.sessions, token, opening=None, keys=house.keyring, now=DUE), Unknown)


def test_files_of_an_email_in_doubt_stay_until_it_is_settled(house: Services) -> None:
    new = desk.outbox_folder(house.settings) / "new"
    new.mkdir(parents=True)
    customer = who(house.sessions)
    with house.sessions.begin() as session:
        email: Any = session.scalar(select(Email).where(Email.customer_id == customer))
        email.state = "in_doubt"
        name = email.id.hex
    for end in ("eml", "json"):
        (new / f"{name}.{end}").write_text("Canari")
    ask(house)
    means = Means(house.keyring, house.settings.home, desk.outbox_folder(house.settings))
    assert erase_waiting(house.sessions, means, now=DUE) == 0
    assert len(list(new.iterdir())) == 2
    with house.sessions.begin() as session:
        row: Any = session.scalar(select(Email).where(Email.customer_id == customer))
        row.state, row.reason = "failed", "REFUSED"
    assert erase_waiting(house.sessions, means, now=DUE) == 1
    assert list(new.iterdir()) == []
