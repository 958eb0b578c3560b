"""`count=day`: figures of people and rows as pages and the night counted them, between the API and what is kept."""

from __future__ import annotations

from typing import Any

from surveyor.flows.keep_counts import Keeper
from surveyor.web.api.filters import choice
from surveyor.web.here import now, services

COUNTS = ("now", "day")


def keeper_of(given: dict[str, str]) -> Keeper | None:
    """What is kept, where `day` is asked for; None: everything is counted now. Raises Refused for another word."""
    return Keeper(now()) if choice(given, "count", COUNTS, "now") == "day" else None


def counted_since(keeper: Keeper | None) -> dict[str, Any]:
    """`counted_since` of an answer, null when all of it was counted now; what was is kept from here on."""
    if keeper is None:
        return {}
    keeper.flush(services().sessions)
    return {"counted_since": keeper.since.isoformat() if keeper.since else None}
