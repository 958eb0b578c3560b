"""A PostgreSQL that does not keep what it says is refused by the processes that act, and told by the doctor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from surveyor.cli.installation import fit_to_act
from surveyor.db.engine import durability_problems, durability_warnings, make_engine
from surveyor.errors import SettingsError
from surveyor.settings import Settings
from tests.faults.standby import ask
from tests.servers import PostgreSQL, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.postgres]


@contextmanager
def switched_off(server: PostgreSQL, setting: str) -> Iterator[None]:
    try:
        _switch(server, setting, "off")
        yield
    finally:
        _switch(server, setting, "on")


def _switch(server: PostgreSQL, setting: str, value: str) -> None:
    ask(server, f"ALTER SYSTEM SET {setting} = {value}")
    ask(server, "SELECT pg_reload_conf()")
    wait_for(lambda: ask(server, f"SHOW {setting}") == [(value,)], seconds=30, what=setting)


def in_production(url: str, home: Path) -> Settings:
    return replace(Settings.read({}), env="production", home=home, database_url=url, secret_keys=(bytes(range(32)),))


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_no_process_that_acts_starts_in_production_while_a_crash_would_lose_orders(
    postgres_server: PostgreSQL, postgres_url: str, tmp_path: Path, setting: str
) -> None:
    settings = in_production(postgres_url, tmp_path)
    fit_to_act(settings)
    with switched_off(postgres_server, setting):
        with pytest.raises(SettingsError, match=f"{setting}=off: a crash loses orders"):
            fit_to_act(settings)
        fit_to_act(replace(settings, env="development"))


def test_a_commit_that_does_not_wait_for_the_disk_is_warned_of_and_does_not_stop_a_start(
    postgres_server: PostgreSQL, postgres_url: str, tmp_path: Path
) -> None:
    engine = make_engine(postgres_url)
    assert durability_warnings(engine) == []
    with switched_off(postgres_server, "synchronous_commit"):
        engine.dispose()
        assert "loss of power" in durability_warnings(engine)[0]
        assert durability_problems(engine) == []
        fit_to_act(in_production(postgres_url, tmp_path))
    engine.dispose()


def test_older_tables_start_no_process_that_acts_in_production(postgres_databases: object, tmp_path: Path) -> None:
    empty = postgres_databases.empty()  # type: ignore[attr-defined]
    with pytest.raises(SettingsError, match="run surveyor db upgrade"):
        fit_to_act(in_production(empty, tmp_path))
