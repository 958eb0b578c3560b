"""Whether the other side of a kept connection has said something, or gone: asked before an email is trusted to it."""

from __future__ import annotations

import select
import socket


def speaks(sock: socket.socket | None) -> bool:
    """True when there is something to read now: a word nobody asked for, an end of file, or an error."""
    if sock is None or sock.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN | select.POLLERR | select.POLLHUP)
    return bool(poll.poll(0))
