"""Close sessions of those who read what orders became: this browser, or all of a person's."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.db import sessions as browsers
from surveyor.db import users


def sign_out(sessions: Any, *, key: bytes) -> None:
    """Forget one browser; a second time does nothing."""
    with sessions.begin() as session:
        browsers.close_browser(session, key)


def end_sessions(sessions: Any, *, user_id: UUID, but: bytes | None = None) -> None:
    """Forget every browser of a person, but for the one given."""
    with sessions.begin() as session:
        browsers.close_all(session, user_id, but=but)


def touch_session(sessions: Any, *, key: bytes, user_id: UUID, now: datetime) -> None:
    """The browser was used: its idle time starts again."""
    with sessions.begin() as session:
        browsers.seen(session, key, now)
        users.change(session, user_id, last_seen_at=now)
