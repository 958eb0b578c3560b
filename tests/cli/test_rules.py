"""Rules by command: checked, tried, published, compared, brought back."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
THREE = '[[rule]]\nid = "drive"\nmin_orders = 3\n'


@pytest.fixture
def three(tmp_path: Path) -> Path:
    path = tmp_path / "three.toml"
    path.write_text(THREE)
    return path


def test_a_problem_is_one_line_with_its_file_and_line(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('[[rule]]\nid = "drive"\ndealy_days = 2\n')
    assert terminal.run("rules", "check", str(path)) == 1
    first = terminal.out.splitlines()[0]
    assert first.startswith(f"{path}:3: error unknown_key: drive.dealy_days (3:1)")
    assert first.endswith("Did you mean delay_days?")
    assert not terminal.home.exists()


def test_a_file_that_cannot_be_read_is_a_wrong_call(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal.run("rules", "check", str(tmp_path / "none.toml")) == 2
    assert "none.toml" in terminal.err


def test_versions_are_published_shown_compared_and_brought_back(terminal: Terminal, three: Path) -> None:
    assert terminal.json("rules", "history")["active"] == 1
    published = terminal.json("rules", "publish", str(three), "-m", "fewer emails", "--accept-warnings")
    assert (published["number"], published["base"], published["why"]) == (2, 1, "fewer emails")
    assert published["changes"]
    assert terminal.json("rules", "show")["text"] == THREE
    assert (terminal.home / "rules.toml").read_text().endswith(THREE)
    compared = terminal.json("rules", "diff", "1", "2")
    assert compared["changes"] == published["changes"]
    assert '+id = "drive"' in compared["text"]
    assert terminal.json("rules", "rollback", "1")["number"] == 3
    assert terminal.json("rules", "show")["text"] == terminal.json("rules", "show", "1")["text"]
    assert [one["number"] for one in terminal.json("rules", "history")["versions"]] == [3, 2, 1]


def test_a_publication_without_a_reason_changes_nothing(terminal: Terminal, three: Path) -> None:
    assert terminal.run("rules", "publish", str(three), "--accept-warnings") == 2
    assert "rules_reason_required" in terminal.err
    assert terminal.json("rules", "history")["active"] == 1


def test_a_trend_at_the_terminal_says_what_changed_meanwhile(terminal: Terminal, three: Path) -> None:
    published = terminal.json("rules", "publish", str(three), "-m", "fewer emails", "--accept-warnings")
    day = published["published_at"][:10]
    days = ("--from", day[:8] + "01", "--to", str(date.fromisoformat(day) + timedelta(days=1)))
    assert terminal.run("indicators", "nps", *days, "--by", "month") == 0
    (changed,) = [line for line in terminal.out.splitlines() if line.endswith("| rules, version 2")]
    told = terminal.json("indicators", "nps", *days, "--by", "month")["breaks"]
    assert told == [{"what": "rules", "name": "", "version": 2, "day": changed[:10]}]
    assert terminal.run("indicators", "nps", *days, "--by", "store") == 0
    assert "version 2" not in terminal.out
    assert "breaks" not in terminal.json("indicators", "nps", *days, "--by", "store")


def test_a_version_that_nobody_published_is_named(terminal: Terminal) -> None:
    for command in (("show", "9"), ("diff", "1", "9"), ("rollback", "9")):
        assert terminal.run("rules", *command) == 1
        assert "9" in terminal.err


def test_the_written_cases_of_the_rules_pass(terminal: Terminal) -> None:
    assert terminal.run("rules", "try", str(GOLDEN / "rule_scenarios.json")) == 0
    assert terminal.out.splitlines()[-1].endswith(" passed, 0 failed")


def test_a_case_that_differs_and_a_case_that_is_none_are_both_said(terminal: Terminal, tmp_path: Path) -> None:
    document = json.loads((GOLDEN / "rule_scenarios.json").read_text())
    wrong = {**document["scenarios"][0], "last": ["NEVER", "NEVER"]}
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({**document, "scenarios": [wrong, document["scenarios"][1], {"id": "Z"}]}))
    assert terminal.run("rules", "try", str(path)) == 1
    assert "last: expected ['NEVER', 'NEVER']" in terminal.out
    assert "Z : the case itself" in terminal.out
    assert terminal.out.splitlines()[-1] == "1 passed, 2 failed"


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"scenarios": 3}', "not json"])
def test_a_file_of_no_cases_is_a_wrong_call(terminal: Terminal, tmp_path: Path, body: str) -> None:
    path = tmp_path / "cases.json"
    path.write_text(body)
    assert terminal.run("rules", "try", str(path)) == 2


def test_indicators_try_says_what_differs_and_counts(terminal: Terminal, tmp_path: Path) -> None:
    case = {"id": "a", "indicator": "nps", "inputs": {"counts": [432, 333, 135]}, "expected": {"n": 900}}
    known = json.loads((GOLDEN / "indicator_cases.json").read_text())
    good = next(one for one in known if one["indicator"] == "nps")
    path = tmp_path / "cases.json"
    path.write_text(json.dumps([good, {**good, "id": "wrong", "expected": {"n": -1}}, {**case, "indicator": "nsp"}]))
    assert terminal.run("indicators", "try", str(path)) == 1
    assert terminal.out.splitlines()[-1] == "1 passed, 2 failed"


def test_replay_needs_no_database_for_a_file(terminal: Terminal, tmp_path: Path, three: Path) -> None:
    orders = tmp_path / "orders.csv"
    rows = [f"e{n},order.completed,c1,a@example.fr,2026-01-{n:02d}T10:00:00+01:00" for n in range(1, 8)]
    orders.write_text("event_id,type,customer_id,email,ordered_at\n" + "\n".join(rows) + "\n")
    sends = tmp_path / "sends.csv"
    report = terminal.json("replay", "--orders", str(orders), "--rules", str(three), "--sends", str(sends))
    assert (report["orders"], report["customers"], report["emails"]) == (7, 1, 1)
    assert len(sends.read_text().splitlines()) == 2
    assert not terminal.home.exists()


def test_replay_of_stored_orders_compares_with_the_active_rules(terminal: Terminal, three: Path) -> None:
    report = terminal.json("replay", "--orders", "stored", "--rules", str(three), "--against", "active")
    assert (report["emails"], report["against"]["emails"]) == (0, 0)


def test_under_approval_a_command_proposes_and_changes_nothing(
    terminal: Terminal, three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert terminal.json("rules", "history")["active"] == 1
    monkeypatch.setenv("SURVEYOR_APPROVAL", "1")
    proposed = terminal.json("rules", "publish", str(three), "-m", "fewer emails", "--accept-warnings")
    assert (proposed["base"], proposed["why"]) == (1, "fewer emails")
    assert terminal.run("rules", "rollback", "1", "-m", "again") == 0
    assert "a second person approves it at /approvals/" in terminal.out
    assert terminal.json("rules", "history")["active"] == 1
    assert terminal.run("rules", "publish", str(three), "--accept-warnings") == 2
    assert "rules_reason_required" in terminal.err
