"""One hand-over by SMTP, phase by phase: before the final dot nothing is accepted, after it only an answer tells."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

from surveyor.mail.message import Message
from surveyor.mail.providers.base import (
    Accepted,
    InDoubtError,
    PermanentError,
    ProviderError,
    TransientError,
)
from surveyor.mail.providers.passages import connected, send_in_two
from surveyor.mail.providers.smtp.replies import replies
from surveyor.mail.providers.sockets import speaks

_PATH = re.compile(r"[!-;=?-~]+@[!-;=?-~]+", re.ASCII)
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")
_QUEUED = re.compile(r"queued as <?([^\s>]+)", re.IGNORECASE)
SLOW_DOWN = timedelta(minutes=10)
#: What MAIL, RCPT and DATA are nearly always answered.
_GO_ON = [250, 250, 354]

Limit = Callable[[], None]


def dialogue(
    smtp: smtplib.SMTP, message: Message, wire: bytes, *, limit: Limit, now: Callable[[], datetime]
) -> Generator[None, None, Accepted]:
    """MAIL, RCPT, DATA, the body, and only then the dot; stops where only an answer is left to wait for.

    So that others write theirs meanwhile: two waits an email where the relay has PIPELINING (RFC 2920), one where not.
    `limit` sets what is left of the call's time on the socket. Raises like `Provider.send`.
    """
    dot_written = False
    try:
        limit()
        connected()
        yield from _envelope(smtp, message, limit, now)
        send_in_two(partial(_write, smtp), dot_stuffed(wire))
        limit()
        if speaks(smtp.sock):  # refused or gone in the middle of the body: the dot is not written, so nothing is taken
            refuse_if_error(*replies(smtp, 1)[0], "body", now, expected=0)
            raise TransientError("a word in the middle of the body")
        dot_written = True
        _write(smtp, b".\r\n")
        yield
        limit()
        ((code, text),) = replies(smtp, 1)
        refuse_if_error(code, text, "dot", now, expected=250)
        return _accepted(text, message)
    except (OSError, smtplib.SMTPException) as lost:
        if dot_written:
            raise InDoubtError(f"no answer to the dot: {type(lost).__name__}") from lost
        raise TransientError(f"lost before the dot: {type(lost).__name__}") from lost


def _envelope(
    smtp: smtplib.SMTP, message: Message, limit: Limit, now: Callable[[], datetime]
) -> Generator[None, None, None]:
    """Up to the server's "go on". With PIPELINING the three commands leave together: one round trip."""
    if not (_PATH.fullmatch(message.envelope_sender) and _PATH.fullmatch(message.address)):
        raise PermanentError("an address that SMTP cannot carry", bad_address=True)
    if not smtp.has_extn("pipelining"):
        refuse_if_error(*smtp.mail(message.envelope_sender), "MAIL", now)
        limit()
        refuse_if_error(*smtp.rcpt(message.address), "RCPT", now)
        limit()
        refuse_if_error(*smtp.docmd("DATA"), "DATA", now, expected=354)
        return
    said = f"MAIL FROM:<{message.envelope_sender}>\r\nRCPT TO:<{message.address}>\r\nDATA\r\n"
    _write(smtp, said.encode("ascii"))
    yield
    limit()
    answers = replies(smtp, 3)
    if [code for code, _ in answers] == _GO_ON:
        return
    try:
        refuse_if_error(*answers[0], "MAIL", now)
        refuse_if_error(*answers[1], "RCPT", now)
        refuse_if_error(*answers[2], "DATA", now, expected=354)
    except ProviderError:
        if answers[2][0] == 354:  # it waits for a body that must not come: nothing can be said on this connection
            smtp.close()
        raise


def _write(smtp: smtplib.SMTP, what: bytes) -> None:
    """Like `SMTP.send`, of bytes: raises SMTPServerDisconnected, and the connection is closed."""
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected("not connected")
    try:
        smtp.sock.sendall(what)
    except OSError as lost:
        smtp.close()
        raise smtplib.SMTPServerDisconnected(f"Server not connected: {lost}") from lost


def dot_stuffed(wire: bytes) -> bytes:
    """The message with a second dot where a line starts with one, and a line end at its end."""
    whole = wire if wire.endswith(b"\r\n") else wire + b"\r\n"
    found, end = [len(whole)], len(whole)
    while (end := whole.rfind(b"\r\n.", 0, end)) >= 0:  # from the end: half of what it costs from the beginning
        found.append(end + 2)
    if len(found) > 1:
        found.reverse()
        whole = b".".join([whole[: found[0]], *(whole[start:stop] for start, stop in pairwise(found))])
    return b"." + whole if whole.startswith(b".") else whole


def refuse_if_error(code: int, text: bytes, stage: str, now: Callable[[], datetime], *, expected: int = 0) -> None:
    """4xx is TransientError, 5xx PermanentError; anything unexpected at the dot is a doubt, before it a failure."""
    if code == expected or (not expected and 200 <= code < 400):
        return
    said = evidence(code, text, stage)
    if 400 <= code < 500:
        raise _transient(code, said, text, now)
    if 500 <= code < 600:
        enhanced = re.match(rb"\s*5\.1\.\d+", text)
        raise PermanentError(said, bad_address=enhanced is not None and stage in ("RCPT", "dot"))
    raise InDoubtError(said) if stage == "dot" else TransientError(said)


def _transient(code: int, said: str, text: bytes, now: Callable[[], datetime]) -> ProviderError:
    """Gmail's `4.7.28` asks for a pause of its own; `421` closes the connection, and is a failure of it."""
    retry_at = now() + SLOW_DOWN if b"4.7.28" in text else None
    return TransientError(said, retry_at=retry_at, answered=code != 421)


def evidence(code: int, text: bytes, stage: str) -> str:
    """What was answered, without any address, in at most 300 characters."""
    plain = text.decode("utf-8", "replace")
    if not plain.isprintable():
        plain = "".join(c if c.isprintable() else " " for c in plain)
    return f"{stage} {code} {_ADDRESS.sub('<…>', plain) if '@' in plain else plain}"[:300]


def _accepted(text: bytes, message: Message) -> Accepted:
    """The last `250` names the queue id of the relay: kept, since nothing else finds the email again there."""
    said = evidence(250, text, "dot")
    queued = _QUEUED.search(said)
    return Accepted(queued[1] if queued else message.id_text, said)
