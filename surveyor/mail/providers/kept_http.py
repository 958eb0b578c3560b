"""Requests over kept HTTP connections: connecting first tells *not sent* from *in doubt*; none is sent twice."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message as Headers
from time import monotonic
from urllib.parse import urlsplit

from surveyor.mail.providers.base import InDoubtError, TransientError
from surveyor.mail.providers.passages import connected, send_in_two
from surveyor.mail.providers.sockets import speaks

IDLE_SECONDS, MAX_REPLY = 5.0, 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What the package's Response asks of a reply."""

    status: int
    content: bytes
    headers: Headers
    kept: bool

    def getcode(self) -> int:
        return self.status

    def read(self) -> bytes:
        return self.content

    def info(self) -> Headers:
        return self.headers


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was sent and is to be answered before `ends`."""

    connection: http.client.HTTPConnection
    method: str
    ends: float


class Carrier:
    """Carries a request over a kept connection; connecting first tells *not sent* from *in doubt*."""

    def __init__(self, host: str, ca_file: str, call_seconds: float) -> None:
        self._url = urlsplit(host)
        self._seconds = call_seconds
        self._context = ssl.create_default_context(cafile=ca_file or None) if self._url.scheme == "https" else None
        if self._context is not None:
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._free: list[tuple[http.client.HTTPConnection, float]] = []
        self._lock = threading.Lock()

    def carry(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer; TransientError when nothing left, InDoubtError when something did and no answer came."""
        return self.receive(self.post(method, path, (headers, body)))

    def post(self, method: str, path: str, what: tuple[Mapping[str, str], bytes]) -> Request:
        """Send a request over a connection of its own; its answer is read by `receive`."""
        ends = monotonic() + self._seconds
        connection = self._connected(ends)
        connected()
        try:
            _write(connection, method, path, what, ends)
        except OSError as lost:
            connection.close()
            raise InDoubtError(f"no answer: {type(lost).__name__}") from lost
        except BaseException:
            connection.close()
            raise
        return Request(connection, method, ends)

    def receive(self, request: Request) -> Answer:
        """The answer to a request; InDoubtError when none came in time."""
        connection = request.connection
        try:
            answer = _read(connection, request.method, request.ends)
        except (OSError, http.client.HTTPException, ValueError) as lost:
            connection.close()
            raise InDoubtError(f"no answer: {type(lost).__name__}") from lost
        except BaseException:
            connection.close()
            raise
        if answer.kept:
            with self._lock:
                self._free.append((connection, monotonic()))
        else:
            connection.close()
        return answer

    def close(self) -> None:
        """Close the connections that are free."""
        with self._lock:
            free, self._free = self._free, []
        for connection, _ in free:
            connection.close()

    def _connected(self, ends: float) -> http.client.HTTPConnection:
        """The connection used last, unless it was idle for long or closed by the other side; else a new one."""
        while True:
            with self._lock:
                kept, last = self._free.pop() if self._free else (None, 0.0)
            if kept is None:
                return self._open(max(0.001, ends - monotonic()))
            if monotonic() - last < IDLE_SECONDS and not speaks(kept.sock):
                return kept
            kept.close()

    def _open(self, left: float) -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        opened: http.client.HTTPConnection
        if self._context is not None:
            opened = http.client.HTTPSConnection(host, port, timeout=left, context=self._context)
        else:
            opened = http.client.HTTPConnection(host, port, timeout=left)
        try:
            opened.connect()
        except OSError as failed:
            opened.close()
            raise TransientError(f"not connected: {type(failed).__name__}") from failed
        return opened


def _write(
    connection: http.client.HTTPConnection, method: str, path: str, what: tuple[Mapping[str, str], bytes], ends: float
) -> None:
    headers, body = what
    sock: socket.socket = connection.sock
    sock.settimeout(max(0.001, ends - monotonic()))
    lines = [f"{method} {path} HTTP/1.1", f"Host: {connection.host}:{connection.port}", "Accept-Encoding: identity"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode("latin-1")
    send_in_two(sock.sendall, head + body)


def _read(connection: http.client.HTTPConnection, method: str, ends: float) -> Answer:
    sock: socket.socket = connection.sock
    sock.settimeout(max(0.001, ends - monotonic()))
    reply = http.client.HTTPResponse(sock, method=method)
    try:
        reply.begin()
        content = b""
        while chunk := reply.read1(65536):
            content += chunk
            if monotonic() > ends or len(content) > MAX_REPLY:
                raise TimeoutError("the answer is too long")
        if reply.length:
            raise http.client.IncompleteRead(content, reply.length)
    finally:
        reply.close()
    return Answer(reply.status, content, reply.msg, kept=not reply.will_close)
