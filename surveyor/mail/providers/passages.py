"""The two places inside a hand-over where the fault tests kill a worker: once connected, and half of it sent."""

from __future__ import annotations

from collections.abc import Callable

from surveyor.faults import fault, planned

HALF = "call.half_sent"


def connected() -> None:
    """The channel is open and nothing of the email has left."""
    fault("call.connected")


def half_sent() -> None:
    """Part of the email has left."""
    fault("call.half_sent")


def send_in_two(send: Callable[[bytes], object], whole: bytes) -> None:
    """Send it whole; in two halves, with the passage between them, when a plan names that point."""
    if planned(HALF):
        middle = len(whole) // 2
        send(whole[:middle])
        half_sent()
        send(whole[middle:])
    else:
        send(whole)
