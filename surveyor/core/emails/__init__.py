"""One email between its decision and its fate: states and moves, kinds, outcomes and waits, delivery ladder."""

from __future__ import annotations

from surveyor.core.emails.delivery import (
    DOMAIN_GROUPS,
    RANK,
    Delivery,
    domain_group,
)
from surveyor.core.emails.kinds import (
    AGAIN,
    ALL_SUPPRESSIONS,
    KINDS,
    InDoubt,
    Policy,
    policy,
)
from surveyor.core.emails.moves import (
    MOVES,
    By,
    IllegalMove,
    State,
    check_move,
)
from surveyor.core.emails.outcomes import (
    BUILD_ERRORS_ALLOWED,
    BUILD_WAIT,
    CALL_BEGINS_WITHIN,
    DOUBT_LASTS,
    INTERNAL_ERRORS_ALLOWED,
    LEASE,
    Attempt,
    AttemptOutcome,
    Result,
    Settlement,
    backoff,
    build_failed,
    settle,
)

__all__ = [
    "AGAIN",
    "ALL_SUPPRESSIONS",
    "BUILD_ERRORS_ALLOWED",
    "BUILD_WAIT",
    "CALL_BEGINS_WITHIN",
    "DOMAIN_GROUPS",
    "DOUBT_LASTS",
    "INTERNAL_ERRORS_ALLOWED",
    "KINDS",
    "LEASE",
    "MOVES",
    "RANK",
    "Attempt",
    "AttemptOutcome",
    "By",
    "Delivery",
    "IllegalMove",
    "InDoubt",
    "Policy",
    "Result",
    "Settlement",
    "State",
    "backoff",
    "build_failed",
    "check_move",
    "domain_group",
    "policy",
    "settle",
]
