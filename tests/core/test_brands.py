"""Brands: colours that can be read on everything they stand on, words that read as written, senders of our domains."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyor.core.brands import DEFAULT_COLOURS, Brand, Sender, check_brand, check_colours, check_sender, palette_of
from surveyor.core.colours import colour, contrast
from surveyor.testing.network import BRAND_COLOURS, BRANDS

hexes = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")


def test_contrasts_are_those_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#777777", "#fff") == pytest.approx(4.478, abs=0.001)  # the known grey that just fails
    assert contrast("#767676", "#fff") == pytest.approx(4.542, abs=0.001)  # and the one that just passes
    assert contrast("red", "#fff") == 0


@pytest.mark.parametrize(
    ("given_colours", "code", "better"),
    [
        ({"accent": "#ffcc00"}, "colour_contrast", "accent"),
        ({"ground": "#222222"}, "colour_contrast", "ground"),
        ({"accent": "vert"}, "colour_invalid", ""),
        ({"accent": "#12"}, "colour_invalid", ""),
    ],
)
def test_a_colour_nobody_could_read_is_refused_with_one_that_will_do(
    given_colours: dict[str, str], code: str, better: str
) -> None:
    (complaint,) = check_colours(given_colours)
    assert complaint.code == code
    if better:
        suggested = complaint.message_en.rstrip(".").rsplit(" ", 1)[1]
        assert colour(suggested) == suggested
        assert check_colours({**given_colours, better: suggested}) == []
        assert suggested in complaint.message_fr


@given(accent=hexes, ground=hexes)
def test_what_follows_from_two_accepted_colours_can_be_read(accent: str, ground: str) -> None:
    palette = palette_of({"accent": accent, "ground": ground})
    if palette is None:
        assert check_colours({"accent": accent, "ground": ground})
        return
    for text, behind in (
        (palette.accent, "#ffffff"),
        (palette.accent, palette.ground),
        ("#56615f", palette.ground),
        (palette.ink, palette.fill),
        (palette.bright, "#1e2627"),
        (palette.bright, "#14191a"),
        (palette.bright, "#161922"),
        (palette.bright, palette.wash_dark),
    ):
        assert contrast(text, behind) >= 4.5, (text, behind)
    assert contrast(palette.edge, "#ffffff") >= 3
    assert contrast("#171a22", palette.wash) >= 4.5  # the text of a note


@given(accent=hexes)
def test_the_nearest_accent_is_always_accepted(accent: str) -> None:
    found = check_colours({"accent": accent})
    if found:
        suggested = found[0].message_en.rstrip(".").rsplit(" ", 1)[1]
        assert check_colours({"accent": suggested}) == []


def test_our_own_colours_are_accepted() -> None:
    assert check_colours(DEFAULT_COLOURS) == []
    assert palette_of({}) is None


def test_a_brand_says_what_is_wrong_with_each_field() -> None:
    brand = Brand("b1", "Maison X\r\nBcc: x@y.fr", privacy_fr="http://maison.fr", privacy_en="https://a:b@maison.fr/")
    found = {complaint.where: complaint.code for complaint in check_brand(brand)}
    assert found == {"name": "text_control_character", "privacy_fr": "url_invalid", "privacy_en": "url_invalid"}
    assert {c.where for c in check_brand(Brand("b1", " ", legal_fr="x" * 601))} == {"name", "legal_fr"}


def test_a_legal_line_in_one_language_stands_for_both() -> None:
    assert Brand("b1", "X", legal_fr="SAS").legal("en") == "SAS"
    assert Brand("b1", "X", legal_fr="SAS", legal_en="Ltd").legal("en") == "Ltd"


def test_s32_a_sender_is_of_a_domain_that_the_host_verified() -> None:
    ours = {"maison.fr"}
    assert check_sender(Sender("avis@enquetes.maison.fr", reply_to="contact@maison.fr"), domains=ours) == []
    assert check_sender(Sender(), domains=ours) == []
    for wrong, where in (
        (Sender("avis@maison.fr.evil.example"), "address"),
        (Sender("avis@autremaison.fr"), "address"),
        (Sender("avis@maison.fr", reply_to="x@evil.example"), "reply_to"),
        (Sender("avis@maison.fr", return_path="evil.example"), "return_path"),
    ):
        assert [(c.where, c.code) for c in check_sender(wrong, domains=ours)] == [(where, "sender_unverified")]
    assert check_sender(Sender("avis@ailleurs.fr"), domains=None) == []  # the host itself declares domains
    found = check_sender(Sender("", "Maison", sender_id="ab"), domains=ours)
    assert [(c.where, c.code) for c in found] == [("address", "field_required"), ("sender_id", "field_value")]


def test_the_brands_of_the_demonstration_can_be_read() -> None:
    assert all(check_colours(colours) == [] for colours in BRAND_COLOURS.values())
    assert set(BRAND_COLOURS) == set(BRANDS)
