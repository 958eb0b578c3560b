"""How a run of installed processes waits: as long as something moves or says until when it rests, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from surveyor.db import streams
from surveyor.db.alerts import raise_alert
from surveyor.db.emails import ChannelState, save_channel
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.audit import AuditLine
from surveyor.flows.send_emails import send_emails
from tests.faults.production import Report
from tests.faults.stand import looked, settled
from tests.flows.sending import NOW, Scripted, mailer, open_network, schedule

pytestmark = pytest.mark.postgres


@pytest.fixture
def town(postgres_url: str) -> Any:
    """What of a town the waiting needs: its database, its provider's ledger, its report."""
    engine = make_engine(postgres_url)
    sessions = make_sessions(engine)
    open_network(sessions)
    plain = postgres_url.replace("+psycopg", "")
    yield SimpleNamespace(
        sessions=sessions,
        postgres=SimpleNamespace(url=lambda _name: postgres_url),
        provider=SimpleNamespace(ledger=SimpleNamespace(emails=list)),
        report=Report(),
        _postgres=lambda _name: psycopg.connect(plain, autocommit=True),
    )
    engine.dispose()


def leave(town: Any) -> Callable[[], object]:
    return lambda: send_emails(town.sessions, mailer=mailer(Scripted(name="sendgrid")), now=lambda: NOW)


def test_it_is_over_once_nothing_is_on_its_way(town: Any) -> None:
    schedule(town.sessions)
    leave(town)()
    settled(town, patience=0)
    assert (town.report.emails, town.report.stalled) == ({"sent": 1}, "")


def test_what_stands_still_is_told_with_where_it_stands(town: Any) -> None:
    schedule(town.sessions)
    settled(town, patience=0)
    assert town.report.stalled.startswith("{'pending': 1}, paused (), 0 batches")
    assert not town.report.good


def test_a_paused_stream_is_let_go_as_a_person_would(town: Any) -> None:
    schedule(town.sessions)
    with town.sessions.begin() as session:
        streams.pause(session, "sendgrid", "invitation", cause="in_doubt", detail="18 of 280 in 1 h", now=NOW)
        raise_alert(session, "stream_paused", now=NOW, subject="sendgrid/invitation")
    settled(town, patience=0)
    assert town.report.released == 1
    with town.sessions() as session:
        assert streams.paused(session) == []
        assert session.scalars(select(AuditLine.action)).all() == ["mail_stream.released"]


def test_what_says_until_when_it_rests_is_waited_for(town: Any) -> None:
    schedule(town.sessions)
    stand = looked(town)
    assert stand is not None
    assert stand.resting is False
    rested = ChannelState("sendgrid", datetime.now(UTC) + timedelta(minutes=5), "503", 5, datetime.now(UTC))
    with town.sessions.begin() as session:
        save_channel(session, rested, now=NOW)
    stand = looked(town)
    assert stand is not None
    assert stand.resting is True
