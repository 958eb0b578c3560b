"""Calls that cannot work: a line that says what is wrong, the status of the contract, and never a trace."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal

RULES = 'format = 1\n[[rule]]\nid = "r1"\n'
NOISE = bytes(range(128, 256)) * 40

READERS = [
    ("orders", "import", "FILE"),
    ("responses", "import", "FILE"),
    ("customers", "import", "FILE"),
    ("reference", "import", "FILE"),
    ("costs", "import", "FILE"),
    ("mentions", "import", "FILE"),
    ("tickets", "import", "FILE"),
    ("reviews", "import", "FILE"),
    ("brands", "import", "FILE"),
    ("suppressions", "import", "FILE"),
    ("rules", "check", "FILE"),
    ("rules", "publish", "FILE", "-m", "why"),
    ("rules", "try", "FILE"),
    ("indicators", "try", "FILE"),
    ("labels", "check", "FILE"),
    ("labels", "measure", "FILE"),
    ("check", "--ledger", "FILE"),
    ("replay", "--orders", "FILE", "--rules", "RULES"),
    ("replay", "--orders", "RULES", "--rules", "FILE"),
    ("timelapse", "--orders", "FILE"),
]


@pytest.fixture
def call(terminal: Terminal, tmp_path: Path) -> dict[str, Path]:
    """The files that a call may name."""
    terminal.run("db", "upgrade")
    (tmp_path / "rules.toml").write_text(RULES)
    (tmp_path / "noise").write_bytes(NOISE)
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"event_id,type\n" * 400)[:-12])
    return {"RULES": tmp_path / "rules.toml"}


def test_a_file_that_is_none_is_a_wrong_call(terminal: Terminal, tmp_path: Path, call: dict[str, Path]) -> None:
    for words in READERS:
        for named in (tmp_path / "none.csv", tmp_path):
            assert terminal.run(*(str({**call, "FILE": named}.get(word, word)) for word in words)) == 2, words
            assert named.name in terminal.err, words


def test_a_file_of_noise_is_refused_in_a_line(terminal: Terminal, tmp_path: Path, call: dict[str, Path]) -> None:
    for words in READERS:
        for name in ("noise", "cut.csv.gz"):
            status = terminal.run(*(str({**call, "FILE": tmp_path / name}.get(word, word)) for word in words))
            assert status in (1, 2), words
            assert terminal.out + terminal.err, words


def test_a_gzip_file_that_is_cut_is_named_whatever_it_holds(
    terminal: Terminal, tmp_path: Path, call: dict[str, Path]
) -> None:
    for kind in ("responses", "costs", "customers", "reference"):
        assert terminal.run(kind, "import", str(tmp_path / "cut.csv.gz")) == 1
        assert "gzip_invalid" in terminal.err


def test_a_gzip_file_that_swells_is_stopped_before_its_encoding_is_known(terminal: Terminal, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.csv.gz"
    bomb.write_bytes(gzip.compress(b"a" * (8 << 20)))
    assert terminal.run("costs", "import", str(bomb)) == 1
    assert "more than 200 times its size" in terminal.err


def test_a_folder_that_cannot_be_written_is_named(terminal: Terminal, tmp_path: Path, call: dict[str, Path]) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text("event_id,type,customer_id,ordered_at\ne1,order.completed,c1,2026-01-05T10:00:00+01:00\n")
    sends = tmp_path / "nowhere" / "sends.csv"
    asked = ("replay", "--orders", str(orders), "--rules", str(call["RULES"]))
    assert terminal.run(*asked, "--sends", str(sends)) == 2
    assert str(sends) in terminal.err


def test_stores_of_a_file_are_not_for_stored_orders(terminal: Terminal, call: dict[str, Path]) -> None:
    asked = ("replay", "--orders", "stored", "--rules", str(call["RULES"]), "--stores", str(call["RULES"]))
    assert terminal.run(*asked) == 2
    assert "--stores is for orders of a file" in terminal.err


ASKED = [
    ("nps", "--scope", "planet:1", "--period", "4w"),
    ("nps", "--scope", "", "--period", "4w"),
    ("nps", "--scope", "store:nowhere", "--period", "4w"),
    ("nps", "--period", "2026-W54"),
    ("nps", "--from", "2026-02-30", "--to", "2026-03-01"),
    ("nps", "--from", "2026-03-02", "--to", "2026-03-01"),
    ("npss", "--period", "4w"),
    ("response_rate", "--period", "4w", "--answers", "last"),
    ("nps", "--period", "4w", "--answers", "last", "--by", "store"),
    ("stars", "--period", "4w", "--date", "sent"),
    ("nps", "--period", "4w", "--date", "sent", "--source", "all"),
]


def test_figures_asked_for_in_no_known_words_are_a_wrong_call(terminal: Terminal) -> None:
    for asked in ASKED:
        assert terminal.run("indicators", *asked, "--json") == 2, asked
        assert terminal.out == ""
        assert terminal.err


def test_a_report_about_a_store_that_does_not_exist_is_not_written(terminal: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = ("--period", "2026-W40", "--scope", "store:nowhere", "--out", str(out))
    assert terminal.run("report", "express", *asked) == 2
    assert "store nowhere does not exist" in terminal.err
    assert not out.exists()


def test_the_last_answer_of_each_customer_can_be_asked_for(terminal: Terminal) -> None:
    (group,) = terminal.json("indicators", "nps", "mean_score", "--period", "4w", "--answers", "last")["groups"]
    assert [one["n"] for one in group["figures"]] == [0, 0]


def test_figures_are_counted_by_the_day_that_is_asked_for(terminal: Terminal) -> None:
    (found,) = terminal.json("indicators", "nps", "response_rate", "--period", "4w", "--date", "sent")["groups"]
    assert [(one["key"], one["period"]["date"]) for one in found["figures"]] == [
        ("nps", "sent"),
        ("response_rate", "sent"),
    ]


def test_figures_are_cut_by_brand_too(terminal: Terminal) -> None:
    assert terminal.json("indicators", "nps", "--period", "4w", "--by", "brand")["by"] == "brand"


def test_a_figure_that_is_not_there_is_said_once(terminal: Terminal) -> None:
    assert terminal.run("custscore") == 0
    assert terminal.out.count("CustScore") == 1
    assert terminal.run("matrix") == 0
    assert terminal.out.startswith("CX Matrix -, 0 comments")


def test_an_instant_that_no_data_can_have_and_a_period_that_ends_before_it_begins_are_wrong_calls(
    terminal: Terminal, tmp_path: Path, call: dict[str, Path]
) -> None:
    for instant in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"):
        assert terminal.run("run-due", "--now", instant) == 2
        assert "is not an instant" in terminal.err
    asked = ("replay", "--orders", "stored", "--rules", str(call["RULES"]))
    assert terminal.run(*asked, "--from", "2026-02-01", "--to", "2026-01-31") == 2
    assert "--from comes after --to" in terminal.err


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SURVEYOR_MAIL_URL", "smtp://relay.example:587?startls=1", "did you mean starttls?"),
        ("SURVEYOR_MAIL_URL", "sendgrid://?colour=blue", "not a parameter of sendgrid://: known: ca,"),
        ("SURVEYOR_FAULT_PLAN", "claim.comitted:1", "unknown fault point claim.comitted"),
        ("SURVEYOR_FAULT_PLAN", "claim.committed:often", "expected NAME:N"),
    ],
)
def test_a_setting_that_a_start_cannot_use_is_named(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.key")
    monkeypatch.setenv(name, value)
    assert terminal.run("run-due") == 2
    assert name in terminal.err
    assert said in terminal.err
    if name == "SURVEYOR_MAIL_URL":
        assert terminal.run("doctor") == 1
        assert said in terminal.out


def test_a_ledger_whose_line_is_no_text_is_refused_by_its_number(terminal: Terminal, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    ledger.write_bytes(json.dumps({"saw": "requested", "email": "00" * 16}).encode() + b"\n\xff\xfe\n")
    assert terminal.run("check", "--ledger", str(ledger)) == 1
    assert "ledger:2" in terminal.err


@pytest.mark.parametrize("command", ["settings", "worker", "web --port 8099", "up --empty --port 8099"])
@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("SURVEYOR_MAIL_URL=foo://x", "starts with one of outbox://"),
        ("SURVEYOR_MAIL_URL=smtp://h?startls=1", "did you mean starttls?"),
        ("SURVEYOR_MAIL_URL=outbox:///o?rate=fast", "rate is a number from 0.01 to 1e+06"),
        ("SURVEYOR_FAULT_PLAN=nowhere", "unknown fault point nowhere"),
    ],
)
def test_a_setting_that_no_process_could_live_with_stops_the_start(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, command: str, setting: str, said: str
) -> None:
    name, _, value = setting.partition("=")
    monkeypatch.setenv(name, value)
    assert terminal.run(*command.split()) == 2
    assert terminal.err.startswith(f"surveyor: {name}: ")
    assert said in terminal.err


@pytest.mark.parametrize("command", ["worker", "web --port 8099", "up --empty --port 8099"])
def test_a_provider_without_its_key_stops_the_start(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("SURVEYOR_MAIL_URL", "sendgrid://")
    assert terminal.run(*command.split()) == 2
    assert "SENDGRID_API_KEY" in terminal.err
