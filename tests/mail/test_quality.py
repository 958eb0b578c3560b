"""Each automatic check fails on the fault it was written for."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from surveyor.mail.build import build_email
from surveyor.mail.message import Message
from surveyor.mail.plan import Plan
from surveyor.mail.published import PublishedEmail
from surveyor.mail.quality import Expected, check_email, check_languages, check_message
from surveyor.mail.quality.content import check_subject
from surveyor.mail.quality.page import Page, contrast
from surveyor.mail.quality.words import nudges, traps
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
    "a table of Outlook's alone that is not for layout": (
        4,
        "html",
        '<!--[if mso]><table role="presentation"',
        "<!--[if mso]><table",
    ),
    "a script": (5, "html", "</body>", "<script></script></body>"),
    "a form": (5, "html", "</body>", "<form></form></body>"),
    "an event attribute": (5, "html", 'aria-label="7 sur 10"', 'aria-label="7 sur 10" onclick="x"'),
    "a hidden text": (5, "html", "</body>", '<p style="display:none">x</p></body>'),
    "a text of no size": (5, "html", "</body>", '<p style="font-size:0px">x</p></body>'),
    "a text of no size inside a box of no size": (
        5,
        "html",
        "</body>",
        '<div style="font-size:0"><p>x</p></div></body>',
    ),
    "first words that are a chore": (5, "html", "Bonjour", "Voir en ligne. Bonjour"),
    "first words that are an address": (5, "html", "Bonjour", "www.maison-x.fr Bonjour"),
    "a text hidden in capitals": (5, "html", "</body>", '<p style="display:NONE">x</p></body>'),
    "a text hidden for good": (5, "html", "</body>", '<p style="display:none !important">x</p></body>'),
    "a text of next to no size": (5, "html", "</body>", '<p style="font-size:0.1em">x</p></body>'),
    "a text of one pixel": (5, "html", "</body>", '<p style="font-size:1px!important">x</p></body>'),
    "a text beside the page": (5, "html", "</body>", '<p style="margin-left:-9999px">x</p></body>'),
    "a font that paints by itself": (5, "html", "</body>", '<font color="#f3f4f1">x</font></body>'),
    "a meta that leads away": (5, "html", "</head>", '<meta http-equiv="Refresh" content="0;url=/x"></head>'),
    "a link that tells somebody": (5, "html", 'aria-label="7 sur 10"', 'ping="https://promo.example/"'),
    "an element of no email": (5, "html", "</body>", "<noscript>x</noscript></body>"),
    "an image of one pixel": (
        5,
        "html",
        "</body>",
        '<img src="https://avis.maison-x.fr/p" alt="" width="1" height="1"></body>',
    ),
    "a picture besides the logo": (
        5,
        "html",
        "</body>",
        2 * '<img src="https://avis.maison-x.fr/p" alt="" width="90" height="90">' + "</body>",
    ),
    "a link for Outlook alone": (
        3,
        "html",
        "</body>",
        '<!--[if mso]><a href="https://promo.example/">x</a><![endif]--></body>',
    ),
    "a score in another form": (2, "html", "</body>", '<a href="{{ survey.url }}?score=9">x</a></body>'),
    "a mark that was escaped": (6, "html", "</body>", "<p>&lt;sv-scores/&gt;</p></body>"),
    "nothing said of the dark": (4, "html", 'name="color-scheme"', 'name="scheme"'),
    "a cell that takes any ground": (
        4,
        "html",
        "</body>",
        '<table role="presentation"><tr><td style="color:#000000">x</td></tr></table></body>',
    ),
    "words on a ground of no number": (8, "html", "</body>", '<p style="background:black">x</p></body>'),
    "a position": (5, "html", "</body>", '<p style="position:absolute">x</p></body>'),
    "a style that loads": (5, "html", "</head>", "<style>a{background:url(https://promo.example)}</style></head>"),
    "a mark left over": (6, "text", "Bonjour", "<sv-scores/>"),
    "None left over": (6, "html", "</body>", "<p>None</p></body>"),
    "a layout that a client does without": (9, "html", "</body>", '<p style="display:flex">x</p></body>'),
    "a property of no table": (9, "html", "</body>", '<p style="colour:red">x</p></body>'),
    "a style sheet with more in it": (9, "html", "</style>", "@supports (x: y) { p { color: #000000 } }</style>"),
    "a shadow in the style sheet": (9, "html", "</style>", "p { box-shadow: 0 0 3px #000000 }</style>"),
    "a unit that a client does without": (9, "html", "</body>", '<p style="width:10vw">x</p></body>'),
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
    "a folded list name": (1, lambda raw: raw.replace(b"List-Id: Enquetes ", b"List-Id: Enquetes\r\n ")),
    "a folded companion": (1, lambda raw: raw.replace(b"-Post: List", b"-Post:\r\n List")),
    "a folded feedback": (1, lambda raw: raw.replace(b"Feedback-ID: standard", b"Feedback-ID:\r\n standard")),
    "an encoded list name": (1, lambda raw: raw.replace(b"List-Id: Enquetes", b"List-Id: =?utf-8?q?Enquetes?=")),
    "a long unsubscribe link": (1, lambda raw: raw.replace(b"<https://avis.", b"<https://avis-clients.enquetes.")),
    "another list's domain": (1, lambda raw: raw.replace(b"<enquetes.maison-x.fr>", b"<maison-x.fr>")),
    "a sender id of 3": (1, lambda raw: raw.replace(b":maison-x\r\n", b":abc\r\n")),
    "a message id of another email": (1, lambda raw: raw.replace(b"Message-ID: <0192", b"Message-ID: <0193")),
    "two senders": (1, lambda raw: raw.replace(b"From: Maison X <", b"From: a@b.fr, Maison X <")),
    "a subject on two lines": (1, lambda raw: raw.replace(b"Subject: Votre", b"Subject: =?utf-8?q?a=0Ab?= Votre")),
    "another language": (1, lambda raw: raw.replace(b"Content-Language: fr", b"Content-Language: de")),
    "a mixed message": (1, lambda raw: raw.replace(b"multipart/alternative", b"multipart/mixed")),
    "HTML first": (1, lambda raw: swapped_parts(raw)),
    "another character set": (1, lambda raw: raw.replace(b'charset="utf-8"', b'charset="latin-1"', 1)),
    "8-bit text": (1, lambda raw: raw.replace(b"quoted-printable", b"8bit", 1)),
    "an attachment": (
        1,
        lambda raw: raw.replace(b"text/plain;", b"text/plain;\r\n name=a.txt;", 1).replace(
            b"Content-Transfer", b"Content-Disposition: attachment\r\nContent-Transfer", 1
        ),
    ),
    "8-bit bytes": (1, lambda raw: raw.replace(b"Bonjour", "Énorme".encode())),
    "white space that a relay drops": (1, lambda raw: raw.replace(b"Bonjour", b"Bonjour \r\n")),
    "an empty line at the end": (1, lambda raw: raw + b"\r\n"),
    "a precedence": (1, lambda raw: b"Precedence: bulk\r\n" + raw),
    "a control character": (1, lambda raw: raw.replace(b"Subject: V", b"Subject: \x01V")),
    "a bare line feed": (8, lambda raw: raw.replace(b"Bonjour", b"\nBonjour")),
    "a long line": (8, lambda raw: raw.replace(b"Bonjour", b"B" * 77)),
    "a long header": (8, lambda raw: b"X-Long: " + b"x" * 999 + b"\r\n" + raw),
    "other bytes": (11, lambda raw: raw.replace(b"Bonjour", b"bonjour")),
}


def swapped_parts(raw: bytes) -> bytes:
    line = b"--=_surveyor_" + envelope().email_id.hex.encode()
    head, text, html, end = raw.split(line)
    return line.join((head, html, text, end))


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
        ("Mettez-nous 10 !", "fr", ["Mettez-nous 10"]),
        ("mettez 9 ou 10", "fr", ["9 ou 10"]),
        ("Donnez 10 minutes, pour 10 % des clients", "fr", []),
        ("Donnez la note de dix", "fr", ["Donnez la note de dix"]),
        ("Please give us a 10", "en", ["give us a 10"]),
        ("De 0 à 10, ouvrez la ligne de votre note", "fr", []),
        ("open the line of your score", "en", []),
    ],
)
def test_words_that_push_are_named(text: str, language: str, found: list[str]) -> None:
    assert nudges(text, language) == found


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Livraison gratuite, cliquez ici", "fr", ["gratuite", "cliquez ici"]),
        ("URGENT : votre avis", "fr", ["URGENT"]),
        ("Free of charge, act now", "en", ["Free", "act now"]),
        ("Votre avis sur votre commande", "fr", []),
        ("Feel at ease: freely said", "en", []),
    ],
)
def test_words_that_filters_stop_are_named(text: str, language: str, found: list[str]) -> None:
    assert traps(text, language) == found


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


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("VOTRE AVIS NOUS INTÉRESSE", "capitals"),
        ("Votre avis !!", "marks"),
        ("Re: votre commande", "answer"),
        ("Tr : votre commande", "answer"),
        ("Votre avis sur www.maison-x.fr", "address"),
        ("Votre avis sur la SNCF, dites-le ?", ""),
        ("{{ brand.name|upper }} vous écoute", ""),
    ],
)
def test_a_subject_neither_shouts_nor_pretends(subject: str, found: str) -> None:
    said = [what for _, what in check_subject(subject)]
    assert len(said) == bool(found)
    assert found in "".join(said)


def test_a_value_that_is_missing_and_not_named_is_found(templates: dict[tuple[str, str], PublishedEmail]) -> None:
    shipped = templates["invitation", "fr"]
    careless = replace(shipped)
    object.__setattr__(careless, "text_plan", Plan("Bonjour", language="fr", html=False))
    object.__setattr__(careless, "html_plan", Plan("<p>Bonjour</p>", language="fr", html=True))
    found = [(f.check, f.what) for f in check_email(careless, EMAILS / "invitation" / "fr")]
    assert (6, "built without survey.question") in found
    assert (6, "built without order.date") not in found  # the subject has it


def test_the_first_words_are_not_the_subject_again(templates: dict[tuple[str, str], PublishedEmail]) -> None:
    again = replace(templates["invitation", "fr"], subject="Maison X Bonjour Zoé")
    found = check_message(build_email(again, values_of(), envelope()), EXPECTED)
    assert found == [(5, "the first words are the subject again")]


def test_an_email_that_is_too_large_once_encoded_is_found(message: Message) -> None:
    long = b"=C3=A9" * 12 + b"=\r\n"
    grown = (message.wire or b"").replace(b"Bonjour", b"Bonjour=\r\n" + long * 1100)
    found = check_message(replace(message, wire=grown), EXPECTED)
    assert (1, "text/html: over 81920 bytes encoded") in found


def test_languages_that_differ_in_a_block_or_a_field_are_found(
    templates: dict[tuple[str, str], PublishedEmail], tmp_path: Path
) -> None:
    assert check_languages(EMAILS, "invitation") == []
    shipped = templates["invitation", "fr"]
    more = replace(shipped, text=shipped.text + "{{ store.city }}")
    assert [f.what for f in check_languages(EMAILS, "invitation", more)] == ["languages differ in their fields"]
    shutil.copytree(EMAILS, tmp_path / "emails")
    body = tmp_path / "emails" / "invitation" / "en" / "body.txt"
    body.write_text(body.read_text("utf-8").replace('<sv-block name="footer"/>', "{{ links.unsubscribe }}"), "utf-8")
    assert "blocks" in check_languages(tmp_path / "emails", "invitation")[0].what
