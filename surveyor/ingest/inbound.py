"""A message that a customer sent back: which of our emails it answers, and what is new in it; bytes to words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from html.parser import HTMLParser
from uuid import UUID

LONGEST = 10_000
_OURS = re.compile(r"<([0-9a-f]{32})@[^<>\s]{1,253}>")
_ANY_ID = re.compile(r"<[!-;=?-~]{3,200}>")
#: Where what was quoted begins: a client's own line, or the first quoted one.
_QUOTED = re.compile(
    r"(?im)^(?:>|-{2,} ?(?:original message|message d'origine|message transf|forwarded)|_{10,}|"
    r"(?:le|on) .{5,200}(?:a écrit|wrote|écrit) ?:|de ?: .+@|from: .+@)"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Inbound:
    """What was read. key: its Message-ID, or a hash of its bytes; ours: emails of ours it names, the nearest first.

    automatic: an out-of-office answer or a list's message: nobody wrote it.
    """

    key: str
    address: str
    text: str
    ours: tuple[UUID, ...]
    automatic: bool = False


def read_message(raw: bytes, *, fallback_key: str) -> Inbound:
    """Read one message, whatever it holds; what cannot be read is left out. Never raises."""
    try:
        message = message_from_bytes(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
    except Exception:  # untrusted bytes: the parser has its own opinions
        return Inbound(fallback_key, "", "", ())
    found = _ANY_ID.search(_header(message, "Message-ID"))
    said = " ".join((_header(message, "In-Reply-To"), *reversed(_header(message, "References").split())))
    ours = tuple(dict.fromkeys(UUID(hex=one) for one in _OURS.findall(said)))
    addresses = [one for _, one in getaddresses([_header(message, "From")]) if one]
    return Inbound(
        found.group(0) if found else fallback_key,
        addresses[0] if len(addresses) == 1 else "",
        _new_part(_text(message)),
        ours,
        _automatic(message),
    )


def _automatic(message: EmailMessage) -> bool:
    said = _header(message, "Auto-Submitted").lower()
    precedence = _header(message, "Precedence").lower()
    return bool(said and said != "no") or precedence in ("bulk", "auto_reply", "junk") or "X-Autoreply" in message


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))[:8000]
    except Exception:  # a header that the parser cannot make sense of
        return ""


def _text(message: EmailMessage) -> str:
    try:
        body = message.get_body(preferencelist=("plain", "html"))
        if body is None:
            return ""
        said = body.get_content()
    except Exception:  # an unknown charset, a broken encoding
        return ""
    return _plain(str(said)) if body.get_content_subtype() == "html" else str(said)


def _new_part(text: str) -> str:
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    found = _QUOTED.search(text)
    return (text[: found.start()] if found else text).strip()[:LONGEST]


class _Words(HTMLParser):
    """The words of a page, its lines kept."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """A block begins a line; styles and scripts are no words; what is quoted ends them."""
        if tag in ("style", "script", "head", "blockquote"):
            self.hidden += 1
        elif tag in ("br", "p", "div", "tr", "li"):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Words again."""
        if tag in ("style", "script", "head", "blockquote"):
            self.hidden = max(0, self.hidden - 1)

    def handle_data(self, data: str) -> None:
        """Keep words."""
        if not self.hidden:
            self.parts.append(data)


def _plain(html: str) -> str:
    reader = _Words()
    reader.feed(html[:500_000])
    return re.sub(r"\n{3,}", "\n\n", "".join(_lines("".join(reader.parts))))


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield " ".join(line.split()) + "\n"
