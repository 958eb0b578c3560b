"""The two places inside a hand-over where the fault tests kill a worker: once connected, and half of it sent."""

from __future__ import annotations

from surveyor.faults import fault


def connected() -> None:
    """The channel is open and nothing of the email has left."""
    fault("call.connected")


def half_sent() -> None:
    """Part of the email has left."""
    fault("call.half_sent")
