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
from surveyor.db.tables.imported import ImportedResponse
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


def send(person: Person, content: bytes) -> Any:
    data = {"csrf_token": person.csrf, "file": (io.BytesIO(content), "../../etc/passwd.csv")}
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
        done = cx.post(path, chosen() | {"act": "import"})
        assert done.status_code == 200
    assert "déjà importé" in done.text
    assert len(stored(installation)) == 2


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
