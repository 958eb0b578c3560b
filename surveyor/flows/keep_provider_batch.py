"""Store the raw body of verified provider events: what is answered is then safe, whatever is in it (side A)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.db import provider_batches
from surveyor.faults import fault


def keep_provider_batch(sessions: Any, provider: str, raw: bytes, *, now: datetime) -> UUID:
    """Keep a body and return its id; a worker applies it within seconds, however often the same one comes."""
    with sessions.begin() as session:
        kept = provider_batches.keep(session, provider, raw, now=now)
    fault("hook.stored")
    return kept
