"""The `surveyor` command as a shell sees it: exit status, one JSON object, and nothing imported for nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from surveyor.cli import COMMANDS, main, surveyor

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SURVEYOR_")}
    return subprocess.run(
        [sys.executable, "-m", "surveyor", *arguments],
        cwd=ROOT,
        env={**clean, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_is_status_0_and_an_unknown_command_status_2() -> None:
    assert run("--help").returncode == 0
    unknown = run("colect")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "colect" in unknown.stderr


def test_wrong_settings_are_status_2_and_named_on_standard_error() -> None:
    done = run("settings", SURVEYOR_LANGUAGE="de")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "surveyor: SURVEYOR_LANGUAGE: expected fr or en\n"


def test_json_is_one_object_on_standard_output_and_nothing_else() -> None:
    for command in ("settings", "version"):
        done = run(command, "--json")
        assert isinstance(json.loads(done.stdout), dict)


def test_a_misspelt_setting_is_remarked_upon_aside() -> None:
    done = run("settings", "--json", SURVEYOR_LANGAGE="fr")
    assert "did you mean SURVEYOR_LANGUAGE" in done.stderr
    json.loads(done.stdout)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_that_help_lists_can_be_asked_for_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith("Usage: surveyor")


def test_help_imports_no_heavy_library() -> None:
    heavy = {"flask", "sqlalchemy", "rq", "redis", "psycopg", "sendgrid", "rich"}
    script = f"import sys, surveyor.cli as c; c.main(['--help']); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_group_knows_every_command() -> None:
    assert surveyor.list_commands(None) == sorted(COMMANDS)  # type: ignore[arg-type]


def test_an_embedded_home_is_made_and_migrated_by_the_first_command_that_needs_it(tmp_path: Path) -> None:
    home = {"SURVEYOR_HOME": str(tmp_path / "home")}
    made = run("keys", "add", "till-lille", "--scope", "orders:write", "--json", **home)
    key = json.loads(made.stdout)
    assert key["key"].startswith("svk_")
    assert (tmp_path / "home" / "surveyor.db").stat().st_mode & 0o777 == 0o600
    assert json.loads(run("db", "check", "--json", **home).stdout) == {"ok": True, "problems": []}
    assert run("keys", "revoke", key["id"], **home).returncode == 0
    assert run("keys", "revoke", key["id"], **home).returncode == 1


def test_a_refused_input_is_status_1_and_named(tmp_path: Path) -> None:
    done = run("rules", "rollback", "7", "--message", "Too many emails", SURVEYOR_HOME=str(tmp_path))
    assert done.returncode == 1
    assert "There is no version 7 of the rules" in done.stderr


def test_a_database_that_is_away_is_a_sentence_and_not_a_trace(tmp_path: Path) -> None:
    away = {"SURVEYOR_DATABASE_URL": "postgresql+psycopg://nobody:hunter22@127.0.0.1:1/none"}
    away["SURVEYOR_HOME"] = str(tmp_path)
    done = run("keys", "list", **away)
    assert done.returncode == 1
    assert done.stderr.startswith("surveyor: the database cannot be reached")
    assert "hunter22" not in done.stderr
