"""Exports of staff: inside their scopes, harmless in a spreadsheet, counted, written down, names only for a reason."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow.parquet as pq
import pytest
from flask import Flask
from sqlalchemy import select, update

from surveyor.app import create_app
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.users import StaffSession
from surveyor.services import Services
from surveyor.web.api.workbook import write_workbook
from tests.web.conftest import Enter, Person, make_services
from tests.web.links import open_network, send
from tests.web.test_strangers import answer

EVIL = "=HYPERLINK(1)"


@pytest.fixture
def installation(sqlite_sessions: Any, clock: Any, tmp_path: Path) -> Services:
    """An installation with a folder of its own."""
    return make_services(sqlite_sessions, clock, home=tmp_path)


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


def workbook(answer: Any) -> list[list[Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data), read_only=True).worksheets[0]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_s37_a_workbook_has_typed_cells_no_formula_and_its_row_count_under_the_last_row(enter: Enter) -> None:
    answer = export(enter("cx"), preset="xlsx")
    header, *found, last = workbook(answer)
    assert last[0] == f"# rows: {len(found)}"
    assert answer.headers["X-Row-Count"] == str(len(found)) == "4"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="responses.xlsx"'
    by_name = [dict(zip(header, row, strict=True)) for row in found]
    assert {type(row["score"]) for row in by_name} == {int}
    assert all(row["day"].isoformat() == "2026-11-20T00:00:00" for row in by_name)
    assert {row["responded_at"].hour for row in by_name} == {9}, "an instant stands in the installation's zone"
    assert f"'{EVIL}" in [row["comment"] for row in by_name]
    raw = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
    assert {cell.data_type for row in raw.iter_rows() for cell in row if cell.value is not None} <= {"s", "n", "d"}
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


def test_columns_for_data_tools_are_typed_and_count_their_rows(enter: Enter) -> None:
    answer = export(enter("cx"), preset="parquet")
    assert answer.mimetype == "application/vnd.apache.parquet"
    table = pq.read_table(io.BytesIO(answer.data))
    assert table.num_rows == 4 == int(answer.headers["X-Row-Count"])
    kinds = {name: str(table.schema.field(name).type) for name in table.column_names}
    assert (kinds["score"], kinds["day"], kinds["comment"]) == ("int64", "date32[day]", "string")
    assert kinds["responded_at"] == "timestamp[us, tz=UTC]"
    assert EVIL in table.column("comment").to_pylist(), "no spreadsheet runs it: it stays as it was written"


@pytest.mark.parametrize("preset", ["xlsx", "parquet"])
def test_a_file_of_nothing_says_so_and_leaves_nothing_behind(enter: Enter, installation: Services, preset: str) -> None:
    answer = export(enter("cx"), preset=preset, period="2020-01")
    assert answer.headers["X-Row-Count"] == "0"
    assert answer.data
    assert list(installation.settings.home.glob(".export-*")) == []


def test_a_manager_takes_no_other_store_in_any_form(enter: Enter) -> None:
    for preset in ("xlsx", "parquet"):
        assert b"CANARI" not in export(enter("store_manager", "store:S1"), preset=preset).data
    header, *found, _ = workbook(export(enter("store_manager", "store:S1"), preset="xlsx"))
    assert {row[header.index("store_id")] for row in found} == {"S1"}


def test_a_sheet_that_is_full_is_followed_by_another(tmp_path: Path) -> None:
    out = io.BytesIO()
    pages = [[(f"a{n}", n) for n in range(2)], [(f"b{n}", n) for n in range(5)], []]
    paris = ZoneInfo("Europe/Paris")
    assert write_workbook(("name", "score"), pages, out, zone=paris, folder=tmp_path, most=5) == 7
    sheets = openpyxl.load_workbook(out).worksheets
    rows_of = [[row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] for sheet in sheets]
    assert rows_of == [["a0", "a1", "b0"], ["b1", "b2", "b3"], ["b4", "# rows: 7"]]
    assert list(tmp_path.iterdir()) == []


def test_the_format_that_is_offered_first_is_that_of_the_readers_spreadsheet(enter: Enter) -> None:
    for language, preset in (("fr", "excel-fr"), ("en", "rfc4180")):
        page = enter("cx", language=language).get("/exports/new").text
        assert re.search(rf'<option value="{preset}" selected', page)
