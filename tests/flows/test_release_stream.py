"""A stream that a kill switch paused goes on only when a person says why, and that stays written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from surveyor.db import streams
from surveyor.db.alerts import open_alerts, raise_alert
from surveyor.db.tables.audit import AuditLine
from surveyor.errors import NotFound, Refused
from surveyor.flows.manage_users import Actor
from surveyor.flows.release_stream import ALERT, release_stream, subject

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
BY = Actor("zoe", "192.0.2", "r1")


@pytest.fixture
def stopped(sessions: Any) -> Any:
    with sessions.begin() as session:
        assert streams.pause(session, "sendgrid", "invitation", cause="complaints", detail="4 of 2,000", now=NOW)
        assert not streams.pause(session, "sendgrid", "invitation", cause="deferred", detail="later", now=NOW)
        raise_alert(session, ALERT, now=NOW, subject=subject("sendgrid", "invitation"))
    return sessions


def test_a_released_stream_is_no_longer_paused_and_its_alert_is_closed(stopped: Any) -> None:
    was = release_stream(stopped, provider="sendgrid", kind="invitation", why="wrong file", by=BY, now=NOW)
    assert was.cause == "complaints"
    with stopped() as session:
        assert streams.paused(session) == []
        assert streams.judged_from(session, "sendgrid") == {"invitation": NOW}
        assert open_alerts(session) == []
        line = session.scalars(select(AuditLine)).one()
    assert (line.actor, line.action, line.reason) == ("zoe", "mail_stream.released", "wrong file")


def test_nothing_is_released_without_a_reason(stopped: Any) -> None:
    with pytest.raises(Refused):
        release_stream(stopped, provider="sendgrid", kind="invitation", why="  ", by=BY, now=NOW)
    with stopped() as session:
        assert [one.kind for one in streams.paused(session)] == ["invitation"]


def test_a_stream_that_is_not_paused_cannot_be_released(stopped: Any) -> None:
    with pytest.raises(NotFound):
        release_stream(stopped, provider="sendgrid", kind="reminder", why="why", by=BY, now=NOW)


def test_a_second_pause_after_a_release_says_its_own_cause(stopped: Any) -> None:
    release_stream(stopped, provider="sendgrid", kind="invitation", why="wrong file", by=BY, now=NOW)
    with stopped.begin() as session:
        assert streams.pause(session, "sendgrid", "invitation", cause="deferred", detail="", now=NOW)
        assert [one.cause for one in streams.paused(session, "sendgrid")] == ["deferred"]
