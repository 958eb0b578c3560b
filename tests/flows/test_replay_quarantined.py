"""The quarantine empties itself when a person replays it: once, with its reason kept, and never half."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from surveyor.core.outlines import HIDDEN, outline
from surveyor.db import network, order_events, quarantine
from surveyor.db.alerts import open_alerts
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.network import Store
from surveyor.flows.keep_unusable import entry_name, keep_unusable
from surveyor.flows.manage_users import HOST
from surveyor.flows.replay_quarantined import Replayed, drop_quarantined, look, replay_quarantined
from surveyor.flows.retry_events import retry_events
from tests.flows.orders import KEYS, PARIS, at, decisions, event, record, use_rules
from tests.ingest.test_payload import BASE

NOW = at("2026-11-20T09:00")


def lines(*names: str, **more: Any) -> bytes:
    said = [{**BASE, "event_id": name, "order_id": name, **more} for name in names]
    return "\n".join(json.dumps(one) for one in said).encode()


def keep(sessions: Any, raw: bytes, name: str = "1-0") -> None:
    keep_unusable(sessions, source="tills", raw=raw, why="too bad", now=NOW, name=entry_name(name))


def replay(sessions: Any, **more: Any) -> list[Replayed]:
    with sessions() as session:
        ids = [one.id for one in quarantine.kept(session)]
    return replay_quarantined(sessions, ids, keys=KEYS, now=NOW, by=HOST, defaults=PARIS, **more)


def counts(sessions: Any) -> dict[str, int]:
    with sessions() as session:
        return order_events.counts(session)


def test_an_entry_of_many_lines_is_recorded_whole_and_the_alert_ends(sessions: Any) -> None:
    keep(sessions, lines("a", "b", "c"))
    assert [one.outcome for one in replay(sessions)] == ["recorded"]
    assert counts(sessions) == {"decided": 3, "ignored": 1}
    with sessions() as session:
        assert open_alerts(session) == []
        assert [line.action for line in session.scalars(select(AuditLine))] == ["quarantine.replayed"]
    assert replay(sessions) == []


def test_what_is_still_wrong_stays_with_the_new_reason_and_nothing_of_it_is_recorded(sessions: Any) -> None:
    keep(sessions, lines("a") + b"\n" + lines("b", ordered_at="hier"))
    (done,) = replay(sessions)
    assert (done.outcome, "ordered_at" in done.why) == ("failed", True)
    assert counts(sessions) == {"quarantined": 1}
    with sessions() as session:
        (kept,) = quarantine.kept(session)
        assert (kept.why, kept.tries) == (done.why, 1)
        assert [alert.code for alert in open_alerts(session)] == ["event_unusable"]


def test_an_event_that_could_not_be_decided_is_decided_once_its_cause_is_gone(sessions: Any) -> None:
    day = at("2026-01-05T17:00")
    use_rules(sessions)
    with sessions.begin() as session:
        network.add_stores(session, [network.StoreRow("BAD", "Bad", "Mars/Base")], day=day.date(), now=day)
    record(sessions, event("o1", "c1", day, store_id="BAD"), now=day)
    for _ in range(4):
        retry_events(sessions, keys=KEYS, now=day, defaults=PARIS)
    assert [one.outcome for one in replay(sessions)] == ["failed"]
    assert counts(sessions) == {"quarantined": 1}
    with sessions.begin() as session:
        session.execute(update(Store).where(Store.id == "BAD").values(zone="Europe/Paris"))
    assert [one.outcome for one in replay(sessions)] == ["recorded"]
    assert decisions(sessions) == [("o1", "std", "NOT_ELIGIBLE", "BELOW_MIN_ORDERS")]
    with sessions() as session:
        assert open_alerts(session) == []


def test_what_is_dropped_stays_stored_and_is_shown_no_more(sessions: Any) -> None:
    keep(sessions, b"hello")
    with sessions() as session:
        (kept,) = quarantine.kept(session)
    assert [one.outcome for one in drop_quarantined(sessions, [kept.id, kept.id], by=HOST, now=NOW)] == [
        "dropped",
        "gone",
    ]
    assert counts(sessions) == {"ignored": 1}


def test_the_newest_come_first_page_by_page(sessions: Any) -> None:
    for n in range(5):
        keep_unusable(
            sessions, source="a" if n % 2 else "b", raw=b"x", why="", now=NOW + timedelta(seconds=n), name=f"entry:{n}"
        )
    with sessions() as session:
        first = quarantine.kept(session, limit=2)
        second = quarantine.kept(session, limit=9, after=first[-1].id)
        assert [one.event_id for one in (*first, *second)] == [f"entry:{n}" for n in (4, 3, 2, 1, 0)]
        assert [one.event_id for one in quarantine.kept(session, source="a")] == ["entry:3", "entry:1"]
        assert quarantine.by_source(session) == {"a": 2, "b": 3}


def test_an_outline_shows_orders_dates_and_money_and_nobody() -> None:
    body = {
        "id": 820982911946154508,
        "email": "ana@example.fr",
        "status": "ana@example.fr",
        "created_at": "2026-11-18T10:00:00+01:00",
        "customer": {"id": 7, "first_name": "Ana", "default_address": {"address1": "1 rue Haute", "phone": "06"}},
        "note_attributes": [{"name": "gift", "value": "for Ana"}] * 5,
        "total_price": "12.50",
        "test": True,
    }
    shown = outline(json.dumps(body))
    assert "id: 820982911946154508" in shown
    assert f"email: {HIDDEN}" in shown
    assert "created_at: 2026-11-18T10:00:00+01:00" in shown
    assert "total_price: 12.50" in shown
    assert "… (5)" in "".join(shown)
    for secret in ("ana@", "Ana", "Haute", "06", "gift"):
        assert secret not in "\n".join(line for line in shown if "created_at" not in line)
    assert outline("hello Ana") == ["(9 characters that are not JSON)"]
    assert outline('["Ana"]') == [HIDDEN]
    assert len(outline(json.dumps({str(n): n for n in range(500)}))) == 61


def test_an_event_that_could_not_be_decided_says_before_its_replay_that_nobody_knows(sqlite_sessions: Any) -> None:
    use_rules(sqlite_sessions)
    with sqlite_sessions.begin() as session:
        network.add_stores(session, [network.StoreRow("BAD", "Bad", "Mars/Base")], day=NOW.date(), now=NOW)
    record(sqlite_sessions, event("o1", "c1", NOW, store_id="BAD", email=None), now=NOW)
    for _ in range(5):
        retry_events(sqlite_sessions, keys=KEYS, now=NOW, defaults=PARIS)
    with sqlite_sessions() as session:
        (kept,) = quarantine.kept(session)
        said = look(session, kept, now=NOW)
    assert said is not None
    assert said.message_fr != said.message_en
    assert [one.outcome for one in replay(sqlite_sessions)] == ["failed"]
