"""The secret that recognises addresses is asked of the database, waits for none, and stops a start that lacks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from surveyor.core.tokens import key_id
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.instance import Instance
from surveyor.errors import SettingsError
from surveyor.flows.open_keyring import open_keyring
from tests.flows.meanwhile import Meanwhile

OLD, NEW = bytes(range(32)), bytes(range(40, 72))


def sessions_of(path: Path) -> Any:
    return make_sessions(make_engine(f"sqlite:///{path}"))


def test_addresses_are_recognised_by_the_secret_of_the_database_whatever_came_since(sqlite_sessions: Any) -> None:
    with sqlite_sessions.begin() as session:
        session.add(Instance(id=1, name="x" * 64, pepper_id=key_id(OLD), sending="held"))
    alone = open_keyring(sqlite_sessions, [OLD])
    both = open_keyring(sqlite_sessions, [NEW, OLD])
    assert both.address_key("ana@example.org") == alone.address_key("ana@example.org")
    assert (both.newest_id, alone.newest_id) == (key_id(NEW), key_id(OLD))
    with pytest.raises(SettingsError, match=key_id(OLD)):
        open_keyring(sqlite_sessions, [NEW])


def test_before_the_first_start_and_while_the_database_is_away_the_oldest_recognises_them(tmp_path: Path) -> None:
    alone = open_keyring(sessions_of(tmp_path / "empty.db"), [OLD])
    away = open_keyring(sessions_of(tmp_path / "no folder" / "x.db"), [NEW, OLD])
    assert away.address_key("ana@example.org") == alone.address_key("ana@example.org")


def test_a_database_that_goes_away_between_two_looks_is_not_waited_for_and_another_error_is_told(
    sqlite_sessions: Any,
) -> None:
    def fails(error: Exception) -> Any:
        def act() -> None:
            raise error

        return Meanwhile(sqlite_sessions, act, before=2)

    away = open_keyring(fails(OperationalError("SELECT", {}, Exception("gone"))), [NEW, OLD])
    assert away.newest_id == key_id(NEW)
    with pytest.raises(RuntimeError, match="ours"):
        open_keyring(fails(RuntimeError("a mistake of ours")), [OLD])
