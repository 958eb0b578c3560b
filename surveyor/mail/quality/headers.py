"""The headers and the lines of an email, as raw bytes say them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage

_ALWAYS = (
    "From To Subject Date Message-ID Reply-To Feedback-ID Auto-Submitted X-Auto-Response-Suppress Content-Language"
    " X-Surveyor-Email MIME-Version Content-Type"
).split()
_CUSTOMER = ("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post")
_NEVER = ("Bcc", "Cc", "Precedence", "X-Mailer")


def check_headers(parsed: EmailMessage, raw: bytes, to_customer: bool) -> Iterator[str]:
    """What is wrong with the headers of one email (check 1)."""
    for name in (*_ALWAYS, *(_CUSTOMER if to_customer else ())):
        count = len(parsed.get_all(name, []))
        if count != 1:
            yield f"{name}: {count} times"
    for name in _NEVER:
        if name in parsed:
            yield f"{name}: not wanted"
    head = raw.split(b"\r\n\r\n", 1)[0]
    if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xff]", head):
        yield "a control or 8-bit character in a header"
    recipients = [str(one.addr_spec) for one in getattr(parsed["To"], "addresses", ())]
    if len(recipients) != 1 or not recipients[0].isascii() or len(recipients[0]) > 254:
        yield "To: not exactly one ASCII address"
    subject = str(parsed["Subject"] or "")
    if not 1 <= len(subject) <= 150 or (
        not subject.isprintable() and re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", subject)
    ):
        yield "Subject: 1 to 150 characters on one line"
    if to_customer:
        yield from _unsubscribe(head)


def _unsubscribe(head: bytes) -> Iterator[str]:
    lines = [line for line in head.split(b"\r\n") if line.lower().startswith(b"list-unsubscribe:")]
    if len(lines) != 1 or not re.fullmatch(rb"List-Unsubscribe: <https?://[!-;=?-~]{1,900}>", lines[0]):
        yield "List-Unsubscribe: not one raw line with one address"
    if b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" not in head + b"\r\n":
        yield "List-Unsubscribe-Post: not the one-click value"
    if b"=?" in (lines[0] if lines else b""):
        yield "List-Unsubscribe: an encoded word"


def check_lines(raw: bytes) -> Iterator[str]:
    """Sizes and lengths of lines (check 8)."""
    head, _, body = raw.partition(b"\r\n\r\n")
    if any(len(line) > 998 for line in head.split(b"\r\n")):
        yield "a header line over 998"
    long = max((len(line) for line in body.split(b"\r\n")), default=0)
    if long > 76:
        yield f"a body line of {long}"
    if b"\n" in raw.replace(b"\r\n", b""):
        yield "a bare line feed"
    if len(raw) > 256 * 1024:
        yield f"{len(raw)} bytes"
