"""Costs, tickets and mentions come in by file; the registry's figures equal the formulas over the same lines."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from surveyor.core.indicators import find, service
from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK, Scope
from surveyor.db import stores
from surveyor.db.base import new_id
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.imported import CustomerOrigin, MarketingCost, Ticket
from surveyor.db.tables.imports import Import
from surveyor.db.tables.orders import Order
from surveyor.flows.import_lines import LinesReceipt, Means, Options, import_lines, side
from surveyor.flows.import_reference import import_customers, import_stores, rehearsed
from surveyor.flows.measure_indicators import Question, measure
from surveyor.services import Services
from tests.databases import SqliteDatabases
from tests.web.conftest import make_services
from tests.web.links import open_network, send

JUNE = Period.parse("2026-06", date(2026, 11, 20))
TODAY = date(2026, 11, 20)


@pytest.fixture
def here(sessions: Any, clock: Any) -> Services:
    clock.set(datetime(2026, 11, 20, 9, tzinfo=UTC))
    made = make_services(sessions, clock)
    open_network(made)
    return made


def take(here: Services, kind: Any, tmp_path: Path, text: str, refused: list[Any] | None = None) -> LinesReceipt:
    path = tmp_path / f"{kind.name}.csv"
    path.write_text(text, encoding="utf-8")
    told = [] if refused is None else refused
    means = Means(here.sessions, "Europe/Paris", lambda refusal, _: told.append(refusal.to_json()))
    return import_lines(kind, path, means, options=Options(), now=here.now)


def figure(here: Services, name: str, period: Period = JUNE, scope: Scope = NETWORK) -> Any:
    with here.sessions() as session:
        (group,) = measure(session, Question((find(name),), scope, (scope,), period, TODAY, language="en"))
    return group.figures[0].to_json()


ALL = (
    *("cltv", "cac", "acquisition_source", "first_contact_resolution", "resolution_time", "first_reply_time"),
    *("ticket_volume", "handle_time", "service_level", "internal_quality", "net_sentiment"),
)


@pytest.mark.parametrize("name", [one for one in ALL if one != "cltv"])
def test_what_no_file_ever_said_is_not_measured_and_never_zero(here: Services, name: str) -> None:
    found = figure(here, name)
    assert (found["value"], found["status"]) == (None, "not_measured")


def test_costs_are_divided_by_new_customers_and_by_the_days_they_cover(here: Services, tmp_path: Path) -> None:
    for customer in ("n1", "n2", "n3"):
        send(here, customer, at=datetime(2026, 6, 12, 9, tzinfo=UTC))
    text = (
        "id,month,from,to,day,channel,amount,currency,store_id\n"
        "1,2026-06,,,,search,100.00,EUR,\n2,,2026-06-21,2026-07-10,,tv,40,EUR,\n3,,,,2026-06-30,print,10,EUR,S1\n"
        "4,,,,2026-06-30,print,999,USD,\n"
    )
    assert take(here, side.costs("file"), tmp_path, text).accepted == 4
    found = figure(here, "CUS-08")
    assert (found["n"], found["spent"], found["display"]) == (3, 130.0, "€43.33")
    assert figure(here, "cac", scope=Scope.parse("store:S1"))["spent"] == 10.0
    assert figure(here, "cac", Period.parse("2026-05", TODAY))["status"] == "no_data"


def test_a_line_that_comes_again_replaces_the_one_before(here: Services, tmp_path: Path) -> None:
    kind = side.costs("file")
    take(here, kind, tmp_path, "id,day,amount\n1,2026-06-01,10\n2,2026-06-02,5\n")
    again = take(here, kind, tmp_path, "id,day,amount\n1,2026-06-01,12\n2,2026-06-02,5\n")
    assert (again.accepted, again.duplicates) == (1, 1)
    with here.sessions() as session:
        assert sorted(int(one) for one in session.scalars(select(MarketingCost.amount))) == [5, 12]


def test_where_customers_came_from_is_counted_and_unknown_is_a_bar_of_its_own(here: Services, tmp_path: Path) -> None:
    for customer in ("n1", "n2", "n3"):
        send(here, customer, at=datetime(2026, 6, 12, 9, tzinfo=UTC))
    path = tmp_path / "customers.csv"
    path.write_text("customer_id,first_name,acquisition_source\nn1,Zoé,search\nn2,,search\nn9,,friend\n")
    dry = import_customers(rehearsed(here), path, encoding="utf-8", now=here.now())
    assert (dry.added, dry.changed) == (1, 1)
    with here.sessions() as session:
        assert session.scalars(select(CustomerOrigin.origin)).all() == []
    import_customers(here, path, encoding="utf-8", now=here.now())
    found = figure(here, "acquisition_source")
    assert (found["origins"], found["n"], found["count"]) == ({"search": 2, "": 1}, 3, 2)


def test_a_lifetime_value_says_that_it_is_revenue(here: Services) -> None:
    for customer, days in (("a", (200, 20)), ("b", (390, 200)), ("c", (200, 150))):
        sent = send(here, customer, at=here.now() - timedelta(days=days[0] - 2))
        with here.sessions.begin() as session:
            order = session.scalars(select(Order).where(Order.order_id == f"o-{customer}")).one()
            order.amount, order.currency = Decimal(30), "EUR"
            at = here.now() - timedelta(days=days[1])
            more = {"store_id": "S1", "source": "test", "received_at": at, "amount": 10, "currency": "EUR"}
            session.add(
                Order(id=new_id(at), order_id=f"p-{customer}", customer_id=order.customer_id, ordered_at=at, **more)
            )
        assert sent
    found = figure(here, "cltv", Period.parse("2026-11", TODAY))
    assert found["basis"] == "revenue"
    assert found["n"] == 3
    # 5 orders of 12 months (30 + 10 + 10 + 30 + 10), 3 customers; b was active a year ago and is not any more: 1 year.
    assert found["value"] == pytest.approx(90 / 5 * 5 / 3)


SERVICE = (
    "ticket_id,customer_id,topic,created_at,first_reply_at,resolved_at,agent_minutes,quality\n"
    "1,a,delivery,2026-06-01T08:00:00+02:00,2026-06-01T09:00:00+02:00,2026-06-01T10:00:00+02:00,10,80\n"
    "2,a,delivery,2026-06-08T10:00:00+02:00,,,,\n"
    "3,b,refund,2026-06-02T08:00:00+02:00,2026-06-04T08:00:00+02:00,2026-06-05T08:00:00+02:00,20.5,90\n"
    "4,b,other,2026-06-06T08:00:00+02:00,,2026-07-06T08:00:00+02:00,,\n"
)


def test_tickets_give_resolution_reply_times_volume_and_quality(here: Services, tmp_path: Path) -> None:
    assert take(here, side.tickets("desk", here.keyring), tmp_path, SERVICE).accepted == 4
    first = figure(here, "SVC-01")
    assert (first["count"], first["n"]) == (1, 2), "a contact at seven days exactly is a second one"
    time = figure(here, "SVC-02")
    assert (time["value"], time["median"], time["open"], time["n"]) == (37.0, 37.0, 2, 2)
    assert figure(here, "SVC-03")["value"] == pytest.approx(24.5)
    volume = figure(here, "SVC-04")
    assert (volume["value"], volume["backlog"], volume["origin"]) == (4, 2, "imported tickets")
    assert figure(here, "SVC-05")["display"] == "15.3"
    level = figure(here, "SVC-06")
    assert (level["count"], level["n"], level["within_hours"]) == (1, 2, 24)
    assert figure(here, "SVC-07")["value"] == 85.0
    with here.sessions() as session:
        kept = [str(vars(row)) for row in session.scalars(select(Ticket))]
    assert len({row.person_key for row in _tickets(here)}) == 2
    assert not any("'a'" in row for row in kept)


def _tickets(here: Services) -> list[Ticket]:
    with here.sessions() as session:
        return list(session.scalars(select(Ticket)))


def test_mentions_give_a_sentiment_of_their_own(here: Services, tmp_path: Path) -> None:
    said = ["positif"] * 80 + ["0"] * 100 + ["Negative"] * 20
    rows = "".join(f"{n},2026-06-{1 + n % 28:02d},{one},S1\n" for n, one in enumerate(said))
    assert take(here, side.mentions("file"), tmp_path, "id,day,polarity,store_id\n" + rows).accepted == 200
    found = figure(here, "SOC-01")
    assert (found["value"], found["n"]) == (30.0, 200)
    assert (round(found["ci_low"], 1), round(found["ci_high"], 1)) == (20.7, 38.4)
    assert figure(here, "net_sentiment", scope=Scope.parse("store:S3"))["status"] == "no_data"


@pytest.mark.parametrize(
    ("kind", "text", "code", "field"),
    [
        ("costs", "amount,day\n,2026-06-01\n", "field_required", "amount"),
        ("costs", "amount,day\n1,\n", "field_required", "from"),
        ("costs", "amount,month\n1,2026-13\n", "value_unexpected", "month"),
        ("costs", "amount,from,to\n1,2026-06-02,2026-06-01\n", "value_unexpected", "to"),
        ("costs", "amount,day\n1e9999,2026-06-01\n", "amount_invalid", "amount"),
        ("costs", "amount,day,store_id\n1,2026-06-01,S9\n", "store_unmatched", "store_id"),
        ("tickets", "ticket_id,created_at\n,2026-06-01T08:00:00Z\n", "field_required", "ticket_id"),
        ("tickets", "ticket_id,created_at\n1,2026-06-01T08:00:00\n", "instant_without_offset", "created_at"),
        (
            "tickets",
            "ticket_id,created_at,resolved_at\n1,2026-06-01T08:00:00Z,2026-05-01T08:00:00Z\n",
            "value_unexpected",
            "resolved_at",
        ),
        ("tickets", "ticket_id,created_at,quality\n1,2026-06-01T08:00:00Z,101\n", "value_unexpected", "quality"),
        ("mentions", "polarity,day\nhappy,2026-06-01\n", "value_unexpected", "polarity"),
        ("mentions", "polarity,day\n1,hier\n", "value_unexpected", "day"),
    ],
)
def test_a_bad_line_is_refused_with_its_field(
    here: Services, tmp_path: Path, kind: str, text: str, code: str, field: str
) -> None:
    made = side.tickets("f", here.keyring) if kind == "tickets" else getattr(side, kind)("f")
    refused: list[Any] = []
    receipt = take(here, made, tmp_path, text, refused)
    assert (receipt.accepted, receipt.rejected) == (0, 1)
    assert [(one["line"], one["code"], one["field"]) for one in refused] == [(2, code, field)]


ticket = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from(("x", "y")),
    st.integers(0, 60 * 24),
    st.one_of(st.none(), st.integers(0, 24 * 40)),
    st.one_of(st.none(), st.integers(0, 24 * 40)),
)
START = datetime(2026, 5, 15, tzinfo=UTC)


@settings(max_examples=10)
@given(st.lists(ticket, min_size=1, max_size=25, unique_by=lambda one: (one[0], one[1], one[2])))
def test_figures_of_tickets_equal_the_formulas_over_the_lines(
    sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory, lines: list[Any]
) -> None:
    here = _shared(sqlite_databases)
    with here.sessions.begin() as session:
        for table in (Ticket, Import):
            session.execute(delete(table))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow("ticket_id customer_id topic created_at first_reply_at resolved_at".split())
    rows = []
    for n, (who, topic, hour, reply, solved) in enumerate(lines):
        created = START + timedelta(hours=hour)
        times = [None if one is None else created + timedelta(hours=one) for one in (reply, solved)]
        rows.append((who, topic, created, *times))
        writer.writerow([n, who, topic, *("" if at is None else at.isoformat() for at in (created, *times))])
    taken = take(here, side.tickets("p", here.keyring), tmp_path_factory.mktemp("p"), out.getvalue())
    assert taken.accepted == len(lines)
    first, last = (datetime(2026, month, 1, tzinfo=UTC) - timedelta(hours=2) for month in (6, 7))
    inside = [row for row in rows if row[4] is not None and first <= row[4] < last]
    pairs = [(row[4], min((o[2] for o in rows if o[:2] == row[:2] and o[2] > row[2]), default=None)) for row in inside]
    expected = service.first_contact_resolution(pairs, as_of=datetime(2026, 11, 19, 23, tzinfo=UTC))
    found = figure(here, "SVC-01")
    assert (found["n"], found["count"]) == (expected.n, expected.count)
    mean, median, late = service.resolution_time([(row[4] - row[2]).total_seconds() / 3600 for row in inside])
    time = figure(here, "SVC-02")
    for value, expected_hours in ((time["value"], mean), (time["median"], median), (time["p90"], late)):
        assert value == (None if expected_hours is None else pytest.approx(expected_hours, abs=1e-4))
    assert figure(here, "SVC-04")["value"] == sum(first <= row[2] < last for row in rows)
    left = [row for row in rows if row[2] < last and (row[4] is None or row[4] >= last)]
    assert figure(here, "SVC-04")["backlog"] == len(left)


_MADE: dict[int, Services] = {}


def _shared(databases: SqliteDatabases) -> Services:
    """One installation for all examples."""
    if id(databases) not in _MADE:
        made = make_sessions(make_engine(databases.migrated()))
        found = make_services(made, lambda: datetime(2026, 11, 20, 9, tzinfo=UTC))
        open_network(found)
        with found.sessions() as session:
            assert len(stores.shops(session, (NETWORK,))) == 3
        _MADE[id(databases)] = found
    return _MADE[id(databases)]


@pytest.mark.parametrize("day", ["01/09/2026", "0001-01-01", "2026-02-30"])
def test_a_day_that_cannot_be_read_is_told_the_form_of_a_day(here: Services, tmp_path: Path, day: str) -> None:
    path = tmp_path / "stores.csv"
    path.write_text(f"store_id,opened_on\nS1,{day}\nS2,2026-09-01\n")
    found = import_stores(here, path, encoding="utf-8", now=here.now())
    (one,) = found.refused
    assert (one.where, one.code, found.changed) == ("2:opened_on", "value_unexpected", 1)
    assert "T10:00" not in one.message_fr + one.message_en
    assert one.message_en.endswith(("Expected: YYYY-MM-DD.", "Expected: 1990 to 2099."))
