"""The clock is dead for an hour: readiness says so, workers send all the same, and nothing is lost when it is back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from surveyor.app import create_app
from surveyor.flows.check_invariants import check_invariants
from surveyor.jobs import desk
from surveyor.jobs.clock import Clock
from tests.jobs.test_restore import DUE, order_twice, ordered, sent, states, work

pytestmark = pytest.mark.faults


def test_without_a_clock_readiness_is_red_and_emails_leave_all_the_same(
    sessions: Any, clock: Any, tmp_path: Path
) -> None:
    house = ordered(sessions, clock, tmp_path)
    client = create_app(house).test_client()
    clock.forward(minutes=2)
    assert client.get("/readyz").status_code == 200
    clock.forward(seconds=1)
    assert client.get("/readyz").get_json() == {"status": "failed", "failed": ["clock"]}
    assert client.get("/healthz").status_code == 200
    clock.set(DUE)
    order_twice(house, "c2")
    work(house)
    assert sent(house) == 2
    assert client.get("/readyz").status_code == 503


def test_what_waited_for_the_clock_goes_on_when_it_is_back(sessions: Any, clock: Any, tmp_path: Path) -> None:
    house = ordered(sessions, clock, tmp_path)
    clock.set(DUE)
    worker = desk.mailer(house)
    with house.sessions.begin() as session:
        from surveyor.db import emails

        lane = emails.due_lanes(session, now=clock())[0]
        emails.claim(session, lane, lease=emails.Lease("gone", clock.forward(minutes=1)), now=clock(), limit=10)
    clock.forward(hours=1)
    assert desk.drain(house, worker).claimed == 0, "nobody sweeps the lease of a worker that is gone"
    back = Clock(house, beside=lambda _work: None)
    back.tick()
    assert create_app(house).test_client().get("/readyz").status_code == 200
    desk.drain(house, worker)
    assert (sent(house), states(house)) == (1, {("sent", None)})
    assert check_invariants(house.sessions, now=clock()).findings == ()
