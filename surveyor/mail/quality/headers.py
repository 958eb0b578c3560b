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
#: Mailboxes read these raw; a fold or an encoded word hides the button.
_ONE_LINE = ("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID")
_VALUES = {
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "OOF, AutoReply",
    "Content-Language": "fr|en",
    "X-Surveyor-Email": "[0-9a-f]{32}",
    "Feedback-ID": r"(?:[A-Za-z0-9._-]{1,60}:){3}[A-Za-z0-9._-]{5,15}",
    "MIME-Version": r"1\.0",
}
MAX_LINK = 58  # between the brackets of List-Unsubscribe: a line of 78
#: What a signer covers (DKIM `h=`): each once, or a copy could be put above the signed one.
SIGNED = "From Reply-To To Subject Date Message-ID MIME-Version Content-Type".split()


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
    yield from _values(parsed, head)
    if to_customer:
        yield from _unsubscribe(head)


def _values(parsed: EmailMessage, head: bytes) -> Iterator[str]:
    for name, pattern in _VALUES.items():
        if name in parsed and not re.fullmatch(pattern, str(parsed[name])):
            yield f"{name}: not as it should be"
    senders = [one for name in ("From", "Reply-To") for one in getattr(parsed[name], "addresses", ())]
    if len(senders) != 2 or not all(one.addr_spec.isascii() and one.domain for one in senders):
        yield "From, Reply-To: not exactly one address each"
    domain = senders[0].domain if senders else ""
    if str(parsed["Message-ID"]) != f"<{parsed['X-Surveyor-Email']}@{domain}>":
        yield "Message-ID: not the email's id at the sender's domain"
    if "List-Id" in parsed and not str(parsed["List-Id"]).endswith(f"<{domain}>"):
        yield "List-Id: not the sender's domain"
    lines = head.split(b"\r\n")
    for name in _ONE_LINE:
        raw = [n for n, line in enumerate(lines) if line.lower().startswith(name.lower().encode() + b":")]
        if any(b"=?" in lines[n] or (lines[n + 1 : n + 2] and lines[n + 1][:1] in (b" ", b"\t")) for n in raw):
            yield f"{name}: folded or encoded"
        if any(not lines[n].partition(b":")[2].strip() for n in raw):
            yield f"{name}: empty"


def _unsubscribe(head: bytes) -> Iterator[str]:
    lines = [line for line in head.split(b"\r\n") if line.lower().startswith(b"list-unsubscribe:")]
    if len(lines) != 1 or not re.fullmatch(rb"List-Unsubscribe: <https?://[!-;=?-~]{1,900}>", lines[0]):
        yield "List-Unsubscribe: not one raw line with one address"
    if b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" not in head + b"\r\n":
        yield "List-Unsubscribe-Post: not the one-click value"
    if lines and len(lines[0]) > len("List-Unsubscribe: <>") + MAX_LINK:
        yield f"List-Unsubscribe: over {MAX_LINK} characters between the brackets"


def check_signable(raw: bytes) -> Iterator[str]:
    """Whether a DKIM signature over the headers and the body would hold on the way (check 1)."""
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    names = [line.partition(b":")[0].decode("ascii", "replace").lower() for line in lines]
    for name in (*SIGNED, *(n for n in _ONE_LINE if n.lower() in names)):
        if names.count(name.lower()) != 1:
            yield f"DKIM: {name} is there {names.count(name.lower())} times"
    if not raw.isascii():
        yield "DKIM: 8-bit bytes, which a relay may recode"
    if b"\r" in raw.replace(b"\r\n", b""):
        yield "DKIM: a bare carriage return"
    if re.search(rb"[ \t]\r\n", body) or not body.endswith(b"\r\n") or body.endswith(b"\r\n\r\n"):
        yield "DKIM: white space at the end of a line or of the body, which a relay may drop"


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
