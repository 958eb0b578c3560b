"""How often one link, or one network that guesses links, may be called before an answer is looked at."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime

from flask import current_app

from surveyor.web.errors import Stop
from surveyor.web.security.client import client

MINUTE = 60.0
GETS, POSTS, GUESSES = 120, 20, 30
_MOST = 20_000


class LastMinute:
    """Calls of the last minute by name, in this process; lost at a restart, which lets people in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[str, deque[float]] = {}

    def count(self, name: str, at: float) -> int:
        """How many calls under a name in the minute before `at`."""
        with self._lock:
            calls = self._calls.get(name, deque())
            while calls and calls[0] <= at - MINUTE:
                calls.popleft()
            return len(calls)

    def note(self, name: str, at: float) -> None:
        """One more call under a name."""
        with self._lock:
            if len(self._calls) > _MOST:
                self._calls.clear()
            self._calls.setdefault(name, deque(maxlen=max(GETS, GUESSES) + 1)).append(at)


def _calls() -> LastMinute:
    """Those of this application: two in one process know nothing of each other."""
    made: LastMinute = current_app.extensions.setdefault("surveyor.pace", LastMinute())
    return made


def check_guessing(now: datetime) -> None:
    """Raises Stop 429 when this network has tried 30 unknown links within a minute: before any query."""
    _stop_over(f"guess:{client().ip_prefix}", GUESSES, now)


def note_guess(now: datetime) -> None:
    """This network tried a link that nobody has."""
    _calls().note(f"guess:{client().ip_prefix}", now.timestamp())


def check_link(kind: str, token: str, now: datetime) -> None:
    """One GET or POST of a link; raises Stop 429 over 120 or 20 a minute."""
    name = f"{kind}:{token}"
    _stop_over(name, POSTS if kind == "post" else GETS, now)
    _calls().note(name, now.timestamp())


def _stop_over(name: str, most: int, now: datetime) -> None:
    if _calls().count(name, now.timestamp()) >= most:
        raise Stop("rate_limited", 429, headers={"Retry-After": "60"})
