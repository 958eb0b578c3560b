"""The automatic checks of an email, on the bytes that would leave: before a version is published, and in the tests.

Everything is parsed again with the standard library: what was meant does not count. Check numbers are in docs/email.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from surveyor.core.templates import required
from surveyor.errors import Complaint, SurveyorError
from surveyor.mail.build import BuildError, build_email
from surveyor.mail.message import Message
from surveyor.mail.published import PublishedEmail, email_folders, load_one, read
from surveyor.mail.quality.clients import new_gaps, shipped
from surveyor.mail.quality.content import (
    Expected,
    Values,
    check_addresses,
    check_first_words,
    check_leftovers,
    check_subject,
    check_text,
    without_expressions,
    without_values,
)
from surveyor.mail.quality.french import in_french
from surveyor.mail.quality.headers import check_headers, check_lines, check_signable
from surveyor.mail.quality.html import check_html, check_links
from surveyor.mail.quality.mime import check_mime
from surveyor.mail.quality.page import Page
from surveyor.mail.quality.words import nudges, traps
from surveyor.mail.samples import load_samples, sample_envelope
from surveyor.mail.wire import reference

__all__ = ["CHECKS", "Expected", "Finding", "check_email", "check_folder", "check_languages", "check_message"]

_NEUTRAL_DATE = datetime(2026, 11, 14, 9, 0, tzinfo=UTC)


CHECKS: dict[int, tuple[str, str]] = {
    1: ("en-têtes", "headers"),
    2: ("onze notes, lien simple, désinscription", "eleven scores, plain link, unsubscribe link"),
    3: ("adresses", "addresses"),
    4: ("texte, structure, accessibilité", "text, structure, accessibility"),
    5: ("contenu interdit ou caché", "forbidden or hidden content"),
    6: ("restes de modèle, valeurs absentes", "leftovers of a template, missing values"),
    7: ("valeurs hostiles", "hostile values"),
    8: ("tailles, contraste, cibles", "sizes, contrast, targets"),
    9: ("messageries", "mailboxes"),
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
            f"{self.where} : contrôle {self.check} ({french}) : {in_french(self.what)}",
            f"{self.where}: check {self.check} ({english}): {self.what}",
        )


#: As policy.SMTP reads, a header of the same words once: it reads them anew each time one is asked for.
_READING = policy.SMTP.clone(header_factory=lru_cache(maxsize=512)(policy.SMTP.header_factory))


def check_message(message: Message, expected: Expected) -> list[tuple[int, str]]:
    """Checks 1 to 9 and 11 on one built message."""
    raw = message.wire or b""
    parsed = BytesParser(policy=_READING).parsebytes(raw)
    assert isinstance(parsed, EmailMessage)
    to_customer = ("links.unsubscribe",) in required(message.kind)
    found = [(1, what) for what in check_headers(parsed, raw, to_customer)]
    found += [(1, what) for what in (*check_mime(parsed), *check_signable(raw))]
    found += [(8, what) for what in check_lines(raw)]
    text, html = _part(parsed, "plain"), _part(parsed, "html")
    page = Page(html)
    constant = {"text": without_values(text, expected.values), "html": without_values(html, expected.values)}
    unsubscribe = expected.values.get("links", {}).get("unsubscribe", "")
    survey = expected.values.get("survey", {}).get("url", "")
    found += check_links(page, text, survey=survey, unsubscribe=unsubscribe, scores=expected.scores)
    found += check_addresses(page, constant["text"], expected)
    found += check_html(page, html)
    found += check_first_words(page, message.subject)
    found += check_text(constant["text"])
    found += check_leftovers(constant)
    found += [(9, what) for what in new_gaps(page, shipped())]
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
    where = f"{template.kind}/{template.language}"
    found += [Finding(6, where, what) for what in _unnamed(template, plain)]
    found += [Finding(number, where, what) for number, what in check_subject(template.subject)]
    constant = re.sub(r"<[^>]+>", " ", without_expressions(_whole(template)))
    found += [Finding(1, where, f"word of spam: {word}") for word in traps(constant, template.language)]
    return found + [Finding(10, where, f"not neutral: {word}") for word in nudges(constant, template.language)]


def check_folder(folder: Path) -> list[Finding]:
    """Every check of every email of a folder, and that the languages of a kind say the same things."""
    found: list[Finding] = []
    for kind, language, place in email_folders(folder):
        found += check_email(load_one(folder, kind, language, place), place)
    kinds = sorted({kind for kind, _, _ in email_folders(folder)})
    return found + [finding for kind in kinds for finding in check_languages(folder, kind)]


def check_languages(folder: Path, kind: str, edited: PublishedEmail | None = None) -> list[Finding]:
    """The languages of a kind have the same fields, blocks and links; `edited` stands for the one of its language."""
    uses: dict[str, tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]] = {}
    for one, language, place in email_folders(folder):
        if one == kind:
            is_edited = edited is not None and edited.language == language
            template = edited if edited is not None and is_edited else load_one(folder, kind, language, place)
            uses[language] = _uses(template, place)
    what = ("fields", "links", "blocks")
    differ = [name for n, name in enumerate(what) if len({used[n] for used in uses.values()}) > 1]
    return [Finding(10, kind, f"languages differ in their {' and '.join(differ)}")] if differ else []


def _uses(template: PublishedEmail, place: Path) -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]:
    fields = frozenset(re.findall(r"\{\{-?\s*([a-z_]+\.[a-z_]+)", _whole(template)))
    links = tuple(sorted(re.findall(r"href=\"([^\"]*)\"", template.html)))
    sources = "".join(read(place / part) for part in ("body.txt", "body.mjml") if (place / part).exists())
    return fields, links, tuple(sorted(re.findall(r"<sv-[a-z]+(?:\s+name=[\"'][a-z_-]+)?", sources)))


def _whole(template: PublishedEmail) -> str:
    return "\n".join((template.subject, template.text, template.html))


def _inert(template: PublishedEmail, values: Values, message: Message) -> list[str]:
    """The parsed tree has no element or attribute that harmless values would not have given."""
    harmless = {group: {name: "x" if text else "" for name, text in named.items()} for group, named in values.items()}
    plain = template.html_plan.render(harmless)
    return [] if _shape(plain) == Page(message.html).shape() else ["a value changed the tree"]


@lru_cache(maxsize=8)
def _shape(html: str) -> list[tuple[str, tuple[str, ...]]]:
    """Most cases of a sample are one email once their values are harmless."""
    return Page(html).shape()


def _unnamed(template: PublishedEmail, values: Values) -> Iterator[str]:
    """Each value that the email uses, taken away in turn: the build is refused and names it."""
    whole = _whole(template)
    for group, name in [(g, n) for g, named in values.items() for n in named if f"{g}.{n}" in whole]:
        less = {g: {n: v for n, v in named.items() if (g, n) != (group, name)} for g, named in values.items()}
        envelope = sample_envelope(template.kind, template.language, values, date=_NEUTRAL_DATE)
        try:
            build_email(template, less, envelope, wire=False)
        except BuildError as refused:
            if refused.what != f"{group}.{name}":
                yield f"without {group}.{name} the refusal names {refused.what}"
        else:
            yield f"built without {group}.{name}"


def _part(parsed: EmailMessage, subtype: str) -> str:
    part = parsed.get_body((subtype,))
    return str(part.get_content()) if isinstance(part, EmailMessage) else ""
