"""Point 3: the SMTP relay: whether it answers, encrypts, knows us, and what it can do."""

from __future__ import annotations

import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress

from surveyor.mail.doctor.line import Level, Line
from surveyor.mail.doctor.resolver import Ask, Silent
from surveyor.mail.providers.smtp import Relay

_SECONDS = 10.0


def check_relay(relay: Relay, ask: Ask) -> Iterator[Line]:
    """Connect, read what it offers, sign in, say goodbye; no email is begun."""
    host, port, tls = relay.host, relay.port, relay.tls
    where = f"smtp {host}:{port}"
    context = ssl.create_default_context(cafile=relay.ca_file or None)
    try:
        smtp = (
            smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=context)
            if tls == "implicit"
            else smtplib.SMTP(host, port, timeout=_SECONDS)
        )
    except ssl.SSLError as wrong:
        yield _bad_certificate(wrong)
        return
    except smtplib.SMTPResponseException as wrong:
        yield Line(3, where, Level.FAIL, f"it refuses us ({_code(wrong)})", "see the relay's own log", "RFC 5321 3.1")
        return
    except OSError as away:
        advice = "check host, port and firewall; or look from where the workers run"
        yield Line(3, where, Level.UNKNOWN, f"cannot be reached ({type(away).__name__})", advice)
        return
    ours = _is_this_machine(smtp)
    try:
        yield Line(3, where, Level.OK, "answers", "", "RFC 5321")
        yield from _dialogue(smtp, tls, context, (relay.user, relay.password))
        if ours:  # the PTR of another's relay is its own affair
            yield _reverse(ask)
    finally:
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()


def _dialogue(smtp: smtplib.SMTP, tls: str, context: ssl.SSLContext, login: tuple[str, str]) -> Iterator[Line]:
    try:
        smtp.ehlo()
        if tls == "starttls":
            if not smtp.has_extn("starttls"):
                advice = "take another port (587), or smtps:// for TLS at once"
                yield Line(3, "STARTTLS", Level.FAIL, "not offered", advice, "RFC 3207")
                return
            smtp.starttls(context=context)
            smtp.ehlo()
    except ssl.SSLError as wrong:
        yield _bad_certificate(wrong)
        return
    except (smtplib.SMTPException, OSError) as wrong:
        yield Line(3, "STARTTLS", Level.FAIL, f"broken off ({_code(wrong)})", "see the relay's log", "RFC 3207")
        return
    if tls == "none":
        yield Line(3, "TLS", Level.WARN, "none, which only this machine may have", "", "RFC 3207")
    else:
        yield Line(3, "TLS", Level.OK, "the certificate holds for this host", "", "RFC 3207")
    yield from _sign_in(smtp, login)
    for name in ("size", "pipelining"):
        if smtp.has_extn(name):
            value = smtp.esmtp_features.get(name, "")
            yield Line(3, name.upper(), Level.OK, f"offered {value}".strip(), "", "RFC 1870, RFC 2920")
        else:
            yield Line(3, name.upper(), Level.WARN, "not offered", "it works without, slower", "RFC 1870, RFC 2920")


def _sign_in(smtp: smtplib.SMTP, login: tuple[str, str]) -> Iterator[Line]:
    user, password = login
    if not user:
        yield Line(3, "AUTH", Level.OK, "none is configured", "", "RFC 4954")
        return
    if not smtp.has_extn("auth"):
        advice = "take the user out of SURVEYOR_MAIL_URL, or another port"
        yield Line(3, "AUTH", Level.FAIL, "not offered", advice, "RFC 4954")
        return
    try:
        smtp.login(user, password)
    except (smtplib.SMTPException, OSError) as wrong:
        yield Line(3, "AUTH", Level.FAIL, f"refused ({_code(wrong)})", "check user and password", "RFC 4954")
    else:
        yield Line(3, "AUTH", Level.OK, "accepted", "", "RFC 4954")


def _is_this_machine(smtp: smtplib.SMTP) -> bool:
    assert smtp.sock is not None
    return bool(smtp.sock.getpeername()[0] == smtp.sock.getsockname()[0])


def _reverse(ask: Ask) -> Line:
    """The PTR of the address that the emails of this machine leave from."""
    address = _outward()
    if address:
        return reverse(address, ask)
    advice = "look at the PTR record of your public address yourself"
    return Line(3, "PTR", Level.UNKNOWN, "the public address cannot be seen from here", advice, "Gmail, Yahoo: PTR")


def reverse(address: str, ask: Ask) -> Line:
    """Whether an address has a name that leads back to it."""
    try:
        names = ask(ipaddress.ip_address(address).reverse_pointer, "PTR")
        kind = "AAAA" if ":" in address else "A"
        back = [name for name in names if address in ask(name, kind)]
    except Silent as silent:
        return Line(3, "PTR", Level.UNKNOWN, f"no name server answers ({silent})", "", "Gmail, Yahoo: PTR")
    if back:
        return Line(3, "PTR", Level.OK, f"{address} is {back[0]} and back", "", "Gmail, Yahoo: PTR")
    what = f"{address} has no name" if not names else f"{names[0]} does not lead back to {address}"
    return Line(3, "PTR", Level.FAIL, what, "ask your host for a PTR record", "Gmail, Yahoo: PTR")


def _outward() -> str:
    """The address this machine talks to the world from, "" when it is private; a UDP socket sends nothing to say so."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            found = str(probe.getsockname()[0])
        except OSError:
            return ""
    return found if ipaddress.ip_address(found).is_global else ""


def _bad_certificate(wrong: ssl.SSLError) -> Line:
    what = getattr(wrong, "verify_message", "") or str(wrong.reason or "no TLS")
    advice = "use the name on the certificate, or ?ca=FILE for your own authority"
    return Line(3, "TLS", Level.FAIL, f"the certificate does not hold: {what}", advice, "RFC 3207")


def _code(wrong: Exception) -> str:
    return str(getattr(wrong, "smtp_code", "") or type(wrong).__name__)
