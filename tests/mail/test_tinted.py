"""Every email in the colours of a brand still passes every automatic check, and costs nothing twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from surveyor.mail.published import load_folder
from surveyor.mail.quality import check_email
from surveyor.mail.tinted import tinted
from tests.mail.conftest import EMAILS

pytestmark = pytest.mark.slow

PUBLISHED = load_folder(EMAILS)
BRANDS = {
    "a dark blue": {"accent": "#0b3d91"},
    "nearly black": {"accent": "#101010", "ground": "#ffffff"},
    "the palest red that is accepted": {"accent": "#c2253a", "ground": "#f7ecee"},
    "another colour of ours": {"accent": "#17403b"},
}


@pytest.mark.parametrize("colours", BRANDS.values(), ids=BRANDS.keys())
@pytest.mark.parametrize("key", PUBLISHED, ids="-".join)
def test_the_gate_passes_with_each_brand(key: tuple[str, str], colours: dict[str, str]) -> None:
    email = tinted(PUBLISHED[key], colours)
    assert colours["accent"] in email.html
    assert "#1f5a54" not in email.html
    assert check_email(email, Path(EMAILS) / key[0] / key[1]) == []


def test_the_same_brand_has_the_same_text_and_another_colour_makes_another() -> None:
    email = PUBLISHED["invitation", "fr"]
    blue, again, red = (tinted(email, {"accent": accent}) for accent in ("#0b3d91", "#0b3d91", "#c2253a"))
    assert blue is again
    assert blue.version != red.version != email.version
    assert tinted(email, {}) is email


def test_colours_that_could_not_be_read_are_not_used() -> None:
    email = PUBLISHED["invitation", "fr"]
    assert tinted(email, {"accent": "#ffff00"}) is email


def test_only_colours_differ() -> None:
    email = PUBLISHED["invitation", "fr"]
    plain, blue = (re.sub(r"#[0-9a-f]{6}\b", "#", one.html) for one in (email, tinted(email, {"accent": "#0b3d91"})))
    assert plain == blue
