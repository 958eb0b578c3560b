"""Add to the tallies what the sending of emails noted for them: between a hand-over and its indicators."""

from __future__ import annotations

from typing import Any

from surveyor.db import tallies
from surveyor.flows.again import again


def gather_tallies(sessions: Any) -> None:
    """Everything that is noted, in transactions of a bounded size; made twice or by two at once, it is added once.

    Sums never wait for it: who reads them takes what is noted in. It keeps what they take in short.
    """

    def once() -> bool:
        with sessions.begin() as session:
            return tallies.gather(session)

    while again(once):
        pass
