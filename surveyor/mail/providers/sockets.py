"""Whether the other side of a kept connection has said something, or gone: asked before an email is trusted to it."""

from __future__ import annotations

import select
import socket
from collections.abc import Sequence

_WORDS = select.POLLIN | select.POLLERR | select.POLLHUP


def speaks(sock: socket.socket | None) -> bool:
    """True when there is something to read now: a word nobody asked for, an end of file, or an error."""
    if sock is None or sock.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(sock.fileno(), _WORDS)
    return bool(poll.poll(0))


def that_speak(socks: Sequence[socket.socket | None]) -> list[bool]:
    """The same of several, with one look at all of them."""
    files = [-1 if sock is None else sock.fileno() for sock in socks]
    poll = select.poll()
    for file in files:
        if file >= 0:
            poll.register(file, _WORDS)
    speaking = {file for file, _ in poll.poll(0)}
    return [file < 0 or file in speaking for file in files]
