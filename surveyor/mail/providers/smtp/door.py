"""The way to a relay: connected, greeted, encrypted and signed in, or the error that says why not."""

from __future__ import annotations

import smtplib
import socket
import ssl
from dataclasses import dataclass
from time import monotonic

from surveyor.mail.providers.base import ChannelError, ProviderError, TransientError
from surveyor.mail.providers.smtp.dialogue import evidence


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


def open_relay(relay: Relay, ends: float) -> smtplib.SMTP:
    """A connection ready for MAIL; raises like `Provider.send`. ends: `monotonic()` at which the call is over."""
    try:
        return _dial(relay, max(0.1, ends - monotonic()))
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


def _dial(relay: Relay, timeout: float) -> smtplib.SMTP:
    if relay.tls == "implicit":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            relay.host, relay.port, local_hostname=_own_name(), timeout=timeout, context=_context(relay)
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
            smtp.starttls(context=_context(relay))
            smtp.ehlo()
        if relay.user:
            smtp.login(relay.user, relay.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _context(relay: Relay) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=relay.ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _own_name() -> str:
    return socket.gethostname() or "localhost"


def _at_the_door(code: int, text: bytes | str, stage: str) -> ProviderError:
    """Refused before any email: 4xx passes, 5xx concerns everybody."""
    said = evidence(code, text if isinstance(text, bytes) else text.encode(), stage)
    return ChannelError(said) if 500 <= code < 600 else TransientError(said)
