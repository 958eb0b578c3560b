"""Sessions in which somebody else acts between two transactions of a flow: what two at once do, without any chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Meanwhile:
    """The sessions of a flow: before its n-th transaction begins (1: the first), `act` is done whole, once."""

    def __init__(self, sessions: Any, act: Callable[[], object], *, before: int) -> None:
        self.sessions, self.act, self.left = sessions, act, before

    def __call__(self) -> Any:
        self._turn()
        return self.sessions()

    def begin(self) -> Any:
        """A transaction that commits."""
        self._turn()
        return self.sessions.begin()

    @property
    def happened(self) -> bool:
        """Whether the flow came that far."""
        return self.left <= 0

    def _turn(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.act()
