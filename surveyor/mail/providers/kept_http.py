"""Requests over kept HTTP connections: connecting first tells *not sent* from *in doubt*; none is sent twice."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol
from urllib.parse import urlsplit

from surveyor.mail.providers.base import InDoubtError, TransientError
from surveyor.mail.providers.passages import connected, send_in_two
from surveyor.mail.providers.sockets import speaks

IDLE_SECONDS, MAX_REPLY = 5.0, 1 << 20


class Named(Protocol):
    """Headers, found by their names however they are written."""

    def get(self, name: str, default: str = "") -> str: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What the package's Response asks of a reply."""

    status: int
    content: bytes
    headers: Named
    kept: bool

    def getcode(self) -> int:
        return self.status

    def read(self) -> bytes:
        return self.content

    def info(self) -> Named:
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


class _Fields(dict[str, str]):
    """Headers by their names in small letters."""

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        return super().get(name.lower(), default)


def _taken(start: bytes) -> _Fields | None:
    """The headers of an answer that is all there, says 202 and nothing else, and keeps the connection; else None.

    Nearly every answer is: the parser of emails, which reads headers for http.client, costs as much as the request.
    """
    if not start.startswith(b"HTTP/1.1 202 ") or start.find(b"\r\n\r\n") != len(start) - 4:
        return None
    fields = _Fields()
    for line in start[:-4].decode("latin-1").split("\r\n")[1:]:
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or not name.isprintable() or " " in name or name in fields:
            return None
        fields[name] = value.strip(" \t")
    whole = fields.get("Content-Length") == "0" and "transfer-encoding" not in fields
    return fields if whole and fields.get("Connection").lower() in ("", "keep-alive") else None


class _Begun(io.RawIOBase):
    """A socket of which the start of an answer was read already."""

    def __init__(self, start: bytes, sock: socket.socket) -> None:
        self._start, self._sock = start, sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._start:
            return self._sock.recv_into(buffer)
        some, self._start = self._start[: len(buffer)], self._start[len(buffer) :]
        buffer[: len(some)] = some
        return len(some)


def _read(connection: http.client.HTTPConnection, method: str, ends: float) -> Answer:
    sock: socket.socket = connection.sock
    sock.settimeout(max(0.001, ends - monotonic()))
    start = sock.recv(65536)
    plain = _taken(start)
    if plain is not None:
        return Answer(202, b"", plain, kept=True)
    begun: Any = _Begun(start, sock)
    reply = http.client.HTTPResponse(begun, method=method)
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
    headers: Any = reply.msg
    return Answer(reply.status, content, headers, kept=not reply.will_close)
