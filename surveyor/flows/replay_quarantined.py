"""What was quarantined comes again, once a person has mended what was wrong: recorded as if it arrived now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from surveyor.core.orders import OrderEvent
from surveyor.core.tokens import Keyring
from surveyor.db import access, audit, quarantine
from surveyor.db.alerts import open_alerts, resolve
from surveyor.db.quarantine import Kept
from surveyor.errors import Complaint, Refused
from surveyor.flows.customer_journey import DEFAULTS, Defaults
from surveyor.flows.keep_unusable import ENTRY, HOOK
from surveyor.flows.manage_users import Actor
from surveyor.flows.record_orders import Receipt, record_orders
from surveyor.flows.retry_events import TRIES, decide_again
from surveyor.ingest.hooked import TELL, read_hook
from surveyor.ingest.payload import BadEvent, read_events

#: Alerts that a quarantine raises: they end when nothing of their source is left in it.
ALERTS = ("event_unusable", "order_event_quarantined")

UNDECIDED = Complaint(
    "",
    "decision_failed",
    "La décision a échoué plusieurs fois. Corrigez ce que dit la cause technique, puis rejouez.",
    "The decision failed several times. Mend what the technical cause says, then replay.",
)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one. outcome: `recorded`, `failed` (it stays, `why` says the reason), `dropped`, or `gone`."""

    id: UUID
    outcome: Literal["recorded", "failed", "dropped", "gone"]
    why: str = ""


def replay_quarantined(
    sessions: Any, events: Iterable[UUID], *, keys: Keyring, now: datetime, by: Actor, defaults: Defaults = DEFAULTS
) -> list[Replayed]:
    """Replay each, one transaction at a time; running it twice changes nothing more."""
    done = []
    for event in events:
        with sessions() as session:
            kept = quarantine.one(session, event)
            kind = "" if kept is None else _kind(session, kept)
        if kept is None:
            done.append(Replayed(event, "gone"))
            continue
        why = _replay(sessions, kept, kind, keys=keys, now=now, defaults=defaults)
        done.append(Replayed(event, "failed" if why else "recorded", why))
    _write_down(sessions, "quarantine.replayed", done, by=by, now=now)
    return done


def look(session: Any, kept: Kept, *, now: datetime) -> Complaint | None:
    """What would stop a replay now, in both languages; None when nothing would. It is read once more, nothing is kept.

    An event that could not be decided upon is not decided here: it says so.
    """
    kind = _kind(session, kept)
    if not kind:
        return UNDECIDED
    try:
        _events(kept, kind, now)
    except Refused as refused:
        return refused.complaints[0]
    return None


def drop_quarantined(sessions: Any, events: Iterable[UUID], *, by: Actor, now: datetime) -> list[Replayed]:
    """Take each out of the quarantine for good; it stays stored, and nothing comes of it."""
    done = []
    for event in events:
        with sessions.begin() as session:
            closed = quarantine.close(session, event, "dropped by a person")
        done.append(Replayed(event, "dropped" if closed else "gone"))
    _write_down(sessions, "quarantine.dropped", done, by=by, now=now)
    return done


def _kind(session: Any, kept: Kept) -> str:
    """How it came: the platform of its source, `entry`, or "" for an event of ours that could not be decided upon."""
    first = kept.event_id.partition(":")[0]
    if first != HOOK:
        return first if first == ENTRY else ""
    source = access.source(session, kept.source)
    return "" if source is None else source.kind


def _replay(sessions: Any, kept: Kept, kind: str, *, keys: Keyring, now: datetime, defaults: Defaults) -> str:
    """Record what was kept; why not, "" when it was."""
    if not kind:
        return _decide(sessions, kept, keys=keys, now=now, defaults=defaults)
    try:
        events = _events(kept, kind, now)
    except Refused as refused:
        why = refused.complaints[0].message_en
        with sessions.begin() as session:
            quarantine.failed_again(session, kept.id, why)
        return why

    def close(session: Any, receipt: Receipt) -> None:
        said = ", ".join(sorted({str(verdict.outcome) for verdict in receipt.verdicts}))
        quarantine.close(session, kept.id, f"replayed: {said}")

    record_orders(sessions, events, source=kept.source, now=now, keys=keys, defaults=defaults, also=close)
    return ""


def _events(kept: Kept, kind: str, now: datetime) -> Sequence[OrderEvent]:
    """What was kept, read once more, all of it or nothing. Raises Refused."""
    raw = kept.body.encode()
    if kind in TELL:
        topic = kept.event_id.partition(":")[2].rpartition(":")[0]
        return [read_hook(kind, raw, topic=topic, source=kept.source, now=now)]
    found = read_events(raw, now=now, ndjson=not _is_one_text(kept.body))
    for event in found:
        if isinstance(event, BadEvent):
            raise Refused([event.complaint])
    return [event for event in found if isinstance(event, OrderEvent)]


def _is_one_text(body: str) -> bool:
    """Whether it is one JSON text, however it is broken into lines."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return "\n" not in body.strip()
    return True


def _decide(sessions: Any, kept: Kept, *, keys: Keyring, now: datetime, defaults: Defaults) -> str:
    with sessions.begin() as session:
        quarantine.wait(session, kept.id, tries=TRIES - 1)
    return decide_again(sessions, kept.id, keys=keys, now=now, defaults=defaults)


def _write_down(sessions: Any, action: str, done: Sequence[Replayed], *, by: Actor, now: datetime) -> None:
    """Who did it, and the end of the alerts of every source that has nothing left in quarantine."""
    if not done:
        return
    counts = {outcome: sum(one.outcome == outcome for one in done) for outcome in {one.outcome for one in done}}
    subject = str(done[0].id) if len(done) == 1 else f"{len(done)} events"
    with sessions.begin() as session:
        left = quarantine.by_source(session)
        for code in ALERTS:
            for alert_source in _open(session, code):
                if alert_source not in left:
                    resolve(session, code, subject=alert_source, now=now)
        entry = audit.Entry(by.name, action, subject, after=counts, ip_prefix=by.ip_prefix, request_id=by.request_id)
        audit.append(session, entry, now=now)


def _open(session: Any, code: str) -> list[str]:
    return [alert.subject for alert in open_alerts(session) if alert.code == code]
