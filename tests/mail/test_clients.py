"""What mailboxes can do: the vendored table says what the design says, a known gap passes, a new one does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveyor.mail.quality.clients import Table, new_gaps, shipped, used_gaps
from surveyor.mail.quality.page import Page
from tests.mail.conftest import EMAILS, every_element

BODIES = sorted(EMAILS.glob("[a-z]*/*/body.html"))
INVITATION = EMAILS / "invitation" / "fr" / "body.html"
FOLDER = Path(new_gaps.__globals__["__file__"]).parent


def page(body: Path) -> Page:
    return Page(body.read_text("utf-8"))


@pytest.mark.parametrize("body", BODIES, ids=lambda p: "/".join(p.parts[-3:-1]))
def test_no_email_has_a_gap_that_nobody_looked_at(body: Path) -> None:
    assert list(new_gaps(page(body), shipped())) == []


@pytest.mark.parametrize(
    ("feature", "families"),
    [
        ("html-style", {"gmail", "sfr", "laposte"}),
        ("css-at-media", {"outlook", "gmail", "sfr", "laposte", "thunderbird"}),
        ("css-border-radius", {"outlook", "orange"}),
        ("html-aria-label", {"yahoo", "orange", "outlook", "thunderbird"}),
    ],
)
def test_the_table_says_who_does_without(feature: str, families: set[str]) -> None:
    assert {client.partition(".")[0] for client in shipped().features[feature]["n"]} == families


def test_every_known_gap_is_one_of_the_table_and_of_what_authors_may_write_and_says_why() -> None:
    table = shipped()
    used: dict[str, dict[str, list[str]]] = {}
    for one in (*map(page, BODIES), Page(every_element().html)):
        used.update(used_gaps(one, table))
    assert set(table.known) == set(used)
    for feature, known in table.known.items():
        assert str(known["why"]).strip()
        assert {how: sorted(clients) for how, clients in used[feature].items()} == {  # type: ignore[type-var]
            how: known[name] for how, name in (("n", "missing"), ("a", "partial")) if name in known
        }


def test_a_client_that_loses_a_feature_is_a_new_gap() -> None:
    shipped_table = shipped()
    padding = {how: list(clients) for how, clients in shipped_table.features["css-padding"].items()}
    padding.setdefault("n", []).append("free-fr.desktop-webmail")
    table = Table({**shipped_table.features, "css-padding": padding}, shipped_table.known)
    assert list(new_gaps(page(BODIES[0]), table)) == ["css-padding is not supported by free-fr.desktop-webmail"]


def test_a_known_gap_that_is_forgotten_is_a_new_one() -> None:
    known = {name: gap for name, gap in shipped().known.items() if name != "css-border-radius"}
    found = list(new_gaps(page(INVITATION), Table(shipped().features, known)))
    assert found[0].startswith("css-border-radius is not supported by orange.android,")
    assert [one.partition(" ")[0] for one in found] == ["css-border-radius"] * 2


def test_a_client_that_learns_half_of_a_feature_is_no_new_gap() -> None:
    better = {"a": ["orange.ios"], "n": []}
    table = Table({**shipped().features, "css-border-radius": better}, shipped().known)
    assert list(new_gaps(page(BODIES[0]), table)) == []


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<p style="padding-top:1px;color:#000000;mso-line-height-rule:exactly">x</p>', set()),
        ('<p style="display:grid">x</p>', {"css-display-grid"}),
        ('<p style="margin-inline-start:1px">x</p>', {"css-margin-inline-start-end"}),
        ("<style>@font-face { font-family: x } a:hover { color: red }</style>", {"css-at-font-face"}),
        ('<p style="width:calc(1px + 2px)">x</p>', {"css-unit-calc"}),
        ('<img srcset="x">', {"html-srcset"}),
        ("<p style='made-up:1'>x</p>", {"the"}),
    ],
)
def test_what_is_asked_of_a_mailbox_is_recognised(html: str, found: set[str]) -> None:
    said = {one.partition(" ")[0] for one in new_gaps(Page(html), shipped())}
    assert found <= said
    assert bool(said) == bool(found)


def test_its_source_and_licence_stand_beside_the_table() -> None:
    assert '"source": "Can I email (https://www.caniemail.com)' in (FOLDER / "caniemail.json").read_text("utf-8")
    assert "Permission is hereby granted" in (FOLDER / "caniemail.LICENSE").read_text("utf-8")
