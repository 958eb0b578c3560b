"""`surveyor backup`: a key, a sealed file, a rehearsal of its restore that forgets and sends nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from surveyor.db.tables.customers import Customer
from surveyor.flows import erasure_list
from tests.cli.conftest import Terminal
from tests.cli.test_line import HEAD
from tests.servers import PostgreSQL


@pytest.fixture
def key(terminal: Terminal, tmp_path: Path) -> Path:
    """The identity, whose recipient is that of the home."""
    file = tmp_path / "identity"
    assert terminal.run("backup", "key", str(file)) == 0
    terminal.home.mkdir(parents=True, exist_ok=True)
    (terminal.home / "backup-recipients").write_text(f"# safe\n{terminal.out}")
    return file


def lived(terminal: Terminal, tmp_path: Path) -> None:
    """Two people whose invitations wait for their hour, in an installation that has beaten once."""
    from surveyor.cli.installation import now

    assert terminal.run("run-due") == 0
    orders = tmp_path / "orders.csv"
    days = [(now() - timedelta(days=back)).isoformat(timespec="seconds") for back in (10, 3)]
    lines = [f"{a}{n},order.completed,{a},{a}@example.fr,Ana,S1,{day}" for a in "ab" for n, day in enumerate(days)]
    orders.write_text(HEAD + "\n".join(lines) + "\n")
    assert terminal.run("orders", "import", str(orders)) == 0


def erased(terminal: Terminal, address: str) -> None:
    """What an erasure after the backup leaves outside the database."""
    from surveyor.cli.installation import installation, now

    with installation() as house:
        erasure_list.append(terminal.home, house.keyring.address_key(address), now=now())


def options(url: str) -> list[str]:
    return [] if url.startswith("sqlite") else ["--pg-bin", str(PostgreSQL.binaries())]


@pytest.fixture
def home_url(engine_url: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> str:
    """The home's database, on each engine, with a rule."""
    from surveyor.db.engine import make_engine, make_sessions
    from tests.flows.orders import use_rules

    monkeypatch.setenv("SURVEYOR_DATABASE_URL", engine_url)
    engine = make_engine(engine_url)
    use_rules(make_sessions(engine), '[[rule]]\nid = "std"\n')
    engine.dispose()
    return engine_url


def test_s56_a_backup_is_rehearsed_checked_forgets_again_and_sends_nothing(
    terminal: Terminal, home_url: str, key: Path, tmp_path: Path
) -> None:
    lived(terminal, tmp_path)
    folder, more = str(tmp_path / "backups"), options(home_url)
    made = terminal.json("backup", "make", folder, *more)
    assert b"example.fr" not in Path(made["file"]).read_bytes()
    erased(terminal, "a@example.fr")
    told = terminal.json("backup", "rehearse", folder, "-i", str(key), *more)
    assert (told["ok"], told["findings"], told["file"]) == (True, [], made["file"])
    assert told["checked"] == [f"E{n}" for n in range(1, 12)]
    assert told["decisions"]["compared"] == told["decisions"]["found"] > 0
    assert (told["erased_again"], told["still_known"]) == (1, 0)
    assert (told["held"], told["handed_over"]) == (True, 0)
    assert told["reason"].startswith("an older backup")
    assert [(r["due"] + r["later"], r["expired"]) for r in told["waiting"]] == [(1, 0)]
    assert terminal.run("backup", "rehearse", folder, "-i", str(key), *more) == 0
    assert "this backup could take over" in terminal.out
    # The installation itself was not touched, and nothing of the rehearsal is left.
    assert terminal.json("run-due", "--now", terminal.json("run-due")["next"])["sent"] == 2
    assert not list(terminal.home.glob(".rehearsal*"))
    if more:
        assert "surveyor_rehearsal" not in databases(home_url)


def databases(url: str) -> str:
    from surveyor.db.engine import make_engine

    engine = make_engine(url)
    with engine.connect() as connection:
        found = " ".join(connection.scalars(text("SELECT datname FROM pg_database")))
    engine.dispose()
    return found


def test_s56_a_backup_that_would_send_fails_the_rehearsal(terminal: Terminal, key: Path, tmp_path: Path) -> None:
    lived(terminal, tmp_path)
    made = terminal.json("backup", "make", str(tmp_path / "backups"))
    (terminal.home / "epoch").unlink()  # nobody can tell the backup from the installation any more
    told = terminal.json("backup", "rehearse", made["file"], "-i", str(key), status=1)
    assert (told["ok"], told["held"], told["handed_over"]) == (False, False, 2)
    assert terminal.run("backup", "rehearse", made["file"], "-i", str(key)) == 1
    assert "NOT HELD" in terminal.out


def test_s56_a_backup_of_a_broken_database_fails_the_rehearsal(terminal: Terminal, key: Path, tmp_path: Path) -> None:
    from surveyor.cli.installation import installation

    lived(terminal, tmp_path)
    with installation() as house, house.sessions.begin() as session:
        session.execute(text("DROP INDEX at_most_once"))
    terminal.json("backup", "make", str(tmp_path / "backups"))
    told = terminal.json("backup", "rehearse", str(tmp_path / "backups"), "-i", str(key), status=1)
    assert [one["code"] for one in told["findings"]] == ["E5"]


def test_s56_a_restored_backup_is_held_as_soon_as_it_was_made(
    terminal: Terminal, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(terminal, tmp_path)
    made = terminal.json("backup", "make", str(tmp_path / "backups"))
    url = f"sqlite:///{tmp_path / 'restored.db'}"
    assert terminal.run("backup", "restore", made["file"], "-i", str(key), "--into", url) == 0
    monkeypatch.setenv("SURVEYOR_DATABASE_URL", url)
    assert terminal.json("run-due")["sent"] == 0
    assert terminal.run("backup", "restore", made["file"], "-i", str(key), "--into", url) == 1
    assert "not empty" in terminal.err
    from surveyor.cli.installation import installation

    with installation() as house, house.sessions() as session:
        assert sorted(session.scalars(select(Customer.email))) == ["a@example.fr", "b@example.fr"]


def test_a_key_is_never_written_over_and_a_backup_needs_one(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "identity"
    assert terminal.run("backup", "key", str(file)) == 0
    recipient, before = terminal.out.strip(), file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert terminal.run("backup", "key", str(file)) == 2
    assert file.read_text() == before
    assert terminal.run("backup", "make", str(tmp_path / "b")) == 2
    assert "--to age1" in terminal.err
    assert terminal.run("backup", "make", str(tmp_path / "b"), "--to", recipient[:-1]) == 1
    assert "line 1" in terminal.err
    assert terminal.run("backup", "rehearse", str(tmp_path), "-i", str(file)) == 1
    assert "no backup" in terminal.err
    assert terminal.run("backup", "rehearse", str(tmp_path), "-i", str(tmp_path / "none")) == 2


def test_an_hour_of_backups_keeps_what_is_asked(terminal: Terminal, key: Path, tmp_path: Path) -> None:
    lived(terminal, tmp_path)
    folder = tmp_path / "backups"
    folder.mkdir()
    old = folder / "surveyor-20200101T000000Z.db.gz.age"
    old.write_bytes(b"")
    told: Any = terminal.json("backup", "make", str(folder), "--keep-days", "0")
    assert told["deleted"] == []
    assert json.loads(json.dumps(told))["bytes"] > 1000
    assert terminal.run("backup", "make", str(folder)) == 0
    assert "1 older backups deleted" in terminal.err
    assert not old.exists()
