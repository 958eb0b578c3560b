"""The machine's clock jumps while emails leave, and is set right again: nobody is written to twice, nothing stays."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from surveyor.flows.check_invariants import check_invariants
from surveyor.jobs import desk
from surveyor.jobs.clock import Clock
from surveyor.mail.providers.base import InDoubtError
from surveyor.mail.providers.memory import AcceptThen, MemoryProvider
from surveyor.services import Services
from tests.flows.orders import at
from tests.jobs.test_restore import DUE, order_twice, ordered, sent, states

pytestmark = pytest.mark.faults
JUMPS = {
    "an hour back": DUE - timedelta(hours=1),
    "an hour ahead": DUE + timedelta(hours=1),
    "a day back": DUE - timedelta(days=1),
    "a day ahead": DUE + timedelta(days=1),
    "the year 2000": at("2000-01-01T00:00"),
}


class Forgetful(MemoryProvider):
    """Loses every answer of the first hand-overs, and knows nothing of them afterwards."""

    def lookup(self, email_id: Any, since: datetime, address: str = "") -> Any:
        from surveyor.mail.providers.base import Unknown

        return Unknown("nothing is kept")


def turn(house: Services) -> None:
    """One look of everybody who acts by the clock; what fails is logged and done again."""
    Clock(house, beside=lambda _work: None).tick()
    desk.drain(house, desk.mailer(house))


@pytest.mark.parametrize("where", ["before the first email", "with an answer lost"])
@pytest.mark.parametrize("jump", list(JUMPS))
def test_a_clock_that_jumps_and_comes_back_sends_nothing_twice(
    sessions: Any, clock: Any, tmp_path: Path, jump: str, where: str
) -> None:
    provider = Forgetful()
    house = ordered(sessions, clock, tmp_path, provider=provider)
    for customer in ("c2", "c3", "c4"):
        order_twice(house, customer)
    if where == "with an answer lost":
        lost = AcceptThen(InDoubtError("the answer was lost"))
        provider.script(lost, lost)
        clock.set(DUE)
        turn(house)
        assert {state for state, _ in states(house)} >= {"in_doubt"}
    for _ in range(2):
        clock.set(JUMPS[jump])
        turn(house)
        clock.set(DUE + timedelta(minutes=5))
        turn(house)
    for hours in (1, 3, 25, 49):
        clock.set(DUE + timedelta(hours=hours))
        turn(house)
    times = Counter(message.address for message in provider.sent)
    assert set(times.values()) == {1}
    assert sent(house) == len(times) == 4
    assert {state for state, _ in states(house)} <= {"sent", "dropped"}
    assert check_invariants(house.sessions, now=clock()).findings == ()
