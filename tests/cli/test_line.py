"""The whole line by command alone: a file of orders, an email in the outbox, the figures, and why."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal

HEAD = "event_id,type,customer_id,email,first_name,store_id,ordered_at\n"
TWO = (
    "e1,order.completed,c1,ana@example.fr,Ana,S1,2030-01-07T10:00:00+01:00\n"
    "e2,order.completed,c1,ana@example.fr,Ana,S1,2030-01-14T10:00:00+01:00\n"
)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    past = TWO.replace("2030-01-07", "2026-11-01").replace("2030-01-14", "2026-11-08")
    path.write_text(HEAD + past)
    return path


def test_two_orders_become_an_email_a_figure_and_an_explanation(terminal: Terminal, orders: Path) -> None:
    assert terminal.json("orders", "import", str(orders), "--now", "2026-11-08T12:00:00+01:00")["accepted"] == 2
    story = terminal.json("explain", "c1")
    assert [one["next"] for one in story["decisions"]] == ["Email planned for 10 November.", ""]
    planned = next(one["planned_at"] for one in story["decisions"] if one["decision"] == "SCHEDULED")
    waiting = terminal.json("run-due", "--now", planned)
    assert (waiting["sent"], waiting["failed"]) == (1, 0)
    assert len(list((terminal.home / "outbox").rglob("*.eml"))) == 1
    day = planned[:10]
    figures = terminal.json("indicators", "sent", "--from", day, "--to", day)["groups"][0]["figures"]
    assert (figures[0]["id"], figures[0]["value"]) == ("SOL-02", 1)
    assert terminal.run("explain", "ana@example.fr") == 0
    assert "-> sent" in terminal.out
    assert terminal.out.count("Email planned for") == 1
    assert not [line for line in terminal.out.splitlines() if line.endswith(":")]
    assert {one["next"] for one in terminal.json("explain", "c1")["decisions"]} == {""}
    assert terminal.run("explain", "nobody") == 1


def test_a_bad_line_is_refused_alone_and_named_in_the_receipt(terminal: Terminal, orders: Path, tmp_path: Path) -> None:
    orders.write_text(orders.read_text() + "e3,order.completed,c1,ana@example.fr,Ana,S1,2026-11-08T10:00:00\n")
    receipt = tmp_path / "receipt.json"
    assert terminal.run("orders", "import", str(orders), "--receipt", str(receipt)) == 1
    told = json.loads(receipt.read_text())
    assert (told["accepted"], told["rejected"], told["files"][0]["rows"]) == (2, 1, 3)
    assert [(one["line"], one["code"]) for one in told["refused"]] == [(4, "instant_without_offset")]
    assert "orders.csv:4: instant_without_offset" in terminal.err
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".receipt")] == []


def test_the_same_file_again_changes_nothing(terminal: Terminal, orders: Path) -> None:
    terminal.json("orders", "import", str(orders))
    again = terminal.json("orders", "import", str(orders))
    assert (again["accepted"], again["duplicates"]) == (0, 2)
    assert again["files"][0]["already_imported"]


@pytest.mark.parametrize("zipped", [False, True])
def test_orders_come_from_standard_input_too(terminal: Terminal, zipped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    body = (HEAD + TWO).replace("2030", "2026").encode()
    stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(gzip.compress(body) if zipped else body)))  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "stdin", stream)
    told = terminal.json("orders", "import", "-")
    assert (told["accepted"], told["files"][0]["file"]) == (2, "stdin")
    assert list(terminal.home.glob(".import-*")) == []


def test_a_file_that_is_not_there_is_named(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal.run("orders", "import", str(tmp_path / "none.csv")) == 2
    assert "none.csv: file_missing" in terminal.err


def test_an_import_of_nothing_and_an_unknown_encoding_are_wrong_calls(terminal: Terminal, orders: Path) -> None:
    assert terminal.run("orders", "import") == 2
    assert terminal.run("orders", "import", str(orders), "--encoding", "latin-9000") == 2
    assert "latin-9000" in terminal.err
    for name in ("rot13", "undefined", "utf-16", "cp500", "auto", ""):
        assert terminal.run("orders", "import", str(orders), "--encoding", name) == 2, name
        assert "--encoding" in terminal.err
    assert terminal.run("responses", "import", str(orders), "--encoding", "base64") == 2
    for name in ("", "a\nb", "x" * 201):
        assert terminal.run("orders", "import", str(orders), "--source", name) == 2
    assert terminal.run("orders", "import", str(orders), "--encoding", "cp1252", "--source", "Caisse n° 2") == 0


def test_declared_stores_are_known_to_rules_and_to_strict_imports(
    terminal: Terminal, orders: Path, tmp_path: Path
) -> None:
    stores = tmp_path / "stores.csv"
    stores.write_text("store_id,name,region,zone\nS2,Arras,nord,Europe/Paris\n")
    assert terminal.json("orders", "import", "--stores", str(stores))["stores"]["added"] == 1
    strict = terminal.json("orders", "import", str(orders), "--strict-stores", status=1)
    assert (strict["accepted"], strict["rejected"]) == (0, 2)
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nid = "a"\nstore_ids = ["S9"]\nemail = "invitatoin"\n')
    problems = terminal.json("rules", "check", str(rules), status=1)["problems"]
    assert {(one["code"], one["suggestion"]) for one in problems} == {
        ("unknown_ref", None),
        ("unknown_ref", "invitation"),
    }


def test_time_travel_is_refused_where_it_is_not_allowed(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURVEYOR_ALLOW_TIME_TRAVEL", "0")
    assert terminal.run("run-due", "--now", "2026-11-10T10:00:00+01:00") == 2
    assert "SURVEYOR_ALLOW_TIME_TRAVEL" in terminal.err


def test_an_instant_without_its_offset_is_a_wrong_call(terminal: Terminal) -> None:
    assert terminal.run("run-due", "--now", "2026-11-10T10:00:00") == 2
    assert "with its offset" in terminal.err


@pytest.mark.parametrize("command", ["clock", "worker"])
def test_a_process_does_not_start_an_hour_before_what_was_recorded(
    terminal: Terminal, orders: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    assert terminal.run("orders", "import", str(orders), "--now", "2126-11-08T12:00:00+01:00") == 0
    monkeypatch.setenv("SURVEYOR_ALLOW_TIME_TRAVEL", "0")
    assert terminal.run(command) == 1
    assert "2126-11-08 11:00 UTC" in terminal.err


def test_a_reader_that_leaves_is_no_failure(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    assert terminal.run("version") == 0
