"""What others are told of the line: facts noted in the transaction that made them, spread to who listens, delivered."""

from __future__ import annotations

from surveyor.db.outgoing.facts import Happened, forget_listened, listened, note, spread
from surveyor.db.outgoing.listeners import (
    Counts,
    add,
    change,
    count_failure,
    count_success,
    counts,
    end,
    hook,
    hooks,
    pause,
    resume,
    seal_again,
)
from surveyor.db.outgoing.telling import Line, Telling, Tried, claim, deliveries, give_back, replay, settle

__all__ = [
    "Counts",
    "Happened",
    "Line",
    "Telling",
    "Tried",
    "add",
    "change",
    "claim",
    "count_failure",
    "count_success",
    "counts",
    "deliveries",
    "end",
    "forget_listened",
    "give_back",
    "hook",
    "hooks",
    "listened",
    "note",
    "pause",
    "replay",
    "resume",
    "seal_again",
    "settle",
    "spread",
]
