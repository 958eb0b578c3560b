"""An event whose decision failed is tried again, five times at most, and decided as if nothing had happened."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from surveyor.db import network, order_events
from surveyor.db.alerts import open_alerts
from surveyor.db.tables.network import Store
from surveyor.flows.retry_events import Retried, retry_events
from tests.flows.orders import KEYS, PARIS, at, decisions, event, record, use_rules

JAN_5, JAN_6 = at("2026-01-05T17:00"), at("2026-01-06T09:00")


def _failed(sessions: Any) -> None:
    use_rules(sessions)
    with sessions.begin() as session:
        network.add_stores(session, [network.StoreRow("BAD", "Bad", "Mars/Base")], day=JAN_5.date(), now=JAN_5)
    bad = event("o1", "c1", JAN_5, store_id="BAD", email=None)
    record(sessions, bad, event("x1", "c1", JAN_5, store_id="BAD", type="order.cancelled"), now=JAN_5)


def _retry(sessions: Any) -> Retried:
    return retry_events(sessions, keys=KEYS, now=JAN_6, defaults=PARIS)


def test_once_its_cause_is_gone_the_event_is_decided(sessions: Any) -> None:
    _failed(sessions)
    assert decisions(sessions) == []
    assert _retry(sessions) == Retried(waiting=1)
    with sessions.begin() as session:
        session.execute(update(Store).where(Store.id == "BAD").values(zone="Europe/Paris"))
    assert _retry(sessions) == Retried(decided=1)
    assert decisions(sessions) == [("o1", "std", "NOT_ELIGIBLE", "BELOW_MIN_ORDERS")]
    assert _retry(sessions) == Retried()


def test_after_five_tries_it_waits_for_a_person(sessions: Any) -> None:
    _failed(sessions)
    found = [_retry(sessions) for _ in range(4)]
    assert found == [Retried(waiting=1)] * 3 + [Retried(quarantined=1)]
    with sessions.begin() as session:
        assert order_events.counts(session) == {"quarantined": 1, "decided": 1}
        assert [alert.code for alert in open_alerts(session)] == ["order_event_quarantined"]
    assert _retry(sessions) == Retried()
