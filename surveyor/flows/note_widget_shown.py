"""Count that a widget was shown on a day inside a page of its brand: nothing of who looked is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.db import widgets
from surveyor.flows.again import again


def note_widget_shown(sessions: Any, widget_id: str, origin: str, *, zone: str, now: datetime) -> None:
    """One more on the local day of the installation; origin is one of the widget's own."""
    day = now.astimezone(ZoneInfo(zone)).date()

    def once() -> None:
        with sessions.begin() as session:
            widgets.note_shown(session, widget_id, day, origin)

    again(once)
