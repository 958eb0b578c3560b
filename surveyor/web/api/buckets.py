"""Token buckets of this process: how fast one source or one key may call before an order or a figure is looked at."""

from __future__ import annotations

import math
import threading
from datetime import datetime

from flask import current_app

from surveyor.web.errors import Stop

_MOST = 10_000


class _Buckets:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.levels: dict[str, tuple[float, float]] = {}

    def take(self, name: str, *, rate: float, burst: int, at: float) -> float:
        """Take one; 0 when there was one, else the seconds until there is."""
        with self.lock:
            level, last = self.levels.get(name, (float(burst), at))
            level = min(float(burst), level + max(0.0, at - last) * rate)
            if level >= 1:
                if len(self.levels) > _MOST:
                    self.levels.clear()
                self.levels[name] = (level - 1, at)
                return 0.0
            self.levels[name] = (level, at)
            return (1 - level) / rate


def _of_this_app() -> _Buckets:
    found: _Buckets = current_app.extensions.setdefault("surveyor.buckets", _Buckets())
    return found


def take(name: str, *, rate: float, burst: int, at: datetime) -> None:
    """One call under `name`, `rate` a second with `burst` at once. Raises Stop 429 with Retry-After."""
    wait = _of_this_app().take(name, rate=rate, burst=burst, at=at.timestamp())
    if wait:
        raise Stop("rate_limited", 429, headers={"Retry-After": str(math.ceil(wait))}, seconds=math.ceil(wait))
