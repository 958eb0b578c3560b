"""How many connections to a relay may be in use at once: places taken for a group of emails, given back one by one."""

from __future__ import annotations

import threading
from time import monotonic


class Places:
    """So many places, shared by the threads of a process."""

    def __init__(self, many: int) -> None:
        self._free = many
        self._changed = threading.Condition(threading.Lock())
        self._waiting = 0

    def take(self, wanted: int, ends: float) -> int:
        """As many of `wanted` as are free, at least one unless none is until `ends` (`monotonic()`): then 0.

        Whoever holds a place never waits for another: two workers would wait for each other.
        """
        with self._changed:
            while self._free <= 0:
                left = ends - monotonic()
                if left <= 0:
                    return 0
                self._waiting += 1
                try:
                    self._changed.wait(left)
                finally:
                    self._waiting -= 1
            taken = min(wanted, self._free)
            self._free -= taken
            return taken

    def give_back(self, many: int = 1) -> None:
        """So many places."""
        if not many:
            return
        with self._changed:
            self._free += many
            if self._waiting:
                self._changed.notify(many)
