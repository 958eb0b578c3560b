"""The composition root: an installation out of its settings, with any part replaced."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from surveyor.app import build_services
from surveyor.core.guard import installation_name
from surveyor.core.tokens import key_id
from surveyor.errors import SettingsError
from surveyor.flows.beat import beat
from surveyor.settings import Settings, with_keys
from tests.conftest import Clock


def settings(home: Path, **environ: str) -> Settings:
    return with_keys(Settings.read({"SURVEYOR_HOME": str(home), **environ}))


def test_a_database_that_is_given_is_the_only_one_opened(tmp_path: Path, sqlite_sessions: Any, clock: Clock) -> None:
    home = tmp_path / "home"
    build_services(settings(home), sessions=sqlite_sessions, read_sessions=sqlite_sessions, now=clock)
    assert not (home / "surveyor.db").exists()


def test_the_secret_that_recognises_addresses_may_not_leave(tmp_path: Path, sqlite_sessions: Any, clock: Clock) -> None:
    old = settings(tmp_path)
    name = installation_name(old.base_url)
    beat(sqlite_sessions, name=name, pepper_id=key_id(old.secret_keys[0]), witnesses=(), now=clock())
    newer = base64.b64encode(bytes((31 * n + 7) % 251 for n in range(32))).decode()
    both = settings(tmp_path, SURVEYOR_SECRET_KEYS=f"{newer},{base64.b64encode(old.secret_keys[0]).decode()}")
    parts = {"sessions": sqlite_sessions, "read_sessions": sqlite_sessions}
    keyring = build_services(both, **parts).keyring
    assert (keyring.newest, keyring.pepper) == (both.secret_keys[0], old.secret_keys[0])
    with pytest.raises(SettingsError, match=f"expected the secret {key_id(old.secret_keys[0])} too"):
        build_services(settings(tmp_path, SURVEYOR_SECRET_KEYS=newer), **parts)


def test_an_unknown_mail_provider_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SURVEYOR_MAIL_URL"):
        build_services(settings(tmp_path, SURVEYOR_MAIL_URL="pigeon://loft"))
