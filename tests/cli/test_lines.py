"""`surveyor responses import` and its like: a file in, a receipt out, refused lines apart."""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal

PAST = "id,score,comment,date,magasin\n1,9,Très bien,2026-01-05,Lille\n2,12,,2026-01-06,Lille\n3,3,,,Lille\n"


@pytest.fixture
def past(terminal: Terminal, tmp_path: Path) -> Path:
    (tmp_path / "stores.csv").write_text("store_id,name\nS1,Lille\n")
    assert terminal.run("orders", "import", "--stores", str(tmp_path / "stores.csv")) == 0
    path = tmp_path / "past.csv"
    path.write_text(PAST, encoding="cp1252")
    return path


def test_a_file_is_guessed_checked_and_taken_and_its_refused_lines_stand_apart(
    terminal: Terminal, past: Path, tmp_path: Path
) -> None:
    assert terminal.run("responses", "import", str(past), "--guess") == 0
    mapping = tmp_path / "map.toml"
    mapping.write_text(terminal.out.replace('source = "import"', 'source = "former"'))
    dry = terminal.json("responses", "import", str(past), "--mapping", str(mapping), "--dry-run", status=1)
    assert (dry["accepted"], dry["rejected"], dry["dry_run"], dry["encoding"]) == (1, 2, True, "cp1252")
    refused, receipt = tmp_path / "refused.csv", tmp_path / "receipt.json"
    more = ("--mapping", str(mapping), "--refused", str(refused), "--receipt", str(receipt))
    done = terminal.json("responses", "import", str(past), *more, status=1)
    assert (done["accepted"], done["source"]) == (1, "former")
    rows = list(csv.DictReader(refused.open(encoding="utf-8", newline="")))
    assert [(row["line"], row["code"], row["score"]) for row in rows] == [
        ("3", "score_scale", "12"),
        ("4", "field_required", "3"),
    ]
    assert rows[0]["message_fr"] != rows[0]["message_en"]
    assert len(json.loads(receipt.read_text())["refused"]) == 2


def test_a_guess_says_what_it_did_not_find_and_how_to_say_it(terminal: Terminal, past: Path) -> None:
    past.write_text("note,commentaire\n9,Bien\n")
    assert terminal.run("responses", "import", str(past), "--guess") == 0
    assert "# No column of this file was known as: answered_at, store." in terminal.out
    assert "defaults" not in tomllib.loads(terminal.out)
    meant = tomllib.loads(
        terminal.out.replace("# [defaults]", "[defaults]").replace("# answered_at =", "answered_at =")
    )
    assert meant["defaults"] == {"answered_at": "2024-04-15"}


def test_a_refused_line_says_its_number_once(terminal: Terminal, past: Path) -> None:
    terminal.run("responses", "import", str(past), "--dry-run")
    assert "past.csv:3: score_scale: " in terminal.err
    assert "3:score" not in terminal.err


def test_what_cannot_be_known_or_read_is_said_before_anything_is_done(
    terminal: Terminal, past: Path, tmp_path: Path
) -> None:
    past.write_text("a,b\n1,2\n")
    assert terminal.run("responses", "import", str(past)) == 2
    assert "--guess" in terminal.err
    assert terminal.run("responses", "import", str(tmp_path / "nothing.csv")) == 2
    mapping = tmp_path / "map.toml"
    mapping.write_text('[columns]\nscor = "a"\n')
    assert terminal.run("responses", "import", str(past), "--mapping", str(mapping)) == 1
    assert "Did you mean columns.score?" in terminal.err
    mapping.write_text("x = ")
    assert terminal.run("responses", "import", str(past), "--mapping", str(mapping)) == 2
    assert terminal.run("responses", "import", str(past), "--encoding", "klingon") == 2
