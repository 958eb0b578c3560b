"""A Redis that may throw orders away is an alert until its policy keeps them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from surveyor.db.alerts import open_alerts
from surveyor.flows.note_memory import note_memory

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_a_policy_that_evicts_is_an_alert_that_names_it_until_it_is_mended(sqlite_sessions: Any) -> None:
    def said(policy: str) -> list[tuple[str, str]]:
        note_memory(sqlite_sessions, policy=policy, now=NOW)
        with sqlite_sessions() as session:
            return [(one.code, one.detail) for one in open_alerts(session)]

    assert said("allkeys-lru") == [("redis_evicts", "maxmemory-policy is allkeys-lru: set noeviction")]
    assert said("") == []
