"""A CSV of any kind may begin with the line by which Excel says what stands between its cells."""

from __future__ import annotations

from datetime import date

import pytest

from surveyor.core.external_reviews import ExternalReview, RefusedLine
from surveyor.errors import Refused
from surveyor.ingest.peer_files import read_peers
from surveyor.ingest.review_files import read_reviews
from surveyor.ingest.separated import table

REVIEWS = """review_id;store_id;rating;created_at;text
r1;S1;5;2026-11-02T10:00:00+01:00;un, deux, trois, quatre, cinq
r2;S1;9;2026-11-02T10:00:00+01:00;
"""
PEERS = "peer_group|period|entity|metric|value|method\n" + "".join(
    f"Drive|2026-06|{one}|nps|30|panel\n" for one in "ABC"
)


@pytest.mark.parametrize(
    ("lines", "rows", "before"),
    [
        (["sep=;\r\n", "a;b\r\n", "1;2,5\r\n"], [{"a": "1", "b": "2,5"}], 1),
        (['"SEP=|"\n', "a|b\n", "1|2;3\n"], [{"a": "1", "b": "2;3"}], 1),
        (["\ufeffsep=,;;\n", "a,b\n", "1,2\n"], [{"a": "1", "b": "2"}], 1),
        (["\ufeffa;b\n", "1;2\n"], [{"a": "1", "b": "2"}], 0),
        (["a\tb", "1\t2"], [{"a": "1", "b": "2"}], 0),
        (["a\n", "sep=;\n"], [{"a": "sep=;"}], 0),
        ([], [], 0),
    ],
)
def test_the_separator_is_what_a_first_line_says_else_what_the_header_shows(
    lines: list[str], rows: list[dict[str, str]], before: int
) -> None:
    reader, taken = table(lines)
    assert (list(reader), taken) == (rows, before)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_reviews_say_the_line_of_the_file_behind_the_separator_too(end: str) -> None:
    good, bad = read_reviews(("sep=;\n" + REVIEWS).replace("\n", end).encode())
    assert isinstance(good, ExternalReview)
    assert good.text == "un, deux, trois, quatre, cinq"
    assert bad == RefusedLine(4, "rating", "value_out_of_range")


def test_figures_of_peers_say_the_line_of_the_file_behind_the_separator_too() -> None:
    today = date(2026, 11, 2)
    assert [one.entity for one in read_peers(f"sep=|\n{PEERS}".encode(), today=today)] == ["A", "B", "C"]
    with pytest.raises(Refused, match="Line 5"):
        read_peers(f"sep=|\n{PEERS}".replace("C|nps|30", "C|nps|300").encode(), today=today)
