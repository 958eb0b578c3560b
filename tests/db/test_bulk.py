"""Batched statements write what they are given, however hostile, on each engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from surveyor.db import bulk
from surveyor.db.base import instant_text, new_id
from surveyor.db.tables.network import Region
from surveyor.db.tables.orders import Order, OrderEventRow

HOSTILE = [
    'a"b',
    "a\\b",
    "{a,b}",
    "NULL",
    "null",
    "",
    " ",
    "'; DROP TABLE regions; --",
    "a\nb\tc",
    "é€😀",
    "%s",
    ":x",
    "?",
    "a\x1fb",
    "\x01",
]
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_hostile_texts_come_back_as_they_went_in(sessions: Any) -> None:
    with sessions.begin() as session:
        bulk.insert(session, Region, ("id", "name"), [(f"{n}{word}", word) for n, word in enumerate(HOSTILE)])
        found = {row.id: row.name for row in session.execute(select(Region.id, Region.name))}
    assert found == {f"{n}{word}": word for n, word in enumerate(HOSTILE)}


@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), unique=True, max_size=20))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_survives_an_array_literal(sessions: Any, words: list[str]) -> None:
    with sessions.begin() as session:
        session.execute(text("DELETE FROM regions"))
        bulk.insert(session, Region, ("id", "name"), [(word, word) for word in words])
        assert set(session.scalars(select(Region.id))) == set(words)


def test_what_is_missing_between_hostile_texts_stays_missing(sessions: Any) -> None:
    for words in ([None], [None, *HOSTILE, None], [None, "\x01", None, '"\x01"', *HOSTILE], ["\x01", '","']):
        with sessions.begin() as session:
            session.execute(text("DELETE FROM order_events"))
            rows = [(new_id(NOW), f"e{n}", b"h" * 32, word, "decided") for n, word in enumerate(words)]
            columns = ("id", "event_id", "content_sha256", "body", "state")
            bulk.insert(session, OrderEventRow, columns, rows, same={"source": "s", "received_at": NOW})
            found = session.execute(select(OrderEventRow.event_id, OrderEventRow.body))
            assert {row.event_id: row.body for row in found} == {f"e{n}": word for n, word in enumerate(words)}


def test_many_hostile_texts_and_what_is_missing_come_back_as_they_went_in(sessions: Any) -> None:
    words = [*HOSTILE, None, "\\N", "\\.", "a\r\n", "\\t", *HOSTILE]
    columns = ("id", "event_id", "content_sha256", "body", "state", "source", "received_at")
    rows = [(new_id(NOW), f"e{n}{word}", b"\\\t\n\x00" * 8, word, "new", "s\\\t", NOW) for n, word in enumerate(words)]
    with sessions.begin() as session:
        bulk.insert(session, OrderEventRow, columns, rows)
    with sessions() as session:
        found = session.execute(select(*(OrderEventRow.__table__.c[name] for name in columns)))
        assert sorted(map(tuple, found)) == sorted(rows)


def test_a_row_that_is_there_already_is_refused_among_many(sessions: Any) -> None:
    with sessions.begin() as session:
        bulk.insert(session, Region, ("id", "name"), [("7", "1")])
    with pytest.raises(IntegrityError), sessions.begin() as session:
        bulk.insert(session, Region, ("id", "name"), [(str(n), "2") for n in range(20)])
    with sessions.begin() as session:
        assert [tuple(row) for row in session.execute(select(Region.id, Region.name))] == [("7", "1")]


@pytest.mark.parametrize("words", [[""], ["", ""], ["\x1f", ""], ["a", "\x01"], ["", *"abc"] * 8, ["same"] * 40])
def test_texts_that_are_empty_or_part_others_come_back(sessions: Any, words: list[str]) -> None:
    with sessions.begin() as session:
        bulk.insert(session, Region, ("id", "name"), [(f"{n}", word) for n, word in enumerate(words)])
        found = {row.id: row.name for row in session.execute(select(Region.id, Region.name))}
    assert found == {f"{n}": word for n, word in enumerate(words)}


def test_a_column_without_any_value_or_with_one_is_what_it_says(sessions: Any) -> None:
    columns = ("id", "order_id", "ordered_at", "source", "received_at", "segment", "cancelled_at", "attributes")
    for n, attributes in enumerate((None, {"n": 1})):
        rows = [(new_id(NOW), f"{n}-{k}", NOW, "csv", NOW, "", None, attributes) for k in range(40)]
        with sessions.begin() as session:
            bulk.insert(session, Order, columns, rows)
    with sessions() as session:
        found = session.execute(select(Order.order_id, Order.segment, Order.cancelled_at, Order.attributes)).all()
    assert sorted(found) == sorted(
        (f"{n}-{k}", "", None, attributes) for n, attributes in enumerate((None, {"n": 1})) for k in range(40)
    )


def test_every_type_of_column_comes_back_as_it_went_in(sessions: Any) -> None:
    paris = timezone(timedelta(hours=2))
    values = {
        "id": new_id(NOW),
        "order_id": "o1",
        "customer_id": uuid4(),
        "store_id": "S1",
        "ordered_at": datetime(2026, 7, 1, 12, 30, 1, 250, tzinfo=paris),
        "ordered_offset": 120,
        "fulfilled_at": None,
        "amount": Decimal("12.50"),
        "history": True,
        "source": "csv",
        "received_at": NOW,
        "attributes": {"mode": "drive", "n": [1, None]},
    }
    with sessions.begin() as session:
        bulk.insert(session, Order, tuple(values), [tuple(values.values())])
        found = session.execute(select(Order.__table__)).mappings().one()
    assert {name: found[name] for name in values} == values
    assert (found["currency"], found["segment"]) == ("", "")


@given(st.datetimes(timezones=st.timezones()) | st.datetimes(timezones=st.just(UTC)))
def test_an_instant_is_the_text_that_sorts(at: datetime) -> None:
    for one in (at, at.replace(microsecond=0)):
        assume(1 < one.year < 9999)
        assert instant_text(one) == one.astimezone(UTC).isoformat(timespec="microseconds")


def test_rows_are_changed_and_deleted_by_their_keys(sessions: Any) -> None:
    with sessions.begin() as session:
        bulk.insert(session, Region, ("id", "name"), [("a", "1"), ("b", "2"), ("c", "3")])
        bulk.update(session, Region, ("id",), ("name",), [("a", "un"), ("c", "trois"), ("z", "rien")])
        bulk.delete(session, Region, ("id",), [("b",)])
        assert sorted(tuple(row) for row in session.execute(select(Region.id, Region.name))) == [
            ("a", "un"),
            ("c", "trois"),
        ]


def test_nothing_to_write_is_no_statement(sessions: Any) -> None:
    with sessions.begin() as session:
        bulk.insert(session, Region, ("id", "name"), [])
        bulk.update(session, Region, ("id",), ("name",), [])
        bulk.delete(session, Region, ("id",), [])


def test_a_row_that_is_there_already_is_left_alone_when_told_so(sessions: Any) -> None:
    with sessions.begin() as session:
        bulk.insert(session, Region, ("id", "name"), [("a", "1")])
        bulk.insert(session, Region, ("id", "name"), [("a", "2"), ("b", "2")], conflict="DO NOTHING")
        assert sorted(tuple(row) for row in session.execute(select(Region.id, Region.name))) == [("a", "1"), ("b", "2")]


def test_rows_of_unequal_length_are_refused(sessions: Any) -> None:
    with pytest.raises(Exception, match=r"zip|bind"), sessions.begin() as session:
        bulk.insert(session, Region, ("id", "name"), [("a", "1"), ("b",)])
