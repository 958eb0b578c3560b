"""What was kept for long enough goes, class by class; no count changes and no invariant breaks."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from surveyor.core.retention import PERIODS, Period
from surveyor.db.base import Base
from surveyor.db.tables.customers import Customer
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.run_retention import run_retention
from surveyor.jobs import desk
from surveyor.services import Services
from tests.flows.orders import PARIS, at, event, record
from tests.flows.test_erase_customer import ADDRESS, DUE, NAME, ask, everywhere, tallies
from tests.flows.test_personal_data import copy_of
from tests.flows.test_personal_data import house as house

T = Base.metadata.tables
NOTHING = dict.fromkeys(PERIODS, 0)


def run(house: Services, now: datetime, *, dry: bool = False) -> dict[str, int]:
    """The classes that had something."""
    done = run_retention(house.sessions, outbox=desk.outbox_folder(house.settings), now=now, dry=dry)
    assert done.counts.keys() == PERIODS.keys()
    return {name: n for name, n in done.counts.items() if n}


def broken(house: Services, now: datetime) -> set[tuple[str, str]]:
    return {(one.code, one.what) for one in check_invariants(house.sessions, now=now, defaults=PARIS).findings}


def dated(house: Services, when: datetime) -> None:
    """The outbox files were written then."""
    for path in (desk.outbox_folder(house.settings) / "new").iterdir():
        os.utime(path, (when.timestamp(), when.timestamp()))


def test_a_period_counts_months_in_the_calendar() -> None:
    assert Period(months=24).before(at("2028-02-29T10:00")) == at("2026-02-28T10:00")
    assert Period(days=90).before(at("2026-04-01T10:00")) == at("2026-01-01T10:00")


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(days=29), {}),
        (timedelta(days=31), {"visits": 2, "visitor_keys": 2, "outbox_files": 2}),
        (
            timedelta(days=110),
            {
                "visits": 2,
                "visitor_keys": 2,
                "outbox_files": 2,
                "order_payloads": 6,
                "undeclared_fields": 4,
                "provider_batches": 2,
            },
        ),
        (
            timedelta(days=740),
            {
                "visits": 2,
                "visitor_keys": 2,
                "outbox_files": 2,
                "order_payloads": 6,
                "undeclared_fields": 4,
                "provider_batches": 2,
                "comments": 2,
                "imported_comments": 2,
                "cases": 2,
                "identities": 2,
            },
        ),
        (
            timedelta(days=800),
            {
                "visits": 2,
                "visitor_keys": 2,
                "outbox_files": 2,
                "order_payloads": 6,
                "undeclared_fields": 4,
                "provider_batches": 2,
                "comments": 2,
                "imported_comments": 2,
                "cases": 2,
                "identities": 2,
                "email_events": 2,
            },
        ),
    ],
    ids=["29 days", "31 days", "110 days", "24 months", "26 months"],
)
def test_each_class_goes_at_its_age_once_and_a_dry_run_says_so_before(
    house: Services, age: timedelta, expected: dict[str, int]
) -> None:
    now = DUE + age
    dated(house, DUE)
    before, counts = broken(house, now), tallies(house.sessions)
    untouched = everywhere(house.sessions)
    assert run(house, now, dry=True) == expected
    assert everywhere(house.sessions) == untouched
    assert run(house, now) == expected
    assert run(house, now) == {}
    assert tallies(house.sessions) == counts
    assert broken(house, now) - before == set()


def test_identities_that_went_are_nobody_and_a_later_order_is_a_new_customer_s(house: Services) -> None:
    now = DUE + timedelta(days=740)
    run(house, now)
    said = everywhere(house.sessions)
    assert [
        word for word in (ADDRESS, "other@example.org", "canary-customers", "canary-response") if word in said
    ] == []
    with house.sessions() as session:
        gone = session.execute(select(Customer.external_id, Customer.address_key, Customer.erased_at)).all()
        events = session.execute(select(T["order_events"].c.body, T["order_events"].c.content_sha256)).all()
    assert {(row.external_id[:5], row.address_key, row.erased_at) for row in gone} == {("gone-", None, now)}
    assert {body for body, _ in events} == {None}
    assert all(content for _, content in events)
    record(house.sessions, event("again", NAME, now, email=ADDRESS), now=now, keys=house.keyring)
    assert copy_of(house).plain()["tables"]["customers"][0]["email"] == ADDRESS


def test_whoever_ordered_since_or_said_no_is_remembered_as_far_as_needed(house: Services) -> None:
    now = DUE + timedelta(days=740)
    record(house.sessions, event("fresh", "other", now - timedelta(days=9)), now=now, keys=house.keyring)
    key = house.keyring.address_key(ADDRESS)
    with house.sessions.begin() as session:
        from surveyor.db.suppressions import suppress

        suppress(session, key, "unsubscribed", source="test", now=DUE)
    assert run(house, now)["identities"] == 1
    with house.sessions() as session:
        kept = {row.email: row.address_key for row in session.execute(select(Customer.email, Customer.address_key))}
    assert kept == {"": key, "other@example.org": house.keyring.address_key("other@example.org")}


def test_an_erasure_under_way_is_not_hurried_by_retention(house: Services) -> None:
    ask(house)
    assert "identities" not in run(house, DUE + timedelta(days=31))


def test_the_outbox_of_another_provider_is_nothing_to_count(house: Services, tmp_path: Path) -> None:
    done: Any = run_retention(house.sessions, outbox=tmp_path / "absent", now=DUE, dry=True)
    assert (done.counts["outbox_files"], done.total) == (0, 0)
