"""Submission to any relay: a few connections, kept and tried before use, each hand-over driven phase by phase."""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import monotonic
from urllib.parse import unquote
from uuid import UUID

from surveyor.errors import SettingsError
from surveyor.mail.message import Message
from surveyor.mail.providers import ProviderSettings
from surveyor.mail.providers.base import (
    Accepted,
    Capabilities,
    Ended,
    PermanentError,
    ProviderError,
    ProviderEvent,
    TransientError,
    Unknown,
    nothing,
)
from surveyor.mail.providers.smtp.dialogue import dialogue
from surveyor.mail.providers.smtp.door import Relay, open_relay
from surveyor.mail.providers.smtp.dsn import parse_dsn
from surveyor.mail.providers.smtp.places import Places
from surveyor.mail.providers.sockets import that_speak
from surveyor.mail.wire import reference

__all__ = ["LOCAL", "Relay", "SmtpProvider", "from_url"]

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
EMAILS_PER_CONNECTION, IDLE_SECONDS, TRIED_AFTER = 500, 60.0, 1.0
#: A wait may end so many seconds after the call's time.
CLOSE_ENOUGH = 0.05


@dataclass(slots=True)
class _Connection:
    smtp: smtplib.SMTP
    used: int = 0
    last: float = 0.0


@dataclass(slots=True)
class _Flight:
    """An email on its way over one connection, or how that ended."""

    steps: Generator[None, None, Accepted] | None = None
    connection: _Connection | None = None
    ended: Ended | None = None


class SmtpProvider:
    """See `Provider`. Waits for one of `relay.connections`; gives it back after each email."""

    name = "smtp"

    def __init__(self, relay: Relay, *, now: Callable[[], datetime]) -> None:
        self.relay = relay
        self.capabilities = Capabilities(
            group=20,
            call_seconds=relay.call_seconds,
            lookup="none",
            events=False,
            sandbox=False,
            at_once=relay.connections,
        )
        self._now = now
        self._free: list[_Connection] = []
        self._lock = threading.Lock()
        self._places = Places(relay.connections)

    def send(self, message: Message) -> Accepted:
        """See `Provider.send`."""
        ended = self.send_group([message])[0]
        if isinstance(ended, Accepted):
            return ended
        raise ended

    def send_group(self, messages: Sequence[Message], meanwhile: Callable[[], object] = nothing) -> list[Ended]:
        """See `Together.send_group`: every connection writes before the first one is waited for."""
        ends = monotonic() + self.relay.call_seconds
        ended: list[Ended] = []
        while len(ended) < len(messages):
            places = self._places.take(len(messages) - len(ended), ends)
            flights = self._take_off(messages[len(ended) : len(ended) + places], ends)
            if not flights:
                flights.append(_Flight(ended=TransientError("every connection is busy", counts=False)))
            while flying := [flight for flight in flights if flight.ended is None]:
                for flight in flying:
                    self._fly(flight, ends)
                self._places.give_back(sum(flight.ended is not None for flight in flying))
                meanwhile()  # before any dot: what keeps us here too long costs a try, never a doubt
                meanwhile = nothing
            ended += [flight.ended for flight in flights if flight.ended is not None]
        return ended

    def _take_off(self, messages: Sequence[Message], ends: float) -> list[_Flight]:
        """A connection for each email, whose places are taken, unless none can be had."""
        wires = [_wire(message) for message in messages]
        connections = iter(self._connections(sum(isinstance(wire, bytes) for wire in wires), ends))
        flights = []
        for message, wire in zip(messages, wires, strict=True):
            if isinstance(wire, Exception):
                flights.append(self._stay(wire))
                continue
            connection = next(connections)
            if isinstance(connection, Exception):
                flights.append(self._stay(connection))
                continue
            smtp = connection.smtp
            steps = dialogue(smtp, message, wire, limit=partial(_limit, smtp, ends), now=self._now)
            flights.append(_Flight(steps, connection))
        return flights

    def _stay(self, why: Exception) -> _Flight:
        """Nothing of this email has left."""
        self._places.give_back()
        return _Flight(ended=why)

    def _fly(self, flight: _Flight, ends: float) -> None:
        """One step further; at its end the connection is kept or let go, and its place is the caller's to free."""
        connection, steps = flight.connection, flight.steps
        assert connection is not None
        assert steps is not None
        try:
            next(steps)
            return
        except StopIteration as done:
            flight.ended = done.value
            self._keep(connection)
        except (TransientError, PermanentError) as refused:
            flight.ended = refused
            if _still_open(refused) and _reset(connection.smtp, ends):
                self._keep(connection)
            else:
                connection.smtp.close()
        except Exception as error:
            flight.ended = error
            connection.smtp.close()

    def probe(self) -> None:
        """Connects if needed and says NOOP."""
        ends = monotonic() + self.relay.call_seconds
        if not self._places.take(1, ends):
            raise TransientError("every connection is busy", counts=False)
        try:
            (connection,) = self._connections(1, ends)
            if isinstance(connection, Exception):
                raise connection
            self._keep(connection)
        finally:
            self._places.give_back()

    def lookup(self, email_id: UUID, since: datetime, address: str = "") -> Unknown:
        """A relay cannot be asked."""
        return Unknown("smtp has no search")

    def verify(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """Nothing comes in over HTTP."""
        return False

    def parse(self, raw: bytes) -> list[ProviderEvent]:
        """The events of one bounce (RFC 3464) as the return-path mailbox received it."""
        return parse_dsn(raw, self._now())

    def close(self) -> None:
        """Say goodbye on every idle connection."""
        with self._lock:
            free, self._free = self._free, []
        if free:
            with ThreadPoolExecutor(len(free)) as threads:
                for connection in free:
                    threads.submit(_quit, connection.smtp)

    def _connections(self, many: int, ends: float) -> list[_Connection | Exception]:
        """So many connections, or what stood in the way of each. Those that have to be asked or opened are, at once."""
        with self._lock:
            kept = [self._free.pop() if self._free else None for _ in range(many)]
        ready = _just_worked(kept)
        waiting = [one for one, at_once in zip(kept, ready, strict=True) if not at_once]
        if len(waiting) > 1:
            with ThreadPoolExecutor(len(waiting)) as threads:
                asked = iter(list(threads.map(lambda one: self._asked(one, ends), waiting)))
        else:
            asked = iter([self._asked(one, ends) for one in waiting])
        return [one if one is not None and at_once else next(asked) for one, at_once in zip(kept, ready, strict=True)]

    def _asked(self, kept: _Connection | None, ends: float) -> _Connection | Exception:
        """A connection that still answers, or a new one. Closed without a word costs a connection, not a doubt."""
        try:
            while kept is not None:
                if monotonic() - kept.last < IDLE_SECONDS and _answers(kept.smtp, ends):
                    return kept
                _quit(kept.smtp)
                with self._lock:
                    kept = self._free.pop() if self._free else None
            return _Connection(open_relay(self.relay, ends), 0, monotonic())
        except Exception as error:  # whatever it is, it is the end of one email
            return error

    def _keep(self, connection: _Connection) -> None:
        connection.used += 1
        connection.last = monotonic()
        if connection.used >= EMAILS_PER_CONNECTION:
            _quit(connection.smtp)
            return
        with self._lock:
            self._free.append(connection)


def _wire(message: Message) -> bytes | Exception:
    try:
        return message.wire if message.wire is not None else reference(message)
    except Exception as error:  # a header that cannot be written
        return error


def _just_worked(kept: Sequence[_Connection | None]) -> list[bool]:
    """Of each, whether it is there, was used a moment ago and has said nothing since: it is not asked."""
    since = monotonic() - TRIED_AFTER
    speaking = that_speak([None if one is None else one.smtp.sock for one in kept])
    return [one is not None and one.last > since and not word for one, word in zip(kept, speaking, strict=True)]


def _limit(smtp: smtplib.SMTP, ends: float) -> None:
    left = ends - monotonic()
    if left <= 0:
        raise TimeoutError("the call's time is over")
    if smtp.sock is not None:
        known = smtp.sock.gettimeout()
        if known is None or not left <= known < left + CLOSE_ENOUGH:  # each setting is a call of the system
            smtp.sock.settimeout(left)


def _answers(smtp: smtplib.SMTP, ends: float) -> bool:
    try:
        _limit(smtp, ends)
        return smtp.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _reset(smtp: smtplib.SMTP, ends: float) -> bool:
    try:
        _limit(smtp, ends)
        return smtp.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _still_open(refused: ProviderError) -> bool:
    """After a word in the middle of the body nobody knows what the server reads next."""
    lost = ("lost before", "body ", "a word in")
    return not refused.evidence.startswith(lost) and " 421 " not in f" {refused.evidence} "


def _quit(smtp: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):
        if smtp.sock is not None:
            smtp.sock.settimeout(2)
        smtp.quit()
    smtp.close()


def from_url(settings: ProviderSettings) -> SmtpProvider:
    """`smtp://user:password@host:587?starttls=1&connections=4&timeout=30&ca=FILE`, or `smtps://` for TLS at once."""
    url = settings.url
    host = url.hostname or ""
    if not host:
        raise SettingsError("SURVEYOR_MAIL_URL: smtp:// is followed by a host")
    implicit = url.scheme == "smtps"
    wanted = settings.options.get("starttls", "0" if host in LOCAL else "1") != "0"
    if not implicit and not wanted and host not in LOCAL:
        raise SettingsError("SURVEYOR_MAIL_URL: starttls=0 is for this machine alone; use starttls=1 or smtps://")
    relay = Relay(
        host=host,
        port=url.port or (465 if implicit else 587),
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        tls="implicit" if implicit else ("starttls" if wanted else "none"),
        ca_file=settings.options.get("ca", ""),
        connections=int(settings.number("connections", 4, low=1, high=200)),
        call_seconds=settings.number("timeout", 30, low=1, high=30),
    )
    return SmtpProvider(relay, now=settings.now)
