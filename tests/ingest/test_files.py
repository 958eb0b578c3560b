"""Files of order events: every line has its verdict, and no file can take more than its lines."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from surveyor.errors import Complaint, Refused
from surveyor.ingest.files import rows_of

HEADER = "event_id,type,customer_id,email,store_id,ordered_at,amount\n"
GOOD = "v{n},order.completed,c1,ana@example.fr,S1,2026-11-18T10:00:00+01:00,12.50\n"


def write(folder: Path, text: str | bytes, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def verdicts(path: Path) -> list[tuple[int, str]]:
    return [(row.line, row.content.code if isinstance(row.content, Complaint) else "ok") for row in rows_of(path)]


def test_the_same_rows_come_from_csv_semicolons_gzip_and_ndjson(tmp_path: Path) -> None:
    text = HEADER + GOOD.format(n=1) + GOOD.format(n=2)
    plain = [row.content for row in rows_of(write(tmp_path, text))]
    semicolons = [row.content for row in rows_of(write(tmp_path, "\ufeff" + text.replace(",", ";"), "fr.csv"))]
    zipped = [row.content for row in rows_of(write(tmp_path, gzip.compress(text.encode()), "orders.csv.gz"))]
    lines = "".join(json.dumps(one) + "\n" for one in plain)
    ndjson = [row.content for row in rows_of(write(tmp_path, lines, "orders.ndjson"))]
    assert plain == semicolons == zipped == ndjson
    assert [row["event_id"] for row in plain if isinstance(row, dict)] == ["v1", "v2"]


def test_lines_that_end_with_carriage_returns_alone_are_lines(tmp_path: Path) -> None:
    text = HEADER + "".join(GOOD.format(n=n) for n in range(3000)) + "v,order.completed\n"
    plain = list(rows_of(write(tmp_path, text)))
    old = text.replace("\n", "\r")
    assert list(rows_of(write(tmp_path, old, "mac.csv"))) == plain
    assert list(rows_of(write(tmp_path, gzip.compress(old.encode()), "mac.csv.gz"))) == plain
    assert verdicts(write(tmp_path, '{"event_id":"v1"}\r{"event_id":\r', "mac.ndjson")) == [
        (1, "ok"),
        (2, "json_invalid"),
    ]


def test_s36_a_bomb_of_carriage_returns_is_stopped_too(tmp_path: Path) -> None:
    bomb = gzip.compress(("a\r" + ("b" * 1000 + "\r") * 20_000).encode(), 9)
    with pytest.raises(Refused) as refused:
        for _ in rows_of(write(tmp_path, bomb, "bomb.csv.gz"), columns=()):
            pass
    assert refused.value.code == "gzip_invalid"


@pytest.mark.parametrize("first", ["sep=;", "SEP=;\r", '"sep=;"', "sep=;;;;", "\ufeffsep=|"])
def test_a_first_line_of_excel_says_what_stands_between_cells(tmp_path: Path, first: str) -> None:
    mark = "|" if "|" in first else ";"
    text = f"{first}\n" + (HEADER + GOOD.format(n=1)).replace(",", mark)
    (row,) = rows_of(write(tmp_path, text))
    assert row.line == 3
    assert isinstance(row.content, dict)
    assert row.content["event_id"] == "v1"
    assert verdicts(write(tmp_path, text + "x\n"))[1] == (4, "csv_cell_count")
    with pytest.raises(Refused) as refused:
        list(rows_of(write(tmp_path, "sep=;\nevent_id;a;a\n1;2;3\n")))
    assert refused.value.complaints[0].where == "2:12"
    with pytest.raises(Refused) as missing:
        list(rows_of(write(tmp_path, "sep=;\nevent_id;type\n1;2\n")))
    assert missing.value.complaints[0].where == "2"
    with pytest.raises(Refused):
        list(rows_of(write(tmp_path, "sep=;\n")))


def test_one_cell_is_said_in_the_singular(tmp_path: Path) -> None:
    rows = list(rows_of(write(tmp_path, "a,b\n1\n"), columns=()))
    assert isinstance(rows[0].content, Complaint)
    said = (rows[0].content.message_fr.replace("\u00a0", " "), rows[0].content.message_en)
    assert said == ("Ligne 2 : 1 cellule, 2 attendues.", "Line 2: 1 cell, expected 2.")
    (row,) = rows_of(write(tmp_path, "a\n1,2\n"), columns=())
    assert isinstance(row.content, Complaint)
    assert row.content.message_fr.endswith("2 cellules, 1 attendue.")


def test_a_place_in_a_file_is_a_line_and_a_column_whatever_its_form(tmp_path: Path) -> None:
    rows = rows_of(write(tmp_path, '{"a":1}\n{"a":1,}\n\n{"a":NaN}\n{"a":"\\ud800"}\n', "x.ndjson"))
    told = [row.content for row in rows if isinstance(row.content, Complaint)]
    assert [one.where for one in told] == ["2:8", "4:6", "5:7"]
    assert told[0].message_en == "Unreadable JSON at 2:8: stray comma. Correct it and send again."


def test_a_quote_may_hold_line_ends_and_the_next_record_keeps_its_line_number(tmp_path: Path) -> None:
    text = HEADER + 'v1,order.completed,"c\n1",,S1,2026-11-18T10:00:00+01:00,1\n' + GOOD.format(n=2)
    rows = list(rows_of(write(tmp_path, text)))
    assert [row.line for row in rows] == [2, 4]
    assert isinstance(rows[0].content, dict)
    assert rows[0].content["customer_id"] == "c\n1"


def test_a_quote_never_closed_costs_its_own_line_only(tmp_path: Path) -> None:
    text = HEADER + GOOD.format(n=1) + 'v2,order.completed,"c1,,S1,2026-11-18T10:00:00+01:00,1\n' + GOOD.format(n=3)
    assert verdicts(write(tmp_path, text)) == [(2, "ok"), (3, "csv_quote_unclosed"), (4, "ok")]


def test_s36_a_line_over_64_kib_is_refused_alone(tmp_path: Path) -> None:
    text = HEADER + "v1,order.completed," + "x" * 71680 + ",a@b.fr,S1,2026-11-18T10:00:00+01:00,1\n" + GOOD.format(n=2)
    assert verdicts(write(tmp_path, text)) == [(2, "csv_line_too_long"), (3, "ok")]


def test_s36_a_bomb_is_stopped_while_it_unfolds(tmp_path: Path) -> None:
    bomb = gzip.compress((HEADER + " " * 40_000_000).encode(), 9)
    with pytest.raises(Refused) as refused:
        list(rows_of(write(tmp_path, bomb, "orders.csv.gz")))
    assert refused.value.code == "gzip_invalid"


def test_reading_takes_the_same_memory_whatever_the_length(tmp_path: Path) -> None:
    peaks = []
    for count in (2_000, 40_000):
        path = write(tmp_path, HEADER + "".join(GOOD.format(n=n) for n in range(count)), f"{count}.csv")
        tracemalloc.start()
        assert sum(1 for _ in rows_of(path)) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000


ODD = {
    "a quote that holds a line end": b'q,order.completed,"c\n1",,S1,2026-11-18T10:00:00+01:00,1\n',
    "a quote never closed": b'q,order.completed,"c1,,S1,2026-11-18T10:00:00+01:00,1\n',
    "a byte that is no letter": b"q,order.completed,c\xe9,,S1,2026-11-18T10:00:00+01:00,1\n",
    "a carriage return inside": b"q,order.completed,c\r1,,S1,2026-11-18T10:00:00+01:00,1\n",
    "a line over 64 KiB": b"q," + b"x" * 80_000 + b"\n",
    "a line of just over 64 KiB": b"q," + b"x" * 65_540 + b"\n",
    "too few cells": b"q,order.completed\n",
    "empty lines": b"\n\r\n\n",
    "another end of line": GOOD.format(n="q").replace("\n", "\r\n").encode(),
    "a last line cut short": b"q,order.completed",
}


@pytest.mark.parametrize("before", [1, 900, 3000])
@pytest.mark.parametrize("odd", ODD)
def test_a_block_of_lines_reads_as_its_lines_one_by_one(tmp_path: Path, odd: str, before: int) -> None:
    """A gzip file is read line by line, one that is not by blocks of 64 KiB: what they hold must be the same."""
    good = [GOOD.format(n=n).encode() for n in range(before + 2000)]
    after = [] if odd.endswith("short") else good[before:]
    text = HEADER.encode() + b"".join([*good[:before], ODD[odd], *after])
    by_block = list(rows_of(write(tmp_path, text)))
    assert by_block == list(rows_of(write(tmp_path, gzip.compress(text), "orders.csv.gz")))
    assert len(by_block) >= before + len(after)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04rest", "file_type"),
        (b"%PDF-1.7", "file_type"),
        (gzip.compress(b"x", mtime=0), "file_type"),
        ("a\n".encode("utf-16"), "file_type"),
        (b"", "csv_empty"),
        (b"\r\n \n\n", "csv_empty"),
        (HEADER.encode(), "csv_empty"),
        (b"event_id,type,ordered_at,event_id\na,b,c,d\n", "csv_header_duplicate"),
        (b"event_id,type\na,b\n", "csv_header_missing"),
    ],
)
def test_a_file_of_no_use_is_refused_whole(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        list(rows_of(write(tmp_path, content)))
    assert refused.value.code == code


def test_empty_lines_before_the_names_are_passed_over_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path, b"\n \r\n" + HEADER.encode() + GOOD.format(n=1).encode() + b"\n")
    assert [(row.line, isinstance(row.content, Complaint)) for row in rows_of(path)] == [(4, False)]


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothere.csv"):
        with pytest.raises(Refused) as refused:
            list(rows_of(path))
        assert refused.value.code == "file_missing"
        assert str(path) in str(refused.value)


def test_an_odd_encoding_is_read_when_it_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, (HEADER + GOOD.format(n=1).replace("c1", "cé")).encode("cp1252"))
    rows: list[Any] = [row.content for row in rows_of(path, encoding="cp1252")]
    assert rows[0]["customer_id"] == "cé"
    assert verdicts(path) == [(2, "file_encoding")]
