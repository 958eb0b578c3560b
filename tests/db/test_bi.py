"""The views for tools of others: the same names on both engines, documented column by column, without identity."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import ProgrammingError

from surveyor.core.data_map import MAP, Kind
from surveyor.db.engine import make_engine
from surveyor.db.migrations.bi import views
from surveyor.services import Services
from tests.web.conftest import make_services
from tests.web.links import open_network, send
from tests.web.test_strangers import answer

PAGE = Path(__file__).parents[2] / "docs" / "bi.md"


@pytest.fixture
def here(sessions: Any, clock: Any) -> Services:
    clock.set(datetime(2026, 11, 20, 9, tzinfo=UTC))
    made = make_services(sessions, clock)
    open_network(made)
    for customer, store, score in (("CANARI1", "S1", 9), ("CANARI2", "S3", 2)):
        answer(made, send(made, customer, store=store), score, f"CANARI-VERBATIM {customer}")
    return made


def columns(here: Services, name: str) -> list[str]:
    with here.sessions() as session:
        return [column["name"] for column in inspect(session.get_bind()).get_columns(name)]


def rows(here: Services, name: str) -> list[dict[str, Any]]:
    with here.sessions() as session:
        return [dict(row) for row in session.execute(text(f"SELECT * FROM {name}")).mappings()]


def test_a_view_has_what_its_page_says_and_nothing_else(here: Services) -> None:
    documented = {
        name: re.findall(r"`(\w+)`", listed)
        for name, listed in re.findall(r"^\| `(bi_\w+)` \|[^|]*\|([^|]*)\|", PAGE.read_text("utf-8"), re.MULTILINE)
    }
    assert documented.keys() == views(full=True).keys() == views(full=False).keys()
    for name, listed in documented.items():
        found = columns(here, name)
        counts = [one for one in found if name in ("bi_days", "bi_days_fine") and one not in listed]
        assert set(listed) | set(counts) == set(found), name
        if counts:
            assert set(counts) >= {"orders", "sent", "score_10", "handled_48h"}


def test_no_view_tells_who_anybody_is(here: Services) -> None:
    for name in views(full=True):
        text_of = str(rows(here, name))
        assert [word for word in ("CANARI", "example", "Dupont", "Ana") if word in text_of] == [], name
    kinds = (Kind.IDENTITY, Kind.WORDS, Kind.PAYLOAD)
    personal = {one for columns_of in MAP.values() for kind in kinds for one in columns_of.get(kind, "").split()}
    personal -= {"state", "reason", "detail", "error"}  # elsewhere of a person; here of an invitation
    links = {"customer_id", "address_key", "person_key", "token_sha256", "order_id"}
    for name in views(full=True):
        assert not set(columns(here, name)) & (personal | links), name


def test_rows_of_a_view_add_up_to_what_the_line_counted(here: Services) -> None:
    answers = rows(here, "bi_responses")
    assert sorted((one["store_id"], one["score"], one["band"], one["commented"]) for one in answers) == [
        ("S1", 9, "promoter", 1),
        ("S3", 2, "detractor", 1),
    ]
    assert all(re.fullmatch(r"[0-9a-f]{32}", one["response_id"]) for one in answers)
    days = rows(here, "bi_days")
    assert (sum(day["score_9"] for day in days), sum(day["score_2"] for day in days)) == (1, 1)
    assert {one["invitation_id"] for one in rows(here, "bi_invitations")} == {one["response_id"] for one in answers}
    assert {one["store_id"]: one["region_name"] for one in rows(here, "bi_stores")} == {
        "S1": "nord",
        "S2": "nord",
        "S3": "sud",
    }


def test_the_statement_of_its_page_gives_the_nps_with_its_n(here: Services) -> None:
    """As written, but for the month: one promoter and one detractor; nothing of a month without answers."""
    found = re.search(r"^    SELECT .*?;$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert found is not None
    june = found[0].rstrip(";")
    november = june.replace("2026-06-01", "2026-11-01").replace("2026-06-30", "2026-11-30")
    with here.sessions() as session:
        assert [tuple(row) for row in session.execute(text(november))] == [(0, 2)]
        assert [tuple(row) for row in session.execute(text(june))] == [(None, 0)]
        session.execute(text("UPDATE responses SET score = 10 WHERE store_id = 'S3'"))
        assert [tuple(row) for row in session.execute(text(november))] == [(100, 2)]
        rate = "SELECT sum(responded), sum(delivered) FROM bi_days WHERE day BETWEEN '2026-11-01' AND '2026-11-30'"
        assert session.execute(text(rate)).one() is not None


@pytest.mark.postgres
def test_a_reader_of_the_views_alone_reads_nothing_else(postgres_url: str) -> None:
    """What docs/bi.md tells a database administrator to run does what it says."""
    recipe = re.search(r"```sql\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert recipe is not None
    engine = make_engine(postgres_url)
    with engine.connect() as connection:  # rolled back: a role belongs to the whole server
        for statement in recipe[1].replace("'…'", "'x'").split(";"):
            if statement.strip():
                connection.exec_driver_sql(statement)
        connection.exec_driver_sql("SET ROLE bi_reader")
        assert connection.exec_driver_sql("SELECT count(*) FROM bi_responses").scalar() == 0
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.exec_driver_sql("SELECT * FROM customers")
        connection.rollback()
    engine.dispose()
