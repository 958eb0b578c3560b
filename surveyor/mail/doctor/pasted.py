"""Point 6: an email that arrived, pasted back: what the receiver thought of it, and what the signature covers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr

from surveyor.mail.doctor.line import Level, Line

_MUST = ("list-unsubscribe", "list-unsubscribe-post")


def check_pasted(raw: bytes) -> Iterator[Line]:
    """Read the headers of a delivered email (the whole source, or its head alone)."""
    parsed = BytesParser(policy=policy.default).parsebytes(raw.lstrip())
    assert isinstance(parsed, EmailMessage)
    results = " ".join(str(one) for one in parsed.get_all("Authentication-Results", []))
    signatures = [str(one) for one in parsed.get_all("DKIM-Signature", [])]
    if not results:
        advice = 'paste the source of an email that arrived ("show original"), with its first lines'
        yield Line(6, "authentication", Level.UNKNOWN, "no Authentication-Results", advice, "RFC 8601")
    for method in ("spf", "dkim", "dmarc") if results else ():
        yield _result(method, re.findall(rf"\b{method}=([a-z]+)", results))
    yield from _signature(signatures, parseaddr(str(parsed.get("From", "")))[1].rpartition("@")[2].lower())


def selectors(raw: bytes) -> list[str]:
    """The DKIM selectors that signed an email."""
    parsed = BytesParser(policy=policy.default).parsebytes(raw.lstrip())
    return [tags["s"] for one in parsed.get_all("DKIM-Signature", []) if (tags := _tags(str(one))).get("s")]


def _result(method: str, said: list[str]) -> Line:
    check, reference = method.upper(), "RFC 8601"
    if "pass" in said:
        return Line(6, check, Level.OK, "pass", "", reference)
    if not said:
        return Line(6, check, Level.WARN, "the receiver did not say", "", reference)
    return Line(6, check, Level.FAIL, said[0], "see point 1 for this domain", reference)


def _signature(signatures: list[str], domain: str) -> Iterator[Line]:
    reference = "RFC 8058 4: both must be covered by h="
    if not signatures:
        yield Line(6, "DKIM h=", Level.FAIL, "no DKIM-Signature", "let the relay sign", reference)
        return
    aligned = [one for one in map(_tags, signatures) if domain == one.get("d") or domain.endswith(f".{one.get('d')}")]
    if not aligned:
        named = ", ".join(sorted({_tags(one).get("d", "?") for one in signatures}))
        advice = "authenticate the domain at the provider, so that it signs with it"
        yield Line(6, "DKIM d=", Level.FAIL, f"signed by {named}, not by {domain}", advice, "RFC 7489 3.1")
    best = aligned or [_tags(one) for one in signatures]
    covered = [set(re.split(r"[:\s]+", one.get("h", "").lower())) for one in best]
    missing = min(([name for name in _MUST if name not in one] for one in covered), key=len)
    if missing:
        advice = "ask the relay to sign these headers: without, mailboxes show no button"
        yield Line(6, "DKIM h=", Level.FAIL, f"does not cover {', '.join(missing)}", advice, reference)
    else:
        yield Line(6, "DKIM h=", Level.OK, "covers both List-Unsubscribe headers", "", reference)


def _tags(signature: str) -> dict[str, str]:
    plain = re.sub(r"\r?\n[ \t]+", " ", signature)
    return {name: value.strip() for name, value in re.findall(r"(\w+)\s*=\s*([^;]*)", plain)}
