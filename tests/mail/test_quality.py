"""Each automatic check fails on the fault it was written for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from surveyor.mail.build import build_email
from surveyor.mail.message import Message
from surveyor.mail.published import PublishedEmail
from surveyor.mail.quality import Expected, check_email, check_message
from surveyor.mail.quality.page import Page, contrast
from surveyor.mail.quality.words import nudges
from tests.mail.conftest import EMAILS, envelope, values_of

EXPECTED = Expected(values_of(), "avis.maison-x.fr", reply_to="contact@maison-x.fr")


def test_a_sound_email_has_no_finding(message: Message) -> None:
    assert check_message(message, EXPECTED) == []


def swapped(template: PublishedEmail, part: str, old: str, new: str) -> PublishedEmail:
    text = getattr(template, part)
    assert old in text
    return replace(template, **{part: text.replace(old, new, 1)})


FAULTS: dict[str, tuple[int, str, str, str]] = {
    "a score link is missing": (2, "html", "{{ survey.url }}/7", "{{ survey.url }}/8"),
    "a score line is missing": (2, "text", "7 : {{ survey.url }}/7\n", ""),
    "the plain link is missing": (2, "html", 'href="{{ survey.url }}"', 'href="{{ links.privacy }}"'),
    "the unsubscribe link is missing": (2, "text", "{{ links.unsubscribe }}", ""),
    "a link leads elsewhere": (3, "html", "{{ links.privacy }}", "https://promo.example/"),
    "an address is written in the text": (3, "text", "--\n", "https://promo.example/\n--\n"),
    "a link writes to somebody": (3, "html", 'href="{{ links.privacy }}"', 'href="mailto:x@promo.example"'),
    "a tag in the text": (4, "text", "Bonjour", "<b>Bonjour</b>"),
    "an entity in the text": (4, "text", "Bonjour", "Bonjour&nbsp;"),
    "no language on html": (4, "html", '<html lang="fr"', "<html"),
    "no title": (4, "html", "<title>{{ brand.name }}</title>", ""),
    "a table that is not for layout": (4, "html", '<table role="presentation" width', "<table width"),
    "a button whose text is no digit": (4, "html", ">7</a>", ">sept</a>"),
    "a script": (5, "html", "</body>", "<script></script></body>"),
    "a form": (5, "html", "</body>", "<form></form></body>"),
    "an event attribute": (5, "html", 'aria-label="7 sur 10"', 'aria-label="7 sur 10" onclick="x"'),
    "a hidden text": (5, "html", "</body>", '<p style="display:none">x</p></body>'),
    "a position": (5, "html", "</body>", '<p style="position:absolute">x</p></body>'),
    "a style that loads": (5, "html", "</head>", "<style>a{background:url(https://promo.example)}</style></head>"),
    "a mark left over": (6, "text", "Bonjour", "<sv-scores/>"),
    "None left over": (6, "html", "</body>", "<p>None</p></body>"),
    "too little contrast": (8, "html", "color: #17403b", "color: #a0b0ae"),
    "a small button": (8, "html", "width: 42px", "width: 20px"),
    "a button that stands out": (10, "html", "background-color: #eef3f1", "background-color: #00ff00"),
    "too much HTML": (8, "html", "</body>", "<p>" + "x " * 41000 + "</p></body>"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_by_its_check(templates: dict[tuple[str, str], PublishedEmail], fault: str) -> None:
    number, part, old, new = FAULTS[fault]
    broken = swapped(templates["invitation", "fr"], part, old, new)
    found = check_message(build_email(broken, values_of(), envelope()), EXPECTED)
    assert number in {check for check, _ in found}, found


RAW: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "a header twice": (1, lambda raw: b"To: a@b.fr\r\n" + raw),
    "a folded unsubscribe line": (1, lambda raw: raw.replace(b"Unsubscribe: <https", b"Unsubscribe:\r\n <https")),
    "no one-click": (1, lambda raw: raw.replace(b"List-Unsubscribe-Post", b"X-Post")),
    "a precedence": (1, lambda raw: b"Precedence: bulk\r\n" + raw),
    "a control character": (1, lambda raw: raw.replace(b"Subject: V", b"Subject: \x01V")),
    "a bare line feed": (8, lambda raw: raw.replace(b"Bonjour", b"\nBonjour")),
    "a long line": (8, lambda raw: raw.replace(b"Bonjour", b"B" * 77)),
    "a long header": (8, lambda raw: b"X-Long: " + b"x" * 999 + b"\r\n" + raw),
    "other bytes": (11, lambda raw: raw.replace(b"Bonjour", b"bonjour")),
}


@pytest.mark.parametrize("fault", RAW)
def test_each_fault_of_the_bytes_is_found(message: Message, fault: str) -> None:
    number, change = RAW[fault]
    found = check_message(replace(message, wire=change(message.wire or b"")), EXPECTED)
    assert number in {check for check, _ in found}, found


def test_a_value_that_becomes_markup_is_found(templates: dict[tuple[str, str], PublishedEmail]) -> None:
    unescaped = replace(templates["invitation", "fr"])
    object.__setattr__(unescaped, "html_plan", templates["invitation", "fr"].text_plan)
    found = check_email(unescaped, EMAILS / "invitation" / "fr")
    assert 7 in {finding.check for finding in found}


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Donnez-nous 9 ou 10", "fr", ["9 ou 10"]),
        ("Un bon d’achat vous attend", "fr", ["bon d’achat"]),
        ("Merci 😀", "fr", ["😀"]),
        ("Notez-nous ★", "fr", ["★"]),
        ("A gift for a top score", "en", ["gift", "top score"]),
        ("De 0 à 10, ouvrez la ligne de votre note", "fr", []),
        ("open the line of your score", "en", []),
    ],
)
def test_words_that_push_are_named(text: str, language: str, found: list[str]) -> None:
    assert nudges(text, language) == found


def test_contrast_is_that_of_wcag() -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    assert round(contrast("#777777", "#fff"), 2) == 4.48
    assert contrast("red", "#ffffff") == 0


def test_colours_are_inherited() -> None:
    page = Page('<div style="color:#111111;background:#eeeeee"><p>a <b style="color:#222222">b</b></p></div>')
    assert [(w.text, w.colour, w.background) for w in page.words] == [
        ("a", "#111111", "#eeeeee"),
        ("b", "#222222", "#eeeeee"),
    ]
