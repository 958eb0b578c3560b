"""The memory provider does what its script says, and then goes on taking emails."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from surveyor import faults
from surveyor.mail.message import Message
from surveyor.mail.providers.base import Absent, Found, InDoubtError, TransientError
from surveyor.mail.providers.memory import AcceptThen, MemoryProvider
from surveyor.mail.providers.passages import send_in_two
from tests.mail.providers.conftest import NOW

Make = Callable[..., Message]


def test_a_script_is_followed_and_the_list_tells_the_truth(make: Make) -> None:
    provider = MemoryProvider()
    provider.script(TransientError("later"), AcceptThen(InDoubtError("lost")), None)
    first, second, third = make(), make(), make()
    with pytest.raises(TransientError):
        provider.probe()
    with pytest.raises(TransientError):
        provider.send(first)
    with pytest.raises(InDoubtError):
        provider.send(second)
    provider.send(third)
    provider.send(first)
    provider.probe()
    assert provider.calls == 4
    assert [m.email_id for m in provider.sent] == [second.email_id, third.email_id, first.email_id]
    assert isinstance(provider.lookup(second.email_id, NOW), Found)
    assert isinstance(provider.lookup(make().email_id, NOW), Absent)


def test_a_planned_fault_falls_between_two_halves() -> None:
    sent: list[bytes] = []
    seen: list[int] = []
    send_in_two(sent.append, b"whole")
    faults.install({"call.half_sent": 1}, act=lambda: seen.append(len(sent)))
    try:
        send_in_two(sent.append, b"abcdef")
    finally:
        faults.install({})
    assert (sent, seen) == ([b"whole", b"abc", b"def"], [2])
