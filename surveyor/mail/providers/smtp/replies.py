"""What a relay answers, read several replies at a time: `smtplib` reads line by line through three layers."""

from __future__ import annotations

import re
import smtplib
from functools import cache

#: No relay has more to say on one line (smtplib keeps to the same).
LONGEST = 8192


def replies(smtp: smtplib.SMTP, many: int) -> list[tuple[int, bytes]]:
    """The next `many` replies: code and text, -1 for a code that is none. Raises like `SMTP.getreply`.

    After a word too many the connection is closed: whose answer the next one would be, nobody knows.
    """
    waiting, start = _more(smtp), 0
    usual = _one_line_each(many).fullmatch(waiting)
    if usual is not None:
        said = usual.groups()
        return [(int(said[at]), said[at + 1].strip(b" \t")) for at in range(0, 2 * many, 2)]
    found: list[tuple[int, bytes]] = []
    texts: list[bytes] = []
    while len(found) < many:
        end = waiting.find(b"\n", start)
        if end < 0:
            if len(waiting) - start > LONGEST:
                smtp.close()
                raise smtplib.SMTPResponseException(500, b"Line too long.")
            waiting, start = waiting[start:] + _more(smtp), 0
            continue
        texts.append(waiting[start + 4 : end].strip(b" \t\r\n"))
        code, last = waiting[start : start + 3], waiting[start + 3 : start + 4] != b"-"
        start = end + 1
        number = int(code) if code.isdigit() and len(code) == 3 else -1
        if last or number < 0:
            found.append((number, b"\n".join(texts) if len(texts) > 1 else texts[0]))
            texts = []
    if start < len(waiting):
        smtp.close()
    return found


@cache
def _one_line_each(many: int) -> re.Pattern[bytes]:
    """So many replies of one line each and nothing else: what a relay nearly always says, together."""
    return re.compile(rb"(\d{3}) ([^\r\n]*)\r\n" * many)


def _more(smtp: smtplib.SMTP) -> bytes:
    """Whatever has come, at least a byte of it."""
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected("not connected")
    kept, smtp.file = smtp.file, None
    try:
        # What smtplib has read ahead comes first, all of it; it makes itself another buffer when it reads again.
        came: bytes = smtp.sock.recv(LONGEST) if kept is None else kept.read1(LONGEST)
    except OSError as lost:
        smtp.close()
        raise smtplib.SMTPServerDisconnected(f"Connection unexpectedly closed: {lost}") from lost
    if not came:
        smtp.close()
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
    return came
