"""Make a transaction again when it met another one: no answer of a provider or a customer is lost to a deadlock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from surveyor.db.engine import may_pass

Made = TypeVar("Made")
TIMES = 5


def again(act: Callable[[], Made]) -> Made:
    """What `act` returns: a whole transaction, made up to five times when it meets another. Raises what it raises."""
    for _ in range(TIMES - 1):
        try:
            return act()
        except Exception as error:
            if not may_pass(error):
                raise
    return act()
