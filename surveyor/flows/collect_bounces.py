"""Take bounces out of their mailbox: each is kept raw before it is let go, and applied like any provider's events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from surveyor.flows.keep_provider_batch import keep_provider_batch

PROVIDER = "smtp"


def collect_bounces(sessions: Any, messages: Iterable[tuple[bytes, Callable[[], None]]], *, now: datetime) -> int:
    """Keep each message, then let go of it in its mailbox; how many. Read twice, it is one event all the same."""
    kept = 0
    for raw, let_go in messages:
        if raw:
            keep_provider_batch(sessions, PROVIDER, raw, now=now)
        let_go()
        kept += 1
    return kept
