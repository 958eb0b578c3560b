"""A person lets a stream of emails go again that a kill switch had paused; who and why stay in the audit chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from surveyor.db import audit, streams
from surveyor.db.alerts import resolve
from surveyor.db.streams import PausedStream
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.manage_users import Actor

ALERT = "stream_paused"
WHY_AT_MOST = 500


def release_stream(sessions: Any, *, provider: str, kind: str, why: str, by: Actor, now: datetime) -> PausedStream:
    """Release the stream of a provider and a kind ("": every kind); figures from before `now` are forgiven.

    Raises:
        Refused: 422 `reason_required` without a reason. NotFound: nothing of that name is paused (any more).
    """
    why = why.strip()
    if not why:
        raise Refused([_REASON])
    with sessions.begin() as session:
        found = streams.release(session, provider, kind, who=by.name, why=why, now=now)
        if found is None:
            raise NotFound("mail_stream")
        resolve(session, ALERT, now=now, subject=subject(provider, kind))
        entry = audit.Entry(
            by.name,
            "mail_stream.released",
            f"mail_stream:{subject(provider, kind)}",
            {"paused_at": found.paused_at.isoformat(), "cause": found.cause},
            None,
            why[:WHY_AT_MOST],
            by.ip_prefix,
            by.request_id,
        )
        audit.append(session, entry, now=now)
    return found


def subject(provider: str, kind: str) -> str:
    """How alerts and the audit chain name a stream."""
    return f"{provider}/{kind or '*'}"


_REASON = Complaint(
    "why",
    "reason_required",
    "Dites pourquoi ce flux peut repartir\u00a0: la raison reste dans le journal.",
    "Say why this stream may go on: the reason stays in the journal.",
)
