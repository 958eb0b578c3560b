"""Past answers by file in the browser: looked at, checked line by line, taken in once, forgotten again."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from surveyor.app import create_app
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.imported import ImportedResponse, MarketingCost, SocialMention, Ticket
from surveyor.db.tables.network import Store
from surveyor.flows.stage_import import MOST
from surveyor.services import Services
from tests.web.conftest import Enter, Person, make_services
from tests.web.links import open_network

PAST = (
    "Note NPS;Commentaire;Date réponse;Point de vente\n9;Très bien <b>;05/01/2026;Lille Centre\n12;;06/01/2026;Arras\n"
)


@pytest.fixture
def installation(sqlite_sessions: Any, clock: Any, tmp_path: Path) -> Services:
    """An installation with a folder of its own."""
    return make_services(sqlite_sessions, clock, home=tmp_path)


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    return create_app(installation)


def send(person: Person, content: bytes, kind: str = "") -> Any:
    data = {"csrf_token": person.csrf, "file": (io.BytesIO(content), "../../etc/passwd.csv")}
    data |= {"kind": kind} if kind else {}
    return person.client.post("/imports", data=data, content_type="multipart/form-data")


def stored(here: Services) -> list[tuple[int, str | None, str, str]]:
    r = ImportedResponse
    with here.sessions() as session:
        return [tuple(row) for row in session.execute(select(r.score, r.comment, r.store_id, r.source))]


def chosen(source: str = "ancien") -> dict[str, str]:
    return {
        "c_score": "Note NPS",
        "c_comment": "Commentaire",
        "c_answered_at": "Date réponse",
        "c_store": "Point de vente",
        "dates": "%d/%m/%Y",
        "scale": "0-10",
        "source": source,
    }


def test_a_file_is_looked_at_checked_and_taken_in(enter: Enter, installation: Services) -> None:
    cx = enter("cx")
    answer = send(cx, PAST.encode("cp1252"))
    assert answer.status_code == 303
    path = answer.headers["Location"]
    page = cx.get(path).text
    assert "cp1252" in page
    assert "Très bien &lt;b&gt;" in page
    assert page.count("selected") >= 4
    assert '<option value="Note NPS" selected>' in page
    checked = cx.post(path, chosen() | {"act": "check"})
    assert checked.status_code == 200
    assert 'data-code="score_scale"' in checked.text
    assert "Importer 1 réponse" in checked.text.replace("\u00a0", " ")
    assert stored(installation) == []
    done = cx.post(path, chosen() | {"act": "import"})
    assert done.status_code == 200
    assert stored(installation) == [(9, "Très bien <b>", "S1", "ancien")]
    assert cx.get(path).status_code == 404, "the file is gone"
    assert "ancien" in cx.get("/imports").text
    assert list((installation.settings.home / "imports").iterdir()) == []


def test_the_same_file_again_says_so_and_a_mapping_that_cannot_be_says_where(
    enter: Enter, installation: Services
) -> None:
    cx = enter("cx")
    good = PAST.replace("12;", "10;").encode()
    for _ in range(2):
        path = send(cx, good).headers["Location"]
        wrong = cx.post(path, {"act": "check", "source": "x", "scale": "0-10"})
        assert wrong.status_code == 422
        assert 'data-where="columns.score"' in wrong.text
        assert "Note de recommandation\u00a0: dites quelle colonne la contient." in wrong.text
        assert "choisissez-en un pour toutes les lignes" in wrong.text
        assert "[defaults]" not in wrong.text, "the page has fields, not the keys of a mapping file"
        done = cx.post(path, chosen() | {"act": "import"})
        assert done.status_code == 200
    assert "déjà importé" in done.text
    assert len(stored(installation)) == 2


@pytest.mark.parametrize(
    ("kind", "head", "command"),
    [
        ("responses", "score", "responses import"),
        ("customers", "customer_id", "customers import"),
        ("stores", "store_id", "reference import"),
    ],
)
def test_s36_more_than_200_000_rows_are_for_the_command_line(
    enter: Enter, installation: Services, kind: str, head: str, command: str
) -> None:
    cx = enter("cx")
    answer = send(cx, f"{head}\n".encode() + b"1\n" * 200_001, kind)
    assert answer.status_code == 413
    assert 'data-code="csv_too_many_rows"' in answer.text
    said = f"200 001 lignes : 200 000 au plus ici. Utilisez « surveyor {command} »."
    assert said in answer.text.replace("\u00a0", " ")
    assert list((installation.settings.home / "imports").iterdir()) == []


def test_s36_rows_are_counted_and_not_the_lines_that_quotes_hold(enter: Enter) -> None:
    assert send(enter("cx"), b"customer_id\n" + b'"1\n2"\n' * 100_001, "customers").status_code == 303


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "field_required"),
        (b"PK\x03\x04rest", "file_type"),
        (b"\x1f\x8brest", "file_type"),
        (b"a,a\n1,2\n", "csv_header_duplicate"),
    ],
    ids=["nothing", "xlsx", "gzip", "a column twice"],
)
def test_a_file_of_no_use_is_refused_and_not_kept(
    enter: Enter, installation: Services, content: bytes, code: str
) -> None:
    answer = send(enter("cx"), content)
    assert answer.status_code == 422
    assert f'data-code="{code}"' in answer.text
    folder = installation.settings.home / "imports"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_person_sends_ten_files_an_hour_and_old_ones_go(enter: Enter, installation: Services) -> None:
    cx = enter("cx")
    old = None
    for _ in range(MOST):
        old = send(cx, PAST.encode()).headers["Location"].rpartition("/")[2]
    assert send(cx, PAST.encode()).status_code == 429
    file = installation.settings.home / "imports" / f"{old}.csv"
    assert file.stat().st_mode & 0o077 == 0
    week = installation.now().timestamp() - 8 * 86400
    os.utime(file, (week, week))
    send(enter("admin"), PAST.encode())
    assert not file.exists()


def test_those_who_may_not_change_stores_see_nothing_of_it(enter: Enter) -> None:
    assert enter("marketing").get("/imports").status_code == 403
    assert send(enter("store_manager", "store:S1"), PAST.encode()).status_code == 403
    assert enter("cx").get("/imports/" + "0" * 32).status_code == 404
    assert enter("cx").get("/imports/..%2f..%2fsurveyor").status_code == 404


COSTS = "id;day;amount;store_id\n1;2026-06-01;100,50;S1\n2;2026-06-02;20;Lille\n3;2026-06-02;beaucoup;S1\n"


def test_stores_that_a_file_calls_otherwise_are_asked_once(enter: Enter, installation: Services) -> None:
    cx = enter("cx", language="en")
    path = send(cx, COSTS.replace("100,50", "100.50").encode("cp1252"), "costs").headers["Location"]
    assert path.endswith("?kind=costs")
    page = cx.get(path).text
    assert "Acquisition costs" in page
    assert "<code>amount</code>" in page
    checked = cx.post(path, {"source": "accounts", "act": "check"})
    assert checked.status_code == 200
    assert "Import 1 line" in checked.text.replace("\u00a0", " ")
    assert 'name="named_0" value="Lille"' in checked.text
    assert 'data-code="store_unmatched"' in checked.text
    with installation.sessions() as session:
        assert session.scalars(select(MarketingCost.amount)).all() == []
    chosen = {"source": "accounts", "named_0": "Lille", "store_0": "S2"}
    again = cx.post(path, chosen | {"act": "check"})
    assert "Import 2 lines" in again.text.replace("\u00a0", " ")
    assert '<option value="S2" selected>' in again.text
    refused = cx.post(path, chosen | {"act": "refused"})
    assert refused.mimetype == "text/csv"
    assert [line.split(",")[0] for line in refused.text.splitlines()] == ['"line"', "4", "# rows: 1"]
    done = cx.post(path, chosen | {"act": "import"})
    assert done.status_code == 200
    with installation.sessions() as session:
        rows = session.execute(select(MarketingCost.store_id, MarketingCost.source).order_by(MarketingCost.first_day))
        assert [tuple(row) for row in rows] == [("S1", "accounts"), ("S2", "accounts")]
    assert cx.get(path).status_code == 404, "the file is gone"


def test_past_answers_name_stores_in_words_of_their_own(enter: Enter, installation: Services) -> None:
    cx = enter("cx")
    path = send(cx, PAST.replace("Arras", "Boutique 17").replace("12;", "8;").encode()).headers["Location"]
    assert 'name="named_0" value="Boutique 17"' in cx.post(path, chosen() | {"act": "check"}).text
    said = chosen() | {"named_0": "Boutique 17", "store_0": "S2", "act": "import"}
    assert cx.post(path, said).status_code == 200
    assert sorted(row[2] for row in stored(installation)) == ["S1", "S2"]


TICKETS = "ticket_id,customer_id,created_at,store_id\n1,c1,2026-06-01T08:00:00+02:00,S1\n2,c2,yesterday,S1\n"
MENTIONS = "polarity,day\npositive,2026-06-01\n-1,2026-06-02\nangry,2026-06-02\n"
CUSTOMERS = "customer_id,first_name,acquisition_source\nn1,Zoé,search\n,Paul,\n"
STORES = "store_id,name,zone\nS9,Nouveau,Europe/Paris\nS1,Autre nom,Europe/Paris\nS8,Faux,Mars/Olympus\n"


@pytest.mark.parametrize(
    ("kind", "content", "table", "more"),
    [
        ("tickets", TICKETS, Ticket, 1),
        ("mentions", MENTIONS, SocialMention, 2),
        ("customers", CUSTOMERS, Customer, 1),
        ("stores", STORES, Store, 1),
    ],
)
def test_each_kind_is_checked_without_a_trace_then_stored_once(
    enter: Enter, installation: Services, kind: str, content: str, table: Any, more: int
) -> None:
    def many() -> int:
        with installation.sessions() as session:
            return len(session.scalars(select(table)).all())

    cx, before = enter("cx"), 0
    before = many()
    for number in range(2):
        path = send(cx, content.encode("cp1252"), kind).headers["Location"]
        assert cx.get(path).status_code == 200
        checked = cx.post(path, {"source": "file", "act": "check"})
        assert checked.status_code == 200
        assert checked.text.count("data-code=") == 1, "one line of each file is refused"
        assert many() == before + number * more
        assert cx.post(path, {"source": "file", "act": "import"}).status_code == 200
        assert many() == before + more
    if kind == "stores":
        with installation.sessions() as session:
            assert session.get(Store, "S1").name == "Autre nom"


def test_a_kind_or_a_source_that_is_none_is_refused(enter: Enter) -> None:
    cx = enter("cx")
    assert send(cx, COSTS.encode(), "orders").status_code == 422
    path = send(cx, COSTS.encode(), "costs").headers["Location"]
    assert cx.get(path.replace("costs", "orders")).status_code == 404
    wrong = cx.post(path, {"source": "Compta !", "act": "check"})
    assert (wrong.status_code, 'data-where="source"' in wrong.text) == (422, True)
    lacking = send(cx, b"id;day\n1;2026-06-01\n", "costs").headers["Location"]
    assert 'data-code="csv_header_missing"' in cx.post(lacking, {"source": "x", "act": "check"}).text
