"""Tell webhooks what happened on the line: spread facts to who listens, then one signed request for each delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from surveyor.core.outgoing import RESPONSES, WAITS, judge, read_url, sign
from surveyor.core.surveys.verbatim import masked
from surveyor.core.tokens import Keyring
from surveyor.db import outgoing, stored_secrets, told
from surveyor.db.alerts import raise_alert
from surveyor.db.outgoing import Telling, Tried
from surveyor.errors import Refused
from surveyor.flows.again import again
from surveyor.flows.manage_webhooks import BOTH_LIVE, row_of
from surveyor.outgoing import Answer, Post

LEASE = timedelta(minutes=2)
#: Of one webhook in one round, so that a slow one does not hold up the others.
EACH = 10
ROUND = 50


@dataclass(frozen=True, slots=True)
class Means:
    """What telling needs."""

    keys: Keyring
    post: Post


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round did; tried is 0 when nothing was due."""

    spread: int = 0
    tried: int = 0
    told: int = 0
    paused: int = 0

    def __add__(self, other: Delivered) -> Delivered:
        return Delivered(
            self.spread + other.spread, self.tried + other.tried, self.told + other.told, self.paused + other.paused
        )


def deliver_webhooks(sessions: Any, means: Means, *, now: Callable[[], datetime]) -> Delivered:
    """One round: at least once each, by id; killed anywhere, what was not settled is told again after two minutes.

    now: asked before each request, which may take five seconds. Several workers may do this at once.
    """
    spread = again(lambda: _spread(sessions, now()))
    claimed = again(lambda: _claim(sessions, now()))
    tried = told_ = paused = 0
    resting: dict[UUID, list[Telling]] = {}
    for one in claimed:
        if one.webhook_id in resting:
            resting[one.webhook_id].append(one)
            continue
        state, pause = _tell(sessions, one, means, now)
        tried += 1
        told_ += state == "delivered"
        paused += pause
        if state in ("waiting", "failed"):
            resting[one.webhook_id] = []
    _give_back(sessions, [one for rest in resting.values() for one in rest], now)
    return Delivered(spread, tried, told_, paused)


def _give_back(sessions: Any, untried: list[Telling], now: Callable[[], datetime]) -> None:
    """What was taken for a webhook that does not answer: it comes again soon, and was not tried."""
    if untried:
        with sessions.begin() as session:
            outgoing.give_back(session, [(one.event_id, one.webhook_id) for one in untried], at=now() + WAITS[0])


def _spread(sessions: Any, now: datetime) -> int:
    with sessions.begin() as session:
        return outgoing.spread(session, now=now)


def _claim(sessions: Any, now: datetime) -> list[Telling]:
    with sessions.begin() as session:
        return outgoing.claim(session, now=now, lease=LEASE, each=EACH, limit=ROUND)


def _tell(sessions: Any, one: Telling, means: Means, now: Callable[[], datetime]) -> tuple[str, bool]:
    """The state that the delivery moved to, and whether its webhook rests from now on."""
    with sessions() as session:
        data = _data(session, one)
    if data is None:
        return again(lambda: _drop(sessions, one)), False
    answer = _send(one, data, means, now())
    return again(lambda: _judged(sessions, one, answer, now()))


def _send(one: Telling, data: Mapping[str, Any], means: Means, at: datetime) -> Answer:
    body = msgspec.json.encode({"type": one.kind, "timestamp": one.at.isoformat(), "data": data})
    try:
        target = read_url(one.url, means.post.policy)
        secrets = _secrets(one, means.keys, at)
    except Refused as refused:
        return Answer(refused.code)
    except KeyError:
        return Answer("secret")
    headers = sign(secrets, message=f"msg_{one.event_id.hex}", at=int(at.timestamp()), body=body)
    return means.post(target, body, headers)


def _secrets(one: Telling, keys: Keyring, at: datetime) -> list[str]:
    """The live secrets, newest first. Raises KeyError when the key that sealed them has left the list."""
    row = row_of(one.webhook_id)
    sealed = [one.secret]
    if one.previous_secret is not None and one.rotated_at is not None and at < one.rotated_at + BOTH_LIVE:
        sealed.append(one.previous_secret)
    return [stored_secrets.unseal(keys, row, part, one.key_id).decode() for part in sealed]


def _data(session: Any, one: Telling) -> Mapping[str, Any] | None:
    """What is told: a response as it stands now, anything else as it was noted; None when it stands no more."""
    data = dict(one.data)
    if one.kind in RESPONSES:
        found = told.response(session, UUID(hex=one.subject))
        if found is None:
            return None
        data |= found
        if not one.identity:
            data |= {"comment": masked(str(found["comment"])), "answers": _without_addresses(found["answers"])}
    data["id"] = one.subject
    if one.identity:
        customer = told.customer_of(session, UUID(hex=one.subject)) if one.kind in RESPONSES else one.customer_id
        data["customer"] = None if customer is None else told.identity(session, customer)
    return data


def _without_addresses(answers: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: masked(value) if isinstance(value, str) else value for name, value in answers.items()}


def _judged(sessions: Any, one: Telling, answer: Answer, now: datetime) -> tuple[str, bool]:
    with sessions.begin() as session:
        failures = 0
        if answer.outcome == "ok":
            outgoing.count_success(session, one.webhook_id)
        else:
            failures = outgoing.count_failure(session, one.webhook_id)
        verdict = judge(status=answer.status, tries=one.tries, failures=failures, now=now)
        size = None if answer.status is None else answer.size
        tried = Tried(verdict.state, answer.outcome, answer.status, size, verdict.next_at)
        outgoing.settle(session, one.event_id, one.webhook_id, tried, tries=one.tries)
        paused = bool(verdict.pause) and outgoing.pause(session, one.webhook_id, verdict.pause, now=now)
        if paused:
            raise_alert(session, "webhook_paused", now=now, subject=one.webhook_id.hex, detail=answer.outcome)
        return str(verdict.state), paused


def _drop(sessions: Any, one: Telling) -> str:
    """What it is about stands no more: struck, erased."""
    gone = Tried("dropped", "gone", None, None, None)
    with sessions.begin() as session:
        outgoing.settle(session, one.event_id, one.webhook_id, gone, tries=one.tries)
    return gone.state
