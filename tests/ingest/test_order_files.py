"""Order files of a replay: rows read by whole columns are those that are read one at a time, faults included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from surveyor.core.replay import OrderRow
from surveyor.ingest.order_files import Faults, order_rows

HEADER = "event_id,type,order_id,customer_id,email,store_id,segment,ordered_at,fulfilled_at,received_at\n"
AT = "2026-03-01T23:30:00"


def read(folder: Path, lines: list[str]) -> tuple[list[OrderRow], list[tuple[str, str]]]:
    path = folder / "orders.csv"
    path.write_text(HEADER + "".join(line + "\n" for line in lines), encoding="utf-8")
    faults = Faults()
    rows = list(order_rows(path, faults))
    return rows, [(fault.where, fault.code) for fault in faults.first]


LINES = [
    f"e1,order.completed,o1,c1,Ana@Example.FR,S1,gold,{AT}+00:00,,",
    f"e2,order.completed,,c1,,S1,,{AT}Z,{AT}+01:00,",
    f" e3 , order.placed ,o3, c2,\u00a0x@y.fr\u00a0,S2 ,\u3000,{AT}+04:00,,{AT}-05:00",
    f"e4,order.cancelled,o1,,,,,{AT}.250000+00:00,,",
    f"e5,order.completed,o5,c\x1fé\x1f,,S1,,{AT}+00:00,,",
]


@pytest.mark.parametrize("asked", [LINES[:1], LINES[:2], LINES[1:3], LINES[3:4], LINES[4:], LINES], ids=len)
def test_a_block_of_lines_says_what_each_line_says_alone(asked: list[str], tmp_path: Path) -> None:
    together, faults = read(tmp_path, asked)
    # An empty cell in quotes sends every line of the block to the reader that looks at each of them.
    alone, others = read(tmp_path, [line.replace(",,", ',"",', 1) if ",," in line else line for line in asked])
    assert (together, faults) == (alone, others)
    assert len(together) == len(asked)
    assert not faults


def test_a_row_says_its_instants_in_utc_and_the_offset_that_it_was_written_with(tmp_path: Path) -> None:
    first, second, third = read(tmp_path, LINES[:3])[0]
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert (first.ordered_at, first.fulfilled_at, first.zone, first.address) == (at, at, "+00:00", "ana@example.fr")
    assert (second.order_id, second.fulfilled_at) == ("e2", at - timedelta(hours=1))
    assert third[:9] == ("e3", "order.placed", "o3", "c2", "x@y.fr", "S2", "", "", "+04:00")
    assert (third.ordered_at, third.fulfilled_at) == (at - timedelta(hours=4), None)
    assert third.received_at == at + timedelta(hours=5)


@pytest.mark.parametrize(
    ("bad", "where", "code"),
    [
        (f",order.completed,o,c,,S,,{AT}Z,,", "3:event_id", "field_required"),
        (f"e, ,o,c,,S,,{AT}Z,,", "3:type", "field_required"),
        ("e,order.completed,o,c,,S,,,,", "3:ordered_at", "field_required"),
        (f"e,order.completed,o,c,,S,,{AT}Z,soon,", "3:fulfilled_at", "instant_invalid"),
        (f"e,order.completed,o,c,,S,,{AT},,", "3:ordered_at", "instant_without_offset"),
        (f"e,order.completed,o,c,,S,,{AT}Z", "3", "csv_cell_count"),
    ],
)
def test_a_bad_row_costs_itself_and_its_line_is_named(bad: str, where: str, code: str, tmp_path: Path) -> None:
    rows, faults = read(tmp_path, [LINES[0], bad, LINES[1]])
    assert [row.event_id for row in rows] == ["e1", "e2"]
    assert faults == [(where, code)]


def test_progress_is_told_every_so_many_rows_and_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(HEADER + (LINES[0] + "\n") * 3000, encoding="utf-8")
    told: list[int] = []
    assert sum(1 for _ in order_rows(path, Faults(), progress=told.append, every=1000)) == 3000
    assert told == sorted(told)
    assert told[-1] == 3000
    assert len(told) == 4
