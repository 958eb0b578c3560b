"""Submission to any relay: a few connections, kept and tried before use, each hand-over driven phase by phase."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from urllib.parse import unquote
from uuid import UUID

from surveyor.errors import SettingsError
from surveyor.mail.message import Message
from surveyor.mail.providers import ProviderSettings
from surveyor.mail.providers.base import (
    Accepted,
    Capabilities,
    ChannelError,
    Ended,
    PermanentError,
    ProviderError,
    ProviderEvent,
    TransientError,
    Unknown,
)
from surveyor.mail.providers.smtp.dialogue import dialogue, evidence
from surveyor.mail.providers.smtp.dsn import parse_dsn
from surveyor.mail.providers.sockets import speaks
from surveyor.mail.wire import reference

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
EMAILS_PER_CONNECTION, IDLE_SECONDS, TRIED_AFTER = 500, 60.0, 1.0


@dataclass(frozen=True, slots=True)
class Relay:
    """Where to submit. tls: `starttls`, `implicit`, or `none`, which only this machine itself may be given."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: str = "starttls"
    ca_file: str = ""
    connections: int = 4
    call_seconds: float = 30.0


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
        self._places = threading.BoundedSemaphore(relay.connections)

    def send(self, message: Message) -> Accepted:
        """See `Provider.send`."""
        ended = self.send_group([message])[0]
        if isinstance(ended, Accepted):
            return ended
        raise ended

    def send_group(self, messages: Sequence[Message]) -> list[Ended]:
        """See `Together.send_group`: every connection writes before the first one is waited for."""
        ends = monotonic() + self.relay.call_seconds
        ended: list[Ended] = []
        while len(ended) < len(messages):
            flights: list[_Flight] = []
            for message in messages[len(ended) :]:
                # Whoever holds a connection never waits for another: two workers would wait for each other.
                seconds = 0.0 if flights else max(0.0, ends - monotonic())
                if not self._places.acquire(timeout=seconds):
                    break
                flights.append(self._take_off(message, ends))
            if not flights:
                flights.append(_Flight(ended=TransientError("every connection is busy", counts=False)))
            while flying := [flight for flight in flights if flight.ended is None]:
                for flight in flying:
                    self._fly(flight, ends)
            ended += [flight.ended for flight in flights if flight.ended is not None]
        return ended

    def _take_off(self, message: Message, ends: float) -> _Flight:
        """A connection for an email whose place is taken, unless none can be had."""
        try:
            wire = message.wire if message.wire is not None else reference(message)
            connection = self._connection(ends)
        except Exception as error:  # nothing of this email has left
            self._places.release()
            return _Flight(ended=error)
        smtp = connection.smtp
        steps = dialogue(smtp, message, wire, limit=lambda: _limit(smtp, ends), now=self._now)
        return _Flight(steps, connection)

    def _fly(self, flight: _Flight, ends: float) -> None:
        """One step further; at its end the connection is kept or let go, and its place is free."""
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
        self._places.release()

    def probe(self) -> None:
        """Connects if needed and says NOOP."""
        with self._places:
            connection = self._connection(monotonic() + self.relay.call_seconds)
            self._keep(connection)

    def lookup(self, email_id: UUID, since: datetime) -> Unknown:
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
        for connection in free:
            _quit(connection.smtp)

    def _connection(self, ends: float) -> _Connection:
        """A kept connection that still answers, or a new one. Closed without a word costs a connection, not a doubt."""
        while True:
            with self._lock:
                connection = self._free.pop() if self._free else None
            if connection is None:
                return _Connection(self._open(ends), 0, monotonic())
            idle = monotonic() - connection.last
            if idle < TRIED_AFTER and not speaks(connection.smtp.sock):
                return connection
            if idle < IDLE_SECONDS and _answers(connection.smtp, ends):
                return connection
            _quit(connection.smtp)

    def _keep(self, connection: _Connection) -> None:
        connection.used += 1
        connection.last = monotonic()
        if connection.used >= EMAILS_PER_CONNECTION:
            _quit(connection.smtp)
            return
        with self._lock:
            self._free.append(connection)

    def _open(self, ends: float) -> smtplib.SMTP:
        try:
            return self._dial(max(0.1, ends - monotonic()))
        except ProviderError:
            raise
        except smtplib.SMTPConnectError as refused:
            raise _at_the_door(refused.smtp_code, refused.smtp_error, "greeting") from refused
        except smtplib.SMTPAuthenticationError as refused:
            raise _at_the_door(refused.smtp_code, refused.smtp_error, "AUTH") from refused
        except smtplib.SMTPNotSupportedError as missing:
            raise ChannelError("the relay offers no AUTH that we know") from missing
        except smtplib.SMTPResponseException as refused:
            raise _at_the_door(refused.smtp_code, refused.smtp_error, "EHLO") from refused
        except (OSError, smtplib.SMTPException) as lost:
            raise TransientError(f"not connected: {type(lost).__name__}") from lost

    def _dial(self, timeout: float) -> smtplib.SMTP:
        relay = self.relay
        if relay.tls == "implicit":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                relay.host, relay.port, local_hostname=_own_name(), timeout=timeout, context=self._context()
            )
        else:
            smtp = smtplib.SMTP(relay.host, relay.port, local_hostname=_own_name(), timeout=timeout)
        if smtp.sock is not None:
            # Without it each small write (the dot!) waits 40 ms for the acknowledgement of the one before.
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            smtp.ehlo_or_helo_if_needed()
            if relay.tls == "starttls":
                if not smtp.has_extn("starttls"):
                    raise ChannelError("the relay offers no STARTTLS")
                smtp.starttls(context=self._context())
                smtp.ehlo()
            if relay.user:
                smtp.login(relay.user, relay.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.relay.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def _own_name() -> str:
    return socket.gethostname() or "localhost"


def _limit(smtp: smtplib.SMTP, ends: float) -> None:
    left = ends - monotonic()
    if left <= 0:
        raise TimeoutError("the call's time is over")
    if smtp.sock is not None:
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


def _at_the_door(code: int, text: bytes | str, stage: str) -> ProviderError:
    """Refused before any email: 4xx passes, 5xx concerns everybody."""
    said = evidence(code, text if isinstance(text, bytes) else text.encode(), stage)
    return ChannelError(said) if 500 <= code < 600 else TransientError(said)


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
