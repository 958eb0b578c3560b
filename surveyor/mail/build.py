"""From a published email and a customer's plain strings to a Message: the step between the claim and the intent."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from itertools import chain
from uuid import UUID

from surveyor.core.templates import MAX_SUBJECT, forbidden_character
from surveyor.core.tokens import AddressError, normalise_address
from surveyor.errors import SurveyorError
from surveyor.mail.message import Message
from surveyor.mail.plan import MissingValue, Skeleton, Values
from surveyor.mail.published import PublishedEmail
from surveyor.mail.quoted import CodedSkeleton
from surveyor.mail.wire import assemble

MAX_BYTES = 256 * 1024
MAX_VALUE = 8_000
_PLAIN_STRINGS = frozenset((str,))
_PLAIN_WORD = re.compile(r"[^A-Za-z0-9._-]+")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,200}>")
#: Message-IDs of a thread that a header names, besides the first.
THREAD = 3
_TO_STAFF = frozenset({"account", "alert", "express", "voice"})


class BuildError(SurveyorError):
    """An email that cannot be built. `what` names the field, the header or the limit; never a value."""

    code = "build_error"

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"email not built: {what}")


@dataclass(slots=True, kw_only=True)  # frozen, it costs three times as much to make, for every email
class EnvelopeFacts:
    """Everything about an email that is not its text.

    date: aware, the instant of building. sender, reply_to: addresses of the verified sender. rule, store: codes for the
    Feedback-ID, never personal; sender_id: 5-15 characters. unsubscribe_url: "" for staff. return_path_domain: where
    bounces come back, "" for the sender's own address. list_name: for List-Id, default the sender's name. thread: the
    Message-IDs it continues, the oldest first.
    """

    email_id: UUID
    attempt: int
    kind: str
    to_address: str
    date: datetime
    sender: str
    to_name: str = ""
    sender_name: str = ""
    reply_to: str = ""
    list_name: str = ""
    rule: str = ""
    store: str = ""
    sender_id: str = "surveyor"
    unsubscribe_url: str = ""
    return_path_domain: str = ""
    language: str = "fr"
    thread: tuple[str, ...] = ()


def build_email(
    template: PublishedEmail, values: Mapping[str, Mapping[str, str]], envelope: EnvelopeFacts, *, wire: bool = True
) -> Message:
    """The message of one email; BuildError when a value is missing or unfit, the subject is none, or it is too large.

    values: object -> field -> plain string (dates as `YYYY-MM-DD`). wire: also the bytes for SMTP and the outbox.
    """
    _check_values(values)
    try:
        subject = template.subject_plan.render(values)
        text, text_slots = template.text_plan.read(values)
        html, html_slots = template.html_plan.read(values)
    except MissingValue as missing:
        raise BuildError(str(missing.args[0])) from None
    message = _message(
        template,
        envelope,
        _line(subject, "subject", MAX_SUBJECT, required=True),
        (
            text.text(text_slots),
            html.text(html_slots),
        ),
    )
    if len(message.text) + len(message.html) > MAX_BYTES:
        raise BuildError("size")
    if not wire:
        return message
    try:
        whole = assemble(
            message,
            _coded(text).fill(text_slots, template.text_plan.own),
            _coded(html).fill(html_slots, template.html_plan.own),
        )
    except (ValueError, IndexError) as fault:
        raise BuildError(f"header {fault}" if str(fault).isidentifier() else "headers") from fault
    if len(whole) > MAX_BYTES:
        raise BuildError("size")
    message.wire = whole
    message.sha256 = _sha256(message, (text, text_slots), (html, html_slots))
    return message


def _sha256(message: Message, *parts: tuple[Skeleton, list[str]]) -> bytes:
    """See `Message.sha256`. No header holds a line end and no value a NUL, and a skeleton has its number of slots."""
    m = message
    lines = (m.sender_name, m.sender, m.reply_to, m.name, m.address, m.subject, m.date, *chain.from_iterable(m.headers))
    filled = "\0".join(["\n".join(lines), *chain.from_iterable([slots for _, slots in parts])])
    return hashlib.sha256(b"".join([part.sha256 for part, _ in parts]) + filled.encode()).digest()


def _message(template: PublishedEmail, facts: EnvelopeFacts, subject: str, bodies: tuple[str, str]) -> Message:
    sender = _address(facts.sender, "sender")
    domain = sender.rpartition("@")[2]
    return Message(
        email_id=facts.email_id,
        attempt=facts.attempt,
        kind=facts.kind,
        address=_address(facts.to_address, "address"),
        name=_harmless(_line(facts.to_name, "name", 200)),
        sender=sender,
        sender_name=_harmless(_line(facts.sender_name, "sender name", 200)),
        reply_to=_address(facts.reply_to, "reply-to") if facts.reply_to else "",
        subject=_harmless(subject),
        text=bodies[0],
        html=bodies[1],
        headers=_headers(facts, domain, template.language),
        date=_date(facts.date),
        envelope_sender=f"b+{facts.email_id.hex}@{facts.return_path_domain}" if facts.return_path_domain else sender,
        language=template.language,
    )


def _headers(facts: EnvelopeFacts, domain: str, language: str) -> tuple[tuple[str, str], ...]:
    headers = [("Message-ID", f"<{facts.email_id.hex}@{domain}>")]
    if facts.kind.partition("-")[0] not in _TO_STAFF:
        name = _ascii_name(facts.list_name or facts.sender_name)
        headers.append(("List-Id", f"{name} <{domain}>" if name else f"<{domain}>"))
        headers.append(("List-Unsubscribe", f"<{_link(facts.unsubscribe_url)}>"))
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    headers.append(("Feedback-ID", _feedback(facts.rule, facts.store, facts.kind, facts.sender_id)))
    headers.append(("Auto-Submitted", "auto-generated"))
    headers.append(("X-Auto-Response-Suppress", "OOF, AutoReply"))
    thread = [one for one in facts.thread if _MESSAGE_ID.fullmatch(one)]
    if thread:
        headers.append(("In-Reply-To", thread[-1]))
        headers.append(("References", " ".join([*thread[:1], *thread[1:][-THREAD:]])))
    headers.append(("Content-Language", language))
    headers.append(("X-Surveyor-Email", facts.email_id.hex))
    return tuple(headers)


@lru_cache(maxsize=1024)
def _feedback(rule: str, store: str, kind: str, sender_id: str) -> str:
    return ":".join(_PLAIN_WORD.sub("-", word)[:60] for word in (rule or "none", store or "none", kind, sender_id))


def _check_values(values: Values) -> None:
    for group, fields in values.items():
        given = list(fields.values())
        plain = _PLAIN_STRINGS.issuperset(map(type, given))
        if plain and len(together := "".join(given)) <= MAX_VALUE and together.isprintable():
            continue
        for name, value in fields.items():
            if type(value) is not str or len(value) > MAX_VALUE:
                raise BuildError(f"{group}.{name}")
            if not value.isprintable() and forbidden_character(value) is not None:
                raise BuildError(f"{group}.{name}")


def _line(text: str, what: str, limit: int, *, required: bool = False) -> str:
    """One line of a header: no control character, at most `limit` characters, spaces around taken off."""
    text = text.strip(" ")
    if (not text.isprintable() and forbidden_character(text, lines=False)) or (required and not text):
        raise BuildError(what)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _harmless(text: str) -> str:
    """`=?` would be read as an encoded word and come out as something else than what was typed."""
    return text.replace("=?", "= ?") if "=?" in text else text


@lru_cache(maxsize=1024)
def _address(text: str, what: str) -> str:
    try:
        address = normalise_address(text)
    except AddressError as wrong:
        raise BuildError(f"{what} {wrong.code}") from None
    if not address.isascii():
        raise BuildError(f"{what} not_ascii")
    local, _, _ = text.strip(" \t").rpartition("@")
    return f"{local}@{address.rpartition('@')[2]}"


def _link(url: str) -> str:
    if not url.startswith(("https://", "http://")) or not url.isascii() or re.search(r"[\s<>]", url):
        raise BuildError("unsubscribe link")
    return url


@lru_cache(maxsize=256)
def _ascii_name(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    return " ".join(re.sub(r"[^A-Za-z0-9 ._'-]", " ", plain).split())[:100]


@lru_cache(maxsize=256)
def _date(instant: datetime) -> str:
    if instant.tzinfo is None:
        raise BuildError("date without a zone")
    return format_datetime(instant.replace(microsecond=0))


def _coded(skeleton: Skeleton) -> CodedSkeleton:
    return skeleton.once(CodedSkeleton)
