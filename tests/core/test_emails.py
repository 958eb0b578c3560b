"""An email goes where the table says, waits as long as it should, and its delivery never goes down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from surveyor.core.emails import (
    ALL_SUPPRESSIONS,
    DOMAIN_GROUPS,
    KINDS,
    MOVES,
    RANK,
    Attempt,
    AttemptOutcome,
    By,
    Delivery,
    IllegalMove,
    InDoubt,
    Result,
    State,
    backoff,
    build_failed,
    check_move,
    domain_group,
    policy,
    settle,
)
from surveyor.core.reasons import Reason

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
EMAIL = UUID("0192f1c4-7b1e-7c55-9a57-3f6b5a0e9d11")


def test_every_move_outside_the_table_is_illegal() -> None:
    for old, new, by in product(State, State, By):
        reason = Reason.UNCONFIRMED if old is State.DROPPED else None
        if by in MOVES.get((old, new), frozenset()):
            check_move(old, new, by, reason=reason)
        else:
            with pytest.raises(IllegalMove):
                check_move(old, new, by, reason=reason)


def test_nothing_leads_from_doubt_or_refusal_back_to_a_blind_retry() -> None:
    assert By.SWEEP not in MOVES.get((State.DISPATCHING, State.PENDING), frozenset())
    assert MOVES[(State.DISPATCHING, State.IN_DOUBT)] == {By.SETTLE, By.SWEEP}
    assert not any(old in (State.SENT, State.FAILED) for old, _ in MOVES)


def test_an_unsubscribed_email_is_never_called_sent() -> None:
    with pytest.raises(IllegalMove):
        check_move(State.DROPPED, State.SENT, By.EVIDENCE, reason=Reason.UNSUBSCRIBED)
    check_move(State.DROPPED, State.SENT, By.EVIDENCE, reason=Reason.UNCONFIRMED)


@pytest.mark.parametrize(
    ("result", "outcome", "state", "reason", "failures"),
    [
        (Result.ACCEPTED, AttemptOutcome.ACCEPTED, State.SENT, None, 1),
        (Result.TRANSIENT, AttemptOutcome.NOT_ACCEPTED, State.PENDING, None, 2),
        (Result.PERMANENT, AttemptOutcome.NOT_ACCEPTED, State.FAILED, Reason.PROVIDER_REJECTED, 1),
        (Result.CHANNEL, AttemptOutcome.NOT_ACCEPTED, State.PENDING, None, 1),
        (Result.IN_DOUBT, AttemptOutcome.UNKNOWN, State.IN_DOUBT, None, 1),
        (Result.INTERNAL, AttemptOutcome.NOT_ACCEPTED, State.PENDING, None, 2),
        (Result.NOT_STARTED, AttemptOutcome.NOT_ACCEPTED, State.PENDING, None, 1),
    ],
)
def test_each_outcome_has_one_next_state(
    result: Result, outcome: AttemptOutcome, state: State, reason: Reason | None, failures: int
) -> None:
    done = settle(result, Attempt(EMAIL, 2, failures=1), now=NOW)
    assert (done.outcome, done.state, done.reason, done.failures) == (outcome, state, reason, failures)
    assert done.pause_provider == (result is Result.CHANNEL)
    check_move(State.DISPATCHING, done.state, By.SETTLE)
    assert (done.due_at is not None) == (result in (Result.TRANSIENT, Result.INTERNAL))


def test_a_429_waits_for_the_reset_and_does_not_count() -> None:
    reset = NOW + timedelta(minutes=7)
    done = settle(Result.TRANSIENT, Attempt(EMAIL, 1), now=NOW, retry_at=reset, counts=False)
    assert (done.due_at, done.failures) == (reset, 0)
    past = settle(Result.TRANSIENT, Attempt(EMAIL, 1), now=NOW, retry_at=NOW - timedelta(hours=1), counts=False)
    assert past.due_at is not None
    assert past.due_at > NOW


def test_the_third_fault_of_ours_is_the_last() -> None:
    assert settle(Result.INTERNAL, Attempt(EMAIL, 3, internal_errors=1), now=NOW).state is State.PENDING
    last = settle(Result.INTERNAL, Attempt(EMAIL, 3, internal_errors=2), now=NOW)
    assert (last.state, last.reason) == (State.FAILED, Reason.INTERNAL_ERROR)
    assert build_failed(0, now=NOW) == (State.PENDING, None, NOW + timedelta(minutes=15))
    assert build_failed(2, now=NOW) == (State.DROPPED, Reason.BUILD_ERROR, None)


def test_waits_double_up_to_an_hour_between_half_and_whole_and_are_reproducible() -> None:
    for failures in range(40):
        whole = min(3600, 30 * 2**failures)
        waits = [backoff(failures, EMAIL, n).total_seconds() for n in range(1, 50)]
        assert all(whole / 2 <= wait <= whole for wait in waits)
        assert len(set(waits)) > 40
    assert backoff(3, EMAIL, 4) == backoff(3, EMAIL, 4)


def test_kinds_go_by_their_first_word() -> None:
    assert policy("account-password") is KINDS["account"]
    assert policy("invitation").in_doubt is InDoubt.DROP
    assert policy("reminder").in_doubt is InDoubt.DROP
    assert all("bounced_hard" in kind.stopping for kind in KINDS.values())
    with pytest.raises(KeyError):
        policy("promotion")


@pytest.mark.parametrize(
    ("kind", "customer", "priority", "stopping", "quiet", "days", "in_doubt"),
    [
        ("invitation", True, 5, ALL_SUPPRESSIONS, True, None, "drop"),
        ("reminder", True, 6, ALL_SUPPRESSIONS, True, None, "drop"),
        ("reply", True, 2, ALL_SUPPRESSIONS, False, 7, "ask"),
        ("notice", True, 3, {"bounced_hard", "erased"}, False, 30, "reissue"),
        ("account", False, 1, {"bounced_hard"}, False, None, "drop"),
        ("alert", False, 4, {"bounced_hard"}, False, 1, "reissue"),
        ("express", False, 8, {"bounced_hard"}, False, 1, "reissue"),
        ("voice", False, 8, {"bounced_hard"}, False, 1, "reissue"),
    ],
)
def test_each_kind_has_the_policy_of_the_table(
    kind: str, customer: bool, priority: int, stopping: set[str], quiet: bool, days: int | None, in_doubt: str
) -> None:
    """pipeline.md, 2: who gets it, what stops it, how long it lives, what becomes of a doubt after 26 hours."""
    found = policy(kind)
    lifetime = None if days is None else timedelta(days=days)
    assert (found.to_customer, found.priority, found.quiet_hours, found.lifetime) == (
        customer,
        priority,
        quiet,
        lifetime,
    )
    assert (found.stopping, found.in_doubt) == (stopping, in_doubt)
    assert len(KINDS) == 8


def test_the_ladder_only_goes_up() -> None:
    climb = [Delivery.QUEUED, Delivery.DEFERRED, Delivery.DELIVERED, Delivery.BOUNCED_SOFT, Delivery.BOUNCED_HARD]
    assert [RANK[step] for step in climb] == [10, 20, 30, 40, 50]
    assert RANK[Delivery.REJECTED] == 50
    assert RANK[Delivery.COMPLAINED] == 60
    assert set(RANK) == set(Delivery)


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("a@gmail.com", "gmail"),
        ("a@Wanadoo.fr", "orange"),
        ("a@neuf.fr", "sfr"),
        ("a@cegetel.net", "sfr"),
        ("a@hotmail.co.uk", "microsoft"),
        ("a@live.fr", "microsoft"),
        ("a@msn.com", "microsoft"),
        ("a@yahoo.co.uk", "yahoo"),
        ("a@icloud.com", "apple"),
        ("a@laposte.net", "laposte"),
        ("a@free.fr", "free"),
        ("a@bbox.fr", "bouygues"),
        ("a@exemple.test", "other"),
    ],
)
def test_a_mailbox_belongs_to_a_group(address: str, group: str) -> None:
    assert domain_group(address) == group
    assert group in DOMAIN_GROUPS
