"""PostgreSQL fails over to its standby while orders, emails and answers flow: what was promised, with either kind."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from surveyor.app import create_app
from surveyor.db.alerts import open_alerts
from surveyor.db.engine import make_engine, make_sessions
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.record_provider_events import record_provider_events
from surveyor.jobs import desk, worker
from surveyor.mail.providers.base import EventKind, ProviderEvent
from tests.faults.standby import Pair, ask
from tests.faults.street import AN_ORDER, CUSTOMERS, Street
from tests.faults.test_database_gone import patiently
from tests.ingest.test_payload import BASE
from tests.servers import wait_for

pytestmark = [pytest.mark.faults, pytest.mark.postgres]


@pytest.fixture
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    made = Pair(synchronous=request.param)
    yield made
    made.remove()


@pytest.fixture
def street(pair: Pair, tmp_path: Path) -> Iterator[Street]:
    made = Street(pair.url(), tmp_path)
    yield made
    made.engine.dispose()


@pytest.mark.parametrize("pair", [True], ids=["synchronous"], indirect=True)
def test_what_a_synchronous_standby_took_over_is_all_that_was_acknowledged(pair: Pair, street: Street) -> None:
    with street.lives():
        time.sleep(1.0)
        before = street.provider.calls
        pair.fail_over()
        time.sleep(0.2)
        after = street.provider.calls
        told = len(street.acknowledged)
        time.sleep(2.5)
    street.work(1)  # the next minute's look
    assert street.wrong == []
    assert 0 < before < CUSTOMERS
    assert street.provider.calls == after, "an email left after the standby had taken over"
    assert "timeline" in street.held()
    assert len(street.acknowledged) > told > 0
    assert street.thanked
    street.release()
    street.finish()
    assert street.held() == ""
    street.promises_hold()


@pytest.mark.parametrize("pair", [False], ids=["asynchronous"], indirect=True)
def test_what_an_asynchronous_standby_never_heard_is_lost_and_nobody_is_written_to_twice(
    pair: Pair, street: Street
) -> None:
    assert street.orders("kept").status_code == 200
    _caught_up(pair)
    pair.cut()
    assert _of_the_standby(street, pair).status_code == 503, "a proxy that points at a standby"
    assert street.orders(*[f"lost{n}" for n in range(5)]).status_code == 200
    desk.drain(street.house, desk.mailer(street.house), limit=40)
    gone = [message.email_id for message in street.provider.sent]
    assert len(gone) == 40
    assert street.states()["sent"] == 40
    lookout = worker.Lookout(street.house)
    assert lookout.clear()
    pair.fail_over()
    street.engine.dispose()
    assert lookout.clear(), "it looked less than a minute ago"
    desk.drain(street.house, desk.mailer(street.house))
    street.work(3)
    assert street.provider.calls == 40, "the intents of these were lost: sent again"
    assert "timeline" in street.held()
    with street.house.sessions() as session:
        assert [alert.code for alert in open_alerts(session)] == ["sending_held"]
    assert street.states()["pending"] == CUSTOMERS
    assert {"kept", "lost0"} & street.stored() == {"kept"}, "the loss of an asynchronous standby"
    assert patiently(lambda: street.orders(*[f"lost{n}" for n in range(5)])) == [200]
    told = [ProviderEvent(EventKind.DELIVERED, street.now(), f"e{one}", email_id=one, attempt=1) for one in gone]
    journeys, keys = desk.journeys(street.house), street.house.keyring
    record_provider_events(street.house.sessions, "memory", told, journeys=journeys, keys=keys, now=street.now())
    assert street.states()["sent"] == 40, "what the provider told is known again before anybody releases"
    street.release()
    street.finish()
    assert street.twice() == []
    assert street.states()["sent"] == CUSTOMERS
    assert check_invariants(street.house.sessions, now=street.now()).findings == ()


def _of_the_standby(street: Street, pair: Pair) -> Any:
    """What a client is answered whose installation was sent to the standby while that only reads."""
    name = street.engine.url.database
    engine = make_engine(pair.standby.url(str(name)))
    app = create_app(replace(street.house, sessions=make_sessions(engine)))
    headers = {"Authorization": f"Bearer {street.key}", "Content-Type": "application/x-ndjson"}
    line = json.dumps({**BASE, **AN_ORDER, "event_id": "early", "order_id": "early"})
    answer = app.test_client().post("/api/v1/orders", data=line, headers=headers)
    engine.dispose()
    return answer


def _caught_up(pair: Pair) -> None:
    """Wait until the standby has everything."""
    here = ask(pair.primary, "SELECT pg_current_wal_lsn()")[0][0]
    behind = f"SELECT pg_last_wal_replay_lsn() >= '{here}'"
    wait_for(lambda: bool(ask(pair.standby, behind)[0][0]), seconds=30, what="the standby")
