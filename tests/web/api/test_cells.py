"""CSV written a column at a time is what `csv.writer` writes of the same harmless cells, row by row."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyor.web.api.cells import RFC_4180, Preset, csv_lines, harmless, preset

TEXTS = st.text(st.sampled_from("aé %s\"'=+-@,;\r\n\0\u200b＝1"), max_size=6)
KINDS: dict[str, Any] = {
    "text": TEXTS,
    "number": st.integers(-9, 9),
    "id": st.binary(min_size=16, max_size=16),
    "rate": st.floats(allow_nan=False, allow_infinity=False),
    "price": st.decimals(allow_nan=False, allow_infinity=False, places=2),
}


def written(columns: tuple[str, ...], rows: list[tuple[Any, ...]], told: Preset) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=told.separator, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([[cell(value, told) for value in row] for row in rows])
    return f"{told.mark}{out.getvalue()}# rows: {len(rows)}\r\n"


def cell(value: Any, told: Preset) -> Any:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        return harmless(value)
    return str(value).replace(".", ",") if told.comma and isinstance(value, float | Decimal) else value


@given(st.data())
def test_a_page_is_what_a_writer_of_rows_makes_of_it(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4))
    row = st.tuples(*(st.one_of(st.none(), KINDS[kind], st.just(data.draw(KINDS[kind]))) for kind in kinds))
    rows = data.draw(st.lists(row, max_size=6))
    told = data.draw(st.sampled_from([RFC_4180, preset("excel-fr", ZoneInfo("Europe/Paris"))]))
    columns = tuple(f"{kind} {n}" for n, kind in enumerate(kinds))
    assert "".join(csv_lines(columns, [rows[:3], rows[3:]], told)) == written(columns, rows, told)


AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "value", "plain", "french"),
    [
        ("sent_at", "2026-03-01T09:30:00.000000+00:00", '"2026-03-01T09:30:00+00:00"', '"2026-03-01 10:30:00"'),
        ("sent_at", AT, '"2026-03-01T09:30:00+00:00"', '"2026-03-01 10:30:00"'),
        ("day", date(2026, 3, 1), '"2026-03-01"', '"2026-03-01"'),
        ("id", UUID(int=10), f'"{"0" * 31}a"', f'"{"0" * 31}a"'),
        ("active", True, '"true"', '"VRAI"'),
        ("facts", {"a": "="}, '"{""a"":""=""}"', '"{""a"":""=""}"'),
    ],
)
@pytest.mark.parametrize("others", [[], [None]], ids=["alone", "beside none"])
def test_every_kind_of_value_has_its_form(name: str, value: Any, plain: str, french: str, others: list[Any]) -> None:
    rows = [(one,) for one in [value, *others]]
    for told, expected in ((RFC_4180, plain), (preset("excel-fr", ZoneInfo("Europe/Paris")), french)):
        assert list(csv_lines((name,), [rows], told))[1] == "".join(
            f"{one}\r\n" for one in [expected, *['""'] * len(others)]
        )
