"""Sealed backups: the format is that of age, a changed or cut file is refused, and each engine comes back whole."""

from __future__ import annotations

import io
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from surveyor.db.backups import (
    PUBLIC,
    SECRET,
    BackupError,
    SealError,
    Tools,
    keys_in,
    newest,
    restore_file,
    thin_out,
    write_backup,
)
from surveyor.db.backups import new_identity as pair
from surveyor.db.backups.age import Sealing, opened
from surveyor.db.base import Base
from surveyor.db.engine import make_engine, make_sessions
from tests.flows.orders import at, event, record, use_rules
from tests.servers import PostgreSQL

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
#: Made by another implementation of age (rage 0.11, through pyrage): a stanza of no kind that is known stands in it.
OTHER_IDENTITY = "AGE-SECRET-KEY-1S5NXG8L9HK7ZVJK5THWN6532RFDQU00XAGX89DFMWAEPC7JX2SMSXC8QCC"
OTHER_RECIPIENT = "age1dyfwnhy94lqpene4waqcnfsagh0u0mnhx7jghctw0dxsg9y4sd8q4ldsgj"
OTHER_FILE = bytes.fromhex(
    "6167652d656e6372797074696f6e2e6f72672f76310a2d3e205832353531392056474d3844614b67566939722b4332504e495633384a"
    "657a58762f50373655794b487841387657756c48410a5750726242794e2f652f4f666e5851334545514c5650427559497a43374d3168"
    "334d7638717a4f4b42714d0a2d3e204f5426572d67726561736520240a376e32774d37586c764a4f4a6e612b70543757504d304d416b"
    "45416c37397a5a4d77615564315a4c3433617342337174396661787638764c776c413933444e450a7346703972627271707a54323875"
    "6c687a6455367477675039797136746c547233526a455879774179635561564950517a2b4668437067706c546f6e6c5a364a0a4c7572"
    "380a2d2d2d205865526334786835396242556f4d316e4a6d7433676446786c3252433839666c41544767727479492b6f340adf184088"
    "62d13253c5cc58af1dee58deb89877dcbe270826a09621221b5cb6e84c516a86a9d6761bc885217782c261e4"
)


def sealed(data: bytes, *recipients: str) -> bytes:
    out = io.BytesIO()
    box = Sealing(out, keys_in("\n".join(recipients), PUBLIC))
    for start in range(0, len(data), 10_000):
        box.write(data[start : start + 10_000])
    box.finish()
    return out.getvalue()


def read(file: bytes, identity: str) -> bytes:
    return b"".join(opened(io.BytesIO(file), keys_in(identity, SECRET)))


def test_a_file_that_age_sealed_is_opened() -> None:
    assert read(OTHER_FILE, OTHER_IDENTITY) == b"surveyor backup\n"


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 131072, 200_000])
def test_what_was_sealed_is_opened_by_any_of_its_recipients(size: int) -> None:
    (one, to_one), (other, to_other) = pair(), pair()
    data = bytes(n % 251 for n in range(size))
    file = sealed(data, to_one, to_other)
    assert read(file, one) == read(file, other) == data
    with pytest.raises(SealError, match="none of these keys"):
        read(file, pair()[0])


@given(st.integers(0, 10**9), st.integers(1, 255))
def test_a_changed_byte_anywhere_is_refused(where: int, by: int) -> None:
    file = bytearray(sealed(bytes(70_000), OTHER_RECIPIENT))
    file[where % len(file)] ^= by
    with pytest.raises(SealError):
        read(bytes(file), OTHER_IDENTITY)


@given(st.integers(0, 10**9))
def test_a_file_that_was_cut_is_refused_wherever(where: int) -> None:
    file = sealed(bytes(140_000), OTHER_RECIPIENT)
    with pytest.raises(SealError):
        read(file[: where % len(file)], OTHER_IDENTITY)


def test_a_cut_between_two_chunks_is_refused() -> None:
    file = sealed(bytes(2 * 65536), OTHER_RECIPIENT)
    with pytest.raises(SealError, match="cut"):
        read(file[: -(65536 + 16)], OTHER_IDENTITY)


def test_a_key_with_a_slip_is_named_by_its_line() -> None:
    identity, recipient = pair()
    assert keys_in(f"# mine\n\n{identity}\n", SECRET) == keys_in(identity.lower(), SECRET)
    slip = recipient[:-1] + ("q" if recipient[-1] != "q" else "p")
    for wrong in (slip, identity, "age1", "age1é", recipient.replace("age1", "Age1")):
        with pytest.raises(SealError, match="line 2: expected"):
            keys_in(f"# theirs\n{wrong}", PUBLIC)
    with pytest.raises(SealError):
        Sealing(io.BytesIO(), [])


@pytest.fixture
def tools(engine_url: str) -> Tools:
    """Where pg_dump stands, for the engine that needs it."""
    return Tools(PostgreSQL.binaries()) if engine_url.startswith("postgresql") else Tools()


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, engine_url: str, tmp_path: Path) -> str:
    """An empty database of the same engine."""
    if engine_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'again.db'}"
    return str(request.getfixturevalue("postgres_databases").empty())


def counted(url: str) -> dict[str, int]:
    engine = make_engine(url)
    with make_sessions(engine)() as session:
        tables = Base.metadata.sorted_tables
        found = {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
    engine.dispose()
    return found


def live(url: str) -> None:
    engine = make_engine(url)
    sessions = make_sessions(engine)
    use_rules(sessions, '[[rule]]\nid = "std"\n')
    for n, day in enumerate(("2026-01-05T17:00", "2026-01-19T18:30")):
        record(sessions, event(f"o{n}", "c1", at(day)), now=at(day))
    engine.dispose()


def test_s56_a_backup_comes_back_whole_and_holds_no_readable_address(
    engine_url: str, elsewhere: str, tools: Tools, tmp_path: Path
) -> None:
    live(engine_url)
    identity, recipient = pair()
    folder = tmp_path / "backups"
    file = write_backup(engine_url, folder, keys_in(recipient, PUBLIC), now=NOW, tools=tools)
    assert [path.name for path in folder.iterdir()] == [file.name]
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"example" not in file.read_bytes()
    restore_file(file, keys_in(identity, SECRET), elsewhere, tools=tools)
    assert counted(elsewhere) == counted(engine_url)
    assert counted(elsewhere)["emails"] == 1
    with pytest.raises(BackupError, match="not empty"):
        restore_file(file, keys_in(identity, SECRET), elsewhere, tools=tools)


def test_s56_a_backup_that_was_cut_leaves_no_half_of_a_database(
    engine_url: str, elsewhere: str, tools: Tools, tmp_path: Path
) -> None:
    live(engine_url)
    identity, recipient = pair()
    file = write_backup(engine_url, tmp_path, keys_in(recipient, PUBLIC), now=NOW, tools=tools)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(SealError):
        restore_file(file, keys_in(identity, SECRET), elsewhere, tools=tools)
    again = write_backup(engine_url, tmp_path, keys_in(recipient, PUBLIC), now=NOW, tools=tools)
    restore_file(again, keys_in(identity, SECRET), elsewhere, tools=tools)  # it is still empty


def test_what_cannot_be_saved_leaves_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    to = keys_in(pair()[1], PUBLIC)
    with pytest.raises(BackupError, match="no database"):
        write_backup(f"sqlite:///{tmp_path / 'none.db'}", folder, to, now=NOW)
    nobody = "postgresql://nobody@127.0.0.1:9/none"
    with pytest.raises(BackupError, match="pg_dump ended with status 1"):
        write_backup(nobody, folder, to, now=NOW, tools=Tools(PostgreSQL.binaries()))
    with pytest.raises(BackupError, match="--pg-bin"):
        write_backup(nobody, folder, to, now=NOW, tools=Tools(tmp_path))
    assert list(folder.iterdir()) == []


def test_a_backup_of_one_engine_is_not_poured_into_the_other(sqlite_url: str, tmp_path: Path) -> None:
    identity, recipient = pair()
    file = write_backup(sqlite_url, tmp_path, keys_in(recipient, PUBLIC), now=NOW)
    with pytest.raises(BackupError, match="a backup of sqlite"):
        restore_file(file, keys_in(identity, SECRET), "postgresql://nobody@127.0.0.1:9/none")


def test_only_our_own_old_backups_are_deleted(sqlite_url: str, tmp_path: Path) -> None:
    to: Any = keys_in(pair()[1], PUBLIC)
    files = [write_backup(sqlite_url, tmp_path, to, now=NOW - timedelta(days=days)) for days in (36, 35, 0)]
    shutil.copy(files[0], tmp_path / "surveyor-before-the-move.db.gz.age")
    assert newest(tmp_path) == files[2]
    assert thin_out(tmp_path, days=35, now=NOW) == [files[0]]
    assert len(list(tmp_path.glob("*.age"))) == 3
