"""What customers write is kept as they wrote it; what hides in it is shown to staff."""

from __future__ import annotations

import pytest

from surveyor.core.surveys import has_personal_data, invisible, marked, masked


def test_a_direction_override_is_named_and_written_out() -> None:
    text = "bon\u202egnp.exe"
    assert invisible(text) == ("U+202E",)
    assert marked(text) == "bon[U+202E]gnp.exe"


@pytest.mark.parametrize("text", ["Très bien 👨\u200d👩\u200d👧", "می\u200cخواهم", "Bonjour, merci !"])
def test_joiners_that_are_writing_are_left_alone(text: str) -> None:
    assert invisible(text) == ()
    assert marked(text) == text


@pytest.mark.parametrize("text", ["a\u200bb", "a\u200db", "\ufeffa", "a\u2028b"])
def test_zero_width_characters_are_marked(text: str) -> None:
    assert len(invisible(text)) == 1
    assert "[U+" in marked(text)


@pytest.mark.parametrize(
    "text",
    ["écrivez à ana@example.fr", "carte 4970 1000 0000 0000", "appelez le 06 12 34 56 78", "+33 (0)6.12.34.56.78"],
)
def test_personal_data_is_seen_and_masked(text: str) -> None:
    assert has_personal_data(text)
    assert "[…]" in masked(text)
    assert not any(c.isdigit() for c in masked(text))


@pytest.mark.parametrize(
    "text", ["10/10", "commande du 12 mars 2026", "3 fois en 2 mois", "à 18h30, 45 minutes", "@enseigne"]
)
def test_ordinary_figures_are_not_personal_data(text: str) -> None:
    assert not has_personal_data(text)


def test_a_long_comment_is_looked_at_quickly() -> None:
    assert not has_personal_data("a" * 4000)
    assert not has_personal_data("a." * 2000)
