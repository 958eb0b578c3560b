"""The next group is claimed while this one's answers travel: never more than claimed, and given back at a bad word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from surveyor.core.pace import Pace
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.flows.send_emails import Sent, send_emails
from surveyor.mail.message import Message
from surveyor.mail.providers.base import ChannelError, Ended, InDoubtError, ProviderError, TransientError, nothing
from tests.databases import ON_SQLITE
from tests.flows.sending import NOW, Scripted, build, mailer, open_network, schedule


@dataclass
class Travelling(Scripted):
    """A provider whose answers take a while: it lets us work before it reads the first one."""

    looks: list[Counter[str]] = field(default_factory=list)
    on_travel: Callable[[], None] = lambda: None

    def send_group(self, messages: Sequence[Message], meanwhile: Callable[[], object] = nothing) -> list[Ended]:
        meanwhile()
        self.on_travel()
        ended: list[Ended] = []
        for message in messages:
            try:
                ended.append(self.send(message))
            except ProviderError as error:
                ended.append(error)
        return ended


@pytest.fixture
def network(sessions: Any) -> Any:
    open_network(sessions)
    return sessions


def states(sessions: Any) -> Counter[str]:
    with sessions() as session:
        return Counter(session.scalars(select(Email.state)))


def send(sessions: Any, provider: Any, *, limit: int = 1000) -> Sent:
    return send_emails(sessions, mailer=mailer(provider), now=lambda: NOW, limit=limit)


def watched(sessions: Any, **parts: Any) -> Travelling:
    provider = Travelling(group=2, at_once=2, **parts)
    provider.on_travel = lambda: provider.looks.append(states(sessions))
    return provider


def test_the_next_group_is_claimed_and_no_more_while_answers_travel(network: Any) -> None:
    asked = [schedule(network) for _ in range(5)]
    provider = watched(network)
    assert send(network, provider) == Sent(claimed=5, sent=5)
    assert [(look["dispatching"], look["leased"], look["pending"]) for look in provider.looks] == [
        (2, 2, 1),
        (2, 1, 0),
        (1, 0, 0),
    ]
    assert Counter(provider.calls) == Counter(one.email_id for one in asked)


def test_no_more_is_claimed_than_was_asked_for(network: Any) -> None:
    for _ in range(6):
        schedule(network)
    provider = watched(network)
    assert send(network, provider, limit=3) == Sent(claimed=3, sent=3)
    assert states(network) == {"sent": 3, "pending": 3}


@pytest.mark.parametrize(
    "word",
    [
        ChannelError("401"),
        TransientError("451", retry_at=NOW + timedelta(minutes=10), counts=False),
        InDoubtError("no answer"),
    ],
)
def test_any_other_word_gives_the_next_group_back_untouched(network: Any, word: ProviderError) -> None:
    for _ in range(4):
        schedule(network)
    provider = watched(network, script={1: word})
    send(network, provider)
    assert provider.looks[0]["leased"] == 2
    after = states(network)
    assert after["leased"] == after["dispatching"] == 0
    with network() as session:
        assert session.scalars(select(Email.owner).where(Email.state == "pending")).all() == [None] * after["pending"]


def test_a_group_that_was_given_back_leaves_when_the_gate_says_so(network: Any) -> None:
    for _ in range(4):
        schedule(network)
    provider = watched(network, script={1: InDoubtError("no answer")})
    assert send(network, provider) == Sent(claimed=4, sent=3, in_doubt=1)
    with network() as session:
        fences = Counter(session.scalars(select(Email.fence)))
        assert fences == {1: 2, 2: 2}  # claimed ahead, given back, claimed again
        assert Counter(session.scalars(select(SendAttempt.n))) == {1: 4}


def test_a_database_that_is_away_meanwhile_costs_the_group_under_way_nothing(network: Any) -> None:
    for _ in range(4):
        schedule(network)
    away = [False]

    class Sometimes:
        """Sessions of a database that cannot be reached now and then."""

        def begin(self) -> Any:
            if away[0]:
                raise ConnectionError("away")
            return network.begin()

    @dataclass
    class Cut(Travelling):
        def send_group(self, messages: Sequence[Message], meanwhile: Callable[[], object] = nothing) -> list[Ended]:
            def lost() -> None:
                away[0] = True
                meanwhile()
                away[0] = False

            return Travelling.send_group(self, messages, lost)

    provider = Cut(group=2, at_once=2)
    provider.on_travel = lambda: provider.looks.append(states(network))
    assert send(Sometimes(), provider) == Sent(claimed=4, sent=4)
    assert [look["leased"] for look in provider.looks] == [0, 0]


@ON_SQLITE
def test_a_group_that_was_given_back_gives_its_tokens_back_too(network: Any) -> None:
    for _ in range(4):
        schedule(network)
    provider = watched(network, script={1: InDoubtError("no answer")})
    four = mailer(provider, pace=Pace(group_rate=2.0))
    assert send_emails(network, mailer=four, now=lambda: NOW) == Sent(claimed=4, sent=3, in_doubt=1)


@ON_SQLITE
def test_of_a_group_handed_over_together_what_was_built_for_another_attempt_stays(network: Any) -> None:
    wrong, good = schedule(network), schedule(network)

    def mistaken(facts: Any) -> Message:
        return replace(build(facts), attempt=facts.attempt + (facts.email_id == wrong.email_id))

    provider = watched(network)
    assert send_emails(network, mailer=mailer(provider, built=mistaken), now=lambda: NOW).sent == 1
    assert provider.calls == [good.email_id]
    with network() as session:
        assert session.get_one(Email, wrong.email_id).state == "pending"


@ON_SQLITE
def test_a_group_whose_answers_take_a_second_is_settled_at_once_all_the_same(network: Any) -> None:
    def commits(seconds: float) -> int:
        for _ in range(4):
            schedule(network)
        clock: list[float] = [0.0]
        made: list[Any] = []
        listen = made.append
        provider = Travelling(group=4, at_once=4)
        provider.on_travel = lambda: clock.append(clock[-1] + seconds)
        engine = network.kw["bind"]
        event.listen(engine, "commit", listen)
        sent = send_emails(network, mailer=mailer(provider, ticks=lambda: clock[-1]), now=lambda: NOW, limit=4)
        event.remove(engine, "commit", listen)
        assert sent.sent == 4
        return len(made)

    assert commits(1.0) == commits(0.0)
