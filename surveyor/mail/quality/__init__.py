"""The automatic checks of an email, on the bytes that would leave: before a version is published, and in the tests.

Everything is parsed again with the standard library: what was meant does not count. Check numbers are in docs/email.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from surveyor.core.templates import expressions, required
from surveyor.errors import Complaint, SurveyorError
from surveyor.mail.build import build_email
from surveyor.mail.message import Message
from surveyor.mail.published import PublishedEmail, email_folders, load_one
from surveyor.mail.quality.headers import check_headers, check_lines
from surveyor.mail.quality.html import check_html, check_links
from surveyor.mail.quality.page import Page
from surveyor.mail.quality.words import nudges
from surveyor.mail.samples import load_samples, sample_envelope
from surveyor.mail.wire import reference

_NEUTRAL_DATE = datetime(2026, 11, 14, 9, 0, tzinfo=UTC)
Values = Mapping[str, Mapping[str, str]]


CHECKS: dict[int, tuple[str, str]] = {
    1: ("en-têtes", "headers"),
    2: ("onze notes, lien simple, désinscription", "eleven scores, plain link, unsubscribe link"),
    3: ("adresses", "addresses"),
    4: ("texte, structure, accessibilité", "text, structure, accessibility"),
    5: ("contenu interdit ou caché", "forbidden or hidden content"),
    6: ("restes de modèle, valeurs absentes", "leftovers of a template, missing values"),
    7: ("valeurs hostiles", "hostile values"),
    8: ("tailles, contraste, cibles", "sizes, contrast, targets"),
    10: ("langues, neutralité", "languages, neutrality"),
    11: ("octets", "bytes"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One check that failed: its number, where (kind/language/case), and what was seen."""

    check: int
    where: str
    what: str

    def complaint(self) -> Complaint:
        """The same, as the answer to a person."""
        french, english = CHECKS[self.check]
        return Complaint(
            self.where,
            "email_check",
            f"{self.where} : contrôle {self.check} ({french}) : {self.what}",
            f"{self.where}: check {self.check} ({english}): {self.what}",
        )


@dataclass(frozen=True, slots=True)
class Expected:
    """What the email was built from. host: the only host of links. https: False in the embedded set-up alone.

    scores: whether its text has the eleven links (`<sv-scores/>`); one that has only `survey.url` may do without.
    """

    values: Values
    host: str
    https: bool = True
    reply_to: str = ""
    scores: bool = True


def check_message(message: Message, expected: Expected) -> list[tuple[int, str]]:
    """Checks 1 to 8 and 11 on one built message."""
    raw = message.wire or b""
    parsed = BytesParser(policy=policy.SMTP).parsebytes(raw)
    assert isinstance(parsed, EmailMessage)
    to_customer = bool(required(message.kind))
    found = [(1, what) for what in check_headers(parsed, raw, to_customer)]
    found += [(8, what) for what in check_lines(raw)]
    text, html = _part(parsed, "plain"), _part(parsed, "html")
    page = Page(html)
    constant = {"text": _without_values(text, expected.values), "html": _without_values(html, expected.values)}
    unsubscribe = expected.values.get("links", {}).get("unsubscribe", "")
    survey = expected.values.get("survey", {}).get("url", "")
    found += check_links(page, text, survey=survey, unsubscribe=unsubscribe, scores=expected.scores)
    found += _addresses(page, constant["text"], expected)
    found += check_html(page, html)
    found += _text_part(constant["text"])
    found += _leftovers(constant)
    if reference(message) != raw:
        found.append((11, "bytes differ from EmailMessage"))
    return found


def check_email(template: PublishedEmail, place: Path) -> list[Finding]:
    """Every check of one language of one kind, over every case of its sample; `place` is its folder."""
    found: list[Finding] = []
    samples = load_samples(place, template.kind)
    scores = "{{ survey.url }}/0" in template.html or "{{ survey.url }}/0" in template.text
    plain = samples["sample"]
    for case, values in samples.items():
        where = f"{template.kind}/{template.language}/{case}"
        envelope = sample_envelope(template.kind, template.language, values, date=_NEUTRAL_DATE)
        try:
            message = build_email(template, values, envelope)
        except SurveyorError as fault:
            found.append(Finding(6, where, str(fault)))
            continue
        expected = Expected(
            values, urlsplit(plain["links"]["privacy"]).netloc, reply_to=envelope.reply_to, scores=scores
        )
        found += [Finding(number, where, what) for number, what in check_message(message, expected)]
        found += [Finding(7, where, what) for what in _inert(template, values, message)]
    whole = "\n".join((template.subject, template.text, template.html))
    constant = re.sub(r"<[^>]+>", " ", _without_expressions(whole))
    where = f"{template.kind}/{template.language}"
    return found + [Finding(10, where, f"not neutral: {word}") for word in nudges(constant, template.language)]


def check_folder(folder: Path) -> list[Finding]:
    """Every check of every email of a folder, and that the languages of a kind say the same things."""
    found: list[Finding] = []
    uses: dict[str, dict[str, tuple[frozenset[str], tuple[str, ...]]]] = {}
    for kind, language, place in email_folders(folder):
        template = load_one(folder, kind, language, place)
        found += check_email(template, place)
        whole = template.subject + template.text + template.html
        fields = frozenset(re.findall(r"\{\{-?\s*([a-z_]+\.[a-z_]+)", whole))
        links = tuple(sorted(re.findall(r"href=\"([^\"]*)\"", template.html)))
        uses.setdefault(kind, {})[language] = (fields, links)
    for kind, languages in uses.items():
        if len(set(languages.values())) > 1:
            found.append(Finding(10, kind, "languages differ in their fields or links"))
    return found


def _inert(template: PublishedEmail, values: Values, message: Message) -> list[str]:
    """The parsed tree has no element or attribute that harmless values would not have given."""
    harmless = {group: {name: "x" if text else "" for name, text in named.items()} for group, named in values.items()}
    plain = template.html_plan.render(harmless)
    return [] if Page(plain).shape() == Page(message.html).shape() else ["a value changed the tree"]


def _part(parsed: EmailMessage, subtype: str) -> str:
    part = parsed.get_body((subtype,))
    return str(part.get_content()) if isinstance(part, EmailMessage) else ""


def _without_values(text: str, values: Values) -> str:
    every = sorted({v for named in values.values() for v in named.values() if v}, key=len, reverse=True)
    for value in every:
        for written in (
            value,
            escape(value, quote=True),
            escape(value).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        ):
            text = text.replace(written, "")
    return text


def _without_expressions(source: str) -> str:
    pieces, position = [], 0
    for start, end in expressions(source):
        pieces.append(source[position:start])
        position = end
    return " ".join([*pieces, source[position:]])


def _addresses(page: Page, text: str, expected: Expected) -> list[tuple[int, str]]:
    found = []
    schemes = ("https",) if expected.https else ("https", "http")
    places = [
        (e.tag, e.attributes[a]) for e in page.elements for a in ("href", "src", "background") if a in e.attributes
    ]
    for tag, address in places:
        parts = urlsplit(address)
        ours = parts.scheme in schemes and parts.netloc == expected.host
        if not ours and address != f"mailto:{expected.reply_to}":
            found.append((3, f"<{tag}> leads elsewhere"))
    for sheet in [*page.styles, *(e.attributes.get("style", "") for e in page.elements)]:
        if re.search(r"url\(|@import|expression\(", sheet, re.IGNORECASE):
            found.append((5, "a style loads something"))
    if re.search(r"https?://", text):
        found.append((3, "the text part has an address that is no field"))
    return found


def _text_part(constant: str) -> list[tuple[int, str]]:
    found = []
    if not constant.strip():
        found.append((4, "no text part"))
    if re.search(r"</?[a-zA-Z!]", constant) or re.search(r"&(?:#\d+|[a-z]+);", constant):
        found.append((4, "a tag or an entity in the text part"))
    if any(len(line.encode()) > 998 for line in constant.splitlines()):
        found.append((4, "a line of the text part is over 998"))
    return found


def _leftovers(constant: Mapping[str, str]) -> list[tuple[int, str]]:
    return [
        (6, f"{mark} left in the {part}")
        for part, text in constant.items()
        for mark in ("{{", "{%", "<sv-", "None", "Undefined")
        if re.search(re.escape(mark) + (r"\b" if mark.isalpha() else ""), text)
    ]
