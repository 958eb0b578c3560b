"""When the night's checks of the line are due: once a local day, after three in the morning, whoever restarts when."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta

from surveyor.core.calendar import local_day
from surveyor.settings import Settings

FILE = "last_night"
#: The hour of the night at which it is done, at the installation.
HOUR = 3


def is_due(settings: Settings, now: datetime) -> bool:
    """Whether the checks of the last night were not done yet. A new installation waits for its first night."""
    last = _last(settings)
    if last is None:
        done(settings, now)
        return False
    return last < _night(settings, now)


def done(settings: Settings, now: datetime) -> None:
    """Remember the night that was checked, in a file of the home: a second clock elsewhere checks too, harmlessly."""
    path = settings.home / FILE
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{FILE}.{os.getpid()}")
    draft.write_text(f"{date.fromordinal(_night(settings, now))}\n", "ascii")
    draft.replace(path)


def _night(settings: Settings, now: datetime) -> int:
    return local_day(now - timedelta(hours=HOUR), settings.time_zone)


def _last(settings: Settings) -> int | None:
    try:
        return date.fromisoformat((settings.home / FILE).read_text("ascii").strip()).toordinal()
    except (OSError, ValueError):
        return None
