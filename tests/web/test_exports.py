"""Exports of staff: inside their scopes, harmless in a spreadsheet, counted, written down, names only for a reason."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from surveyor.app import create_app
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.users import StaffSession
from surveyor.services import Services
from tests.web.conftest import Enter, Person
from tests.web.links import open_network, send
from tests.web.test_strangers import answer

EVIL = "=HYPERLINK(1)"


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    for number in range(3):
        answer(
            installation, send(installation, f"c1{number}"), 9, EVIL if number == 0 else "Très bien ; merci, vraiment"
        )
    answer(installation, send(installation, "c9", store="S3"), 2, "CANARI-SUD")
    return create_app(installation)


def export(person: Person, **fields: str) -> Any:
    return person.post("/exports/new", {"kind": "responses", "period": "2026-11", **fields})


def rows(answer: Any, separator: str = ",") -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    *lines, last = answer.text.removeprefix("\ufeff").splitlines(keepends=True)
    found = list(csv.DictReader(io.StringIO("".join(lines)), delimiter=separator))
    assert last == f"# rows: {len(found)}\r\n"
    return found


def step_up(here: Services, *, done: bool) -> None:
    """The password was asked for a moment ago, or too long ago."""
    with here.sessions.begin() as session:
        session.execute(update(StaffSession).values(stepped_up_at=here.now() if done else None))


def test_a_manager_takes_the_answers_of_the_store_and_no_others(enter: Enter) -> None:
    answer = export(enter("store_manager", "store:S1"), preset="rfc4180")
    found = rows(answer)
    assert {row["store_id"] for row in found} == {"S1"}
    assert len(found) == 3
    assert "CANARI" not in answer.text
    assert "example" not in answer.text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="responses.csv"'
    assert export(enter("store_manager", "store:S1"), scope="store:S3").status_code == 404
    assert export(enter("store_manager", "store:S1"), scope="network", preset="rfc4180").status_code == 200


def test_s37_an_export_for_a_spreadsheet_runs_nothing(enter: Enter) -> None:
    answer = export(enter("cx"))
    assert answer.data.startswith(b"\xef\xbb\xbf")
    comments = [row["comment"] for row in rows(answer, ";")]
    assert f"'{EVIL}" in comments
    assert "Très bien ; merci, vraiment" in comments
    sent = [row["sent_at"] for row in rows(answer, ";")]
    assert all(len(text) == 19 and "T" not in text for text in sent)  # local, as a French Excel reads it


@pytest.mark.parametrize("kind", ["invitations", "decisions"])
def test_the_other_lists_are_for_those_who_may_see_customers(enter: Enter, kind: str) -> None:
    assert {row["store_id"] for row in rows(export(enter("cx"), kind=kind, preset="rfc4180"))} <= {"S1", "S3"}
    marketing = enter("marketing")
    assert export(marketing, kind=kind).status_code == 403
    assert f'value="{kind}"' not in marketing.get("/exports/new").text
    assert export(enter("cx"), kind="passwords").status_code == 422


def test_s25_names_leave_only_with_a_step_up_a_reason_and_a_line_of_the_audit(
    enter: Enter, installation: Services
) -> None:
    cx = enter("cx")
    step_up(installation, done=False)
    assert 'data-code="step_up_required"' in export(cx, identity="1", reason="x").text
    step_up(installation, done=True)
    assert 'data-where="reason"' in export(cx, identity="1").text
    found = rows(export(cx, identity="1", reason="rappel produit", preset="rfc4180"))
    assert {row["customer_id"] for row in found} == {"c10", "c11", "c12", "c9"}
    assert all("@" in row["email"] for row in found)
    for role in ("marketing", "region_manager"):
        assert (
            export(enter(role, "region:nord" if role == "region_manager" else "network"), identity="1").status_code
            == 403
        )
    with installation.sessions() as session:
        lines = list(session.scalars(select(AuditLine).where(AuditLine.action == "export.made")))
    assert [(line.reason, line.after["identity"]) for line in lines] == [("rappel produit", True)]
    assert export(cx, kind="decisions", identity="1", reason="x").status_code == 403


def test_s41_the_sixth_export_of_an_hour_is_refused_and_the_next_hour_is_not(
    enter: Enter, clock: Any, installation: Services
) -> None:
    cx, other = enter("cx"), enter("cx")
    assert [export(cx).status_code for _ in range(6)] == [200] * 5 + [429]
    assert export(other).status_code == 200
    for _ in range(4):
        clock.forward(minutes=16)
        cx.get("/exports/new")
    assert export(cx).status_code == 200
    with installation.sessions() as session:
        lines = list(session.scalars(select(AuditLine.n).where(AuditLine.action == "export.made")))
    assert len(lines) == 7


def test_the_page_offers_what_the_reader_may_take(enter: Enter) -> None:
    page = enter("store_manager", "store:S1").get("/exports/new").text
    assert "store:S1" in page
    assert "store:S3" not in page
    assert "identity" not in page
    assert enter("support").get("/exports/new").status_code == 403
