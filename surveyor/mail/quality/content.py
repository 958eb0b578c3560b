"""What an email says, apart from its markup: addresses, the text part, leftovers, its subject and its first words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from surveyor.core.templates import expressions
from surveyor.mail.quality.page import Page

#: What Outlook would follow or fetch out of a conditional comment.
_IN_COMMENTS = re.compile(r"(?:href|src|background|action)\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
Values = Mapping[str, Mapping[str, str]]
FIRST_WORDS = 100  # characters that a list of emails shows after the subject
_REPLY_MARKS = re.compile(r"(?:re|rép|fwd?|tr)\s*:", re.IGNORECASE)
_CHORES = re.compile(
    r"https?:|www\.|d[ée]sinscri|d[ée]sabonn|unsubscribe"
    r"|(?:voir|afficher|lire) (?:cet e-?mail )?(?:en ligne|dans)|view (?:this|in)",
    re.IGNORECASE,
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


def check_addresses(page: Page, text: str, expected: Expected) -> Iterator[tuple[int, str]]:
    """Every address on our host (check 3), nothing that a style loads (5). text: without the values."""
    schemes = ("https",) if expected.https else ("https", "http")
    places = [
        (e.tag, e.attributes[a]) for e in page.elements for a in ("href", "src", "background") if a in e.attributes
    ]
    places += [("!--", address) for comment in page.comments for address in _IN_COMMENTS.findall(comment)]
    for tag, address in places:
        parts = urlsplit(address)
        ours = parts.scheme in schemes and parts.netloc == expected.host
        if not ours and address != f"mailto:{expected.reply_to}":
            yield 3, f"<{tag}> leads elsewhere"
    for sheet in [*page.styles, *(e.attributes.get("style", "") for e in page.elements)]:
        if re.search(r"url\(|@import|expression\(", sheet, re.IGNORECASE):
            yield 5, "a style loads something"
    if re.search(r"https?://", text):
        yield 3, "the text part has an address that is no field"


def check_text(constant: str) -> Iterator[tuple[int, str]]:
    """The text part without its values: there, without markup, its lines short enough (check 4)."""
    if not constant.strip():
        yield 4, "no text part"
    if re.search(r"</?[a-zA-Z!]", constant) or re.search(r"&(?:#\d+|[a-z]+);", constant):
        yield 4, "a tag or an entity in the text part"
    if any(len(line.encode()) > 998 for line in constant.splitlines()):
        yield 4, "a line of the text part is over 998"


def check_leftovers(constant: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Nothing of a template or of Python in a part (check 6)."""
    for part, text in constant.items():
        for mark in ("{{", "{%", "<sv-", "&lt;sv-", "None", "Undefined"):
            if re.search(re.escape(mark) + (r"\b" if mark.isalpha() else ""), text):
                yield 6, f"{mark} left in the {part}"


def check_first_words(page: Page, subject: str) -> Iterator[tuple[int, str]]:
    """What a list of emails shows after the subject: a visible sentence, no chore, not the subject again (check 5)."""
    shown = " ".join(words.text for words in page.words if not words.hidden)[:FIRST_WORDS]
    if sum(letter.isalpha() for letter in shown) < FIRST_WORDS // 5:
        yield 5, "the first words are no sentence"
    if _CHORES.search(shown):
        yield 5, "the first words are a chore (an address, a way out), not what the email says"
    if shown.startswith(subject):
        yield 5, "the first words are the subject again"


def check_subject(source: str) -> Iterator[tuple[int, str]]:
    """The subject as it was written: nobody is shouted at, nothing pretends to be an answer (check 1)."""
    constant = without_expressions(source).strip()
    capitals = [word for word in re.findall(r"[^\W\d_]{4,}", constant) if word.isupper()]
    if len(capitals) > 1:
        yield 1, f"Subject: capitals ({' '.join(capitals)})"
    if re.search(r"[!?]\s*[!?]", constant) or constant.count("!") > 1:
        yield 1, "Subject: marks that shout"
    if _REPLY_MARKS.match(constant):
        yield 1, "Subject: it pretends to be an answer"
    if re.search(r"https?:|www\.", constant):
        yield 1, "Subject: an address"


def without_values(text: str, values: Values) -> str:
    """A part without what the customer's values put into it."""
    every = sorted({v for named in values.values() for v in named.values() if v}, key=len, reverse=True)
    for value in every:
        for written in (
            value,
            escape(value, quote=True),
            escape(value).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        ):
            text = text.replace(written, "")
    return text


def without_expressions(source: str) -> str:
    """A source without its fields and conditions."""
    pieces, position = [], 0
    for start, end in expressions(source):
        pieces.append(source[position:start])
        position = end
    return " ".join([*pieces, source[position:]])
