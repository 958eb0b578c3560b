"""The page of response rates: weeks of sending, provisional while answers come in, cuts that add up to the page."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.databases import SqliteDatabases
from tests.web import sample
from tests.web.conftest import NOW, Enter
from tests.web.test_dashboard import text_of


def written(sessions: Any) -> None:
    sample.write(sessions, today=NOW.date(), days=150, a_day=12)


@pytest.fixture
def sqlite_url(sqlite_databases: SqliteDatabases) -> str:
    """Five months of the sample."""
    return sqlite_databases.filled(written)


def test_young_weeks_are_provisional_and_old_ones_final(enter: Enter) -> None:
    page = enter("marketing", language="en").get("/response-rate?period=2026-11")
    said = text_of(page)
    rows = re.findall(r'<tr><th scope="row">week of .*?</tr>', page.text, re.S)
    assert len(rows) >= 16
    newest, oldest = (text_of(type("Row", (), {"text": row})) for row in (rows[0], rows[-1]))
    assert "provisional" in newest
    assert "final" in oldest
    assert "hatched" in rows[0]
    assert "hatched" not in rows[-1]
    assert "Response rate by week of sending" in page.text
    assert "Week of sending by week of sending" in said


@pytest.mark.parametrize("by", ["rule", "store", "segment"])
def test_every_cut_adds_up_to_the_page(by: str, enter: Enter) -> None:
    page = enter("cx", language="en").get(f"/response-rate?period=12m&by={by}").text
    head = re.search(r"([\d,]+) sent · ([\d,]+) delivered · ([\d,]+) answers", page)
    assert head
    table = page.partition('id="parts"')[2]
    cells = [
        re.findall(r'<td class="num[^>]*>([\d,]+)</td>', row)
        for row in re.findall(r'<tr><th scope="row">.*?</tr>', table, re.S)
    ]
    sums = [sum(int(row[at].replace(",", "")) for row in cells) for at in range(3)]
    assert sums == [int(found.replace(",", "")) for found in head.groups()]


def test_a_store_manager_sees_their_store_alone(enter: Enter) -> None:
    page: Any = enter("store_manager", "store:S1", language="en").get("/response-rate?period=12m&by=store")
    assert "Lille Centre" in page.text
    assert "Nantes" not in page.text
