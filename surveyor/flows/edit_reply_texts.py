"""Keep and let go of texts that replies begin with; written to the audit chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.db import audit, reply_texts
from surveyor.errors import NotFound
from surveyor.flows.manage_users import Actor


def keep_text(sessions: Any, *, name: str, language: str, body: str, by: Actor, now: datetime) -> None:
    """Keep a text; its words were checked by the form."""
    with sessions.begin() as session:
        ident = reply_texts.add(session, name=name, language=language, body=body, author=by.name, now=now)
        entry = audit.Entry(by.name, "reply_text.added", f"reply_text:{ident.hex}", None, name, "", by.ip_prefix)
        audit.append(session, entry, now=now)


def drop_text(sessions: Any, text_id: UUID, *, by: Actor, now: datetime) -> None:
    """Let go of a text. Raises NotFound."""
    with sessions.begin() as session:
        if not reply_texts.drop(session, text_id):
            raise NotFound("text")
        entry = audit.Entry(by.name, "reply_text.dropped", f"reply_text:{text_id.hex}", None, None, "", by.ip_prefix)
        audit.append(session, entry, now=now)
