"""A process does not start when its machine's clock stands far behind what was recorded: it would send again, early."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from surveyor.db import instance
from surveyor.errors import Complaint, Refused
from surveyor.flows.beat import CLOCK_BEHIND


def refuse_late_clock(sessions: Any, *, now: datetime) -> None:
    """Raise Refused when `now` is an hour or more before the newest recorded fact (pipeline.md, 9)."""
    with sessions() as session:
        newest = instance.newest_fact(session)
    if newest is None or newest - now < CLOCK_BEHIND:
        return
    facts = f"{newest:%Y-%m-%d %H:%M} UTC", f"{now:%Y-%m-%d %H:%M} UTC"
    fr = (
        f"l'horloge de cette machine dit {facts[1]}, la base contient des faits du {facts[0]}. "
        "Réglez l'horloge (NTP), puis relancez."
    )
    en = (
        f"this machine's clock says {facts[1]}, the database holds facts of {facts[0]}. "
        "Set the clock (NTP), then start again."
    )
    raise Refused([Complaint("clock", "clock_behind", fr, en)])
