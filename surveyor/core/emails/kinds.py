"""How each kind of email behaves between being due and being settled: priority, what stops it, how long it lives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class InDoubt(StrEnum):
    """What becomes of an email that is still in doubt 26 h after its intent."""

    DROP = "drop"
    ASK = "ask"
    REISSUE = "reissue"


#: What the key of an email that is issued once more ends with.
AGAIN = ":again"
ALL_SUPPRESSIONS = frozenset(
    {"unsubscribed", "paused", "complained", "bounced_hard", "bounced_soft", "manual", "erased"}
)


@dataclass(frozen=True, slots=True)
class Policy:
    """How a kind of email behaves. `lifetime` None: the rule (invitations) or the link (accounts) says."""

    to_customer: bool
    priority: int
    stopping: frozenset[str]
    quiet_hours: bool
    lifetime: timedelta | None
    in_doubt: InDoubt


_STAFF = frozenset({"bounced_hard"})
KINDS: dict[str, Policy] = {
    "invitation": Policy(True, 5, ALL_SUPPRESSIONS, True, None, InDoubt.DROP),
    "reminder": Policy(True, 6, ALL_SUPPRESSIONS, True, None, InDoubt.DROP),
    "reply": Policy(True, 2, ALL_SUPPRESSIONS, False, timedelta(days=7), InDoubt.ASK),
    "notice": Policy(True, 3, frozenset({"bounced_hard", "erased"}), False, timedelta(days=30), InDoubt.REISSUE),
    "account": Policy(False, 1, _STAFF, False, None, InDoubt.DROP),
    "alert": Policy(False, 4, _STAFF, False, timedelta(hours=24), InDoubt.REISSUE),
    "express": Policy(False, 8, _STAFF, False, timedelta(hours=24), InDoubt.REISSUE),
    "voice": Policy(False, 8, _STAFF, False, timedelta(hours=24), InDoubt.REISSUE),
}


def policy(kind: str) -> Policy:
    """The policy of a kind, by its first word (`account-password` is an `account`); KeyError when unknown."""
    return KINDS[kind.partition("-")[0]]
