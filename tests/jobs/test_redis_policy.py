"""A production process does not start on a Redis that forgets when it is full; one that is away stops nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from surveyor.errors import SettingsError
from surveyor.jobs.redis_policy import policy_of, refuse_eviction
from surveyor.settings import Settings
from tests.house.test_settings import PRODUCTION
from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]


def production(url: str) -> Settings:
    return replace(Settings.read(PRODUCTION), redis_url=url)


@pytest.fixture
def forgetful(redis_url: str) -> Iterator[str]:
    """A Redis that evicts, put right again afterwards."""
    with redis.Redis.from_url(redis_url) as client:
        before = policy_of(client)
        client.config_set("maxmemory-policy", "allkeys-lru")
        yield redis_url
        client.config_set("maxmemory-policy", before)


def test_s52_production_refuses_a_redis_that_evicts_and_names_it(forgetful: str) -> None:
    with pytest.raises(SettingsError, match=r"SURVEYOR_REDIS_URL: expected maxmemory-policy noeviction.*allkeys-lru"):
        refuse_eviction(production(forgetful))
    refuse_eviction(replace(production(forgetful), env="embedded"))


def test_s52_production_starts_on_one_that_refuses(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert policy_of(client) == "noeviction"
    refuse_eviction(production(redis_url))


def test_s52_a_redis_that_is_away_stops_nothing() -> None:
    refuse_eviction(production(f"redis://127.0.0.1:{free_port()}/0"))


def test_s52_a_user_who_may_read_neither_stops_nothing(forgetful: str) -> None:
    with redis.Redis.from_url(forgetful) as client:
        client.acl_setuser("narrow", enabled=True, nopass=True, commands=["+ping"], keys=["*"])
    place = forgetful.removeprefix("redis://")
    refuse_eviction(production(f"redis://narrow:x@{place}"))


@pytest.mark.parametrize("command", ["web", "worker", "clock", "consume"])
def test_s52_every_process_asks_before_it_starts(forgetful: str, command: str) -> None:
    environ: dict[str, Any] = {**os.environ, **PRODUCTION, "SURVEYOR_REDIS_URL": forgetful}
    arguments = ["--port", str(free_port())] if command == "web" else []
    done = subprocess.run(
        [sys.executable, "-m", "surveyor", command, *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "SURVEYOR_REDIS_URL: expected maxmemory-policy noeviction" in done.stderr
