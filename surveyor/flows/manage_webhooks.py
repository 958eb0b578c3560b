"""Make, rotate, pause, resume, end and replay the webhooks that are told of the line."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.core.outgoing import EVENTS, new_secret
from surveyor.core.outgoing.signature import SECRET_BYTES
from surveyor.core.quoting import french, shown
from surveyor.core.tokens import Keyring
from surveyor.db import audit, outgoing, stored_secrets
from surveyor.db.alerts import resolve
from surveyor.db.base import new_id
from surveyor.errors import Complaint, MadeAlready, NotFound, Refused

#: The secret before a rotation signs beside the new one for so long.
BOTH_LIVE = timedelta(hours=24)
#: Checks an address and where it leads; raises Refused.
Check = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook as somebody asked for it. identity: its events say whom they are about.

    id: that of the form or request that asks for it, so that one sent twice makes one webhook.
    """

    url: str
    events: tuple[str, ...]
    name: str = ""
    identity: bool = False
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class MadeWebhook:
    """A webhook just made; `secret` is shown once."""

    id: UUID
    secret: str


def row_of(webhook_id: UUID) -> str:
    """What a sealed secret of this webhook is bound to."""
    return f"webhook:{webhook_id.hex}"


def add_webhook(
    sessions: Any, wanted: NewWebhook, *, check: Check, keys: Keyring, now: datetime, actor: str
) -> MadeWebhook:
    """A webhook that is told of what happens from now on.

    Raises Refused: `url_invalid`, `url_internal` (where `check` says that it leads), `field_required` and `field_value`
    for its events. Raises MadeAlready when one of that id was made before: its secret was shown then.
    """
    complaints = _about_events(wanted.events)
    try:
        check(wanted.url)
    except Refused as refused:
        complaints = [*refused.complaints, *complaints]
    if complaints:
        raise Refused(complaints)
    key, secret = wanted.id or new_id(now), new_secret(secrets.token_bytes(SECRET_BYTES))
    sealed, key_id = stored_secrets.seal(keys, row_of(key), secret.encode())
    with sessions.begin() as session:
        added = outgoing.add(
            session,
            id=key,
            name=wanted.name,
            url=wanted.url,
            events=" ".join(wanted.events),
            identity=wanted.identity,
            secret=sealed,
            key_id=key_id,
            created_by=actor,
            created_at=now,
        )
        if not added:
            raise MadeAlready(key.hex)
        after = {"url": wanted.url, "events": wanted.events, "identity": wanted.identity}
        audit.append(session, audit.Entry(actor, "webhook.made", row_of(key), after=after), now=now)
        outgoing.forget_listened(session)
    return MadeWebhook(key, secret)


def rotate_webhook(sessions: Any, webhook_id: UUID, *, keys: Keyring, now: datetime, actor: str) -> str:
    """A new secret; the one before signs beside it for 24 hours. Raises NotFound."""
    secret = new_secret(secrets.token_bytes(SECRET_BYTES))
    row = row_of(webhook_id)
    with sessions.begin() as session:
        found = _find(session, webhook_id, locked=True)
        old = stored_secrets.unseal(keys, row, found.secret, found.key_id)
        sealed, key_id = stored_secrets.seal(keys, row, secret.encode())
        previous, _ = stored_secrets.seal(keys, row, old)
        values = {"secret": sealed, "previous_secret": previous, "key_id": key_id, "rotated_at": now}
        outgoing.change(session, webhook_id, **values)
        audit.append(session, audit.Entry(actor, "webhook.rotated", row), now=now)
    return secret


def pause_webhook(sessions: Any, webhook_id: UUID, *, now: datetime, actor: str) -> None:
    """Let it rest; what happens meanwhile waits. Raises NotFound."""
    with sessions.begin() as session:
        _find(session, webhook_id)
        if outgoing.pause(session, webhook_id, "person", now=now):
            audit.append(session, audit.Entry(actor, "webhook.paused", row_of(webhook_id)), now=now)


def resume_webhook(sessions: Any, webhook_id: UUID, *, now: datetime, actor: str) -> None:
    """Tell it what waited, and go on. Raises NotFound."""
    with sessions.begin() as session:
        _find(session, webhook_id)
        if outgoing.resume(session, webhook_id):
            resolve(session, "webhook_paused", now=now, subject=webhook_id.hex)
            audit.append(session, audit.Entry(actor, "webhook.resumed", row_of(webhook_id)), now=now)


def end_webhook(sessions: Any, webhook_id: UUID, *, now: datetime, actor: str) -> None:
    """Tell it nothing any more. Raises NotFound."""
    with sessions.begin() as session:
        _find(session, webhook_id)
        outgoing.end(session, webhook_id, now=now)
        resolve(session, "webhook_paused", now=now, subject=webhook_id.hex)
        audit.append(session, audit.Entry(actor, "webhook.ended", row_of(webhook_id)), now=now)
        outgoing.forget_listened(session)


def replay_delivery(sessions: Any, webhook_id: UUID, event_id: UUID, *, now: datetime, actor: str) -> None:
    """Tell one event once more, under the same id. Raises NotFound."""
    with sessions.begin() as session:
        _find(session, webhook_id)
        if not outgoing.replay(session, event_id, webhook_id, now=now):
            raise NotFound("delivery")
        entry = audit.Entry(actor, "webhook.replayed", row_of(webhook_id), after={"event": event_id.hex})
        audit.append(session, entry, now=now)


def _find(session: Any, webhook_id: UUID, *, locked: bool = False) -> Any:
    found = outgoing.hook(session, webhook_id, locked=locked)
    if found is None:
        raise NotFound("webhook")
    return found


def _about_events(events: tuple[str, ...]) -> list[Complaint]:
    if not events:
        fr = french("Événements : choisissez-en au moins un.")
        return [Complaint("events", "field_required", fr, "Events: choose at least one.")]
    known = ", ".join(EVENTS)
    return [
        Complaint(
            "events",
            "field_value",
            french(f"Événements : {shown(one)} n'existe pas. Possibles : {known}."),
            f"Events: {shown(one)} does not exist. Possible: {known}.",
        )
        for one in events
        if one not in EVENTS
    ]
