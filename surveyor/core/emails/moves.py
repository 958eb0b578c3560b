"""Where one email can be, and who may move it: the state machine between a decision and a provider's answer."""

from __future__ import annotations

from enum import StrEnum

from surveyor.core.reasons import Reason


class State(StrEnum):
    """Where one email is; `sent` means accepted by the provider, what came after is `Delivery`."""

    PENDING = "pending"
    LEASED = "leased"
    DISPATCHING = "dispatching"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    DROPPED = "dropped"


class By(StrEnum):
    """Who moves an email."""

    CLAIM = "claim"
    BUILD = "build"
    INTENT = "intent"
    SETTLE = "settle"
    SWEEP = "sweep"
    SETTLE_DOUBTS = "settle_doubts"
    EVIDENCE = "evidence"
    UNSUBSCRIBE = "unsubscribe"
    ERASURE = "erasure"
    CANCELLATION = "cancellation"
    SUPERSEDED = "superseded"
    OPERATOR = "operator"


class IllegalMove(ValueError):
    """A move that the table does not have: a fault of ours, never of an input."""


_AT_ONCE = frozenset({By.UNSUBSCRIBE, By.ERASURE, By.CANCELLATION, By.SUPERSEDED, By.OPERATOR})

#: The whole state machine: (from, to) -> who may do it. `dropped -> sent` only when the reason is UNCONFIRMED.
MOVES: dict[tuple[State, State], frozenset[By]] = {
    (State.PENDING, State.LEASED): frozenset({By.CLAIM}),
    (State.PENDING, State.DROPPED): _AT_ONCE,
    (State.PENDING, State.SENT): frozenset({By.EVIDENCE}),
    (State.LEASED, State.DISPATCHING): frozenset({By.INTENT}),
    (State.LEASED, State.DROPPED): _AT_ONCE | {By.BUILD, By.INTENT},
    (State.LEASED, State.PENDING): frozenset({By.BUILD, By.INTENT, By.SWEEP}),
    (State.LEASED, State.SENT): frozenset({By.EVIDENCE}),
    (State.DISPATCHING, State.SENT): frozenset({By.SETTLE, By.EVIDENCE}),
    (State.DISPATCHING, State.PENDING): frozenset({By.SETTLE}),
    (State.DISPATCHING, State.FAILED): frozenset({By.SETTLE}),
    (State.DISPATCHING, State.IN_DOUBT): frozenset({By.SETTLE, By.SWEEP}),
    (State.IN_DOUBT, State.SENT): frozenset({By.SETTLE, By.SETTLE_DOUBTS, By.EVIDENCE}),
    (State.IN_DOUBT, State.PENDING): frozenset({By.SETTLE, By.SETTLE_DOUBTS}),
    (State.IN_DOUBT, State.FAILED): frozenset({By.SETTLE}),
    (State.IN_DOUBT, State.DROPPED): frozenset({By.SETTLE_DOUBTS}),
    (State.DROPPED, State.SENT): frozenset({By.EVIDENCE}),
}


def check_move(old: State, new: State, by: By, *, reason: str | None = None) -> None:
    """Raise IllegalMove unless `by` may move an email from `old` to `new`; `reason` is the one the email has now."""
    allowed = by in MOVES.get((old, new), frozenset())
    if old is State.DROPPED and reason != Reason.UNCONFIRMED:
        allowed = False
    if not allowed:
        raise IllegalMove(f"{old} -> {new} by {by}")
