"""One POST of an event to a checked address, in five seconds at most; of the answer only status and size are kept."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from surveyor.core.outgoing import Policy, Target, read_url
from surveyor.errors import Refused
from surveyor.outgoing.resolve import Resolve, check, resolve

SECONDS = 5.0
MOST_READ = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """How a try went. status None: nobody answered; outcome says why, in a word of ours."""

    outcome: str
    status: int | None = None
    size: int = 0


class _Pinned(http.client.HTTPConnection):
    """A connection to one address that was checked, whatever the name resolves to by now; TLS goes by the name."""

    def __init__(self, target: Target, address: str, tls: ssl.SSLContext | None, seconds: float) -> None:
        super().__init__(target.host, target.port, timeout=seconds)
        self._address, self._tls = address, tls

    def connect(self) -> None:
        """Connect to the address, then speak TLS with the host."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._tls is not None:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)


@dataclass(frozen=True, slots=True)
class Post:
    """How an installation posts. trust: whose certificates are believed (default: those the machine believes)."""

    policy: Policy = field(default_factory=Policy)
    look_up: Resolve = resolve
    trust: ssl.SSLContext | None = None
    seconds: float = SECONDS

    def __call__(self, target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Resolve once, check every address, connect to the first. Never raises for what is out there; no redirect is
        followed, no proxy of the environment is asked.
        """
        try:
            address = check(target, self.policy, look_up=self.look_up)[0]
        except Refused as refused:
            return Answer(refused.code)
        tls = (self.trust or ssl.create_default_context()) if target.secure else None
        return _try(target, address, tls, self.seconds, (body, headers))

    def may_go_to(self, url: str) -> None:
        """Raises Refused for an address that nothing may be sent to (`url_invalid`, `url_internal`)."""
        check(read_url(url, self.policy), self.policy, look_up=self.look_up)


def _try(
    target: Target, address: str, tls: ssl.SSLContext | None, seconds: float, said: tuple[bytes, Mapping[str, str]]
) -> Answer:
    connection = _Pinned(target, address, tls, seconds)
    # The time limit of a socket starts again with each byte; this one ends the whole.
    over = threading.Event()
    end = threading.Timer(seconds, _hang_up, (connection, over))
    end.daemon = True
    end.start()
    try:
        answer = _exchange(connection, target, *said)
        # A connection that was hung up looks like an answer that ended: it did not.
        return Answer("timeout") if over.is_set() else answer
    except ssl.SSLCertVerificationError:
        return Answer("certificate")
    except ssl.SSLError:
        return Answer("timeout" if over.is_set() else "tls")
    except TimeoutError:
        return Answer("timeout")
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return Answer("timeout" if over.is_set() else "connection")
    finally:
        end.cancel()
        connection.close()


def _exchange(connection: _Pinned, target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
    connection.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
    told = {"Host": target.authority, "Content-Type": "application/json", "Content-Length": str(len(body))}
    for name, value in {**told, "User-Agent": "surveyor-webhooks/1", "Connection": "close", **headers}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    size = len(answer.read(MOST_READ))
    good = 200 <= answer.status < 300
    return Answer("ok" if good else "status", answer.status, size)


def _hang_up(connection: _Pinned, over: threading.Event) -> None:
    over.set()
    sock = connection.sock
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
